//! Server: the loop that takes in messages and the results of the threads.
//!
//! Texts are changed at once, and checked on a thread; requests that want the newest check wait for it, the others
//! are answered from the text and from what is known. The linter begins when the editor is idle.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, select_biased, unbounded};
use lsp_server::{Connection, ErrorCode, Message, Notification, Request, RequestId, Response};
use lsp_types::notification::Notification as _;
use lsp_types::request::Request as _;
use lsp_types::{
    ApplyWorkspaceEditParams, ClientCapabilities, FileChangeType, InitializeParams,
    InitializeResult, PositionEncodingKind, PublishDiagnosticsParams, ServerInfo, notification,
    request,
};

use super::checker::{self, CheckJob};
use super::commands::{Outcome, Task};
use super::diagnostics::{ByPath, of_set};
use super::documents::Documents;
use super::events::Event;
use super::files::Files;
use super::linter::{self, LintJob, Pace};
use super::options::Options;
use super::position::Encoding;
use super::uri::{path_of, uri_of};
use super::view::{SetState, View};
use super::workspace::{SetKey, Snapshot, Workspace};
use super::{answers, capabilities};
use crate::compiler::Checked;

/// The reason why the server ended before the editor asked it to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The editor does not keep to the protocol.
    #[error("the editor does not keep to the protocol: {0}")]
    Protocol(String),
    /// The editor ended without asking the server to.
    #[error("the editor is gone")]
    Gone,
}

/// Serves an editor over a connection until it asks for the end.
///
/// # Errors
///
/// When the editor does not keep to the protocol, or goes without a word.
pub fn serve(connection: &Connection, files: Arc<dyn Files>) -> Result<(), ServeError> {
    let protocol = |error: lsp_server::ProtocolError| ServeError::Protocol(error.to_string());
    let (id, params) = connection.initialize_start().map_err(protocol)?;
    let params: InitializeParams =
        serde_json::from_value(params).map_err(|error| ServeError::Protocol(error.to_string()))?;
    let encoding = encoding(&params.capabilities);
    let result = InitializeResult {
        capabilities: capabilities::of_server(encoding),
        server_info: Some(ServerInfo {
            name: "mam".to_owned(),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        }),
    };
    let result =
        serde_json::to_value(result).map_err(|error| ServeError::Protocol(error.to_string()))?;
    connection.initialize_finish(id, result).map_err(protocol)?;
    let mut server = Server::start(connection, files, &params, encoding);
    let outcome = server.run(connection);
    // The threads are not waited for: they end with their next step.
    server.newest.store(u64::MAX, Ordering::Release);
    outcome
}

/// The unit of columns: bytes if the editor knows them.
fn encoding(client: &ClientCapabilities) -> Encoding {
    let known = client.general.as_ref().and_then(|general| general.position_encodings.as_ref());
    let has_bytes = known.is_some_and(|known| known.contains(&PositionEncodingKind::UTF8));
    if has_bytes { Encoding::Utf8 } else { Encoding::Utf16 }
}

/// The folders of the editor, each with a slash at its end.
fn folders(params: &InitializeParams) -> Vec<String> {
    let several = params.workspace_folders.iter().flatten().map(|folder| path_of(&folder.uri));
    let mut found: Vec<_> = several.collect();
    if found.is_empty() {
        #[expect(deprecated, reason = "older editors send no other member")]
        let root = params.root_uri.as_ref();
        found.extend(root.map(path_of));
    }
    found.into_iter().map(|path| format!("{}/", path.trim_end_matches('/'))).collect()
}

struct Server {
    sender: Sender<Message>,
    files: Arc<dyn Files>,
    options: Options,
    documents: Documents,
    workspace: Workspace,
    sets: BTreeMap<SetKey, SetState>,
    /// The number of the newest text.
    generation: u64,
    newest: Arc<AtomicU64>,
    checker: Sender<CheckJob>,
    linter: Sender<LintJob>,
    events: Receiver<Event>,
    /// The diagnostics that the editor has, with the version of the text that they are about.
    published: BTreeMap<String, (Option<i32>, Vec<lsp_types::Diagnostic>)>,
    /// Requests that wait for a check.
    waiting: Vec<Request>,
    next_id: i32,
    /// Whether the editor asked for the end; `exit` follows.
    is_ending: bool,
    client: ClientCapabilities,
}

