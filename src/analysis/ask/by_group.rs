//! People asked about one group after the other, where a question would tell too many kinds of them apart.
//!
//! Takes in a model and the limit that was met, gives out the people to ask about, and names whoever is left out.

use serde::Serialize;

use crate::limits::LimitExceeded;
use crate::model::{Model, People, UsersId};

/// A part of an answer that is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LeftOut {
    /// The part.
    pub what: String,
    /// Why it is not there.
    pub why: String,
    /// The question that shows it, in words.
    pub help: String,
}

impl LeftOut {
    /// A part with why it is not there, and what shows it.
    pub(crate) const fn new(what: String, why: String, help: String) -> Self {
        Self { what, why, help }
    }
}

/// People in no group and in just one of the first groups, each as a clause, and who is left out.
pub(crate) struct ByGroup {
    pub(crate) people: Vec<People>,
    pub(crate) left_out: Vec<LeftOut>,
}

impl ByGroup {
    /// At most so many kinds of people, where a question about all of them met a limit.
    pub(crate) fn new(model: &Model, limit: LimitExceeded, most: usize) -> Self {
        let shown = model.users().len().min(most.saturating_sub(1));
        let nobody = People::Exactly { of: Vec::new(), matching: Vec::new() };
        let one = |number: usize| People::Exactly {
            of: vec![UsersId::new(number)],
            matching: Vec::new(),
        };
        let people = std::iter::once(nobody).chain((0..shown).map(one)).collect();
        let mut left_out = vec![LeftOut::new(
            "people in several groups at once".to_owned(),
            limit.to_string(),
            "a scope shows them: `any for exactly GROUP, GROUP`".to_owned(),
        )];
        let others: Vec<&str> = model.users().iter().skip(shown).map(|one| &*one.name).collect();
        if !others.is_empty() {
            left_out.push(LeftOut::new(
                format!("people in just one of {}", others.join(", ")),
                format!("there are {} groups, and {shown} are shown", model.users().len()),
                "a scope shows them: `any for exactly GROUP`".to_owned(),
            ));
        }
        Self { people, left_out }
    }

    /// The groups that people are in, as `exactly` names them.
    #[cfg(feature = "report")]
    pub(crate) fn names(model: &Model, people: &People) -> String {
        let People::Exactly { of, .. } = people else { return String::new() };
        let names: Vec<&str> = of.iter().filter_map(|id| model.attribute_name(*id)).collect();
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    }
}
