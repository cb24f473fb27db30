//! Lists of which an answer of Graph has the first page only.
//!
//! Takes in an object and the name of a list in it, gives out the address of the next page. What the list is
//! of is not known here.

use crate::diagnostic::{Code, Diagnostic};
use crate::intune::json::{Node, Path};
use crate::syntax::print::quote;

/// The address of the next page of a list in an object.
pub(super) fn next_page<'n>(object: &'n Node, list: &str) -> Option<&'n Node> {
    object.given(&format!("{list}@odata.nextLink"))
}

/// The help for a list that goes on.
pub(super) fn request_too(link: &Node) -> String {
    let link = link.string().unwrap_or_default();
    format!("another page follows: request {} as well, until no page names a next one", quote(link))
}

/// The warning about an answer that lists the first of its objects only.
pub(super) fn collection(object: &Node, path: Path<'_>) -> Option<Diagnostic> {
    let link = object.member("@odata.nextLink").filter(|link| link.value.string().is_some())?;
    let message = format!("`{path}` does not list all objects of the tenant");
    let help = format!(
        "{}; until then nothing is known of the policies there, and apps that only they protect count as \
         unmanaged",
        request_too(&link.value)
    );
    Some(Diagnostic::new(Code::IntuneNextPage, message).at(link.head(), "").help(help))
}
