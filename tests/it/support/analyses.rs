//! Every analysis of one or two sets, asked under limits: the answer as text, or the limit that was met.

use mam::analysis::{self, Analysis, NoRemedy, PathOptions, Verdict};
use mam::model::ChainScope;
use mam::{Checked, Compiler, Effect, Errors, LimitExceeded, Limits};

/// An analysis, and its answer.
pub(crate) type Answer = (String, Result<String, String>);

/// A question to put: two sets, a scope, and the ends of chains.
#[derive(Debug)]
pub(crate) struct Questions<'q> {
    pub(crate) before: &'q str,
    pub(crate) after: &'q str,
    pub(crate) scope: &'q str,
    pub(crate) chain: &'q str,
    pub(crate) wanted: Effect,
}

impl Questions<'_> {
    /// The answers of all analyses.
    ///
    /// # Errors
    ///
    /// When one of the sets cannot be read under these limits.
    pub(crate) fn ask(&self, limits: &Limits) -> Result<Vec<Answer>, Errors> {
        let [before, after] = [self.before, self.after].map(|text| check(text, limits.clone()));
        let (one, other) = (Analysis::new(&before)?, Analysis::new(&after)?);
        let mut answers = about_one(&one);
        answers.push(("lints".into(), shown(one.lints())));
        answers.push(("diff".into(), shown(analysis::diff(&one, &other))));
        answers.push(("diff of accesses".into(), shown(analysis::diff_access(&one, &other))));
        let accesses = before.access_question("launch");
        answers.push(("accesses".into(), about(&accesses, |of| shown(one.access_parts(of)))));
        answers.push(("diff matrices".into(), shown(analysis::diff_matrices(&one, &other))));
        answers.push(("compile".into(), compiled(&before)));
        let scope = before.question(self.scope);
        answers.push(("decide".into(), about(&scope, |scope| shown(one.decide(scope)))));
        answers.push(("matrix".into(), about(&scope, |scope| shown(one.matrix(scope)))));
        answers.push(("picture".into(), about(&scope, |scope| shown(one.picture(scope)))));
        answers.push(("remedies".into(), about(&scope, |_| self.remedies(&one))));
        let paths = |chain: &ChainScope| shown(one.paths(chain, PathOptions::default()));
        answers.push(("paths".into(), about(&before.chain(self.chain), paths)));
        answers.extend(exported(&before));
        Ok(answers)
    }

    fn remedies(&self, one: &Analysis<'_>) -> Result<String, String> {
        match one.remedies(self.scope, self.wanted) {
            Err(NoRemedy::Limit(error)) => Err(error.to_string()),
            Err(NoRemedy::Scope(errors)) => text_of(&errors),
            other => Ok(format!("{other:?}")),
        }
    }
}

/// The answer to a question that can perhaps not be read.
fn about<T>(
    question: &Result<T, Errors>,
    answer: impl FnOnce(&T) -> Result<String, String>,
) -> Result<String, String> {
    question.as_ref().map_or_else(text_of, answer)
}

/// Errors as an answer, if they are not that of a limit.
fn text_of(errors: &Errors) -> Result<String, String> {
    if errors.is_limit() { Err(errors.to_string()) } else { Ok(errors.to_string()) }
}

/// The answers that need no question, each expectation by itself.
fn about_one(one: &Analysis<'_>) -> Vec<Answer> {
    let mut answers = vec![
        ("coverage".into(), shown(one.coverage())),
        ("mutate".into(), shown(one.mutate())),
        ("empty expectations".into(), shown(one.empty_expectations())),
    ];
    for (number, outcome) in one.test().into_iter().enumerate() {
        let answer = match outcome.verdict {
            Verdict::Limit(error) => Err(error.to_string()),
            verdict => Ok(format!("{verdict:?}")),
        };
        answers.push((format!("expectation {number}"), answer));
    }
    answers
}

/// Proofs of exports, and levels.
fn exported(checked: &Checked) -> Vec<Answer> {
    use mam::intune::export::{ExportError, Options, export};
    use mam::intune::framework_levels;
    fn told<T: std::fmt::Debug>(found: Result<T, ExportError>) -> Result<String, String> {
        match found {
            Err(ExportError::Refused(errors)) if errors.is_limit() => Err(errors.to_string()),
            other => Ok(format!("{other:?}")),
        }
    }
    let options = Options::new(mam::Platform::Ios);
    let exact = told(export(checked, &options));
    let nearest = told(export(checked, &options.with_nearest(true)));
    let levels = told(framework_levels(checked));
    vec![("export".into(), exact), ("nearest export".into(), nearest), ("levels".into(), levels)]
}

/// The size of the table.
fn compiled(checked: &Checked) -> Result<String, String> {
    match checked.compile() {
        Err(errors) => text_of(&errors),
        Ok(table) => Ok(format!("{:?}", table.stats())),
    }
}

fn check(text: &str, limits: Limits) -> Checked {
    Compiler::new().limits(limits).check("set.mam", text)
}

fn shown<T: std::fmt::Debug>(found: Result<T, LimitExceeded>) -> Result<String, String> {
    found.map(|found| format!("{found:?}")).map_err(|error| error.to_string())
}
