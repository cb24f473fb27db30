//! A client: it sends messages, keeps the diagnostics that come, and answers what the server asks.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use lsp_server::{Connection, Message, Notification, Request, RequestId, Response};
use mam::LoadError;
use mam::lsp::{Files, serve};
use serde_json::{Value, json};

/// The folder of the editor.
pub(crate) const FOLDER: &str = "/work";

/// How long a test waits for something.
const PATIENCE: Duration = Duration::from_secs(60);

/// Files in memory: saved texts, and those of the last commit.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) saved: Mutex<BTreeMap<String, String>>,
    pub(crate) committed: Mutex<BTreeMap<String, String>>,
    /// Whether folders cannot be searched for now.
    is_busy: Mutex<bool>,
    has_changed: Condvar,
}

impl Memory {
    /// Lets searches of folders wait, or go on.
    pub(crate) fn set_busy(&self, is_busy: bool) {
        *self.is_busy.lock().unwrap() = is_busy;
        self.has_changed.notify_all();
    }
}

fn text(of: &Mutex<BTreeMap<String, String>>, path: &str) -> Result<String, LoadError> {
    let found = of.lock().unwrap().get(path).cloned();
    found.ok_or_else(|| LoadError::CannotRead("there is no such file".to_owned()))
}

impl Files for Memory {
    fn read(&self, path: &str, root: &str) -> Result<String, LoadError> {
        assert!(path.starts_with(root), "{path} is not below {root}");
        text(&self.saved, path)
    }

    fn list(&self, folder: &str) -> Vec<String> {
        let is_busy = self.is_busy.lock().unwrap();
        drop(self.has_changed.wait_while(is_busy, |is_busy| *is_busy).unwrap());
        let saved = self.saved.lock().unwrap();
        saved.keys().filter(|path| path.starts_with(folder)).cloned().collect()
    }

    fn committed(&self, path: &str) -> Result<String, LoadError> {
        text(&self.committed, path)
    }
}

/// A diagnostic as tests compare it: code, first line and column, severity.
pub(crate) type Short = (String, u64, u64);

pub(crate) struct Client {
    connection: Connection,
    server: Option<JoinHandle<Result<(), mam::lsp::ServeError>>>,
    pub(crate) files: Arc<Memory>,
    next: i32,
    responses: BTreeMap<i32, Response>,
    /// The last diagnostics by address, with the version that they are about.
    pub(crate) published: BTreeMap<String, (Option<i64>, Vec<Value>)>,
    /// How often the server asked for new lenses: once for each step of the analysis.
    pub(crate) refreshes: usize,
    pub(crate) registrations: Vec<Value>,
    /// The edits that the server asked for.
    pub(crate) applied: Vec<Value>,
    /// Whether the client makes such edits.
    pub(crate) applies: bool,
    /// The messages for the user and for the log.
    pub(crate) messages: Vec<String>,
    versions: BTreeMap<String, i32>,
    pub(crate) capabilities: Value,
}

/// The address of a file in the folder.
pub(crate) fn uri(name: &str) -> String {
    format!("file://{FOLDER}/{name}")
}

/// The path of a file in the folder.
pub(crate) fn path(name: &str) -> String {
    format!("{FOLDER}/{name}")
}

