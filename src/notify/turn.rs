//! One run's turn: what every channel is told, and what is known afterwards. Pure.

use super::observe::{Observation, observe};
use super::routes::{self, Labels};
use super::states::{self, Look, Standing, Voice};
use crate::model::{
    Alert, AlertEvent, AlertState, AlertSubject, Instant, NANOS, Notify, Report, RuleResult, Seen, Told,
    Trouble,
};
use crate::store::Before;
use std::collections::{BTreeMap, HashSet};

/// After so long without a run over an agreement nobody waits for one.
const FORGOTTEN: Instant = 32 * 86_400 * NANOS;
/// The same for an agreement that the project no longer has.
const REMOVED: Instant = 86_400 * NANOS;

/// What a run changes.
#[derive(Clone, Debug, Default)]
pub struct Turn<'a> {
    /// What has changed.
    pub alerts: Vec<Alert>,
    /// What was seen.
    pub seen: Vec<((String, String), Seen)>,
    /// By channel, in the order of the project file, without channels that have none.
    pub news: Vec<News<'a>>,
    /// What is wrong, or over, and is not told yet.
    pub held: Held,
    /// What is wrong and concerns nobody.
    pub unrouted: Unrouted,
}

/// How many objectives and groups of a run have something to tell that waits, and for what. None is counted twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Until a silence ends.
    pub silenced: usize,
    /// When the last of these silences ends.
    pub until: Option<Instant>,
    /// Until the quiet hours of a route end.
    pub quiet: usize,
    /// Until they were so in as many runs as `after:` says.
    pub pending: usize,
}

/// How many objectives and groups of a run are wrong while no route matches them and no silence holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unrouted {
    /// Broken promises.
    pub breached: usize,
    /// What is not known.
    pub undecided: usize,
}

/// What one channel is told.
#[derive(Clone, Debug)]
pub struct News<'a> {
    /// Its name.
    pub channel: &'a str,
    /// New breaches first, ends last.
    pub events: Vec<Happening<'a>>,
    /// What was told before, is still so, and is no news.
    pub ongoing: Vec<Happening<'a>>,
}

/// One event.
#[derive(Clone, Debug)]
pub struct Happening<'a> {
    /// What happened.
    pub event: AlertEvent,
    /// The subject with its state after it.
    pub alert: Alert,
    /// What is wrong now; `None` where it is over.
    pub trouble: Option<Trouble>,
    /// Where groups that are finer than this one came back: how many they are, and in how many something is wrong.
    pub finer: Option<[usize; 2]>,
    /// What was told before; `None` of what is new.
    pub before: Option<Told>,
    /// What the run found; `None` of an agreement as a whole, and of what is gone.
    pub result: Option<&'a RuleResult>,
}

