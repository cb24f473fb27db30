//! Policies with launch conditions, and an access that they are asked about.

use mam::AccessRequest;

/// Policies with so many launch conditions, ten each. A user is in three of their groups.
pub fn launching(rules: usize) -> String {
    let mut text =
        String::from("mam 1\napp mail { ios \"com.example.mail\" sdk multi-identity }\n");
    for policy in 0..rules.div_ceil(10) {
        text.push_str(&format!(
            "users g{policy}\npolicy p{policy} {{ for g{policy} protect mail\n"
        ));
        text.push_str("require pin { length 6 }\n");
        for (at, action) in ["warn", "block", "wipe"].into_iter().cycle().take(8).enumerate() {
            text.push_str(&format!("launch {action} when os < 1{at}.{policy}\n"));
        }
        text.push_str("launch block when threat > low\nlaunch wipe when offline > 90 days }\n");
    }
    text
}

/// An access by a user of three groups, with four facts.
pub fn launch_request() -> AccessRequest<'static> {
    let json = r#"{"launch": {"app": "ios:com.example.mail"},
        "user": {"groups": ["g0", "g1", "g2"]},
        "device": {"platform": "ios", "management": "unmanaged"},
        "facts": {"os": "16.4", "threat": "low", "offline": "13 hours", "jailbroken": false}}"#;
    serde_json::from_str(json).expect("it is a request")
}