impl Client {
    /// A client whose folder has some files.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        Self::with(files, json!({ "idle": 1 }), &["utf-16"])
    }

    /// A client with options, and the units of columns that it knows.
    pub(crate) fn with(files: &[(&str, &str)], options: Value, encodings: &[&str]) -> Self {
        let mut client = Self::of(Memory::default(), files, options, encodings);
        // It is answered when the folder is searched.
        client.request("workspace/symbol", json!({ "query": "" }));
        client
    }

    /// A client with files of its own kind.
    pub(crate) fn of(
        memory: Memory,
        files: &[(&str, &str)],
        options: Value,
        encodings: &[&str],
    ) -> Self {
        let memory = Arc::new(memory);
        let saved = files.iter().map(|(name, text)| (path(name), (*text).to_owned()));
        memory.saved.lock().unwrap().extend(saved);
        let (ours, theirs) = Connection::memory();
        let shared: Arc<dyn Files> = Arc::clone(&memory) as Arc<dyn Files>;
        let server = std::thread::spawn(move || serve(&theirs, shared));
        let mut client = Self {
            connection: ours,
            server: Some(server),
            files: memory,
            next: 0,
            responses: BTreeMap::new(),
            published: BTreeMap::new(),
            refreshes: 0,
            registrations: Vec::new(),
            applied: Vec::new(),
            applies: true,
            messages: Vec::new(),
            versions: BTreeMap::new(),
            capabilities: Value::Null,
        };
        let result = client.request(
            "initialize",
            json!({
                "processId": null,
                "workspaceFolders": [{ "uri": format!("file://{FOLDER}"), "name": "work" }],
                "initializationOptions": options,
                "capabilities": {
                    "general": { "positionEncodings": encodings },
                    "workspace": {
                        "codeLens": { "refreshSupport": true },
                        "didChangeWatchedFiles": { "dynamicRegistration": true }
                    }
                }
            }),
        );
        client.capabilities = result["capabilities"].clone();
        client.notify("initialized", json!({}));
        client
    }

    pub(crate) fn notify(&self, method: &str, params: Value) {
        let message = Notification { method: method.to_owned(), params };
        self.connection.sender.send(message.into()).unwrap();
    }

    /// Sends a request; its number.
    pub(crate) fn send(&mut self, method: &str, params: Value) -> i32 {
        self.next += 1;
        let id = RequestId::from(self.next);
        let request = Request { id, method: method.to_owned(), params };
        self.connection.sender.send(request.into()).unwrap();
        self.next
    }

    /// The response to a request.
    pub(crate) fn response(&mut self, id: i32) -> Response {
        let start = Instant::now();
        loop {
            if let Some(response) = self.responses.remove(&id) {
                return response;
            }
            assert!(start.elapsed() < PATIENCE, "no response");
            self.receive(PATIENCE);
        }
    }

    /// The result of a request.
    pub(crate) fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.send(method, params);
        let response = self.response(id);
        match response.response_result {
            Ok(result) => result,
            Err(error) => panic!("{method}: {}", error.message),
        }
    }

    /// The error of a request.
    pub(crate) fn refusal(&mut self, method: &str, params: Value) -> String {
        let id = self.send(method, params);
        match self.response(id).response_result {
            Ok(result) => panic!("{method}: {result}"),
            Err(error) => error.message,
        }
    }

    /// Takes in a message, if one comes in time.
    fn receive(&mut self, within: Duration) -> bool {
        let Ok(message) = self.connection.receiver.recv_timeout(within) else { return false };
        match message {
            Message::Response(response) => {
                let id: i32 = response.id.to_string().parse().unwrap();
                self.responses.insert(id, response);
            }
            Message::Notification(it) if it.method == "textDocument/publishDiagnostics" => {
                let uri = it.params["uri"].as_str().unwrap().to_owned();
                let list = it.params["diagnostics"].as_array().unwrap().clone();
                self.published.insert(uri, (it.params["version"].as_i64(), list));
            }
            Message::Notification(it) if it.method.starts_with("window/") => {
                self.messages.push(it.params["message"].as_str().unwrap().to_owned());
            }
            Message::Notification(it) => panic!("unexpected {}", it.method),
            Message::Request(request) => {
                match request.method.as_str() {
                    "workspace/codeLens/refresh" => self.refreshes += 1,
                    "client/registerCapability" => self.registrations.push(request.params),
                    "workspace/applyEdit" => self.applied.push(request.params),
                    other => panic!("unexpected {other}"),
                }
                let answer = match request.method.as_str() {
                    "workspace/applyEdit" => json!({ "applied": self.applies }),
                    _ => Value::Null,
                };
                let response = Response::new_ok(request.id, answer);
                self.connection.sender.send(response.into()).unwrap();
            }
        }
        true
    }

    /// Takes in messages until something holds.
    pub(crate) fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !holds(self) {
            assert!(start.elapsed() < PATIENCE, "{what} does not come: {:#?}", self.published);
            self.receive(Duration::from_millis(200));
        }
    }

    /// The result of a command about a document.
    pub(crate) fn command(&mut self, name: &str, argument: Value) -> Value {
        let params = json!({ "command": name, "arguments": [argument] });
        self.request("workspace/executeCommand", params)
    }

    /// The titles of the lenses of a document.
    pub(crate) fn lenses(&mut self, name: &str) -> Vec<String> {
        let params = json!({ "textDocument": { "uri": uri(name) } });
        let lenses = self.request("textDocument/codeLens", params);
        let titles = lenses.as_array().unwrap().iter();
        titles.map(|one| one["command"]["title"].as_str().unwrap().to_owned()).collect()
    }

    // ------------------------------------------------------------ documents

    pub(crate) fn open(&mut self, name: &str, text: &str) {
        self.versions.insert(name.to_owned(), 1);
        let item = json!({ "uri": uri(name), "languageId": "mam", "version": 1, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": item }));
    }

    pub(crate) fn close(&mut self, name: &str) {
        self.versions.remove(name);
        self.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri(name) } }));
    }

    /// Changes a document: each change is a range and a text, or a whole text.
    pub(crate) fn change(&mut self, name: &str, changes: Value) {
        let version = self.versions.get_mut(name).unwrap();
        *version += 1;
        let document = json!({ "uri": uri(name), "version": *version });
        let params = json!({ "textDocument": document, "contentChanges": changes });
        self.notify("textDocument/didChange", params);
    }

    /// Gives a document another text.
    pub(crate) fn set(&mut self, name: &str, text: &str) {
        self.change(name, json!([{ "text": text }]));
    }

    /// Waits until the newest text of a document is checked; its diagnostics.
    pub(crate) fn checked(&mut self, name: &str) -> Vec<Value> {
        let version = i64::from(self.versions[name]);
        let of = uri(name);
        self.until("a check", |client| {
            client.published.get(&of).is_some_and(|(about, _)| *about == Some(version))
        });
        self.published[&of].1.clone()
    }

    /// Waits until the analysis of the newest text of a document without errors is complete.
    pub(crate) fn analysed(&mut self, name: &str) -> Vec<Value> {
        self.checked(name);
        let document = json!({ "uri": uri(name) });
        let start = Instant::now();
        loop {
            let params = json!({ "command": "mam.state", "arguments": [document] });
            let state = self.request("workspace/executeCommand", params);
            if state["complete"] == true {
                break;
            }
            assert!(
                start.elapsed() < PATIENCE,
                "the analysis does not end: {state} {:?}",
                self.messages
            );
            self.receive(Duration::from_millis(5));
        }
        self.published[&uri(name)].1.clone()
    }

    /// A request about a place, which the text shows by `|`. The text is opened without it.
    pub(crate) fn at(&mut self, name: &str, method: &str, marked: &str) -> Value {
        let position = self.open_marked(name, marked);
        self.request(method, place(name, &position))
    }

    /// Opens a text in which `|` shows a place; gives the place.
    pub(crate) fn open_marked(&mut self, name: &str, marked: &str) -> Value {
        let at = marked.find('|').expect("the text shows a place");
        let text = format!("{}{}", &marked[..at], &marked[at + 1..]);
        if self.versions.contains_key(name) {
            self.set(name, &text);
        } else {
            self.open(name, &text);
        }
        position(&text, at)
    }

    pub(crate) fn shutdown(mut self) {
        self.request("shutdown", Value::Null);
        self.exit().unwrap();
    }

    /// Sends an answer to nothing that is still asked.
    pub(crate) fn answer_late(&self) {
        let response = Response::new_ok(RequestId::from(1), Value::Null);
        self.connection.sender.send(response.into()).unwrap();
    }

    /// Ends the connection; what the server says to that.
    pub(crate) fn exit(mut self) -> Result<(), mam::lsp::ServeError> {
        self.notify("exit", Value::Null);
        self.server.take().unwrap().join().unwrap()
    }
}

