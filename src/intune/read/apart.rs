//! Assignments that stand apart from their policies.
//!
//! Takes in objects with the names of their documents, gives out the assignments of each policy. An assignment
//! belongs to the policy whose id it names; without an id, to the policy in the file of the same name, as
//! backup tools write it. It is never attached to a policy just because there is no other.

use std::collections::{BTreeMap, BTreeSet};

use super::objects::{ListedObject, ObjectType};
use crate::diagnostic::{Code, Diagnostic};
use crate::intune::json::Node;
use crate::source::SourceId;

/// Assignments by the position of their policy.
pub(super) struct Apart<'n> {
    by_policy: BTreeMap<usize, Vec<&'n Node>>,
    /// The positions of assignments that have a policy.
    matched: BTreeSet<usize>,
}

/// The name of a document.
type NameOf<'f> = dyn Fn(SourceId) -> &'f str + 'f;

impl<'n> Apart<'n> {
    /// Finds the policy of each assignment. One without a policy is reported, and one that could be of
    /// several is refused.
    pub(super) fn new(
        objects: &[(SourceId, ListedObject<'n>)],
        name: &NameOf<'_>,
        found: &mut Vec<Diagnostic>,
    ) -> Self {
        let is_policy = |what: ObjectType| matches!(what, ObjectType::Policy(_));
        let listed = || objects.iter().enumerate();
        let policies: Vec<_> = listed().filter(|(_, (_, one))| is_policy(one.what)).collect();
        let mut apart = Self { by_policy: BTreeMap::new(), matched: BTreeSet::new() };
        let mut names: BTreeMap<FileKey, Vec<usize>> = BTreeMap::new();
        for (at, (source, _)) in &policies {
            names.entry(FileKey::of_policy(name(*source))).or_default().push(*at);
        }
        let assignments = listed().filter(|(_, (_, one))| one.what == ObjectType::Assignment);
        for (at, (source, object)) in assignments {
            let by_id =
                policies.iter().filter(|(_, (_, policy))| names_policy(object, policy.node));
            let mut candidates: Vec<usize> = by_id.map(|(at, _)| *at).collect();
            if candidates.is_empty() {
                let own = || policies.iter().filter(|(_, (other, _))| other == source);
                candidates = match own().count() {
                    0 => FileKey::of_assignments(name(*source))
                        .into_iter()
                        .flat_map(|key| names.get(&key).cloned().unwrap_or_default())
                        .collect(),
                    _ => own().map(|(at, _)| *at).collect(),
                };
                candidates.sort_unstable();
                candidates.dedup();
            }
            match candidates.as_slice() {
                [policy] => {
                    apart.matched.insert(at);
                    let nodes = apart.by_policy.entry(*policy).or_default();
                    nodes.extend(object.node.object().map(|_| object.node));
                }
                [] => found.push(without_policy(object)),
                _ => {
                    apart.matched.insert(at);
                    found.push(of_several(object, candidates.len()));
                }
            }
        }
        apart
    }

    /// The assignments of the policy at a position.
    pub(super) fn of(&self, policy: usize) -> Option<&[&'n Node]> {
        self.by_policy.get(&policy).map(Vec::as_slice)
    }

    /// Whether the assignment at a position has a policy.
    pub(super) fn is_matched(&self, assignment: usize) -> bool {
        self.matched.contains(&assignment)
    }
}

fn without_policy(object: &ListedObject<'_>) -> Diagnostic {
    let message = format!("`{}` is an assignment of a policy that is not here", object.path);
    let help = "give the file of the policy as well, with its `id`, or under the same name in the folder above \
                `Assignments`";
    Diagnostic::new(Code::IntuneNoRules, message).at(object.node.head(), "").help(help)
}

fn of_several(object: &ListedObject<'_>, count: usize) -> Diagnostic {
    let message = format!("`{}` can be an assignment of {count} policies", object.path);
    let help =
        "name the policy by its `id` in `sourceId`, or keep each policy in a file of its own";
    Diagnostic::new(Code::IntuneLooseAssignment, message).at(object.node.head(), "").help(help)
}

/// Whether an assignment names a policy by its id.
fn names_policy(assignment: &ListedObject<'_>, policy: &Node) -> bool {
    let Some(id) = policy.text("id").filter(|id| !id.is_empty()) else { return false };
    let texts = ["policyId", "sourceId", "@odata.id", "id"].into_iter();
    let mut texts = texts.filter_map(|name| assignment.node.text(name)).chain(assignment.context);
    texts.any(|text| names_id(text, id))
}

/// Whether a text contains an id as a whole.
fn names_id(text: &str, id: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    text.match_indices(id).any(|(at, _)| {
        let before = text.get(..at).unwrap_or_default();
        let behind = text.get(at + id.len()..).unwrap_or_default();
        !before.ends_with(is_part) && !behind.starts_with(is_part)
    })
}

/// A folder and the name of a file in it without its extension, in lower case.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct FileKey {
    folder: String,
    stem: String,
}

impl FileKey {
    fn of_policy(name: &str) -> Self {
        let name = name.replace('\\', "/").to_lowercase();
        let (folder, file) = name.rsplit_once('/').unwrap_or(("", &name));
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        Self { folder: folder.to_owned(), stem: stem.trim().to_owned() }
    }

    /// The keys of the policy whose assignments a file has: in the folder above `Assignments`, or beside a
    /// file that has the word in its name.
    fn of_assignments(name: &str) -> Vec<Self> {
        let Self { folder, stem } = Self::of_policy(name);
        let mut found = Vec::new();
        let (above, last) = folder.rsplit_once('/').unwrap_or(("", &folder));
        if last == "assignments" {
            found.push(Self { folder: above.to_owned(), stem: stem.clone() });
        }
        let shorter = ["assignments", "assignment"].iter().find_map(|word| stem.strip_suffix(word));
        let shorter = shorter.map(|stem| stem.trim_end_matches(['.', '-', '_', ' ']));
        if let Some(stem) = shorter.filter(|stem| !stem.is_empty()) {
            found.push(Self { folder, stem: stem.to_owned() });
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::FileKey;

    #[test]
    fn files_of_assignments_name_their_policy() {
        let policy = FileKey::of_policy("backup/App Protection Policies/iOS Phones.json");
        let apart = "backup/App Protection Policies/Assignments/iOS phones.json";
        assert!(FileKey::of_assignments(apart).contains(&policy));
        let beside = "backup/App Protection Policies/iOS Phones - Assignments.json";
        assert!(FileKey::of_assignments(beside).contains(&policy));
        let other = "backup/Device Configurations/Assignments/iOS Phones.json";
        assert!(!FileKey::of_assignments(other).contains(&policy));
        assert!(FileKey::of_assignments("assignments.json").is_empty());
    }
}
