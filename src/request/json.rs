//! The JSON form of requests, read strictly.
//!
//! Takes in what a deserializer gives, gives out requests, or an error that names the member by its path,
//! such as `source.account`, and the word that was probably meant. Objects are read from maps alone, and an
//! optional member is left out or has a value: `null` is none. Does not know names of a policy set.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::{Error, MapAccess};

use super::{DeviceRequest, EndpointRequest, Request, UserRequest};
use crate::spelling::closest;

/// `Deserialize` for structs that are JSON objects.
macro_rules! objects {
    ($($name:ident $(<$life:lifetime>)? { $($member:ident: $kind:ident,)* })*) => { $(
        impl<'de $(, $life)?> serde::Deserialize<'de> for $name $(<$life>)? {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Object<T>(std::marker::PhantomData<T>);

                impl<'de $(, $life)?> serde::de::Visitor<'de> for Object<$name $(<$life>)?> {
                    type Value = $name $(<$life>)?;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("a JSON object")
                    }

                    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                        $( let mut $member = None; )*
                        while let Some(name) = map.next_key::<$crate::request::json::Name<'de>>()? {
                            match name.0.as_ref() {
                                $( stringify!($member) => {
                                    $crate::request::json::read(&mut map, stringify!($member), &mut $member)?;
                                } )*
                                name => return Err($crate::request::json::unknown(name, &[$(stringify!($member)),*])),
                            }
                        }
                        Ok($name { $( $member: $crate::request::json::objects!($kind $member) ),* })
                    }
                }

                deserializer.deserialize_map(Object(std::marker::PhantomData))
            }
        }
    )* };
    (required $member:ident) => {
        $member.ok_or_else(|| $crate::request::json::missing(stringify!($member)))?
    };
    (optional $member:ident) => { $member };
    (default $member:ident) => { $member.unwrap_or_default() };
}

pub(crate) use objects;

objects! {
    Request<'a> {
        channel: required,
        source: required,
        target: optional,
        user: required,
        device: required,
        characters: optional,
    }
    EndpointRequest<'a> {
        app: optional,
        account: optional,
        deployed: optional,
        storage: optional,
    }
    UserRequest<'a> { groups: required, }
    DeviceRequest<'a> {
        platform: required,
        management: required,
        filters: optional,
    }
}

/// The name of a member, borrowed where it has no escapes.
#[derive(Deserialize)]
pub(crate) struct Name<'n>(#[serde(borrow)] pub(crate) Cow<'n, str>);

/// Reads the value of a member.
pub(crate) fn read<'de, A: MapAccess<'de>, T: Deserialize<'de>>(
    map: &mut A,
    member: &str,
    into: &mut Option<T>,
) -> Result<(), A::Error> {
    if into.is_some() {
        return Err(A::Error::custom(format_args!("`{member}` is there twice")));
    }
    let value = map.next_value().map_err(|error| within(member, &error))?;
    *into = Some(value);
    Ok(())
}

/// The error in a member of an object. In an object inside this one, its path gets longer.
fn within<E: Error>(member: &str, error: &E) -> E {
    let text = error.to_string();
    match text.strip_prefix("in `") {
        Some(path) => E::custom(format_args!("in `{member}.{path}")),
        None => E::custom(format_args!("in `{member}`: {text}")),
    }
}

#[cold]
pub(crate) fn missing<E: Error>(member: &str) -> E {
    E::custom(format_args!("`{member}` is missing"))
}

#[cold]
pub(crate) fn unknown<E: Error>(name: &str, members: &[&str]) -> E {
    let known = members.iter().map(|member| format!("`{member}`")).collect::<Vec<_>>().join(", ");
    match closest(&name.to_lowercase(), members.iter().copied()) {
        Some(meant) => E::custom(format_args!("unknown member `{name}`; did you mean `{meant}`?")),
        None => E::custom(format_args!("unknown member `{name}`; the members are {known}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(json: &str) -> String {
        let error = serde_json::from_str::<Request<'_>>(json).unwrap_err().to_string();
        error.split(" at line").next().unwrap_or_default().to_owned()
    }

    #[test]
    fn only_objects_are_requests() {
        let device = r#"{"platform":"ios","management":"intune"}"#;
        assert!(serde_json::from_str::<DeviceRequest<'_>>(device).is_ok());
        assert!(serde_json::from_str::<DeviceRequest<'_>>(r#"["ios","intune"]"#).is_err());
        assert!(serde_json::from_str::<UserRequest<'_>>(r#"{"groups":[],"groups":[]}"#).is_err());
        let array = error(r#"{"channel":"print","source":["a"]}"#);
        assert_eq!(array, "in `source`: invalid type: sequence, expected a JSON object");
    }

    #[test]
    fn errors_name_members_by_their_paths() {
        let cases = [
            (r#"{"chanel":1}"#, "unknown member `chanel`; did you mean `channel`?"),
            (r#"{"user":{"id":1}}"#, "in `user`: unknown member `id`; the members are `groups`"),
            (r#"{"channel":"prnt"}"#, "in `channel`: unknown word `prnt`; did you mean `print`?"),
            (
                r#"{"device":{"platform":"symbian"}}"#,
                "in `device.platform`: unknown word `symbian`; the words are `ios`, `android`, `windows`",
            ),
            (
                r#"{"source":{"account":null}}"#,
                "in `source.account`: invalid type: null, expected a string",
            ),
            (
                r#"{"target":{"deployed":null}}"#,
                "in `target.deployed`: invalid type: null, expected a boolean",
            ),
            (r#"{"target":null}"#, "in `target`: invalid type: null, expected a JSON object"),
            (r#"{"characters":null}"#, "in `characters`: invalid type: null, expected u32"),
            (r#"{"characters":-1}"#, "in `characters`: invalid value: integer `-1`, expected u32"),
            (
                r#"{"user":{"groups":[7]}}"#,
                "in `user.groups`: invalid type: integer `7`, expected a string",
            ),
            (r#"{"channel":"print","channel":"print"}"#, "`channel` is there twice"),
            (r#"{"channel":"print"}"#, "`source` is missing"),
            (r#"{"device":{"platform":"ios"}}"#, "in `device`: `management` is missing"),
        ];
        for (json, expected) in cases {
            assert_eq!(error(json), expected, "{json}");
        }
    }
}
