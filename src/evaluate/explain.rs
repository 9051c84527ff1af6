//! Why a verdict is what it is, in one sentence, and what else a reader should know.

use super::decide::{Judgement, Rejections, Standing, standing};
use super::gauge::{Fill, Gauge, Promise, Setting};
use super::phrase;
use super::view::View;
use crate::model::display::{self, count, counted, singular};
use crate::model::{Missing, Problem, Reason, ResultPeriod, Verdict};

/// All that a result is told from.
pub(super) struct Account<'a> {
    pub(super) gauge: &'a dyn Gauge,
    pub(super) view: View<'a>,
    pub(super) setting: Setting<'a>,
    pub(super) judgement: Judgement,
    pub(super) prefer: Option<Promise>,
    pub(super) rejections: Rejections,
}

impl Account<'_> {
    /// Whether there is a number to show.
    pub(super) fn has_data(&self) -> bool {
        let counted_as_bad = self.setting.fills.missing != Fill::Omit && self.gauge.has_unknown();
        self.gauge.samples() > 0 || counted_as_bad
    }

    /// One sentence, without a full stop.
    pub(super) fn sentence(&self) -> String {
        let (gauge, setting) = (self.gauge, &self.setting);
        let by_default = self.judgement.reason == Some(Reason::NoData);
        if by_default || (!self.has_data() && !gauge.has_unknown()) {
            return self.without_data();
        }
        if let Some((_, why)) = gauge.obstacle() {
            return why;
        }
        let sentence = if self.has_data() {
            gauge.sentence(setting)
        } else {
            format!("no {} with a value", setting.requests)
        };
        match (self.judgement.verdict, self.judgement.reason) {
            (Verdict::Undecided, Some(Reason::TooFewSamples)) => {
                let samples = counted(gauge.samples(), "samples");
                let needed = count(setting.objective.min_samples);
                format!("{sentence}; but {samples}, at least {needed} needed")
            }
            (Verdict::Undecided, Some(Reason::RejectedRows)) => {
                let Rejections { rows, allowed } = self.rejections;
                let missing = setting.objective.missing;
                let doubt = match standing(gauge, setting.promise, missing, rows) {
                    Standing::Kept if allowed == 0 => "and none is tolerated (--max-bad-rows)".to_owned(),
                    Standing::Kept => format!("and only {} tolerated (--max-bad-rows)", are(allowed)),
                    Standing::Broken | Standing::Open => "which could change it".to_owned(),
                };
                format!("{sentence}; but {}, {doubt}", phrase::rejected(rows))
            }
            (Verdict::Undecided, Some(Reason::IncompletePeriod)) => {
                format!("{sentence}; but the input does not cover all of this period")
            }
            (Verdict::Undecided, Some(Reason::MissingValues)) if !self.has_data() => {
                format!("{sentence}: {}", self.lacking())
            }
            (Verdict::Undecided, Some(Reason::MissingValues)) => {
                format!("{sentence}; but {}, which could change it", self.lacking())
            }
            (Verdict::Warning, reason) => {
                let open = if reason.is_some() { format!("; but {}", self.lacking()) } else { String::new() };
                format!("{sentence}; preferred {}{open}", self.preferred())
            }
            _ => sentence,
        }
    }

    /// What a reader should know beside the sentence.
    pub(super) fn add_notes(&self, period: ResultPeriod, notes: &mut Vec<String>) {
        let could_change = self.judgement.reason == Some(Reason::MissingValues);
        if self.gauge.missing() > 0 && self.judgement.verdict != Verdict::Undecided && !could_change {
            let lacking = self.lacking();
            notes.push(match self.setting.objective.missing {
                Missing::Ignore => format!("{lacking}, left out (`missing: ignore`)"),
                Missing::Bad => format!("{lacking}, counted as bad (`missing: bad`)"),
                Missing::Undecided => format!("{lacking}; the verdict is the same whatever they were"),
            });
        }
        if self.view.unsure() > 0 {
            let rows = counted(self.view.unsure(), self.setting.rows);
            notes.push(format!("{rows} left out: a cell that `where` reads is missing"));
        }
        if self.rejections.rows > 0 && self.judgement.reason != Some(Reason::RejectedRows) {
            notes.push(phrase::rejected(self.rejections.rows));
        }
        if !period.complete && self.judgement.reason != Some(Reason::IncompletePeriod) {
            notes.push("the input does not cover all of this period".to_owned());
        }
    }

    fn without_data(&self) -> String {
        let requests = self.setting.requests;
        let nothing = match (self.view.accepted(), self.view.measured()) {
            (0, _) => format!("no {requests}"),
            (1, 0) => format!("the only {} does not fulfil `where`", singular(self.setting.rows)),
            (rows, 0) => format!("none of {} fulfils `where`", counted(rows, self.setting.rows)),
            (_, rows) => format!("no {requests} with a value in {}", counted(rows, "rows")),
        };
        match (self.judgement.verdict, self.judgement.reason) {
            (Verdict::Breached, _) => format!("{nothing}, which breaks the promise (`no_data: breached`)"),
            (Verdict::Met, _) => format!("{nothing}, which keeps the promise (`no_data: met`)"),
            (_, Some(Reason::RejectedRows)) => {
                format!("{nothing} but {}", phrase::rejected(self.rejections.rows))
            }
            _ => nothing,
        }
    }

    fn lacking(&self) -> String {
        phrase::lacking(self.gauge.missing(), self.setting.rows)
    }

    /// `<= 300ms: 150 of 2,407 requests took longer than 300 ms, 120 allowed`
    fn preferred(&self) -> String {
        let objective = self.setting.objective;
        let (Some(promise), Some(prefer)) = (self.prefer, &objective.prefer) else { return String::new() };
        let kept = kept(self.gauge, promise, self.setting.fills.missing);
        let mut sentence = self.gauge.sentence(&Setting { promise, kept, ..self.setting });
        // The target is what is required.
        if sentence.ends_with("the target") {
            sentence.truncate(sentence.len() - "the target".len());
            sentence.push_str("that");
        }
        format!("{} {}: {sentence}", prefer.comparison, prefer.target.text)
    }
}

fn are(count: u64) -> String {
    if count == 1 { "1 is".to_owned() } else { format!("{} are", display::count(count)) }
}

/// Whether the promise is kept with missing cells filled like that, for showing.
pub(super) fn kept(gauge: &dyn Gauge, promise: Promise, missing: Fill) -> bool {
    let treated = if missing == Fill::Omit { Missing::Ignore } else { Missing::Bad };
    standing(gauge, promise, treated, 0) == Standing::Kept
}

/// `data.csv, line 7: …`
pub(super) fn distrust(problem: &Problem) -> String {
    let source = problem.source.as_deref().map(display::input);
    let place = match (source, problem.line) {
        (Some(source), Some(line)) => format!("{source}, line {line}: "),
        (Some(source), None) => format!("{source}: "),
        (None, Some(line)) => format!("line {line}: "),
        (None, None) => String::new(),
    };
    format!("{place}{}", problem.message)
}