impl Server {
    fn start(
        connection: &Connection,
        files: Arc<dyn Files>,
        params: &InitializeParams,
        encoding: Encoding,
    ) -> Self {
        let options = params.initialization_options.clone();
        let options: Options =
            options.and_then(|value| serde_json::from_value(value).ok()).unwrap_or_default();
        let (events_in, events) = unbounded();
        let (checker, check_jobs) = unbounded();
        let (linter, lint_jobs) = unbounded();
        let newest = Arc::new(AtomicU64::new(0));
        let pace = Pace {
            idle: Duration::from_millis(options.idle),
            lints: options.lints,
            newest: Arc::clone(&newest),
        };
        let found = events_in.clone();
        std::thread::spawn(move || checker::work(&check_jobs, &events_in));
        std::thread::spawn(move || linter::work(&lint_jobs, &found, &pace));
        Self {
            sender: connection.sender.clone(),
            files,
            workspace: Workspace::new(folders(params), &options.sets),
            options,
            documents: Documents::new(encoding),
            sets: BTreeMap::new(),
            generation: 0,
            newest,
            checker,
            linter,
            events,
            published: BTreeMap::new(),
            waiting: Vec::new(),
            next_id: 0,
            is_ending: false,
            client: params.capabilities.clone(),
        }
    }

    fn run(&mut self, connection: &Connection) -> Result<(), ServeError> {
        let texts = self.snapshot();
        self.workspace.scan(&texts);
        self.watch_files();
        let events = self.events.clone();
        loop {
            // Messages first: a newer text makes results stale.
            select_biased! {
                recv(connection.receiver) -> message => match message {
                    Ok(Message::Request(request)) => self.request(request),
                    Ok(Message::Notification(it)) if it.method == notification::Exit::METHOD => {
                        return if self.is_ending { Ok(()) } else { Err(ServeError::Gone) };
                    }
                    Ok(Message::Notification(notification)) => self.notification(notification),
                    Ok(Message::Response(_)) => {}
                    Err(_) => return Err(ServeError::Gone),
                },
                recv(events) -> event => {
                    if let Ok(event) = event {
                        self.event(event);
                    }
                }
            }
        }
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot { open: Arc::new(self.documents.texts()), files: Arc::clone(&self.files) }
    }

    fn send(&self, message: impl Into<Message>) {
        // The editor has gone: the loop ends with the next message.
        let _gone = self.sender.send(message.into());
    }

    /// Asks the editor to tell of files that change.
    fn watch_files(&mut self) {
        let watch =
            self.client.workspace.as_ref().and_then(|it| it.did_change_watched_files.as_ref());
        if watch.and_then(|it| it.dynamic_registration) != Some(true) {
            return;
        }
        let params = capabilities::watched_files();
        self.ask(request::RegisterCapability::METHOD, params);
    }

    fn ask(&mut self, method: &str, params: impl serde::Serialize) {
        self.next_id += 1;
        let request = Request::new(RequestId::from(self.next_id), method.to_owned(), params);
        self.send(request);
    }

    // ------------------------------------------------------------ texts

