//! Files: what the server reads beside the texts that are open.

use crate::model::LoadError;

/// The files around the open texts. Paths are absolute, with `/` between folders.
pub trait Files: Send + Sync {
    /// The text of a file. A path below `root` must not lead out of it.
    ///
    /// # Errors
    ///
    /// When there is no such file, it cannot be read, or it is outside of the folder.
    fn read(&self, path: &str, root: &str) -> Result<String, LoadError>;

    /// The policy files in a folder and the folders below it.
    fn list(&self, folder: &str) -> Vec<String>;

    /// The text of a file in the last commit of its repository.
    ///
    /// # Errors
    ///
    /// When the file is in no repository, or was never committed.
    fn committed(&self, path: &str) -> Result<String, LoadError>;
}
