//! Answers: requests of the editor, at once, after the next check, or by the worker.

use std::sync::Arc;

use lsp_server::{ErrorCode, Request, RequestId, Response};
use lsp_types::request::{self, Request as _};
use lsp_types::{
    ApplyWorkspaceEditParams, ApplyWorkspaceEditResponse, CallHierarchyIncomingCallsParams,
    CallHierarchyOutgoingCallsParams, MessageType, NumberOrString, ReferenceParams,
    WorkspaceSymbolParams,
};
use serde_json::{Value, json};

use super::commands::{Argument, CommandResult, Folders, Order, Refusal, Task};
use super::requests::{self, Moment, Subject, failure};
use super::server::Server;
use super::sets::SetState;
use super::statements;
use super::uri::escape_addresses;
use super::view::{SetView, View};
use super::worker::{AskedText, Running, WorkJob};
use super::workspace::SetKey;
use crate::limits::Interrupt;

impl Server {
    pub(super) fn request(&mut self, mut request: Request) {
        escape_addresses(&mut request.params);
        if request.method == request::Initialize::METHOD {
            let message = "`initialize` was answered already".to_owned();
            self.send(failure(request.id, ErrorCode::InvalidRequest, message));
        } else if request.method == request::Shutdown::METHOD {
            // Answers to what the server asked may still come before `exit`.
            self.is_ending = true;
            self.send(Response::new_ok(request.id, ()));
        } else if self.is_ending {
            let message = "the server is ending".to_owned();
            self.send(failure(request.id, ErrorCode::InvalidRequest, message));
        } else if requests::moment(&request) == Moment::Checked && !self.is_ready(&request) {
            let asked = self.asked(&request);
            self.waiting.push((request, asked));
        } else {
            self.answer(request);
        }
    }

    /// The text that a request is about; `None` if it is about no document.
    fn asked(&self, request: &Request) -> Option<AskedText> {
        match requests::subject(request) {
            Subject::Document(path) => Some(AskedText { text: self.text_of(&path), path }),
            Subject::Workspace | Subject::Nothing => None,
        }
    }

    /// Whether a document has the text that a request is about. An answer about a later one would be about other places.
    fn is_as_asked(&self, asked: &AskedText) -> bool {
        self.text_of(&asked.path) == asked.text
    }

    /// Whether the sets are checked that a request is about.
    fn is_ready(&self, request: &Request) -> bool {
        match requests::subject(request) {
            Subject::Document(path) => {
                self.has_begun && self.sets_of(&path).all(|set| set.state.is_ready())
            }
            Subject::Workspace => self.has_begun && self.sets.values().all(SetState::is_ready),
            Subject::Nothing => true,
        }
    }