    fn notification(&mut self, message: Notification) {
        match message.method.as_str() {
            notification::DidOpenTextDocument::METHOD => {
                self.with(message, |server, it: lsp_types::DidOpenTextDocumentParams| {
                    let document = it.text_document;
                    let path = path_of(&document.uri);
                    server.documents.open(document.uri, document.version, &document.text);
                    server.changed(&path);
                });
            }
            notification::DidChangeTextDocument::METHOD => {
                self.with(message, |server, it: lsp_types::DidChangeTextDocumentParams| {
                    let path = path_of(&it.text_document.uri);
                    server.documents.change(&path, it.text_document.version, it.content_changes);
                    server.changed(&path);
                });
            }
            notification::DidCloseTextDocument::METHOD => {
                self.with(message, |server, it: lsp_types::DidCloseTextDocumentParams| {
                    let path = path_of(&it.text_document.uri);
                    server.documents.close(&path);
                    server.changed(&path);
                });
            }
            notification::DidChangeWatchedFiles::METHOD => {
                self.with(message, |server, it: lsp_types::DidChangeWatchedFilesParams| {
                    server.files_changed(&it.changes);
                });
            }
            notification::DidSaveTextDocument::METHOD => self.check_all(),
            notification::Cancel::METHOD => {
                self.with(message, |server, it: lsp_types::CancelParams| server.cancel(it.id));
            }
            _ => {}
        }
    }

    /// Handles the parameters of a notification; one that cannot be read is none.
    fn with<P: serde::de::DeserializeOwned>(
        &mut self,
        message: Notification,
        handle: impl FnOnce(&mut Self, P),
    ) {
        if let Ok(params) = serde_json::from_value(message.params) {
            handle(self, params);
        }
    }

    /// Notes that the text of a file is another one, and has the sets that it belongs to checked.
    fn changed(&mut self, path: &str) {
        let texts = self.snapshot();
        match texts.read(path, super::uri::folder_of(path)) {
            Ok(text) => self.workspace.update(path, &text),
            Err(_) => self.workspace.forget(path),
        }
        self.update_sets(texts, |key, state| {
            let is_in = |checked: &Arc<Checked>| {
                checked.sources().iter().any(|(_, source)| source.name() == path)
            };
            key.iter().any(|root| root == path) || state.checked.as_ref().is_none_or(is_in)
        });
    }

    fn files_changed(&mut self, changes: &[lsp_types::FileEvent]) {
        let is_other = |path: &String| self.documents.get(path).is_none();
        let paths: BTreeSet<_> =
            changes.iter().map(|change| path_of(&change.uri)).filter(is_other).collect();
        if paths.is_empty() {
            return;
        }
        let texts = self.snapshot();
        if changes.iter().any(|change| change.typ != FileChangeType::CHANGED) {
            self.workspace.scan(&texts);
        }
        for path in &paths {
            self.changed(path);
        }
        // A file may be one that was missing so far.
        self.check_all();
    }

    fn check_all(&mut self) {
        self.update_sets(self.snapshot(), |_, _| true);
    }

    /// Has the sets of open documents checked that are new or fulfil a condition; forgets the others.
    fn update_sets(&mut self, texts: Snapshot, is_changed: impl Fn(&SetKey, &SetState) -> bool) {
        self.generation += 1;
        self.newest.store(self.generation, Ordering::Release);
        let paths: Vec<_> = self.documents.paths().cloned().collect();
        let keys: BTreeSet<SetKey> =
            paths.iter().flat_map(|path| self.workspace.sets_of(path)).collect();
        self.sets.retain(|key, _| keys.contains(key));
        let mut stale = Vec::new();
        for key in keys {
            let state = self.sets.entry(key.clone()).or_default();
            if state.wanted == 0 || is_changed(&key, state) {
                state.wanted = self.generation;
                stale.push(key);
            }
        }
        if stale.is_empty() {
            self.publish();
            return;
        }
        let job = CheckJob { generation: self.generation, sets: stale, texts };
        // The thread ends with the server only.
        let _running = self.checker.send(job);
    }

    // ------------------------------------------------------------ results

