//! Why a command stopped before there was a verdict, and how that is told.

use super::exit::ExitCode;
use super::terminal;
use crate::render::text::visible;
use crate::rules::{self, Diagnostic};

/// One or more reasons, and the exit code they lead to.
#[derive(Debug)]
pub(super) struct Stop {
    pub(super) code: ExitCode,
    reasons: Vec<Reason>,
}

#[derive(Debug)]
enum Reason {
    /// A lowercase fragment.
    Message(String),
    /// What to do, without being an error of its own.
    Hint(String),
    /// Faults of rules.
    Diagnostics(Vec<Diagnostic>),
}

impl Stop {
    /// The command line or a rule file is at fault.
    pub(super) fn usage(message: impl Into<String>) -> Stop {
        Stop::new(ExitCode::Usage, message)
    }

    /// The same, for several faults that are told at once.
    pub(super) fn usage_all(messages: impl IntoIterator<Item = String>) -> Stop {
        Stop { code: ExitCode::Usage, reasons: messages.into_iter().map(Reason::Message).collect() }
    }

    /// Without a reason yet; see [`Stop::add`] and [`Stop::check`].
    pub(super) fn usage_if_any() -> Stop {
        Stop { code: ExitCode::Usage, reasons: Vec::new() }
    }

    /// Rules that cannot be used.
    pub(super) fn diagnostics(diagnostics: Vec<Diagnostic>) -> Stop {
        Stop { code: ExitCode::Usage, reasons: vec![Reason::Diagnostics(diagnostics)] }
    }

    /// With another code.
    pub(super) fn new(code: ExitCode, message: impl Into<String>) -> Stop {
        Stop { code, reasons: vec![Reason::Message(message.into())] }
    }

    /// Adds what to do.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Stop {
        self.reasons.push(Reason::Hint(hint.into()));
        self
    }

    /// Adds a reason.
    pub(super) fn add(&mut self, message: impl Into<String>) {
        self.reasons.push(Reason::Message(message.into()));
    }

    /// Adds the reasons of another one.
    pub(super) fn join(&mut self, other: Stop) {
        self.reasons.extend(other.reasons);
    }

    /// Goes on where there is no reason to stop.
    pub(super) fn check(&mut self) -> Result<(), Stop> {
        if self.reasons.is_empty() {
            return Ok(());
        }
        Err(Stop { code: self.code, reasons: std::mem::take(&mut self.reasons) })
    }

    /// Tells it on standard error, and gives its code.
    pub(super) fn told(self) -> ExitCode {
        let columns = terminal::tells_somebody().then(terminal::width);
        terminal::tell(&self.rendered(terminal::diagnostic_colour(), columns));
        self.code
    }

    /// The first reason in one line.
    pub(super) fn first(&self) -> String {
        let text = self.rendered(rules::Colour::Never, None);
        text.lines().next().unwrap_or_default().to_owned()
    }

    /// What is told, without colours.
    pub(super) fn text(&self) -> String {
        self.rendered(rules::Colour::Never, None)
    }

    /// Sentences in lines of so many columns, where somebody reads them on a terminal.
    fn rendered(&self, colour: rules::Colour, columns: Option<usize>) -> String {
        let line = |text: &str, indent: &str| match columns {
            Some(columns) => format!("{}\n", terminal::folded(text, indent, columns)),
            None => format!("{indent}{text}\n"),
        };
        let reasons = self.reasons.iter().map(|reason| match reason {
            Reason::Message(message) => line(&format!("error: {}", visible(message)), ""),
            Reason::Hint(hint) => line(&visible(hint), "  "),
            Reason::Diagnostics(diagnostics) => rules::render(diagnostics, colour),
        });
        reasons.collect()
    }
}
