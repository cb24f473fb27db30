//! Grammar: the parser that pest derives from `grammar/mam.pest`, and the nouns for its rules.
//!
//! Takes in text, gives out pest's pairs or error. Only this module, the lowering and the explanation
//! of errors know pest. Does not know trees and diagnostics.

use pest::Parser as _;
use pest_derive::Parser;

use super::keywords::noun;

#[derive(Parser)]
#[grammar = "grammar/mam.pest"]
pub(super) struct MamParser;

/// Whether a text can be the name of a declaration.
///
/// ```
/// use mam::syntax::is_name;
///
/// assert!(is_name("own-phones") && !is_name("Phones") && !is_name("share") && !is_name("a b"));
/// ```
#[must_use]
pub fn is_name(text: &str) -> bool {
    let parsed = MamParser::parse(Rule::name, text);
    parsed.is_ok_and(|pairs| pairs.as_str() == text)
}

/// The noun for a rule where an error lists what the grammar expected; commas separate several.
/// `None` for rules that never stand alone in such a list, because a more general one does.
pub(super) fn noun(rule: Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::kw_from
        | Rule::kw_to
        | Rule::kw_for
        | Rule::kw_on
        | Rule::kw_devices
        | Rule::kw_up
        | Rule::kw_without
        | Rule::kw_tagged
        | Rule::kw_app_wide
        | Rule::kw_because
        | Rule::kw_by
        | Rule::kw_avoiding
        | Rule::from
        | Rule::to
        | Rule::for_clause
        | Rule::on_clause
        | Rule::devices_clause
        | Rule::limit
        | Rule::up_to
        | Rule::without_content
        | Rule::tagged
        | Rule::app_wide
        | Rule::because
        | Rule::by
        | Rule::avoiding
        | Rule::rule_clause
        | Rule::scope_clause
        | Rule::expect_clause
        | Rule::path_clause
        | Rule::chain_clause
        | Rule::place_clause
        | Rule::launch_clause
        | Rule::access_clause
        | Rule::when_clause => noun::CLAUSE,
        Rule::channel | Rule::channels => noun::CHANNEL,
        Rule::set_word | Rule::set | Rule::terms | Rule::term => noun::SET,
        Rule::kw_protect
        | Rule::kw_yields
        | Rule::kw_otherwise
        | Rule::kw_require
        | Rule::kw_launch
        | Rule::kw_setting
        | Rule::statement
        | Rule::statement_doc
        | Rule::head_clause
        | Rule::protect
        | Rule::yields
        | Rule::otherwise
        | Rule::policy_rule
        | Rule::require
        | Rule::launch
        | Rule::setting => noun::STATEMENT,
        Rule::kw_mam
        | Rule::kw_use
        | Rule::kw_tenant
        | Rule::kw_app
        | Rule::kw_storage
        | Rule::kw_group
        | Rule::kw_users
        | Rule::kw_filter
        | Rule::kw_policy
        | Rule::item
        | Rule::use_decl
        | Rule::tenant
        | Rule::app
        | Rule::storage
        | Rule::group
        | Rule::users
        | Rule::filter
        | Rule::policy
        | Rule::policy_opening
        | Rule::version => noun::DECLARATION,
        Rule::effect => noun::STATEMENT,
        Rule::expect_effect | Rule::default_effect => "`allow`, `block`",
        Rule::kw_expect | Rule::expect | Rule::no_path => "an expectation",
        Rule::access_claim | Rule::required => "`allow`, `warn`, `block`, `wipe`, `require`",
        Rule::access_effect => "`allow`, `warn`, `block`, `wipe`",
        Rule::access_scope | Rule::launch_word => "`launch`",
        Rule::rest_unknown | Rule::kw_rest => "`rest unknown`",
        Rule::kw_unknown => "`unknown`",
        Rule::fact_test => "a condition",
        Rule::fact_value | Rule::fact_word => "a value",
        Rule::kw_work | Rule::account => noun::ACCOUNT,
        Rule::kw_any => "`any`",
        Rule::kw_as | Rule::as_account => "`as`",
        Rule::kw_deployed => "`deployed`",
        Rule::kw_except => "`except`",
        Rule::kw_unconfirmed => "`unconfirmed`",
        Rule::kw_exactly | Rule::exactly => "`exactly`",
        Rule::kw_none => "`none`",
        Rule::kw_and => "`and`",
        Rule::kw_no => "`no`",
        Rule::kw_path => "`path`",
        Rule::kw_when => "`when`",
        Rule::kw_not => "`not`",
        Rule::kw_in => "`in`",
        Rule::kw_then => "`then`",
        Rule::kw_report_only => "`report-only`",
        Rule::not_in => "`not in`",
        Rule::name => "a name",
        Rule::names | Rule::people | Rule::every | Rule::members | Rule::member => "names",
        Rule::anybody => "`any`",
        Rule::nobody => "`none`",
        Rule::matching | Rule::kw_matching => "`matching`",
        Rule::word | Rule::words => "a word",
        Rule::string | Rule::strings => "a string",
        Rule::quote => "a string",
        Rule::string_text | Rule::escape => "text",
        Rule::number => "a number",
        Rule::version_value => "a version",
        Rule::date => "a date",
        Rule::comma => "`,`",
        Rule::equals => "`=`",
        Rule::colon => "`:`",
        Rule::less | Rule::greater | Rule::compare => "`<`, `>`",
        Rule::brace_open => "`{`",
        Rule::brace_close => "`}`",
        Rule::bracket_open => "`[`",
        Rule::bracket_close => "`]`",
        Rule::doc | Rule::doc_text => "documentation",
        Rule::unit_characters => "`characters`",
        Rule::word_content => "`content`",
        Rule::id_kind
        | Rule::app_ids
        | Rule::trait_sdk
        | Rule::trait_multi_identity
        | Rule::trait_container
        | Rule::trait_on_premises
        | Rule::app_trait
        | Rule::app_entry => noun::APP_ENTRY,
        Rule::storage_kind => "`corporate`, `personal`",
        Rule::requirement => noun::REQUIREMENT,
        Rule::field | Rule::field_name => noun::FIELD,
        Rule::field_word | Rule::amount | Rule::condition_value | Rule::state_word => "a value",
        Rule::unit => "`minutes`, `hours`, `days`",
        Rule::action => "`warn`, `block`, `wipe`",
        Rule::condition | Rule::subject => "a condition",
        Rule::json
        | Rule::json_object
        | Rule::json_array
        | Rule::json_string
        | Rule::json_number
        | Rule::json_true
        | Rule::json_false
        | Rule::json_null
        | Rule::json_member
        | Rule::json_escape => "a JSON value",
        Rule::EOI => "the end",
        Rule::COMMENT
        | Rule::WHITESPACE
        | Rule::file
        | Rule::name_char
        | Rule::name_start
        | Rule::one_item
        | Rule::one_policy_head
        | Rule::one_scope
        | Rule::one_access
        | Rule::one_access_claim
        | Rule::one_chain
        | Rule::one_statement
        | Rule::question
        | Rule::chain
        | Rule::reserved => return None,
    })
}
