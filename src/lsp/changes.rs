//! Changes: the decisions that an edit made looser or tighter.

use std::fmt::Write as _;
use std::sync::Arc;

use super::documents::Documents;
use super::files::Files;
use super::wording::answer;
use super::workspace::{SetKey, Snapshot, check};
use crate::analysis::{AccessChangeKind, Analysis, Change, ChangeKind, diff, diff_access};
use crate::compiler::Checked;
use crate::model::LoadError;

/// An earlier state of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Earlier {
    /// The last commit.
    Committed,
    /// The files as they are saved.
    Saved,
}

impl Earlier {
    const fn words(self) -> &'static str {
        match self {
            Self::Committed => "the last commit",
            Self::Saved => "the saved text",
        }
    }
}

/// An earlier state of a set; `None` if there is none.
///
/// # Errors
///
/// When that state has errors.
pub(super) fn earlier(
    key: &SetKey,
    texts: &Snapshot,
    which: Earlier,
) -> Result<Option<Checked>, String> {
    let files = match which {
        Earlier::Saved => Arc::clone(&texts.files),
        Earlier::Committed => Arc::new(Committed(Arc::clone(&texts.files))),
    };
    let documents = Documents::sharing_cache(&texts.documents);
    let check = check(key, &Snapshot { documents: Arc::new(documents), files });
    match check {
        None => Ok(None),
        Some(check) if check.unread.is_empty() && !check.checked.has_errors() => {
            Ok(Some(check.checked))
        }
        Some(_) => Err(format!("{} has errors", which.words())),
    }
}

/// The files of the last commit.
struct Committed(Arc<dyn Files>);

impl Files for Committed {
    fn read(&self, path: &str, _: &str) -> Result<String, LoadError> {
        self.0.committed(path)
    }

    fn list(&self, _: &str) -> Vec<String> {
        Vec::new()
    }

    fn committed(&self, path: &str) -> Result<String, LoadError> {
        self.0.committed(path)
    }
}

/// The decisions that differ between two states of a set.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Changes {
    movements: Vec<Change>,
    /// Changes of accesses: the kind, and scopes.
    accesses: Vec<(AccessChangeKind, String)>,
}

impl Changes {
    /// The changes between two sets without errors.
    pub(super) fn between(before: &Checked, after: &Checked) -> Result<Self, String> {
        let before = Analysis::new(before).map_err(|errors| errors.to_string())?;
        let after = Analysis::new(after).map_err(|errors| errors.to_string())?;
        let movements = diff(&before, &after).map_err(|limit| limit.to_string())?;
        let (accesses, requirements) =
            diff_access(&before, &after).map_err(|limit| limit.to_string())?;
        let accesses = accesses.iter().map(|one| (one.kind, one.scopes.join("\n")));
        let requirements = requirements.iter().map(|one| (one.kind, one.scopes.join("\n")));
        Ok(Self { movements, accesses: accesses.chain(requirements).collect() })
    }

    pub(super) fn looser(&self) -> usize {
        let movements = self.movements.iter().filter(|one| one.kind == ChangeKind::Looser);
        let accesses = self.accesses.iter().filter(|(kind, _)| *kind == AccessChangeKind::Looser);
        movements.count() + accesses.count()
    }

    pub(super) fn tighter(&self) -> usize {
        let movements = self.movements.iter().filter(|one| one.kind == ChangeKind::Tighter);
        let accesses = self.accesses.iter().filter(|(kind, _)| *kind == AccessChangeKind::Tighter);
        movements.count() + accesses.count()
    }

    fn all(&self) -> usize {
        self.movements.len() + self.accesses.len()
    }

    /// The changes as Markdown.
    pub(super) fn markdown(&self) -> String {
        let mut text = format!("{self}\n\n");
        for change in &self.movements {
            let _infallible = writeln!(
                text,
                "### {}\n\n```mam\n{}\n```\n\nbefore: {}\n\nafter: {}\n",
                change.kind.word(),
                change.scope,
                answer(&change.before),
                answer(&change.after)
            );
        }
        for (kind, scopes) in &self.accesses {
            let _infallible = writeln!(text, "### {}\n\n```mam\n{scopes}\n```\n", kind.word());
        }
        text
    }
}

impl std::fmt::Display for Changes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (looser, tighter) = (self.looser(), self.tighter());
        match self.all() - looser - tighter {
            0 if self.all() == 0 => f.write_str("no decision changed"),
            0 => write!(f, "{looser} looser, {tighter} tighter"),
            others => write!(f, "{looser} looser, {tighter} tighter, {others} others"),
        }
    }
}
