//! Server: the loop that takes in messages and the results of the threads.
//!
//! Texts are changed at once (`texts`), and checked on a thread; requests (`answers`) that want the newest check wait for
//! it, the others are answered from the text and from what is known. Analysis begins when the editor is idle. Nothing is
//! checked before the first folders are searched: which files make a set is not known until then.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, select_biased, unbounded};
use lsp_server::{Connection, Message, Notification, Request, RequestId};
use lsp_types::notification::Notification as _;
use lsp_types::request::Request as _;
use lsp_types::{
    ClientCapabilities, InitializeParams, LogMessageParams, MessageType, ShowMessageParams,
    notification, request,
};

use super::analyser::{self, AnalyserOptions, AnalysisJob};
use super::checker::{self, CheckJob};
use super::documents::Documents;
use super::events::Event;
use super::files::Files;
use super::options::Options;
use super::position::Encoding;
use super::publish::{Known, Published};
use super::searcher::{self, SearchJob};
use super::serve_error::ServeError;
use super::sets::{AnalysisPart, SetState};
use super::transport::Transport;
use super::uri::path_of;
use super::worker::{self, AskedText, Running, WorkJob};
use super::workspace::{SetKey, Snapshot, Workspace};
use super::{capabilities, handshake, threads};

/// Serves an editor over a connection until it asks for the end.
///
/// # Errors
///
/// When the editor goes without a word; when a thread is missing.
pub fn serve(connection: &Connection, files: Arc<dyn Files>) -> Result<(), ServeError> {
    let (params, encoding) = handshake::begin(connection)?;
    let (options, wrong) = Options::read(params.initialization_options.clone());
    let mut server = Server::start(connection, files, &params, (options, encoding))?;
    for one in wrong {
        server.show(MessageType::WARNING, &format!("mam: {one}; it is left out"));
    }
    // The threads are not waited for: with the sets of the server, their work is useless and ends with its next step.
    server.run(connection)
}

/// Serves an editor over two streams, such as standard input and output, until it asks for the end.
///
/// ```
/// use std::sync::Arc;
/// use mam::lsp::{Files, ServeError, serve_streams};
///
/// struct NoFiles;
/// impl Files for NoFiles {
///     fn read(&self, _: &str, _: &str) -> Result<String, mam::LoadError> {
///         Err(mam::LoadError::CannotRead("there are no files".to_owned()))
///     }
///     fn list(&self, _: &str) -> Vec<String> {
///         Vec::new()
///     }
///     fn committed(&self, path: &str) -> Result<String, mam::LoadError> {
///         self.read(path, "")
///     }
/// }
///
/// let input: &[u8] = b"Content-Length: 99999999999\r\n\r\n";
/// let ended = serve_streams(input, std::io::sink(), Arc::new(NoFiles));
/// assert!(matches!(ended, Err(ServeError::Protocol(reason)) if reason.contains("the limit is")));
/// ```
///
/// # Errors
///
/// When the editor does not keep to the protocol, or goes without a word; when a thread is missing.
pub fn serve_streams(
    input: impl Read + Send + 'static,
    output: impl Write + Send + 'static,
    files: Arc<dyn Files>,
) -> Result<(), ServeError> {
    let transport =
        Transport::new(input, output).map_err(|error| ServeError::Thread(error.to_string()))?;
    let served = serve(&transport.connection, files);
    let malformed = transport.close();
    match (served, malformed) {
        // No more messages came because they were not understood.
        (Err(ServeError::Gone), Some(reason)) => Err(ServeError::Protocol(reason)),
        (served, _) => served,
    }
}

/// The path of a folder, with a slash at its end.
pub(super) fn folder_path(uri: &lsp_types::Uri) -> String {
    format!("{}/", path_of(uri).trim_end_matches('/'))
}

/// The folders of the editor.
fn folders(params: &InitializeParams) -> Vec<String> {
    let several = params.workspace_folders.iter().flatten().map(|folder| folder_path(&folder.uri));
    let mut found: Vec<_> = several.collect();
    if found.is_empty() {
        #[expect(deprecated, reason = "older editors send no other member")]
        let root = params.root_uri.as_ref();
        found.extend(root.map(folder_path));
    }
    found
}