    /// Takes in a result, unless it is about an earlier text.
    fn event(&mut self, event: Event) {
        let (Event::Checked { generation, key, .. } | Event::Found { generation, key, .. }) =
            &event;
        let Some(state) = self.sets.get_mut(key).filter(|state| *generation >= state.wanted) else {
            return;
        };
        match event {
            Event::Checked { generation, key, checked } => {
                state.done = generation;
                state.checked.clone_from(&checked);
                if let Some(checked) = checked.filter(|checked| !checked.has_errors()) {
                    state.good = Some(Arc::clone(&checked));
                    let texts = self.snapshot();
                    // The thread ends with the server only.
                    let _running = self.linter.send(LintJob { generation, key, checked, texts });
                }
                self.publish();
                self.answer_waiting();
            }
            Event::Found { checked, findings, .. } => {
                state.found = Some((checked, findings));
                self.publish();
                self.refresh_lenses();
            }
        }
    }

    fn refresh_lenses(&mut self) {
        let lenses = self.client.workspace.as_ref().and_then(|it| it.code_lens.as_ref());
        if lenses.and_then(|it| it.refresh_support) == Some(true) {
            self.ask(request::CodeLensRefresh::METHOD, ());
        }
    }

    /// Sends the diagnostics of every file whose diagnostics or version changed.
    fn publish(&mut self) {
        let mut found = ByPath::new();
        for state in self.sets.values() {
            of_set(state, &self.documents, &self.options, &mut found);
        }
        let is_ready = |path: &str| {
            let sets = self.workspace.sets_of(path);
            sets.iter().all(|key| self.sets.get(key).is_none_or(SetState::is_ready))
        };
        let open: Vec<_> = self.documents.paths().filter(|path| is_ready(path)).cloned().collect();
        for path in open {
            found.entry(path).or_default();
        }
        let before: Vec<_> = self.published.keys().cloned().collect();
        for path in before {
            // Nothing is taken back while a newer text is being checked.
            if self.documents.get(&path).is_none() || is_ready(&path) {
                found.entry(path).or_default();
            }
        }
        for (path, mut list) in found {
            list.sort_by_key(|one| (one.range.start, one.range.end));
            let mut unique: Vec<lsp_types::Diagnostic> = Vec::new();
            for one in list {
                if !unique.contains(&one) {
                    unique.push(one);
                }
            }
            self.publish_for(path, unique);
        }
    }

    fn publish_for(&mut self, path: String, list: Vec<lsp_types::Diagnostic>) {
        let document = self.documents.get(&path);
        let version = document.map(|one| one.version);
        let Some(uri) = document.map_or_else(|| uri_of(&path), |one| Some(one.uri.clone())) else {
            return;
        };
        let is_known =
            self.published.get(&path).is_some_and(|known| *known == (version, list.clone()));
        if is_known || version.is_none() && list.is_empty() && !self.published.contains_key(&path) {
            return;
        }
        let params = PublishDiagnosticsParams::new(uri, list.clone(), version);
        self.send(Notification::new(notification::PublishDiagnostics::METHOD.to_owned(), params));
        if version.is_none() && list.is_empty() {
            self.published.remove(&path);
        } else {
            self.published.insert(path, (version, list));
        }
    }

    // ------------------------------------------------------------ requests

    fn request(&mut self, request: Request) {
        if request.method == request::Shutdown::METHOD {
            // Answers to what the server asked may still come before `exit`.
            self.is_ending = true;
            return self.send(Response::new_ok(request.id, ()));
        }
        if self.is_ending {
            let code = ErrorCode::InvalidRequest as i32;
            return self.send(Response::new_err(
                request.id,
                code,
                "the server is ending".to_owned(),
            ));
        }
        if answers::wants_check(&request.method) && !self.is_ready(&request) {
            self.waiting.push(request);
        } else {
            self.answer(request);
        }
    }

    /// Whether the sets of the document that a request is about are checked; of any set, if it is about none.
    fn is_ready(&self, request: &Request) -> bool {
        match answers::path(request) {
            Some(path) => {
                let keys = self.workspace.sets_of(&path);
                keys.iter().all(|key| self.sets.get(key).is_none_or(SetState::is_ready))
            }
            None => self.sets.values().all(SetState::is_ready),
        }
    }

    fn answer_waiting(&mut self) {
        for request in std::mem::take(&mut self.waiting) {
            self.request(request);
        }
    }