/// Goes from how things stood to how they stand. `is_configured` tells of agreements that are not in this report whether
/// the project still has them.
pub fn turn<'a>(
    notify: &'a Notify,
    report: &'a Report,
    before: &Before,
    is_configured: &dyn Fn(&str) -> bool,
) -> Turn<'a> {
    let now = report.now;
    let observed = observe(report, &before.seen);
    let mut known: BTreeMap<(&AlertSubject, &str), &Alert> =
        before.alerts.iter().map(|alert| ((&alert.subject, alert.channel.as_str()), alert)).collect();
    let voice_of = |channel: &str, voice| match voice {
        Voice::Speaks if before.behind.contains(channel) => Voice::Behind,
        voice => voice,
    };
    let mut turn = Turn::default();
    let mut told: Vec<(&'a str, Happening<'a>, bool)> = Vec::new();
    for about in &observed.subjects {
        let labels = Labels::observed(about);
        let silenced = routes::silenced(&before.silences, &labels, now);
        let mut channels = routes::channels(notify, &labels, now);
        if channels.is_empty() && silenced.is_none() {
            match about.look.trouble {
                Some(Trouble::Breached) => turn.unrouted.breached += 1,
                Some(Trouble::Undecided) => turn.unrouted.undecided += 1,
                None => {}
            }
        }
        // What a channel was told is told to be over, also where no route leads there any more.
        for channel in &notify.channels {
            let is_told = known
                .get(&(&about.subject, channel.name.as_str()))
                .is_some_and(|alert| matches!(alert.state, AlertState::Told(_)));
            if is_told && !channels.iter().any(|(name, _)| *name == channel.name) {
                channels.push((&channel.name, Voice::Leaving));
            }
        }
        let mut waits = None;
        for (channel, voice) in channels {
            let voice = voice_of(channel, if silenced.is_some() { Voice::Still } else { voice });
            let alert = known.remove(&(&about.subject, channel));
            let state = alert.map(|alert| alert.state).unwrap_or_default();
            let (next, event) = states::step(state, Some(about.look), notify, now, voice);
            let after = || described(about, channel, next);
            if next != state {
                turn.alerts.push(after());
            }
            // What is told late is that of a period which is over, not what the run finds in the newest one.
            let is_late = event == Some(AlertEvent::New)
                && told_of(next).is_some_and(|told| about.look.trouble != Some(told.trouble));
            let (trouble, result) = if is_late {
                (told_of(next).map(|told| told.trouble), about.breach)
            } else {
                (about.look.trouble, about.result)
            };
            let before = told_of(state);
            let happening = |event| Happening { event, alert: after(), trouble, finer: None, before, result };
            match (event, next) {
                (Some(event), _) => told.push((channel, happening(event), true)),
                (None, AlertState::Told(_)) if trouble.is_some() => {
                    told.push((channel, happening(AlertEvent::Reminder), false));
                }
                // Pending, or over while the channel keeps still.
                (None, AlertState::Told(_) | AlertState::Pending { .. }) => waits = waits.max(Some(voice)),
                (None, AlertState::Fine) => {}
            }
        }
        turn.held.add(waits, silenced);
    }
    for ((subject, channel), alert) in known {
        let key = (subject.agreement.clone(), subject.scope.clone());
        let last = before.seen.get(&key).map_or(Instant::MIN, |seen| seen.at);
        let patience = if is_configured(&subject.agreement) { FORGOTTEN } else { REMOVED };
        let is_gone = observed.covered.contains(&key);
        let is_forgotten = !observed.seen.contains_key(&key) && now.saturating_sub(last) > patience;
        let channel = notify.channels.iter().map(|known| known.name.as_str()).find(|name| *name == channel);
        let Some(channel) = channel else {
            // The channel is gone from the project file: there is nobody to tell.
            if is_gone || is_forgotten {
                turn.alerts.push(Alert { state: AlertState::Fine, ..alert.clone() });
            }
            continue;
        };
        let mut finer = None;
        let (next, event) = if is_forgotten {
            let was_told = matches!(alert.state, AlertState::Told(_));
            (AlertState::Fine, was_told.then_some(AlertEvent::Closed))
        } else if is_gone {
            let labels = Labels::remembered(alert);
            let routed = routes::channels(notify, &labels, now);
            let voice = routed.iter().find(|(name, _)| *name == channel).map(|(_, voice)| *voice);
            let silenced = routes::silenced(&before.silences, &labels, now);
            let voice = if silenced.is_some() { Some(Voice::Still) } else { voice };
            finer = finer_groups(&observed.subjects, alert);
            match (voice, alert.state) {
                // No route leads there any more, and nobody was told.
                (None, AlertState::Pending { .. }) => (AlertState::Fine, None),
                (voice, state) => {
                    let look = finer.map(|_| FINE);
                    states::step(state, look, notify, now, voice.unwrap_or(Voice::Leaving))
                }
            }
        } else {
            continue;
        };
        let after = Alert { state: next, ..alert.clone() };
        if next != alert.state {
            turn.alerts.push(after.clone());
        }
        if let Some(event) = event {
            let before = told_of(alert.state);
            let trouble =
                if event == AlertEvent::New { told_of(next).map(|told| told.trouble) } else { None };
            let happening = Happening { event, alert: after, trouble, finer, before, result: None };
            told.push((channel, happening, true));
        }
    }
    turn.seen = observed.seen.into_iter().collect();
    turn.news = by_channel(notify, told);
    turn
}

