//! Answers: from a request to the room that knows.

use lsp_server::{ErrorCode, Request, RequestId, Response};
use lsp_types::request::{self, Request as Method};
use lsp_types::{GotoDefinitionResponse, Uri};
use serde_json::Value;

use super::commands::Argument;
use super::uri::path_of;
use super::view::View;
use super::{
    actions, completion, folding, formatting, hints, hover, lenses, navigation, rename, selection,
    signature, symbols, tokens,
};

/// Whether a request is answered only when the newest text is checked. The others need the text alone, or are
/// answered from what is known.
pub(super) fn wants_check(method: &str) -> bool {
    matches!(
        method,
        request::HoverRequest::METHOD
            | request::GotoDefinition::METHOD
            | request::References::METHOD
            | request::PrepareRenameRequest::METHOD
            | request::Rename::METHOD
            | request::CodeActionRequest::METHOD
            | request::InlayHintRequest::METHOD
            | request::WorkspaceSymbolRequest::METHOD
            | request::ExecuteCommand::METHOD
    )
}

/// The path of the document that a request is about.
pub(super) fn path(request: &Request) -> Option<String> {
    let params = &request.params;
    let place = params.get("textDocument").or_else(|| params.get("arguments")?.get(0))?;
    let uri: Uri = place.get("uri")?.as_str()?.parse().ok()?;
    Some(path_of(&uri))
}

/// The command of a request, with its argument.
pub(super) fn command(params: Value) -> Result<(String, Argument), String> {
    let params: lsp_types::ExecuteCommandParams =
        serde_json::from_value(params).map_err(|error| error.to_string())?;
    let argument = match params.arguments.into_iter().next() {
        Some(argument) => serde_json::from_value(argument).map_err(|error| error.to_string())?,
        None => Argument::default(),
    };
    Ok((params.command, argument))
}

/// The answer to a request about a document.
pub(super) fn answer(view: &View<'_>, request: Request) -> Response {
    let Request { id, method, params } = request;
    match method.as_str() {
        request::Completion::METHOD => reply::<request::Completion>(id, params, |it| {
            let place = it.text_document_position.position;
            let paths = view.workspace.paths().cloned();
            Ok(completion::items(view, place, paths).map(lsp_types::CompletionResponse::Array))
        }),
        request::HoverRequest::METHOD => reply::<request::HoverRequest>(id, params, |it| {
            Ok(hover::hover(view, it.text_document_position_params.position))
        }),
        request::SignatureHelpRequest::METHOD => {
            reply::<request::SignatureHelpRequest>(id, params, |it| {
                Ok(signature::help(view, it.text_document_position_params.position))
            })
        }
        request::GotoDefinition::METHOD => reply::<request::GotoDefinition>(id, params, |it| {
            let found = navigation::definition(view, it.text_document_position_params.position);
            Ok(found.map(GotoDefinitionResponse::Scalar))
        }),
        request::References::METHOD => reply::<request::References>(id, params, |it| {
            let position = it.text_document_position.position;
            Ok(navigation::references(view, position, it.context.include_declaration))
        }),
        request::DocumentHighlightRequest::METHOD => {
            reply::<request::DocumentHighlightRequest>(id, params, |it| {
                Ok(navigation::highlights(view, it.text_document_position_params.position))
            })
        }
        request::PrepareRenameRequest::METHOD => {
            reply::<request::PrepareRenameRequest>(id, params, |it| {
                rename::prepare(view, it.position).map(Some)
            })
        }
        request::Rename::METHOD => reply::<request::Rename>(id, params, |it| {
            rename::edits(view, it.text_document_position.position, &it.new_name).map(Some)
        }),
        _ => of_document(view, Request { id, method, params }),
    }
}

/// The answer to a request about a whole document, or the workspace.
fn of_document(view: &View<'_>, request: Request) -> Response {
    let Request { id, method, params } = request;
    let text = &view.document.text;
    match method.as_str() {
        request::DocumentSymbolRequest::METHOD => {
            reply::<request::DocumentSymbolRequest>(id, params, |_| {
                Ok(symbols::outline(view).map(lsp_types::DocumentSymbolResponse::Nested))
            })
        }
        request::WorkspaceSymbolRequest::METHOD => {
            reply::<request::WorkspaceSymbolRequest>(id, params, |it| {
                let sets = view.sets.iter().filter_map(|set| set.checked.as_ref());
                let mut found: Vec<_> =
                    sets.flat_map(|checked| symbols::matching(view, checked, &it.query)).collect();
                found.dedup();
                Ok(Some(lsp_types::WorkspaceSymbolResponse::Flat(found)))
            })
        }
        request::FoldingRangeRequest::METHOD => {
            reply::<request::FoldingRangeRequest>(id, params, |_| Ok(folding::ranges(view)))
        }
        request::SelectionRangeRequest::METHOD => {
            reply::<request::SelectionRangeRequest>(id, params, |it| {
                Ok(selection::ranges(view, &it.positions))
            })
        }
        request::Formatting::METHOD => {
            reply::<request::Formatting>(id, params, |_| Ok(formatting::edits(view, None)))
        }
        request::RangeFormatting::METHOD => reply::<request::RangeFormatting>(id, params, |it| {
            Ok(formatting::edits(view, Some(it.range)))
        }),
        request::SemanticTokensFullRequest::METHOD => {
            reply::<request::SemanticTokensFullRequest>(id, params, |_| {
                Ok(tokens::tokens(view, None).map(Into::into))
            })
        }
        request::SemanticTokensRangeRequest::METHOD => {
            reply::<request::SemanticTokensRangeRequest>(id, params, |it| {
                Ok(tokens::tokens(view, Some(text.bytes(it.range))).map(Into::into))
            })
        }
        request::InlayHintRequest::METHOD => reply::<request::InlayHintRequest>(id, params, |it| {
            let bytes = text.bytes(it.range);
            Ok(hints::hints(view, bytes.start..bytes.end + 1))
        }),
        request::CodeLensRequest::METHOD => {
            reply::<request::CodeLensRequest>(id, params, |_| Ok(lenses::lenses(view)))
        }
        request::CodeActionRequest::METHOD => {
            reply::<request::CodeActionRequest>(id, params, |it| {
                Ok(actions::actions(view, text.bytes(it.range), it.context.only.as_deref()))
            })
        }
        _ => {
            let message = format!("unknown method `{method}`");
            Response::new_err(id, ErrorCode::MethodNotFound as i32, message)
        }
    }
}

/// The response with the result of a room, or with the reason why there is none.
fn reply<R: Method>(
    id: RequestId,
    params: Value,
    room: impl FnOnce(R::Params) -> Result<R::Result, String>,
) -> Response {
    match serde_json::from_value::<R::Params>(params) {
        Err(error) => Response::new_err(id, ErrorCode::InvalidParams as i32, error.to_string()),
        Ok(params) => match room(params) {
            Ok(result) => Response::new_ok(id, result),
            Err(message) => Response::new_err(id, ErrorCode::RequestFailed as i32, message),
        },
    }
}