/// The state of the server.
pub(super) struct Server {
    sender: Sender<Message>,
    pub(super) files: Arc<dyn Files>,
    pub(super) options: Arc<Options>,
    client: ClientCapabilities,
    pub(super) documents: Documents,
    pub(super) workspace: Workspace,
    pub(super) sets: BTreeMap<SetKey, SetState>,
    /// The number of the newest state of the texts.
    pub(super) state: u64,
    pub(super) checker: Sender<CheckJob>,
    pub(super) analyser: Sender<AnalysisJob>,
    pub(super) worker: Sender<WorkJob>,
    searcher: Sender<SearchJob>,
    /// The number of folders that are being searched.
    pub(super) searched: usize,
    /// The files that changed meanwhile.
    pub(super) changed_meanwhile: BTreeSet<String>,
    /// Whether the first folders are searched.
    pub(super) has_begun: bool,
    events: Receiver<Event>,
    published: Published,
    /// Requests that wait for a check, each with the text that it is about.
    pub(super) waiting: Vec<(Request, Option<AskedText>)>,
    /// Requests that the worker answers.
    pub(super) running: BTreeMap<RequestId, Running>,
    /// Edits that the editor was asked for, with the requests that they are for.
    pub(super) edits: BTreeMap<RequestId, RequestId>,
    next_id: i32,
    /// Whether the editor asked for the end; `exit` follows.
    pub(super) is_ending: bool,
}

impl Server {
    fn start(
        connection: &Connection,
        files: Arc<dyn Files>,
        params: &InitializeParams,
        (options, encoding): (Options, Encoding),
    ) -> Result<Self, ServeError> {
        let (events_in, events) = unbounded();
        let (checker, check_jobs) = unbounded();
        let (analyser, analysis_jobs) = unbounded();
        let (worker, work_jobs) = unbounded();
        let (searcher, search_jobs) = unbounded();
        let when =
            AnalyserOptions { idle: Duration::from_millis(options.idle), lints: options.lints };
        let (checked, analysed) = (events_in.clone(), events_in.clone());
        let (answered, found) = (events_in.clone(), events_in);
        // Nobody waits for a thread: it ends when its jobs do.
        let start = |name: &str, work: Box<dyn FnOnce() + Send>| {
            let started = threads::start(name, work);
            started.map(drop).map_err(|error| ServeError::Thread(error.to_string()))
        };
        start("check", Box::new(move || checker::work(&check_jobs, &checked)))?;
        start("analysis", Box::new(move || analyser::work(&analysis_jobs, &analysed, when)))?;
        start("command", Box::new(move || worker::work(&work_jobs, &answered)))?;
        start("search", Box::new(move || searcher::work(&search_jobs, &found)))?;
        Ok(Self {
            sender: connection.sender.clone(),
            files,
            workspace: Workspace::new(folders(params), &options.sets),
            options: Arc::new(options),
            client: params.capabilities.clone(),
            documents: Documents::new(encoding),
            sets: BTreeMap::new(),
            state: 0,
            checker,
            analyser,
            worker,
            searcher,
            searched: 0,
            changed_meanwhile: BTreeSet::new(),
            has_begun: false,
            events,
            published: Published::default(),
            waiting: Vec::new(),
            running: BTreeMap::new(),
            edits: BTreeMap::new(),
            next_id: 0,
            is_ending: false,
        })
    }

    fn run(&mut self, connection: &Connection) -> Result<(), ServeError> {
        for folder in self.workspace.folders().to_vec() {
            self.search(folder);
        }
        self.has_begun = self.searched == 0;
        let events = self.events.clone();
        loop {
            // Messages first: a newer text makes results stale.
            select_biased! {
                recv(connection.receiver) -> message => match message {
                    Ok(Message::Request(request)) => self.request(request),
                    Ok(Message::Notification(it)) if it.method == notification::Exit::METHOD => {
                        return if self.is_ending { Ok(()) } else { Err(ServeError::NotShutDown) };
                    }
                    Ok(Message::Notification(notification)) => self.notification(notification),
                    Ok(Message::Response(response)) => self.response(response),
                    Err(_) => return Err(ServeError::Gone),
                },
                recv(events) -> event => match event {
                    Ok(event) => self.event(event),
                    Err(_) => return Err(ServeError::Thread("all have ended".to_owned())),
                }
            }
        }
    }

    /// Has the files of a folder read, which ends with a slash.
    pub(super) fn search(&mut self, folder: String) {
        self.searched += 1;
        // The thread ends with the server only.
        let _running = self.searcher.send(SearchJob { folder, files: Arc::clone(&self.files) });
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        Snapshot { documents: Arc::new(self.documents.clone()), files: Arc::clone(&self.files) }
    }

    // ------------------------------------------------------------ to the editor

