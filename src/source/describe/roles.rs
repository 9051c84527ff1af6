//! Which column plays which part: by its name, and where no name is known by what its values prove.
//!
//! Two columns that fit one part are never chosen between.

use super::names::{Words, shell_word};
use super::sample::Facts;
use crate::model::{Dimension, Found};

const TIME: [&str; 32] = [
    "time",
    "timestamp",
    "ts",
    "date",
    "datetime",
    "dateandtime",
    "timestamputc",
    "timeutc",
    "utc",
    "eventtime",
    "eventtimestamp",
    "logtime",
    "loggedat",
    "requesttime",
    "requesttimestamp",
    "starttime",
    "startedat",
    "start",
    "startdate",
    "begintime",
    "created",
    "createdat",
    "createdon",
    "creationdate",
    "opened",
    "openedat",
    "occurredat",
    "recordedat",
    "minute",
    "hour",
    "day",
    "epoch",
];
/// Names that can only mean a time, whatever their numbers look like.
const NOTHING_BUT_TIME: [&str; 6] = ["timestamp", "ts", "date", "datetime", "timestamputc", "epoch"];
const SERVICE: [&str; 20] = [
    "service",
    "servicename",
    "serviceid",
    "svc",
    "svcname",
    "app",
    "appname",
    "application",
    "applicationname",
    "label",
    "endpoint",
    "component",
    "microservice",
    "monitor",
    "monitorname",
    "system",
    "api",
    "apiname",
    "job",
    "jobname",
];
const LATENCY: [&str; 24] = [
    "latency",
    "responsetime",
    "resptime",
    "duration",
    "elapsed",
    "elapsedtime",
    "rt",
    "requesttime",
    "requestduration",
    "requestlatency",
    "responselatency",
    "responseduration",
    "processingtime",
    "processtime",
    "timetaken",
    "took",
    "roundtrip",
    "roundtriptime",
    "rtt",
    "runtime",
    "latencytime",
    "durationtime",
    "callduration",
    "servicetime",
];
/// The columns as inference sees them.
pub(super) struct Columns<'a> {
    pub(super) names: &'a [String],
    pub(super) words: &'a [Words],
    pub(super) facts: &'a [Facts],
}

/// Why a column plays its part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::source) enum Why {
    /// `input:` or an option says so.
    Said,
    /// Its name.
    Name,
    /// Its values.
    Values,
    /// The header is this tool's.
    Tool(&'static str),
}

