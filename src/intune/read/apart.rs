//! Assignments that stand apart from what is assigned: policies, and configurations of apps.
//!
//! Takes in objects with the names of their documents, gives out the assignments of each. An assignment belongs
//! to the object whose id it states, and to no other; without one, to the object in the same wrapper, to the
//! policy in the same document, or to the object in the file of the same name, as backup tools write it. It is
//! never attached to an object just because there is no other.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::objects::{ListedObject, ObjectType};
use crate::diagnostic::{Code, Diagnostic};
use crate::intune::json::Node;
use crate::source::SourceId;

/// Assignments by the position of what is assigned.
pub(super) struct Apart<'n> {
    by_owner: BTreeMap<usize, Vec<&'n Node>>,
    /// The positions of assignments that have an owner, or that lie beside owners.
    needed: BTreeSet<usize>,
}

/// The name of a document.
pub(super) type NameOf<'f> = dyn Fn(SourceId) -> &'f str + 'f;

impl<'n> Apart<'n> {
    /// Finds the owner of each assignment. One without an owner is reported, and one that could be of several
    /// is refused.
    pub(super) fn new(
        objects: &[(SourceId, ListedObject<'n>)],
        name: &NameOf<'_>,
        found: &mut Vec<Diagnostic>,
    ) -> Self {
        let owners = Owners::new(objects, name);
        let mut apart = Self { by_owner: BTreeMap::new(), needed: BTreeSet::new() };
        for (at, (source, object)) in objects.iter().enumerate() {
            let candidates = match object.what {
                ObjectType::Assignment => owners.of_assignment(*source, object, name(*source)),
                ObjectType::EmptyList => owners.of_file(name(*source)),
                _ => continue,
            };
            match Vec::from_iter(candidates).as_slice() {
                [owner] => {
                    apart.needed.insert(at);
                    let nodes = apart.by_owner.entry(*owner).or_default();
                    let is_one = object.what == ObjectType::Assignment;
                    nodes.extend(object.node.object().filter(|_| is_one).map(|_| object.node));
                }
                [] if object.what == ObjectType::EmptyList => found.push(empty(object)),
                [] => {
                    if owners.is_near(name(*source)) {
                        apart.needed.insert(at);
                    }
                    found.push(without_policy(object));
                }
                several => {
                    apart.needed.insert(at);
                    found.push(of_several(object, several.len()));
                }
            }
        }
        apart
    }

    /// The assignments of the object at a position.
    pub(super) fn of(&self, owner: usize) -> Option<&[&'n Node]> {
        self.by_owner.get(&owner).map(Vec::as_slice)
    }

    /// Whether the assignment at a position has an owner, or lies where owners are.
    pub(super) fn is_needed(&self, assignment: usize) -> bool {
        self.needed.contains(&assignment)
    }
}

/// The objects that can be assigned, with their positions by id, document and file.
struct Owners<'o, 'n> {
    objects: &'o [(SourceId, ListedObject<'n>)],
    /// By the last part of its id in lower case.
    by_id: HashMap<String, Vec<usize>>,
    by_source: HashMap<SourceId, Vec<usize>>,
    by_file: BTreeMap<FileKey, Vec<usize>>,
}

impl<'o, 'n> Owners<'o, 'n> {
    fn new(objects: &'o [(SourceId, ListedObject<'n>)], name: &NameOf<'_>) -> Self {
        let mut owners = Self {
            objects,
            by_id: HashMap::new(),
            by_source: HashMap::new(),
            by_file: BTreeMap::new(),
        };
        for (at, (source, object)) in objects.iter().enumerate() {
            if !matches!(object.what, ObjectType::Policy(_) | ObjectType::Configuration(_)) {
                continue;
            }
            if let Some(id) = object.node.text("id")
                && let Some(last) = parts(id).next_back()
            {
                owners.by_id.entry(last.to_lowercase()).or_default().push(at);
            }
            owners.by_source.entry(*source).or_default().push(at);
            for key in FileKey::of_owner(name(*source)) {
                owners.by_file.entry(key).or_default().push(at);
            }
        }
        owners
    }

    fn of_assignment(
        &self,
        source: SourceId,
        object: &ListedObject<'_>,
        file: &str,
    ) -> BTreeSet<usize> {
        let stated: Vec<&str> = stated_ids(object).collect();
        if !stated.is_empty() {
            return stated.into_iter().flat_map(|id| self.of_id(id)).collect();
        }
        // The id of an assignment may have the policy's inside.
        let by_own = object.node.text("id").map(|id| self.of_id(id));
        if let Some(found) = by_own.filter(|found| !found.is_empty()) {
            return found;
        }
        let beside = self.by_source.get(&source).map(Vec::as_slice).unwrap_or_default();
        let is_wrapped_with = |at: &usize| {
            let wrapper = self.objects.get(*at).and_then(|(_, other)| other.wrapper);
            object.wrapper.zip(wrapper).is_some_and(|(one, other)| std::ptr::eq(one, other))
        };
        let wrapped: BTreeSet<usize> = beside.iter().copied().filter(is_wrapped_with).collect();
        if !wrapped.is_empty() {
            return wrapped;
        }
        let is_policy = |at: &usize| {
            let what = self.objects.get(*at).map(|(_, one)| one.what);
            matches!(what, Some(ObjectType::Policy(_)))
        };
        let policies: BTreeSet<usize> = beside.iter().copied().filter(is_policy).collect();
        if policies.is_empty() { self.of_file(file) } else { policies }
    }

    /// The objects whose id a text has as a whole.
    fn of_id(&self, text: &str) -> BTreeSet<usize> {
        let text = text.to_lowercase();
        let found = parts(&text).filter_map(|part| self.by_id.get(part)).flatten().copied();
        let is_named = |at: &usize| {
            let id = self.objects.get(*at).and_then(|(_, one)| one.node.text("id"));
            id.is_some_and(|id| names_id(&text, &id.to_lowercase()))
        };
        found.filter(is_named).collect()
    }

    /// Whether a file of assignments lies where files of owners are.
    fn is_near(&self, file: &str) -> bool {
        let keys = FileKey::of_assignments(file);
        keys.iter().any(|key| self.by_file.keys().any(|known| known.folder == key.folder))
    }

    /// The objects in the file to which a file of assignments belongs by its name.
    fn of_file(&self, file: &str) -> BTreeSet<usize> {
        let keys = FileKey::of_assignments(file);
        keys.iter().filter_map(|key| self.by_file.get(key)).flatten().copied().collect()
    }
}

