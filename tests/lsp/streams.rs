//! Streams: what an editor may send as bytes, in any order, and what the server says to it.

use std::io::Write;
use std::sync::{Arc, Mutex};

use lsp_server::Message;
use mam::lsp::{ServeError, serve_streams};
use serde_json::{Value, json};

use crate::client::{Memory, uri};
use crate::diagnostics::NOTES;

/// An output that can be read while it is written.
#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn frame(body: &Value) -> String {
    let body = body.to_string();
    format!("Content-Length: {}\r\n\r\n{body}", body.len())
}

fn request(id: i32, method: &str, params: Value) -> String {
    frame(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))
}

fn note(method: &str, params: Value) -> String {
    frame(&json!({ "jsonrpc": "2.0", "method": method, "params": params }))
}

fn initialize(id: i32) -> String {
    request(id, "initialize", json!({ "processId": null, "rootUri": null, "capabilities": {} }))
}

fn hover(id: i32) -> String {
    let place = json!({ "line": 0, "character": 0 });
    let params = json!({ "textDocument": { "uri": uri("notes.mam") }, "position": place });
    request(id, "textDocument/hover", params)
}

/// Serves some bytes up to their end; the responses by number as far as they came, each the result or the code of the error.
fn serve(input: &str) -> (Result<(), ServeError>, Vec<(i32, Value)>) {
    let output = Output::default();
    let bytes = std::io::Cursor::new(input.as_bytes().to_vec());
    let ended = serve_streams(bytes, output.clone(), Arc::new(Memory::default()));
    let written = output.0.lock().unwrap().clone();
    let mut rest = written.as_slice();
    let mut found = Vec::new();
    while let Some(message) = Message::read(&mut rest).unwrap() {
        if let Message::Response(response) = message {
            let id = response.id.to_string().parse().unwrap();
            found.push((id, response.response_result.unwrap_or_else(|error| json!(error.code))));
        }
    }
    (ended, found)
}

#[test]
fn requests_in_the_wrong_order_are_refused_and_end_nothing() {
    let input = [
        note("textDocument/didOpen", json!({ "nonsense": true })),
        hover(1),
        request(2, "shutdown", Value::Null),
        request(3, "initialize", json!({ "capabilities": "all" })),
        frame(&json!({ "jsonrpc": "2.0", "id": null, "error": { "code": 1, "message": "?" } })),
        frame(&json!({ "jsonrpc": "2.0", "id": 77, "result": null })),
        initialize(4),
        // Requests may come before `initialized`.
        hover(5),
        note("initialized", json!({})),
        initialize(6),
        note("$/unknown", json!([1])),
        note("foo/bar", Value::Null),
        request(7, "$/unknown", Value::Null),
        request(8, "textDocument/hover", json!({ "textDocument": 1 })),
        request(9, "workspace/executeCommand", json!([])),
        request(10, "textDocument/completion", json!({})),
        hover(11),
        note("$/cancelRequest", json!({ "id": 4711 })),
        note("$/cancelRequest", json!({ "id": {} })),
        request(12, "shutdown", Value::Null),
        hover(13),
        request(14, "shutdown", Value::Null),
        note("textDocument/didOpen", json!({ "textDocument": { "uri": uri("a.mam") } })),
        note("exit", Value::Null),
        "behind the end".to_owned(),
    ];
    let (ended, found) = serve(&input.concat());
    ended.unwrap();
    let capabilities = found.iter().find(|(id, _)| *id == 4).unwrap().1.clone();
    assert_eq!(capabilities["serverInfo"]["name"], "mam");
    let codes: Vec<_> = found.iter().filter(|(id, _)| *id != 4).cloned().collect();
    let expected = [
        (1, json!(-32002)),
        (2, json!(-32002)),
        (3, json!(-32602)),
        (5, Value::Null),
        (6, json!(-32600)),
        (7, json!(-32601)),
        (8, Value::Null),
        (9, json!(-32602)),
        (10, Value::Null),
        (11, Value::Null),
        (12, Value::Null),
        (13, json!(-32600)),
        (14, Value::Null),
    ];
    assert_eq!(codes, expected);
}

#[test]
fn an_end_without_a_word_is_told_from_one_that_cannot_be_understood() {
    let begun = initialize(1) + &note("initialized", json!({}));
    let opened = {
        let item =
            json!({ "uri": uri("notes.mam"), "languageId": "mam", "version": 1, "text": NOTES });
        begun.clone() + &note("textDocument/didOpen", json!({ "textDocument": item }))
    };
    for input in ["", &begun, &opened] {
        let (ended, _) = serve(input);
        assert!(matches!(ended, Err(ServeError::Gone)), "{ended:?}");
    }
    for before in ["", &begun, &opened] {
        let (ended, _) = serve(&(before.to_owned() + &note("exit", Value::Null)));
        assert!(matches!(ended, Err(ServeError::NotShutDown)), "{ended:?}");
    }
    for (behind, why) in [
        ("Content-Length: 18446744073709551615\r\n\r\n{", "the limit is 134217728"),
        ("Content-Length: 134217729\r\n\r\n{", "a message of 134217729 bytes"),
        ("Content-Length: 100000000\r\n\r\n{}", "behind 2 of 100000000 bytes"),
        ("Content-Length: 3\r\n\r\n{\"x", "is no JSON"),
        ("Content-Length: 2\r\n\r\n[]", "no object"),
        ("GET / HTTP/1.1\r\n\r\n", "no line of a header"),
    ] {
        for before in ["", &begun, &opened] {
            let (ended, found) = serve(&format!("{before}{behind}"));
            let Err(error @ ServeError::Protocol(_)) = ended else { panic!("{behind}: {ended:?}") };
            let text = error.to_string();
            assert!(text.starts_with("the editor does not keep to the protocol: "), "{text}");
            assert!(text.contains(why), "{text}");
            assert_eq!(found.len(), usize::from(!before.is_empty()));
        }
    }
}

#[test]
fn an_editor_that_reads_nothing_any_more_does_no_harm() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let input = [
        hover(1),
        initialize(2),
        hover(3),
        request(4, "shutdown", Value::Null),
        note("exit", Value::Null),
    ];
    let bytes = std::io::Cursor::new(input.concat().into_bytes());
    serve_streams(bytes, Closed, Arc::new(Memory::default())).unwrap();
}
