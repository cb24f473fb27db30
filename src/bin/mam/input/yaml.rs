//! YAML as JSON: backup tools write exports of Intune in either.
//!
//! Takes in a text of YAML, gives out a text of JSON in which every value stands in the line that it has in the
//! YAML, so that diagnostics name lines of the file. What the values are is not known here.
//!
//! Aliases are written out. Plain scalars are read as JSON has them, of YAML's other words only `~`.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput, Tag};

/// The deepest nesting that is read.
const DEPTH: usize = 128;

/// The most values of one text, those of aliases counted each time.
const VALUES: usize = 1_000_000;

/// A value with the number of its first line.
#[derive(Clone)]
struct Value {
    line: usize,
    kind: ValueKind,
}

#[derive(Clone)]
enum ValueKind {
    /// A literal of JSON.
    Literal(String),
    List(Vec<Value>),
    Map(Vec<(Value, Value)>),
}

/// The JSON of a text of one document; `None` if it has no document or several.
///
/// # Errors
///
/// When it is no YAML, or more of it than is read: the reason.
pub(crate) fn to_json(text: &str) -> Result<Option<String>, String> {
    let mut reader =
        Reader { parser: Parser::new_from_str(text), anchors: HashMap::new(), values: 0 };
    let mut documents = Vec::new();
    while let Some((event, span)) = reader.next()? {
        match event {
            Event::DocumentStart(_) => {}
            Event::StreamStart | Event::StreamEnd | Event::DocumentEnd | Event::Nothing => {}
            event => documents.push(reader.value(event, span, 0)?),
        }
    }
    let [only] = documents.as_slice() else { return Ok(None) };
    let mut writer = Writer { out: String::with_capacity(text.len()), line: 1 };
    writer.value(only);
    writer.out.push('\n');
    Ok(Some(writer.out))
}

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    anchors: HashMap<usize, Value>,
    values: usize,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<Option<(Event<'t>, Span)>, String> {
        let next = self.parser.next().transpose();
        next.map_err(|error| format!("it is no YAML: {error}"))
    }

    fn value(&mut self, event: Event<'t>, span: Span, depth: usize) -> Result<Value, String> {
        if depth > DEPTH {
            return Err(format!("it is YAML nested more than {DEPTH} deep, the limit"));
        }
        self.count(1)?;
        let line = span.start.line();
        let (anchor, kind) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                (anchor, ValueKind::Literal(literal(&text, style, tag.as_deref())))
            }
            Event::SequenceStart(anchor, _) => (anchor, ValueKind::List(self.list(depth)?)),
            Event::MappingStart(anchor, _) => (anchor, ValueKind::Map(self.map(depth)?)),
            Event::Alias(anchor) => {
                let found = self.anchors.get(&anchor).cloned();
                let found = found.ok_or_else(|| "it is no YAML: an alias of nothing".to_owned())?;
                self.count(size(&found))?;
                return Ok(Value { line, kind: found.kind });
            }
            _ => return Err("it is no YAML: a value is missing".to_owned()),
        };
        let value = Value { line, kind };
        if anchor != 0 {
            self.anchors.insert(anchor, value.clone());
        }
        Ok(value)
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Value>, String> {
        let mut values = Vec::new();
        while let Some((event, span)) = self.next()? {
            if event == Event::SequenceEnd {
                break;
            }
            values.push(self.value(event, span, depth + 1)?);
        }
        Ok(values)
    }

    fn map(&mut self, depth: usize) -> Result<Vec<(Value, Value)>, String> {
        let mut members = Vec::new();
        while let Some((event, span)) = self.next()? {
            let Event::Scalar(name, ..) = &event else {
                if event == Event::MappingEnd {
                    break;
                }
                return Err(format!("a name in line {} is no text", span.start.line()));
            };
            let name = Value { line: span.start.line(), kind: ValueKind::Literal(quoted(name)) };
            let Some((event, span)) = self.next()? else { break };
            members.push((name, self.value(event, span, depth + 1)?));
        }
        Ok(members)
    }

    fn count(&mut self, values: usize) -> Result<(), String> {
        self.values += values;
        match self.values > VALUES {
            true => Err(format!("it is YAML of more than {VALUES} values, the limit")),
            false => Ok(()),
        }
    }
}