/// The ids that an assignment states to be those of what is assigned.
fn stated_ids<'n>(object: &ListedObject<'n>) -> impl Iterator<Item = &'n str> {
    let node = object.node;
    // Of an assignment by a policy set, the source is the set.
    let is_by_set = node.text("source").is_some_and(|text| text.eq_ignore_ascii_case("policySets"));
    let source = node.text("sourceId").filter(|_| !is_by_set);
    let of_path = [node.text("@odata.id"), object.context].into_iter().flatten();
    let ids = [node.text("policyId"), source].into_iter().flatten();
    ids.chain(of_path.filter_map(owner_in)).filter(|id| id.chars().any(|c| !matches!(c, '0' | '-')))
}

/// The id of the owner in an address such as `…/iosManagedAppProtections('T_1')/assignments`.
fn owner_in(address: &str) -> Option<&str> {
    let mut before: Option<&str> = None;
    for segment in address.split(['/', '#']) {
        if segment.split('(').next().is_some_and(|name| name.eq_ignore_ascii_case("assignments")) {
            let before = before?;
            let id = match before.split_once('(') {
                Some((_, id)) => id.trim_end_matches(')').trim_matches(['\'', '"']),
                // A set of objects and no id.
                None if before.chars().all(|c| c.is_ascii_alphabetic() || c == '$') => return None,
                None => before,
            };
            return (!id.is_empty()).then_some(id);
        }
        before = Some(segment).filter(|segment| !segment.is_empty());
    }
    None
}

/// The warning about an empty list.
fn empty(object: &ListedObject<'_>) -> Diagnostic {
    // Graph gives one for a tenant without policies.
    let diagnostic = Diagnostic::new(Code::IntuneNoRules, "the document lists no policy");
    diagnostic.at(object.node.head(), "").help("it decides nothing; leave it out")
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

/// The parts of a text that can be ids.
fn parts(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.split(|c: char| !is_part(c)).filter(|part| !part.is_empty())
}

const fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-'
}

/// Whether a text contains an id as a whole.
fn names_id(text: &str, id: &str) -> bool {
    text.match_indices(id).any(|(at, _)| {
        let before = text.get(..at).unwrap_or_default();
        let behind = text.get(at + id.len()..).unwrap_or_default();
        !before.ends_with(is_part) && !behind.starts_with(is_part)
    })
}

/// A folder and the name of a file in it without its extension, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct FileKey {
    folder: String,
    stem: String,
}

impl FileKey {
    /// The keys of a file with policies. Some tools put the type behind the name.
    fn of_owner(name: &str) -> Vec<Self> {
        let whole = Self::of_policy(name);
        let types = ["managedappprotection", "managedappconfiguration"];
        let short = whole
            .stem
            .rsplit_once('_')
            .filter(|(_, kind)| types.iter().any(|one| kind.ends_with(one)));
        let short = short.map(|(stem, _)| Self { stem: stem.to_owned(), ..whole.clone() });
        std::iter::once(whole).chain(short).collect()
    }

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
    use super::{FileKey, owner_in};

    #[test]
    fn addresses_name_owners() {
        let of = |address: &'static str| owner_in(address);
        let graph = "https://graph.example/beta/$metadata#deviceAppManagement";
        assert_eq!(
            owner_in(&format!("{graph}/iosManagedAppProtections('T_1')/assignments")),
            Some("T_1")
        );
        assert_eq!(
            of("deviceAppManagement/iosManagedAppProtections/T_1/assignments/2"),
            Some("T_1")
        );
        assert_eq!(owner_in(&format!("{graph}/iosManagedAppProtections/assignments")), None);
        assert_eq!(of("#assignments"), None);
        assert_eq!(of("assignments"), None);
    }

    #[test]
    fn files_of_assignments_name_their_policy() {
        let policy = FileKey::of_policy("backup/App Protection Policies/iOS Phones.json");
        let apart = "backup/App Protection Policies/Assignments/iOS phones.json";
        assert!(FileKey::of_assignments(apart).contains(&policy));
        let beside = "backup/App Protection Policies/iOS Phones - Assignments.json";
        assert!(FileKey::of_assignments(beside).contains(&policy));
        let typed = FileKey::of_owner(
            "backup/App Protection Policies/iOS Phones_iosManagedAppProtection.json",
        );
        assert!(typed.contains(&policy));
        let other = "backup/Device Configurations/Assignments/iOS Phones.json";
        assert!(!FileKey::of_assignments(other).contains(&policy));
        assert!(FileKey::of_assignments("assignments.json").is_empty());
    }
}