/// Nothing is wrong.
const FINE: Look = Look { trouble: None, distance: None, standing: Standing::Passing };

impl Held {
    /// Counts a subject; `waits` is how its channels keep still, where one of them has something to be told.
    fn add(&mut self, waits: Option<Voice>, silenced: Option<Instant>) {
        match (waits, silenced) {
            (None, _) => {}
            (Some(_), Some(_)) => {
                self.silenced += 1;
                self.until = self.until.max(silenced);
            }
            (Some(Voice::Still), None) => self.quiet += 1,
            (Some(_), None) => self.pending += 1,
        }
    }
}

/// The groups of the same promise that lie within the group of an alert, where nothing worse than not knowing was told of
/// it: an expected service without data has one group, and as soon as it has data one for each region.
fn finer_groups(subjects: &[Observation<'_>], alert: &Alert) -> Option<[usize; 2]> {
    if told_of(alert.state).is_some_and(|told| told.trouble == Trouble::Breached) {
        return None;
    }
    let AlertSubject { agreement, scope, .. } = &alert.subject;
    let is_finer = |about: &&Observation<'_>| {
        about.result.is_some_and(|result| {
            let group = &result.about.group;
            group.len() > alert.group.len()
                && alert.group.iter().all(|label| group.contains(label))
                && promise(result) == alert.promise
        }) && about.subject.agreement == *agreement
            && about.subject.scope == *scope
    };
    let finer: Vec<_> = subjects.iter().filter(is_finer).collect();
    let wrong = finer.iter().filter(|about| about.look.trouble.is_some()).count();
    (!finer.is_empty()).then_some([finer.len(), wrong])
}

fn told_of(state: AlertState) -> Option<Told> {
    match state {
        AlertState::Told(told) => Some(told),
        AlertState::Fine | AlertState::Pending { .. } => None,
    }
}

fn by_channel<'a>(notify: &'a Notify, told: Vec<(&'a str, Happening<'a>, bool)>) -> Vec<News<'a>> {
    let speaking: HashSet<&str> =
        told.iter().filter(|(.., is_news)| *is_news).map(|(channel, ..)| *channel).collect();
    let mut news: Vec<News<'a>> = notify
        .channels
        .iter()
        .filter(|channel| speaking.contains(channel.name.as_str()))
        .map(|channel| News { channel: &channel.name, events: Vec::new(), ongoing: Vec::new() })
        .collect();
    for (channel, happening, is_news) in told {
        if let Some(news) = news.iter_mut().find(|news| news.channel == channel) {
            if is_news { news.events.push(happening) } else { news.ongoing.push(happening) }
        }
    }
    for news in &mut news {
        // Breaches before what is not known; the order of the report otherwise, and of what it lacks that of its words.
        news.events.sort_by_cached_key(|happening| {
            let alert = (happening.event == AlertEvent::Closed).then(|| {
                (
                    happening.alert.subject.agreement.clone(),
                    happening.alert.group.clone(),
                    happening.alert.promise.clone(),
                )
            });
            (happening.event, std::cmp::Reverse(happening.trouble), alert)
        });
    }
    news
}

/// The subject as it will be remembered.
fn described(about: &Observation<'_>, channel: &str, state: AlertState) -> Alert {
    let (promise, group, severity) = match about.result {
        Some(result) => (promise(result), result.about.group.clone(), result.about.severity.clone()),
        None => (String::new(), Vec::new(), None),
    };
    let names = Vec::new();
    Alert {
        subject: about.subject.clone(),
        channel: channel.to_owned(),
        state,
        promise,
        names,
        group,
        severity,
    }
}

/// Its name, or else the promise as written.
fn promise(result: &RuleResult) -> String {
    let subject = &result.about;
    let filter = subject.filter.as_ref().map_or(String::new(), |filter| format!(" where {filter}"));
    subject.name.clone().unwrap_or_else(|| format!("{}{filter}", subject.objective))
}