    /// Answers a request that still waits, and was taken back, with an error.
    fn cancel(&mut self, id: lsp_types::NumberOrString) {
        let id = match id {
            lsp_types::NumberOrString::Number(number) => RequestId::from(number),
            lsp_types::NumberOrString::String(text) => RequestId::from(text),
        };
        let is_it = |request: &Request| request.id == id;
        if let Some(at) = self.waiting.iter().position(is_it) {
            let request = self.waiting.remove(at);
            let code = ErrorCode::RequestCanceled as i32;
            self.send(Response::new_err(request.id, code, "canceled".to_owned()));
        }
    }

    fn answer(&mut self, request: Request) {
        if request.method == request::ExecuteCommand::METHOD {
            return self.execute(request);
        }
        let path = answers::path(&request).unwrap_or_default();
        let keys = self.workspace.sets_of(&path);
        let sets: Vec<&SetState> = match path.as_str() {
            "" => self.sets.values().collect(),
            _ => keys.iter().filter_map(|key| self.sets.get(key)).collect(),
        };
        // A request about the whole workspace is asked of any document.
        let document = match path.as_str() {
            "" => self.documents.paths().next().and_then(|path| self.documents.get(path)),
            path => self.documents.get(path),
        };
        let Some(document) = document else {
            return self.send(Response::new_ok(request.id, serde_json::Value::Null));
        };
        let view = View {
            path: &path,
            document,
            sets,
            documents: &self.documents,
            options: &self.options,
            workspace: &self.workspace,
        };
        let response = answers::answer(&view, request);
        self.send(response);
    }

    /// What is known about some sets: whether they have errors, and whether their analysis is complete.
    fn state(&self, keys: &BTreeSet<SetKey>) -> serde_json::Value {
        let states: Vec<_> = keys.iter().filter_map(|key| self.sets.get(key)).collect();
        let has_errors =
            |state: &&SetState| state.checked.as_ref().is_none_or(|checked| checked.has_errors());
        let is_complete = |state: &SetState| {
            let found = state.found.as_ref().zip(state.checked.as_ref());
            found.is_some_and(|((about, findings), checked)| {
                Arc::ptr_eq(about, checked) && findings.is_complete
            })
        };
        serde_json::json!({
            "errors": states.iter().any(has_errors),
            "complete": !states.is_empty() && states.iter().all(|state| is_complete(state)),
        })
    }

    /// Runs a command on a thread of its own, which answers.
    fn execute(&mut self, request: Request) {
        let Request { id, params, .. } = request;
        let (command, argument) = match answers::command(params) {
            Ok(found) => found,
            Err(message) => {
                let code = ErrorCode::InvalidParams as i32;
                return self.send(Response::new_err(id, code, message));
            }
        };
        let path = argument.path().unwrap_or_default();
        let keys = self.workspace.sets_of(&path);
        if command == "mam.state" {
            return self.send(Response::new_ok(id, self.state(&keys)));
        }
        let set = keys.into_iter().find_map(|key| {
            let checked = self.sets.get(&key)?.checked.clone()?;
            Some((key, checked))
        });
        let (texts, encoding) = (self.snapshot(), self.documents.encoding());
        let task = Task { command, argument, set, texts, encoding };
        let sender = self.sender.clone();
        self.next_id += 1;
        let own = RequestId::from(self.next_id);
        std::thread::spawn(move || {
            let response = match task.run() {
                Ok(Outcome::Value(value)) => Response::new_ok(id, value),
                Ok(Outcome::Edits(edit)) => {
                    let params = ApplyWorkspaceEditParams { label: None, edit };
                    let request =
                        Request::new(own, request::ApplyWorkspaceEdit::METHOD.to_owned(), params);
                    let _gone = sender.send(request.into());
                    Response::new_ok(id, serde_json::Value::Null)
                }
                Err(message) => Response::new_err(id, ErrorCode::RequestFailed as i32, message),
            };
            // The editor may be gone by now.
            let _gone = sender.send(response.into());
        });
    }
}
