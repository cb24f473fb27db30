//! Requests: one table of those that are answered from what is known, and how.

use lsp_server::{ErrorCode, Request, RequestId, Response};
use lsp_types::request::{self, Request as Method};
use lsp_types::{CompletionResponse, DocumentSymbolResponse, GotoDefinitionResponse, Uri};
use serde_json::Value;

use super::commands::Argument;
use super::uri::path_of;
use super::view::View;
use super::{
    actions, completion, folding, formatting, hierarchy, hints, hover, lenses, navigation, rename,
    selection, signature, symbols, tokens,
};

/// The moment at which a request is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// At once, from the text and from what is known.
    Now,
    /// When the newest text is checked.
    Checked,
}

/// The reason why a request has no result: the code of the protocol, and a sentence.
type Failure = (ErrorCode, String);

/// A row of the table.
struct Handler {
    method: &'static str,
    moment: Moment,
    answer: fn(&View<'_>, Value) -> Result<Value, Failure>,
}

/// The rows of requests: `method, moment => handler`.
macro_rules! handlers {
    ($($method:ident, $moment:ident => $handler:expr;)*) => {
        &[$(Handler {
            method: <request::$method as Method>::METHOD,
            moment: Moment::$moment,
            answer: |view, params| answer_of::<request::$method>(view, params, $handler),
        }),*]
    };
}

const HANDLERS: &[Handler] = handlers! {
    Completion, Now => |view, it| {
        let place = it.text_document_position.position;
        let paths = view.workspace.paths().cloned();
        Ok(completion::items(view, place, paths).map(CompletionResponse::Array))
    };
    HoverRequest, Checked => |view, it| {
        Ok(hover::hover(view, it.text_document_position_params.position))
    };
    SignatureHelpRequest, Now => |view, it| {
        Ok(signature::help(view, it.text_document_position_params.position))
    };
    GotoDefinition, Checked => |view, it| {
        let found = navigation::definition(view, it.text_document_position_params.position);
        Ok(found.map(GotoDefinitionResponse::Scalar))
    };
    DocumentHighlightRequest, Now => |view, it| {
        Ok(navigation::highlights(view, it.text_document_position_params.position))
    };
    PrepareRenameRequest, Checked => |view, it| rename::prepare(view, it.position).map(Some);
    Rename, Checked => |view, it| {
        rename::edits(view, it.text_document_position.position, &it.new_name).map(Some)
    };
    CallHierarchyPrepare, Now => |view, it| {
        Ok(hierarchy::prepare(view, it.text_document_position_params.position))
    };
    DocumentSymbolRequest, Now => |view, _| {
        Ok(symbols::outline(view).map(DocumentSymbolResponse::Nested))
    };
    FoldingRangeRequest, Now => |view, _| Ok(folding::ranges(view));
    SelectionRangeRequest, Now => |view, it| Ok(selection::ranges(view, &it.positions));
    Formatting, Now => |view, _| Ok(formatting::whole(view));
    RangeFormatting, Now => |view, it| {
        Ok(formatting::part(view, view.document.text.bytes(it.range)))
    };
    SemanticTokensFullRequest, Now => |view, _| Ok(tokens::tokens(view, None).map(Into::into));
    SemanticTokensRangeRequest, Now => |view, it| {
        let bytes = view.document.text.bytes(it.range);
        Ok(tokens::tokens(view, Some(bytes)).map(Into::into))
    };
    InlayHintRequest, Checked => |view, it| {
        let bytes = view.document.text.bytes(it.range);
        Ok(hints::hints(view, bytes.start..bytes.end + 1))
    };
    CodeLensRequest, Now => |view, _| Ok(lenses::lenses(view));
    CodeActionRequest, Checked => |view, it| {
        let bytes = view.document.text.bytes(it.range);
        Ok(actions::actions(view, bytes, it.context.only.as_deref()))
    };
};

/// The moment at which a request is answered.
pub(super) fn moment(request: &Request) -> Moment {
    let method = request.method.as_str();
    match method {
        request::ExecuteCommand::METHOD
        | request::References::METHOD
        | request::WorkspaceSymbolRequest::METHOD
        | request::CallHierarchyIncomingCalls::METHOD
        | request::CallHierarchyOutgoingCalls::METHOD => Moment::Checked,
        _ => HANDLERS.iter().find(|one| one.method == method).map_or(Moment::Now, |one| one.moment),
    }
}

/// The documents that a request is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Subject {
    /// One document, by its path.
    Document(String),
    /// All documents.
    Workspace,
    /// None: the answer is the same in every workspace.
    Nothing,
}

/// The documents that a request is about.
pub(super) fn subject(request: &Request) -> Subject {
    if request.method == request::WorkspaceSymbolRequest::METHOD {
        return Subject::Workspace;
    }
    let params = &request.params;
    let place = params.get("textDocument").or_else(|| params.get("item"));
    let place = place.or_else(|| params.get("arguments")?.get(0));
    let uri = place.and_then(|place| place.get("uri")?.as_str()?.parse::<Uri>().ok());
    uri.map_or(Subject::Nothing, |uri| Subject::Document(path_of(&uri)))
}

/// The command of a request, with its argument.
pub(super) fn command(params: Value) -> Result<(String, Argument), String> {
    let params: lsp_types::ExecuteCommandParams = read(params)?;
    let argument = match params.arguments.into_iter().next() {
        Some(argument) => read(argument)?,
        None => Argument::default(),
    };
    Ok((params.command, argument))
}

/// Parameters in the form of the protocol.
pub(super) fn read<P: serde::de::DeserializeOwned>(params: Value) -> Result<P, String> {
    serde_json::from_value(params).map_err(|error| error.to_string())
}

/// Whether the server knows a request.
pub(super) fn is_known(request: &Request) -> bool {
    HANDLERS.iter().any(|one| one.method == request.method)
}

/// The answer to a request about a document.
pub(super) fn answer(view: &View<'_>, request: Request) -> Response {
    let Request { id, method, params } = request;
    match HANDLERS.iter().find(|one| one.method == method) {
        Some(handler) => match (handler.answer)(view, params) {
            Ok(value) => Response::new_ok(id, value),
            Err((code, message)) => failure(id, code, message),
        },
        None => unknown(id, &method),
    }
}

/// The response to a request that the server does not know.
pub(super) fn unknown(id: RequestId, method: &str) -> Response {
    failure(id, ErrorCode::MethodNotFound, format!("unknown method `{method}`"))
}

/// The response to a request without a result.
pub(super) fn failure(id: RequestId, code: ErrorCode, message: String) -> Response {
    Response::new_err(id, code as i32, message)
}

/// The result of a handler, or the reason why there is none.
fn answer_of<R: Method>(
    view: &View<'_>,
    params: Value,
    handler: impl FnOnce(&View<'_>, R::Params) -> Result<R::Result, String>,
) -> Result<Value, Failure> {
    let params = read(params).map_err(|message| (ErrorCode::InvalidParams, message))?;
    let result = handler(view, params).map_err(|message| (ErrorCode::RequestFailed, message))?;
    serde_json::to_value(result).map_err(|error| (ErrorCode::InternalError, error.to_string()))
}