    pub(super) fn send(&self, message: impl Into<Message>) {
        // The editor has gone: the loop ends with the next message.
        let _gone = self.sender.send(message.into());
    }

    /// Asks the editor for something; gives the number of the request.
    pub(super) fn ask(&mut self, method: &str, params: impl serde::Serialize) -> RequestId {
        self.next_id += 1;
        let id = RequestId::from(self.next_id);
        self.send(Request::new(id.clone(), method.to_owned(), params));
        id
    }

    pub(super) fn tell(&self, method: &str, params: impl serde::Serialize) {
        self.send(Notification::new(method.to_owned(), params));
    }

    /// Shows a message to the user.
    pub(super) fn show(&self, typ: MessageType, message: &str) {
        let params = ShowMessageParams { typ, message: message.to_owned() };
        self.tell(notification::ShowMessage::METHOD, params);
    }

    /// Writes a mistake into the editor's log.
    pub(super) fn log(&self, message: String) {
        let typ = MessageType::ERROR;
        self.tell(notification::LogMessage::METHOD, LogMessageParams { typ, message });
    }

    /// Asks the editor to tell of files that change.
    pub(super) fn watch_files(&mut self) {
        let workspace = self.client.workspace.as_ref();
        let watch = workspace.and_then(|it| it.did_change_watched_files.as_ref());
        if watch.and_then(|it| it.dynamic_registration) == Some(true) {
            self.ask(request::RegisterCapability::METHOD, capabilities::watched_files());
        }
    }

    /// Asks the editor to ask for lenses again, and for hints if limits became known.
    fn refresh(&mut self, has_limits: bool) {
        let Some(workspace) = &self.client.workspace else { return };
        let lenses = workspace.code_lens.as_ref().and_then(|it| it.refresh_support);
        let hints = workspace.inlay_hint.as_ref().and_then(|it| it.refresh_support);
        if lenses == Some(true) {
            self.ask(request::CodeLensRefresh::METHOD, ());
        }
        if has_limits && hints == Some(true) {
            self.ask(request::InlayHintRefreshRequest::METHOD, ());
        }
    }

    /// Sends the diagnostics that the editor does not have.
    pub(super) fn publish(&mut self) {
        let known =
            Known { sets: &self.sets, documents: &self.documents, workspace: &self.workspace };
        for params in self.published.news(&known) {
            self.tell(notification::PublishDiagnostics::METHOD, params);
        }
    }

    // ------------------------------------------------------------ results

    fn event(&mut self, event: Event) {
        match event {
            Event::Checked { state, key, check } => {
                let (documents, options) = (&self.documents, &self.options);
                if let Some(set) = newest(&mut self.sets, &key, state) {
                    set.insert(state, check);
                    set.show(documents, options);
                    self.analyse(key, false);
                    self.publish();
                }
            }
            Event::Analysed { state, key, checked, part } => {
                let (documents, options) = (&self.documents, &self.options);
                if let Some(set) = newest(&mut self.sets, &key, state) {
                    let has_findings = matches!(part, AnalysisPart::Findings(_));
                    let has_limits = matches!(part, AnalysisPart::InForce(_));
                    set.analysis.insert(checked, part);
                    if has_findings {
                        set.show(documents, options);
                        self.publish();
                    }
                    self.refresh(has_limits);
                }
            }
            Event::Searched { folder, files } => self.searched(&folder, files),
            Event::Answered { id, result } => self.answered(id, result),
            Event::Failed { work, reason } => {
                self.log(format!("{work} ended in a mistake of `mam`: {reason}"));
            }
        }
        self.answer_waiting();
    }

    /// Has a set analysed if its last check found no errors.
    pub(super) fn analyse(&self, key: SetKey, only_changes: bool) {
        let Some(set) = self.sets.get(&key).filter(|set| set.is_ready()) else { return };
        if let Some(checked) = set.whole().map(Arc::clone) {
            let (state, interrupt, texts) = (set.done, set.newest.interrupt(), self.snapshot());
            let job = AnalysisJob { key, state, interrupt, checked, texts, only_changes };
            // The thread ends with the server only.
            let _running = self.analyser.send(job);
        }
    }
}

/// The state of a set, if a result about it is about the newest text.
fn newest<'s>(
    sets: &'s mut BTreeMap<SetKey, SetState>,
    key: &SetKey,
    state: u64,
) -> Option<&'s mut SetState> {
    sets.get_mut(key).filter(|set| !set.newest.is_after(state))
}
