//! The exit codes: frozen, documented in `--help` and the README, decided here and nowhere else.

use crate::model::{Report, Verdict};
use crate::render::nagios::State;
use std::io::Write;

/// How `sla` ends. Where several apply: 2 pre-empts everything, then 1 before 3 before 4 before 0. Ctrl-C is the
/// default of the system, which shells report as 130; any code not listed here means that there is no verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitCode {
    /// Every objective is met (warnings are allowed unless `--fail-on warning`); or the command did its work.
    Met = 0,
    /// At least one objective is breached.
    Breached = 1,
    /// A wrong command line or rule file; nothing was evaluated.
    Usage = 2,
    /// No data, too little data, or input that cannot be trusted or read.
    Undecided = 3,
    /// The verdict is met, but a report or an alert could not be delivered.
    Undelivered = 4,
    /// `sla run` left the work to another run that is under way (`EX_TEMPFAIL` of sysexits.h). No verdict.
    Busy = 75,
    /// A fault of the program itself (`EX_SOFTWARE` of sysexits.h). No verdict.
    Internal = 70,
    /// `sla run` was called off by SIGINT, as shells report it. No verdict.
    Interrupted = 130,
    /// The same by SIGTERM.
    Terminated = 143,
}

/// What the program hands to the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The codes of `sla`.
    Own(ExitCode),
    /// With `--format nagios`: those of a plugin (Monitoring Plugins Development Guidelines).
    Plugin(State),
}

impl ExitCode {
    /// As a plugin says it. What is no verdict is unknown; only a run that is met can warn.
    pub fn state(self, report: &Report) -> State {
        match self {
            ExitCode::Met if report.summary.breached == 0 && report.summary.warning > 0 => State::Warning,
            ExitCode::Met => State::Ok,
            ExitCode::Breached => State::Critical,
            ExitCode::Usage
            | ExitCode::Undecided
            | ExitCode::Undelivered
            | ExitCode::Busy
            | ExitCode::Internal
            | ExitCode::Interrupted
            | ExitCode::Terminated => State::Unknown,
        }
    }
}

/// For `--help`.
pub const HELP: &str = "\
Exit codes:
  0  every objective is met
  1  at least one objective is breached
  2  wrong command line or rule file; nothing was evaluated
  3  undecided: no data, too little data, or input that cannot be trusted
  4  met, but a report or an alert could not be delivered
With --format nagios those of a plugin: 0 ok, 1 warning, 2 critical, 3 unknown.
Any other code means that there is no verdict.";

/// From which verdict on a run fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailOn {
    /// A breach.
    #[default]
    Breach,
    /// A warning, too.
    Warning,
}

/// What a breach does to the exit code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnBreach {
    /// It is 1.
    #[default]
    Fail,
    /// `--exit-zero`: 1 becomes 0.
    ExitZero,
}

/// Whether every report reached its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// All did, or nobody was reading any more.
    Done,
    /// At least one did not.
    Failed,
}

impl ExitCode {
    /// The one mapping from a run to its code.
    pub fn of(report: &Report, fail_on: FailOn, on_breach: OnBreach, delivery: Delivery) -> ExitCode {
        let verdict = match report.verdict {
            Verdict::Breached => ExitCode::Breached,
            // Warnings do not show in the verdict of a run that is undecided elsewhere.
            _ if fail_on == FailOn::Warning && report.summary.warning > 0 => ExitCode::Breached,
            Verdict::Undecided => ExitCode::Undecided,
            Verdict::Met | Verdict::Warning => ExitCode::Met,
        };
        let verdict = match (verdict, on_breach) {
            (ExitCode::Breached, OnBreach::ExitZero) => ExitCode::Met,
            (code, _) => code,
        };
        match (verdict, delivery) {
            (ExitCode::Met, Delivery::Failed) => ExitCode::Undelivered,
            (code, _) => code,
        }
    }
}

impl From<ExitCode> for Answer {
    fn from(code: ExitCode) -> Self {
        Answer::Own(code)
    }
}

impl From<Answer> for std::process::ExitCode {
    fn from(answer: Answer) -> Self {
        std::process::ExitCode::from(match answer {
            Answer::Own(code) => code as u8,
            Answer::Plugin(state) => state as u8,
        })
    }
}

/// A fault of the program is one sentence and [`ExitCode::Internal`], never a backtrace.
#[expect(
    clippy::exit,
    reason = "a panic in any thread ends the program, before it could print half a verdict"
)]
pub fn install_panic_hook() {
    std::panic::set_hook(Box::new(|info| {
        let place =
            info.location().map_or(String::new(), |place| format!(" ({}:{})", place.file(), place.line()));
        let _ = writeln!(
            std::io::stderr(),
            "sla: internal error{place}: this is a bug, and there is no verdict; please report it with the command line"
        );
        std::process::exit(ExitCode::Internal as i32);
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Summary;
    use Delivery::{Done, Failed};
    use ExitCode as Code;
    use FailOn::{Breach, Warning};
    use OnBreach::{ExitZero, Fail};

    #[test]
    fn plugin_states() {
        let check = |code: ExitCode, warning, breached, expected| {
            let summary = Summary { warning, breached, ..Summary::default() };
            assert_eq!(code.state(&report(Verdict::Met, summary)), expected, "{code:?} {warning} {breached}");
        };
        check(Code::Met, 0, 0, State::Ok);
        check(Code::Met, 1, 0, State::Warning);
        // `--exit-zero`
        check(Code::Met, 1, 1, State::Ok);
        check(Code::Breached, 0, 1, State::Critical);
        check(Code::Undecided, 1, 0, State::Unknown);
        check(Code::Undelivered, 0, 0, State::Unknown);
        check(Code::Usage, 0, 0, State::Unknown);
    }

    fn report(verdict: Verdict, summary: Summary) -> Report {
        Report {
            now: 0,
            verdict,
            summary,
            agreements: vec![],
            inputs: vec![],
            results: vec![],
            problems: vec![],
            problem_totals: std::collections::BTreeMap::new(),
            details: vec![],
        }
    }

    #[test]
    fn every_combination() {
        let check = |verdict, warning, fail_on, on_breach, delivery, expected| {
            let report = report(verdict, Summary { warning, ..Summary::default() });
            let case = (verdict, warning, fail_on, on_breach, delivery);
            assert_eq!(ExitCode::of(&report, fail_on, on_breach, delivery), expected, "{case:?}");
        };
        check(Verdict::Met, 0, Breach, Fail, Done, Code::Met);
        check(Verdict::Met, 0, Breach, Fail, Failed, Code::Undelivered);
        check(Verdict::Warning, 1, Breach, Fail, Done, Code::Met);
        check(Verdict::Warning, 1, Warning, Fail, Done, Code::Breached);
        check(Verdict::Warning, 1, Warning, ExitZero, Done, Code::Met);
        check(Verdict::Breached, 0, Breach, Fail, Done, Code::Breached);
        check(Verdict::Breached, 0, Breach, Fail, Failed, Code::Breached);
        check(Verdict::Breached, 0, Breach, ExitZero, Done, Code::Met);
        check(Verdict::Breached, 0, Breach, ExitZero, Failed, Code::Undelivered);
        check(Verdict::Undecided, 0, Breach, Fail, Done, Code::Undecided);
        check(Verdict::Undecided, 0, Breach, Fail, Failed, Code::Undecided);
        check(Verdict::Undecided, 0, Breach, ExitZero, Done, Code::Undecided);
        check(Verdict::Undecided, 1, Warning, Fail, Done, Code::Breached);
    }
}
