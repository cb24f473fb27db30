//! The error with which the server ends.

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
    /// The editor had the server end without asking for `shutdown` first.
    #[error("the editor asks for `exit` without `shutdown`")]
    NotShutDown,
    /// A thread could not be started, or has ended.
    #[error("a thread of the server is missing: {0}")]
    Thread(String),
}
