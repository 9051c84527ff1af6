//! One event of a message: a subject, what happened to it, and what the run found.

use super::turn::Happening;
use crate::model::{
    AlertEvent, AlertState, AlertSubject, Clock, Instant, NANOS, Reason, Report, RuleResult, Verdict, display,
};
use crate::render::{caption, clock_of, figure, json, moment};
use serde::{Serialize, Serializer};

/// One event.
#[derive(Clone, Debug, Serialize)]
pub struct Event {
    /// new, worse, reminder, resolved or closed.
    pub event: &'static str,
    /// met, warning, undecided, breached; `null` where nobody looks any more, and where others say how it stands now: of data
    /// that can be read again, and of a group that became several.
    pub state: Option<&'static str>,
    /// What was told before.
    pub was: Option<&'static str>,
    /// Stable for a subject, from its first event to its last.
    pub dedup_key: String,
    /// The agreement's name.
    pub agreement: String,
    /// `id` of results; `null` for an agreement as a whole.
    pub id: Option<String>,
    /// Who it is about: `checkout, eu`.
    pub subject: String,
    /// The objective's name, or else the promise as written.
    pub promise: String,
    /// The promise as written; `null` where the run has no result.
    pub objective: Option<String>,
    /// Column and value.
    pub group: Group,
    /// `severity:`
    pub severity: Option<String>,
    /// `description:`
    pub description: Option<String>,
    /// `runbook:`
    pub runbook: Option<String>,
    /// The first run of it.
    pub since: Option<String>,
    /// The run that told it last.
    pub told: Option<String>,
    /// The stretch of time that it rests on.
    pub period: Option<Period>,
    /// In base units.
    pub measured: Option<f64>,
    /// With its unit, for reading.
    pub measured_text: Option<String>,
    /// In base units.
    pub target: Option<f64>,
    /// With comparison and unit, for reading.
    pub target_text: Option<String>,
    /// The base unit.
    pub unit: Option<&'static str>,
    /// One sentence.
    pub explain: String,
    /// Why it is not known.
    pub reason: Option<&'static str>,
    /// Requests or values.
    pub samples: Option<u64>,
    /// Those that count against the promise.
    pub bad: Option<u64>,
    /// How many could.
    pub allowed: Option<u64>,
}

/// A stretch of time, half-open; without bounds for all of the input.
#[derive(Clone, Debug, Serialize)]
pub struct Period {
    /// First instant.
    pub from: Option<String>,
    /// The instant after the last.
    pub to: Option<String>,
    /// Whether the input reaches over all of it.
    pub complete: bool,
}

/// Column and value, in their order.
#[derive(Clone, Debug)]
pub struct Group(pub Vec<(String, String)>);

impl Serialize for Group {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(column, value)| (column, value)))
    }
}

impl Event {
    pub(super) fn new(happening: &Happening<'_>, report: &Report, store: &str) -> Event {
        let Happening { event, alert, trouble, finer, before, result } = happening;
        let clock = result.map_or(&Clock::Naive, |result| clock_of(report, result.agreement));
        let is_agreement = alert.subject.result.is_empty();
        let state = match (event, trouble, result) {
            (AlertEvent::Closed, ..) => None,
            (_, Some(trouble), _) => Some(trouble.word()),
            (_, None, Some(result)) => Some(result.verdict.word()),
            (_, None, None) => matches!(finer, Some([_, 0])).then_some(Verdict::Met.word()),
        };
        let subject = match result {
            Some(result) => caption::group(result),
            None if is_agreement => alert.subject.agreement.clone(),
            None if alert.group.is_empty() => "(all)".to_owned(),
            None => {
                let values: Vec<&str> = alert.group.iter().map(|(_, value)| caption::value(value)).collect();
                values.join(", ")
            }
        };
        let about = result.map(|result| &result.about);
        let text = |text: &Option<String>| text.clone();
        Event {
            event: event.word(),
            state,
            was: before.map(|told| told.trouble.word()),
            dedup_key: dedup_key(store, &alert.channel, &alert.subject),
            agreement: alert.subject.agreement.clone(),
            id: (!is_agreement).then(|| alert.subject.result.clone()),
            subject,
            promise: match (is_agreement, happening.trouble) {
                (true, None) => "its data can be read again".to_owned(),
                (true, Some(_)) => "its data cannot be read".to_owned(),
                (false, _) => alert.promise.clone(),
            },
            objective: about.map(|about| about.objective.clone()),
            group: Group(alert.group.clone()),
            severity: alert.severity.clone(),
            description: about.and_then(|about| text(&about.description)),
            runbook: about.and_then(|about| text(&about.runbook)),
            since: since(happening).map(utc),
            told: before.map(|told| utc(told.told)),
            period: result.map(|result| Period {
                from: result.period.from.map(|at| moment::machine(at, clock)),
                to: result.period.to.map(|at| moment::machine(at, clock)),
                complete: result.period.complete,
            }),
            measured: result
                .and_then(|result| result.measured)
                .map(|measured| figure::number(measured.value)),
            measured_text: result.filter(|result| result.measured.is_some()).map(caption::measured),
            target: about.map(|about| figure::number(about.target.value)),
            target_text: result.map(caption::target),
            unit: about.and_then(|about| json::unit_word(&about.target)),
            explain: explain(happening, report),
            reason: result.and_then(|result| result.reason).map(Reason::word),
            samples: result.map(|result| result.samples),
            bad: result.and_then(|result| result.bad),
            allowed: result.and_then(|result| result.allowed),
        }
    }
}