/// The parameters of a request about a place.
pub(crate) fn place(name: &str, position: &Value) -> Value {
    json!({ "textDocument": { "uri": uri(name) }, "position": position })
}

/// The position of a byte, in units of UTF-16.
pub(crate) fn position(text: &str, at: usize) -> Value {
    let line = text[..at].matches('\n').count();
    let column = text[..at].rsplit('\n').next().unwrap().encode_utf16().count();
    json!({ "line": line, "character": column })
}

/// The code and place of a diagnostic.
pub(crate) fn short(diagnostic: &Value) -> Short {
    let start = &diagnostic["range"]["start"];
    (
        diagnostic["code"].as_str().unwrap().to_owned(),
        start["line"].as_u64().unwrap(),
        start["character"].as_u64().unwrap(),
    )
}

/// A text after edits in the form of the protocol.
pub(crate) fn edited(text: &str, edits: &Value) -> String {
    let byte = |position: &Value| {
        let line = position["line"].as_u64().unwrap() as usize;
        let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        let mut left = position["character"].as_u64().unwrap() as usize;
        let mut at = start;
        for c in text[start..].chars().take_while(|c| *c != '\n') {
            if left == 0 {
                break;
            }
            left -= c.len_utf16().min(left);
            at += c.len_utf8();
        }
        at
    };
    let mut all: Vec<_> = edits
        .as_array()
        .unwrap()
        .iter()
        .map(|edit| {
            let range = &edit["range"];
            (byte(&range["start"])..byte(&range["end"]), edit["newText"].as_str().unwrap())
        })
        .collect();
    all.sort_by_key(|(bytes, _)| bytes.start);
    let mut out = text.to_owned();
    for (bytes, new) in all.into_iter().rev() {
        out.replace_range(bytes, new);
    }
    out
}
