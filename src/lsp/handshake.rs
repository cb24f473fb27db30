//! Handshake: the request by which an editor tells what it can do, and the answer to it.

use lsp_server::{Connection, ErrorCode, Message, RequestId, Response};
use lsp_types::notification::{self, Notification as _};
use lsp_types::request::{Initialize, Request as _};
use lsp_types::{InitializeParams, InitializeResult, ServerInfo};

use super::capabilities;
use super::position::Encoding;
use super::requests::{failure, read};
use super::serve_error::ServeError;
use super::uri::escape_addresses;

/// Waits for `initialize` and answers it. Requests before it are refused, notifications are passed over.
///
/// # Errors
///
/// When the editor goes before that.
pub(super) fn begin(connection: &Connection) -> Result<(InitializeParams, Encoding), ServeError> {
    for message in &connection.receiver {
        match message {
            Message::Request(mut request) if request.method == Initialize::METHOD => {
                escape_addresses(&mut request.params);
                let params = match read::<InitializeParams>(request.params) {
                    Ok(params) => params,
                    Err(error) => {
                        refuse(connection, request.id, ErrorCode::InvalidParams, error);
                        continue;
                    }
                };
                let encoding = Encoding::of(&params.capabilities);
                send(connection, Response::new_ok(request.id, result(encoding)));
                return Ok((params, encoding));
            }
            Message::Request(request) => {
                let message = "`initialize` comes first".to_owned();
                refuse(connection, request.id, ErrorCode::ServerNotInitialized, message);
            }
            Message::Notification(it) if it.method == notification::Exit::METHOD => {
                return Err(ServeError::NotShutDown);
            }
            Message::Notification(_) | Message::Response(_) => {}
        }
    }
    Err(ServeError::Gone)
}

fn result(encoding: Encoding) -> InitializeResult {
    InitializeResult {
        capabilities: capabilities::of_server(encoding),
        server_info: Some(ServerInfo {
            name: "mam".to_owned(),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        }),
    }
}

fn refuse(connection: &Connection, id: RequestId, code: ErrorCode, message: String) {
    send(connection, failure(id, code, message));
}

fn send(connection: &Connection, response: Response) {
    // The editor has gone: the next message does not come.
    let _gone = connection.sender.send(response.into());
}