    /// The sets of a file that have open documents.
    fn sets_of(&self, path: &str) -> impl Iterator<Item = SetView<'_>> {
        let keys = self.workspace.sets_of(path).into_iter();
        keys.filter_map(|key| {
            let (key, state) = self.sets.get_key_value(&key)?;
            Some(SetView { key, state })
        })
    }

    /// Answers the requests that need not wait any longer; those whose text has changed with an error.
    pub(super) fn answer_waiting(&mut self) {
        for (request, asked) in std::mem::take(&mut self.waiting) {
            if asked.as_ref().is_some_and(|asked| !self.is_as_asked(asked)) {
                self.send(modified(request.id));
            } else if self.is_ready(&request) {
                self.answer(request);
            } else {
                self.waiting.push((request, asked));
            }
        }
    }

    /// Answers a request that is taken back with an error, if it is not answered yet.
    pub(super) fn cancel(&mut self, id: NumberOrString) {
        let id = match id {
            NumberOrString::Number(number) => RequestId::from(number),
            NumberOrString::String(text) => RequestId::from(text),
        };
        let waiting = self.waiting.iter().position(|(request, _)| request.id == id);
        let running = self.running.remove(&id);
        if let Some(running) = &running {
            running.interrupt.stop();
        }
        if waiting.map(|at| self.waiting.remove(at)).is_some() || running.is_some() {
            self.send(failure(id, ErrorCode::RequestCanceled, "canceled".to_owned()));
        }
    }

    fn answer(&mut self, request: Request) {
        match request.method.as_str() {
            request::ExecuteCommand::METHOD => self.execute(request),
            request::CallHierarchyOutgoingCalls::METHOD => {
                self.order(request, |it: CallHierarchyOutgoingCallsParams| {
                    Order::Deciding(it.item)
                });
            }
            request::CallHierarchyIncomingCalls::METHOD => {
                self.order(request, |it: CallHierarchyIncomingCallsParams| {
                    Order::Expecting(it.item)
                });
            }
            request::References::METHOD => self.uses(request),
            request::WorkspaceSymbolRequest::METHOD => self.symbols(request),
            method if !requests::is_known(&request) => {
                let response = requests::unknown(request.id.clone(), method);
                self.send(response);
            }
            _ => {
                let subject = requests::subject(&request);
                let response = match self.view(&subject) {
                    Some(view) => requests::answer(&view, request),
                    None => Response::new_ok(request.id, Value::Null),
                };
                self.send(response);
            }
        }
    }

    /// The view of what a request is about; `None` if that is not open. One about the workspace is asked of any document,
    /// with all sets.
    fn view<'s>(&'s self, subject: &'s Subject) -> Option<View<'s>> {
        let (path, sets): (&str, Vec<_>) = match subject {
            Subject::Document(path) => (path, self.sets_of(path).collect()),
            Subject::Workspace | Subject::Nothing => {
                let sets = self.sets.iter().map(|(key, state)| SetView { key, state });
                (self.documents.paths().next()?, sets.collect())
            }
        };
        Some(View {
            path,
            document: self.documents.get(path)?,
            sets,
            all: &self.sets,
            documents: &self.documents,
            options: &self.options,
            workspace: &self.workspace,
        })
    }

    // ------------------------------------------------------------ commands

    fn execute(&mut self, request: Request) {
        let Request { id, params, .. } = request;
        let (command, argument) = match requests::command(params) {
            Ok(found) => found,
            Err(message) => return self.send(failure(id, ErrorCode::InvalidParams, message)),
        };
        let path = argument.path().unwrap_or_default();
        match command.as_str() {
            "mam.state" => self.send(Response::new_ok(id, self.state_of(&path))),
            "mam.scope" => self.send(Response::new_ok(id, self.scope_at(path, &argument))),
            _ => self.start_task(id, Order::Command(command, argument), path),
        }
    }

    /// Hands a request over to the worker.
    fn order<P: serde::de::DeserializeOwned>(
        &mut self,
        request: Request,
        order: impl FnOnce(P) -> Order,
    ) {
        let Subject::Document(path) = requests::subject(&request) else {
            let message = "no document is given".to_owned();
            return self.send(failure(request.id, ErrorCode::InvalidParams, message));
        };
        match requests::read(request.params) {
            Ok(params) => self.start_task(request.id, order(params), path),
            Err(message) => self.send(failure(request.id, ErrorCode::InvalidParams, message)),
        }
    }

    /// Has the uses of the name at a place searched for.
    fn uses(&mut self, request: Request) {
        let subject = requests::subject(&request);
        let params = match requests::read::<ReferenceParams>(request.params) {
            Ok(params) => params,
            Err(message) => {
                return self.send(failure(request.id, ErrorCode::InvalidParams, message));
            }
        };
        let position = params.text_document_position.position;
        let name = self.view(&subject).and_then(|view| {
            let found = view.occurrence_at(view.offset(position));
            found.filter(|(_, role, _)| role.is_name()).map(|(name, ..)| name)
        });
        let (Some(name), Subject::Document(path)) = (name, subject) else {
            return self.send(Response::new_ok(request.id, Value::Null));
        };
        let (with_declaration, folders) = (params.context.include_declaration, self.folders());
        let order = Order::Uses { name, with_declaration, folders };
        self.start_task(request.id, order, path);
    }

    /// Has declarations searched for in all folders.
    fn symbols(&mut self, request: Request) {
        match requests::read::<WorkspaceSymbolParams>(request.params) {
            Ok(WorkspaceSymbolParams { query, .. }) => {
                let order = Order::Symbols { query, folders: self.folders() };
                self.start_task(request.id, order, String::new());
            }
            Err(message) => self.send(failure(request.id, ErrorCode::InvalidParams, message)),
        }
    }

    /// The sets that are checked, and the files of the folders.
    fn folders(&self) -> Folders {
        let checked = |(key, set): (&SetKey, &SetState)| {
            Some((key.clone(), Arc::clone(set.checked.as_ref()?)))
        };
        let checked = self.sets.iter().filter_map(checked).collect();
        Folders { checked, workspace: self.workspace.clone() }
    }

    fn start_task(&mut self, id: RequestId, order: Order, path: String) {
        let sets = self.sets_of(&path).filter_map(|set| {
            let checked = set.state.checked.as_ref()?;
            Some((set.key.clone(), Arc::clone(checked)))
        });
        let (sets, texts) = (sets.collect(), self.snapshot());
        let task = Task { order, sets, texts, options: Arc::clone(&self.options) };
        let about = AskedText { text: self.text_of(&path), path };
        let interrupt = Interrupt::default();
        let job = WorkJob { id: id.clone(), task, interrupt: interrupt.clone() };
        self.running.insert(id, Running { interrupt, about });
        // The thread ends with the server only.
        let _running = self.worker.send(job);
    }

    /// The text of an open document.
    fn text_of(&self, path: &str) -> Option<Arc<str>> {
        self.documents.get(path).map(|document| Arc::clone(document.text.text()))
    }

    /// Passes the result of the worker on, unless the request was taken back, or the text has changed that it is about.
    pub(super) fn answered(&mut self, id: RequestId, result: Result<CommandResult, Refusal>) {
        let Some(Running { about, .. }) = self.running.remove(&id) else { return };
        if !self.is_as_asked(&about) {
            return self.send(modified(id));
        }
        let response = match result {
            Ok(CommandResult::Value(value)) => {
                if !self.options.shows
                    && let Some(text) = value.get("markdown").and_then(Value::as_str)
                {
                    self.show(MessageType::INFO, text);
                }
                Response::new_ok(id, value)
            }
            Ok(CommandResult::Edits(edit)) => {
                let params = ApplyWorkspaceEditParams { label: None, edit };
                let own = self.ask(request::ApplyWorkspaceEdit::METHOD, params);
                self.edits.insert(own, id);
                return;
            }
            Err(message) => failure(id, ErrorCode::RequestFailed, message),
        };
        self.send(response);
    }

    /// Takes in the editor's answer: whether it made the edits that a request is about.
    pub(super) fn response(&mut self, response: Response) {
        let Some(id) = self.edits.remove(&response.id) else { return };
        let made = match response.response_result {
            Ok(value) => requests::read::<ApplyWorkspaceEditResponse>(value),
            Err(error) => Err(error.message),
        };
        let reason = match made {
            Ok(answer) if answer.applied => return self.send(Response::new_ok(id, Value::Null)),
            Ok(answer) => answer.failure_reason.unwrap_or_else(|| "no reason is given".to_owned()),
            Err(error) => error,
        };
        let message = format!("the editor did not make the edits: {reason}");
        self.send(failure(id, ErrorCode::RequestFailed, message));
    }

    /// Whether the sets of a document have errors, and whether their analysis is complete.
    fn state_of(&self, path: &str) -> Value {
        let sets: Vec<_> = self.sets_of(path).map(|set| set.state).collect();
        let has_errors =
            |set: &&SetState| set.checked.as_ref().is_none_or(|checked| checked.has_errors());
        json!({
            "errors": sets.iter().any(has_errors),
            "complete": !sets.is_empty() && sets.iter().all(|set| set.is_complete()),
        })
    }

    /// The question about the statement at a place, and the policy around it.
    fn scope_at(&self, path: String, argument: &Argument) -> Value {
        let subject = Subject::Document(path);
        let found = self.view(&subject).zip(argument.position);
        let Some((view, position)) = found else { return Value::Null };
        let at = view.offset(position);
        let question = statements::statement_at(&view, at).and_then(|one| one.question());
        let policy = statements::policy_at(&view, at).map(|policy| policy.name.text.clone());
        json!({
            "command": question.as_ref().map(|question| question.command),
            "scope": question.map(|question| question.scope),
            "policy": policy,
        })
    }
}

/// The response to a request whose text has changed before it was answered.
fn modified(id: RequestId) -> Response {
    let message = "the text has changed meanwhile; ask again".to_owned();
    failure(id, ErrorCode::ContentModified, message)
}
