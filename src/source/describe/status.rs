//! The column of outcomes: found by its name or its words, and what its cells are.

use super::names::shell_word;
use super::roles::{Columns, Why};
use super::sample::Facts;
use crate::model::{Column, Found, StatusKind};
use crate::plan::{FAILED_WORDS, OK_WORDS};

const STATUS: [&str; 24] = [
    "status",
    "state",
    "success",
    "successful",
    "ok",
    "outcome",
    "result",
    "code",
    "httpstatus",
    "httpcode",
    "httpstatuscode",
    "statuscode",
    "responsecode",
    "responsestatus",
    "requeststatus",
    "passed",
    "up",
    "isup",
    "issuccess",
    "issuccessful",
    "isok",
    "succeeded",
    "health",
    "callstatus",
];
/// Flags that say true where a request failed.
const FLAGS: [&str; 12] = [
    "failed",
    "failure",
    "error",
    "iserror",
    "isfailed",
    "isfailure",
    "haserror",
    "hasfailed",
    "errored",
    "crashed",
    "down",
    "isdown",
];
/// Columns that say what went wrong, and nothing where nothing did.
const MESSAGES: [&str; 16] = [
    "error",
    "err",
    "errormessage",
    "errormsg",
    "errortext",
    "errordescription",
    "errordetail",
    "errordetails",
    "errorreason",
    "errortype",
    "exception",
    "exceptionmessage",
    "failure",
    "failuremessage",
    "failurereason",
    "failuredescription",
];
/// Words that say an outcome wherever they stand; `true`, `1` or `yes` may be about anything.
const PROVING: [&str; 17] = [
    "success",
    "successful",
    "succeeded",
    "ok",
    "up",
    "pass",
    "passed",
    "healthy",
    "failure",
    "failed",
    "fail",
    "error",
    "ko",
    "down",
    "timeout",
    "unhealthy",
    "crashed",
];

impl Columns<'_> {
    pub(super) fn status(&self) -> (Found, Why) {
        let by_name = self.proved(|at| {
            let stem = self.words[at].stem.as_str();
            let outcome = STATUS.contains(&stem) && !self.facts[at].mostly_times();
            let flag = FLAGS.contains(&stem) && self.facts[at].are_flags();
            self.words[at].unit.is_none() && (outcome || flag)
        });
        if by_name.is_empty() {
            if let Some(at) = self.messages() {
                return (self.blank_where_fine(at), Why::Name);
            }
            return (self.settle("status", &self.proved(|at| self.facts[at].prove_outcomes())), Why::Values);
        }
        // Of several, one that speaks of something else (`state` of a country) is none.
        let explained: Vec<usize> = by_name
            .iter()
            .copied()
            .filter(|at| self.facts[*at].explained_words() * 2 > self.facts[*at].filled)
            .collect();
        let candidates = if by_name.len() > 1 && !explained.is_empty() { &explained } else { &by_name };
        let found = match self.settle("status", candidates) {
            Found::At(at) => self.strange_code(at).map_or(Found::At(at), Found::Ambiguous),
            found => found,
        };
        (found, Why::Name)
    }

    /// A column of error messages: some cells are blank, and no other says that all was well.
    fn messages(&self) -> Option<usize> {
        let says_ok = |at: usize| self.facts[at].count(|word| OK_WORDS.contains(&word)) > 0;
        let messages = self.named(&MESSAGES, |at| {
            let facts = &self.facts[at];
            facts.blanks > 0 && !facts.numeric() && !facts.mostly_times() && !says_ok(at)
        });
        messages.first().copied()
    }

    fn blank_where_fine(&self, at: usize) -> Found {
        let name = &self.names[at];
        let condition = shell_word(&format!("not ({} is missing)", Column(name.clone()).in_rules()));
        Found::Ambiguous(format!(
            "{name} tells what went wrong, and whether a blank one means that nothing did is not known; say --failed \
             {condition} if it does"
        ))
    }

    /// A `code` that is no HTTP status: 0 is success to a shell or gRPC, and no answer to HTTP.
    fn strange_code(&self, at: usize) -> Option<String> {
        let facts = &self.facts[at];
        let numbers = facts.filled > 0 && facts.numbers == facts.filled;
        let strange =
            self.words[at].stem.ends_with("code") && numbers && facts.status_kind() != StatusKind::Http;
        strange.then(|| {
            format!(
                "{name} holds codes that are no HTTP status; say which are fine: `input: {{status: {{column: {name}, ok: \
                 [\"0\"], failed: [...]}}}}`, or --failed '{name} != 0'",
                name = self.names[at]
            )
        })
    }

    /// What the cells of a status column are.
    pub(super) fn status_kind(&self, at: usize) -> StatusKind {
        let facts = &self.facts[at];
        if FLAGS.contains(&self.words[at].stem.as_str()) && facts.are_flags() {
            StatusKind::FailureFlag
        } else {
            facts.status_kind()
        }
    }
}

impl Facts {
    fn count(&self, fits: impl Fn(&str) -> bool) -> usize {
        let folded = |word: &String| word.trim().to_lowercase();
        self.words.iter().filter(|(word, _)| fits(&folded(word))).map(|(_, count)| count).sum()
    }

    /// Cells that say an outcome: a known word or an HTTP code.
    fn explained_words(&self) -> usize {
        self.count(|word| OK_WORDS.contains(&word) || FAILED_WORDS.contains(&word) || is_http(word))
    }

    /// Whether every cell is `true`, `false`, 1, 0, yes or no.
    fn are_flags(&self) -> bool {
        let known = ["true", "false", "1", "0", "yes", "no", "y", "n"];
        self.filled > 0 && self.count(|word| known.contains(&word)) == self.filled
    }

    /// Whether every cell is a word that can only be an outcome.
    fn prove_outcomes(&self) -> bool {
        self.filled > 0 && !self.more_words && self.count(|word| PROVING.contains(&word)) == self.filled
    }

    /// HTTP codes where most cells are 100 to 599.
    fn status_kind(&self) -> StatusKind {
        if self.count(is_http) * 2 > self.filled { StatusKind::Http } else { StatusKind::Words }
    }
}

fn is_http(word: &str) -> bool {
    word.len() == 3 && word.parse::<u32>().is_ok_and(|code| (100..600).contains(&code))
}