fn since(happening: &Happening<'_>) -> Option<Instant> {
    match (happening.alert.state, happening.before) {
        (AlertState::Told(told), _) | (_, Some(told)) => Some(told.since),
        _ => None,
    }
}

fn explain(happening: &Happening<'_>, report: &Report) -> String {
    let agreement = (happening.alert.subject.result.is_empty())
        .then(|| report.agreements.iter().position(|one| one.name == happening.alert.subject.agreement))
        .flatten();
    match (happening.event, happening.result) {
        (AlertEvent::Closed, _) => {
            "it is no longer checked: the last runs had no word of it. That does not say that it is well"
                .to_owned()
        }
        (_, Some(result)) => result.explain.to_string(),
        (_, None) if !happening.alert.subject.result.is_empty() => match (happening.finer, happening.trouble)
        {
            (Some([groups, wrong]), _) => {
                let back = format!(
                    "its data are there again, in {}",
                    display::counted(groups as u64, "finer groups")
                );
                let are = if wrong == 1 { "is" } else { "are" };
                match wrong {
                    0 => back,
                    _ => format!("{back}, of which {wrong} {are} not well: these are told by themselves"),
                }
            }
            (None, _) => {
                "it was broken in a period that is over, and could not be told then; the run has no word \
                          of it any more"
                    .to_owned()
            }
        },
        (_, None) if happening.trouble.is_none() => {
            format!("its promises are checked again: {}", counted(report, agreement))
        }
        (_, None) => {
            let why = agreement.and_then(|at| report.agreements.get(at)?.unread.as_deref());
            format!("nothing is known of any of its promises: {}", why.unwrap_or("there are no results"))
        }
    }
}

/// `1 breached, 2 undecided, 9 met`, without what there is none of.
fn counted(report: &Report, agreement: Option<usize>) -> String {
    let of = |verdict| {
        let is_meant = |one: &&RuleResult| Some(one.agreement) == agreement && one.verdict == verdict;
        report.results.iter().filter(is_meant).count()
    };
    let verdicts = [Verdict::Breached, Verdict::Undecided, Verdict::Warning, Verdict::Met];
    let counts = verdicts.into_iter().map(|verdict| (of(verdict), verdict.word()));
    let told: Vec<String> =
        counts.filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    told.join(", ")
}

/// Stable for a subject and channel; of this history alone.
fn dedup_key(store: &str, channel: &str, subject: &AlertSubject) -> String {
    let mut hash = blake3::Hasher::new();
    for text in [store, channel, &subject.agreement, &subject.scope, &subject.result] {
        hash.update(&(text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    }
    format!("sla-{}", short(&hash))
}

/// The first sixteen bytes, in hexadecimal.
pub(super) fn short(hash: &blake3::Hasher) -> String {
    hash.finalize().to_hex().chars().take(32).collect()
}

/// To the second.
pub(super) fn utc(at: Instant) -> String {
    let second = at.div_euclid(NANOS).saturating_mul(NANOS);
    moment::machine(second, &Clock::Zoned("UTC".to_owned()))
}