/// The number of values in a value.
fn size(value: &Value) -> usize {
    match &value.kind {
        ValueKind::Literal(_) => 1,
        ValueKind::List(values) => 1 + values.iter().map(size).sum::<usize>(),
        ValueKind::Map(members) => 1 + members.iter().map(|(_, value)| size(value)).sum::<usize>(),
    }
}

/// The literal of a scalar.
fn literal(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> String {
    let is_text = tag.is_some_and(|tag| tag.suffix == "str");
    if style != ScalarStyle::Plain || is_text {
        return quoted(text);
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => "null".to_owned(),
        "true" | "True" | "TRUE" => "true".to_owned(),
        "false" | "False" | "FALSE" => "false".to_owned(),
        _ if is_number(text) => text.to_owned(),
        _ => quoted(text),
    }
}

fn is_number(text: &str) -> bool {
    let is_first = |c: char| c == '-' || c.is_ascii_digit();
    text.starts_with(is_first) && serde_json::from_str::<serde_json::Number>(text).is_ok()
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

struct Writer {
    out: String,
    line: usize,
}

impl Writer {
    fn value(&mut self, value: &Value) {
        while self.line < value.line {
            self.out.push('\n');
            self.line += 1;
        }
        match &value.kind {
            ValueKind::Literal(text) => self.out.push_str(text),
            ValueKind::List(values) => {
                self.out.push('[');
                for (index, value) in values.iter().enumerate() {
                    self.comma(index);
                    self.value(value);
                }
                self.out.push(']');
            }
            ValueKind::Map(members) => {
                self.out.push('{');
                for (index, (name, value)) in members.iter().enumerate() {
                    self.comma(index);
                    self.value(name);
                    self.out.push_str(": ");
                    self.value(value);
                }
                self.out.push('}');
            }
        }
    }

    fn comma(&mut self, index: usize) {
        if index > 0 {
            self.out.push_str(", ");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::to_json;

    fn json(text: &str) -> String {
        to_json(text).unwrap().unwrap()
    }

    #[test]
    fn values_keep_their_lines() {
        let text = "'@odata.type': x\napps:\n- id: a.b\n  on: true\n-   2\n# nothing\nlast: ~\n";
        let found = json(text);
        let lines: Vec<&str> = found.lines().collect();
        assert!(lines[0].contains("\"@odata.type\": \"x\""), "{found}");
        assert!(
            lines[2].contains("\"id\": \"a.b\"") && lines[3].contains("\"on\": true"),
            "{found}"
        );
        assert!(lines[4].contains('2') && lines[6].contains("\"last\": null"), "{found}");
        let value: serde_json::Value = serde_json::from_str(&found).unwrap();
        assert_eq!(value["apps"][1], 2);
    }

    #[test]
    fn scalars_are_those_of_json() {
        assert_eq!(
            json(
                "[17.0, '17.0', yes, 0x1, 1e3, -2, .5, 012, PT12H, \"a\\nb\", !!str 3, null, True]"
            )
            .trim(),
            r#"[17.0, "17.0", "yes", "0x1", 1e3, -2, ".5", "012", "PT12H", "a\nb", "3", null, true]"#
        );
        let value: serde_json::Value = serde_json::from_str(&json("a: |\n  text\n")).unwrap();
        assert_eq!(value["a"], "text\n");
    }

    #[test]
    fn aliases_are_written_out_and_bounded() {
        let text = "a: &one [1, 2]\nb: *one\n";
        let value: serde_json::Value = serde_json::from_str(&json(text)).unwrap();
        assert_eq!(value["b"], value["a"]);
        let mut bomb = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n".to_owned();
        for number in 1..9 {
            let alias = format!("*a{}, ", number - 1).repeat(10);
            bomb.push_str(&format!("a{number}: &a{number} [{alias}]\n"));
        }
        assert!(to_json(&bomb).unwrap_err().contains("the limit"));
        assert!(to_json(&"[".repeat(1000)).is_err());
    }

    #[test]
    fn other_documents_are_none() {
        assert_eq!(to_json("").unwrap(), None);
        assert_eq!(to_json("a: 1\n---\nb: 2\n").unwrap(), None);
        assert!(to_json("a: [1").is_err());
        assert!(to_json("? [a]\n: 1\n").is_err());
    }
}