impl Columns<'_> {
    /// The columns whose stem is one of these and that `fits` accepts.
    pub(super) fn named(&self, stems: &[&str], fits: impl Fn(usize) -> bool) -> Vec<usize> {
        (0..self.names.len())
            .filter(|at| stems.contains(&self.words[*at].stem.as_str()) && fits(*at))
            .collect()
    }

    pub(super) fn proved(&self, fits: impl Fn(usize) -> bool) -> Vec<usize> {
        (0..self.names.len()).filter(|at| fits(*at)).collect()
    }

    /// One, none, or a refusal that names them all and the option that settles it.
    pub(super) fn settle(&self, role: &str, candidates: &[usize]) -> Found {
        let [first, .., last] = candidates else {
            return candidates.first().map_or(Found::Absent, |one| Found::At(*one));
        };
        let names: Vec<&str> = candidates.iter().map(|at| self.names[*at].as_str()).collect();
        let (last, first) = (&self.names[*last], &self.names[*first]);
        let both = if names.len() == 2 { "both " } else { "all " };
        let way_out = match role {
            "status" => format!("say `input: {{status: {first}}}` or `{last}`"),
            _ => format!("say --{role} {} or --{role} {}", shell_word(first), shell_word(last)),
        };
        Found::Ambiguous(format!("{} {both}may be the {role}; {way_out}", names.join(" and ")))
    }

    pub(super) fn time(&self) -> (Found, Why) {
        let is_time = |at: usize| self.facts[at].mostly_times() || self.facts[at].epoch().is_some();
        let by_name = self.named(&TIME, is_time);
        if by_name.is_empty() {
            // Without a single value the name is all there is.
            let blank = self.named(&TIME, |at| self.facts[at].filled == 0);
            if !blank.is_empty() && self.proved(|at| self.facts[at].mostly_times()).is_empty() {
                return (self.settle("time", &blank), Why::Name);
            }
            let strange = self.named(&NOTHING_BUT_TIME, |at| self.facts[at].mostly_numbers());
            if let [one] = strange.as_slice() {
                return (self.no_epoch(*one), Why::Name);
            }
            let by_value = self.proved(|at| self.facts[at].mostly_times());
            let illegible = self.named(&NOTHING_BUT_TIME, |at| self.facts[at].is_text());
            return match (by_value.as_slice(), illegible.as_slice()) {
                ([], [one]) => (self.no_time(*one), Why::Name),
                _ => (self.settle("time", &by_value), Why::Values),
            };
        }
        if let [one] = by_name.as_slice()
            && let Some(message) = self.split_time(*one).or_else(|| self.mixed_epochs(*one))
        {
            return (Found::Ambiguous(message), Why::Name);
        }
        (self.settle("time", &by_name), Why::Name)
    }

    /// The time where its format was said but not its column: a name is enough, whatever its cells look like.
    pub(super) fn time_in_said_format(&self) -> (Found, Why) {
        let (found, why) = self.time();
        let strict = self.named(&NOTHING_BUT_TIME, |_| true);
        let loose = self.named(&TIME, |_| true);
        match (found, strict.as_slice(), loose.as_slice()) {
            (Found::At(at), ..) => (Found::At(at), why),
            (_, [one], _) | (_, [], [one]) => (Found::At(*one), Why::Name),
            (found, ..) => (found, why),
        }
    }

    /// A date in one column and the time of day in another: the date alone would put everything at midnight.
    fn split_time(&self, date: usize) -> Option<String> {
        let dates_only =
            self.facts[date].dates == self.facts[date].times() && self.facts[date].epoch().is_none();
        let hours = ["hour", "hr", "hourofday", "timeofday"];
        let of_day = |at: usize| {
            let facts = &self.facts[at];
            facts.clocks * 2 > facts.filled
                || (facts.mostly_numbers() && hours.contains(&self.words[at].stem.as_str()))
        };
        let clock = self.proved(of_day).into_iter().next()?;
        dates_only.then(|| {
            format!(
                "the date stands in {date} and the time of day in {clock}; join them into one column, or say --time \
                 {date} if the day is enough",
                date = self.names[date],
                clock = self.names[clock]
            )
        })
    }

    fn mixed_epochs(&self, at: usize) -> Option<String> {
        (self.facts[at].epochs.len() > 1 && !self.facts[at].mostly_times()).then(|| {
            format!(
                "{} mixes numbers of seconds, ms, us or ns since 1970; write them all one way",
                self.names[at]
            )
        })
    }

    fn no_epoch(&self, at: usize) -> Found {
        let example =
            self.facts[at].bare.as_ref().map(|seen| format!(" ({} on line {})", seen.text, seen.line));
        Found::Ambiguous(format!(
            "{} holds numbers that are no time between 1990 and 2100 in s, ms, us or ns since 1970{}; say what they are \
             with --time-format 'epoch s'",
            self.names[at],
            example.unwrap_or_default()
        ))
    }

    fn no_time(&self, at: usize) -> Found {
        let name = &self.names[at];
        let example = self.facts[at].words.keys().next().map_or("", String::as_str);
        Found::Ambiguous(format!(
            "{name} holds no times as they are known ({example:?}); say how they are written: --time {} --time-format \
             '%d %b %Y %I:%M %p', for example",
            shell_word(name)
        ))
    }

    pub(super) fn service(&self) -> (Found, Why) {
        // The rules call it by the role's own name: that settles it.
        let own_name = self.named(&["service"], |_| true);
        let by_name = self.named(&SERVICE, |at| !self.facts[at].mostly_times());
        (self.settle("service", if own_name.len() == 1 { &own_name } else { &by_name }), Why::Name)
    }

    pub(super) fn latency(&self) -> (Found, Why) {
        let duration = |at: usize| {
            let facts = &self.facts[at];
            let numeric = facts.filled == 0 || facts.numeric();
            numeric && self.words[at].unit.is_none_or(|unit| unit.dimension == Dimension::Duration)
        };
        let mut by_name = self.named(&LATENCY, |at| duration(at) && self.facts[at].epoch().is_none());
        // `time_ms` is a duration, `time` is not.
        by_name.extend(self.named(&["time"], |at| duration(at) && self.words[at].unit.is_some()));
        by_name.sort_unstable();
        // Single values before averages, averages before other statistics.
        let rank = |at: usize| match self.words[at].statistic.as_deref() {
            None => 0,
            Some("avg" | "mean" | "average") => 1,
            Some(_) => 2,
        };
        let best = by_name.iter().map(|at| rank(*at)).min();
        by_name.retain(|at| Some(rank(*at)) == best);
        let found = match self.settle("latency", &by_name) {
            Found::At(at) => self.mixed_units(at).map_or(Found::At(at), Found::Ambiguous),
            found => found,
        };
        (found, Why::Name)
    }

    /// `120ms` in one cell and `120` in another.
    pub(super) fn mixed_units(&self, at: usize) -> Option<String> {
        let (with, _) = self.facts[at].first_unit.as_ref()?;
        let without = self.facts[at].bare.as_ref()?;
        Some(format!(
            "{} has numbers with a unit ({} on line {}) and without ({} on line {}); write the unit in every cell or in \
             none",
            self.names[at], with.text, with.line, without.text, without.line
        ))
    }
}

impl Facts {
    /// Whether most cells are neither numbers nor times.
    fn is_text(&self) -> bool {
        let known = self.numbers + self.with_units + self.times() + self.clocks;
        self.filled > 0 && known * 2 < self.filled
    }
}
