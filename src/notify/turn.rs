//! One run's turn: what every channel is told, and what is known afterwards. Pure.

use super::observe::{Observation, observe};
use super::routes::{self, Labels};
use super::states::{self, Voice};
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
        let silenced = routes::is_silenced(&before.silences, &labels, now);
        let mut channels = routes::channels(notify, &labels, now);
        // What a channel was told is told to be over, also where no route leads there any more.
        for channel in &notify.channels {
            let is_told = known
                .get(&(&about.subject, channel.name.as_str()))
                .is_some_and(|alert| matches!(alert.state, AlertState::Told(_)));
            if is_told && !channels.iter().any(|(name, _)| *name == channel.name) {
                channels.push((&channel.name, Voice::Speaks));
            }
        }
        for (channel, voice) in channels {
            let voice = voice_of(channel, if silenced { Voice::Still } else { voice });
            let alert = known.remove(&(&about.subject, channel));
            let state = alert.map(|alert| alert.state).unwrap_or_default();
            let (next, event) = states::step(state, Some(about.look), notify, now, voice);
            let after = || described(about, channel, next);
            if next != state {
                turn.alerts.push(after());
            }
            let happening = |event| Happening {
                event,
                alert: after(),
                trouble: about.look.trouble,
                before: told_of(state),
                result: about.result,
            };
            match event {
                Some(event) => told.push((channel, happening(event), true)),
                None if matches!(next, AlertState::Told(_)) => {
                    told.push((channel, happening(AlertEvent::Reminder), false));
                }
                None => {}
            }
        }
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
        let (next, event) = if is_forgotten {
            let was_told = matches!(alert.state, AlertState::Told(_));
            (AlertState::Fine, was_told.then_some(AlertEvent::Closed))
        } else if is_gone {
            let labels = Labels::remembered(alert);
            let routed = routes::channels(notify, &labels, now);
            let voice =
                routed.iter().find(|(name, _)| *name == channel).map_or(Voice::Speaks, |(_, voice)| *voice);
            let silenced = routes::is_silenced(&before.silences, &labels, now);
            let voice = if silenced { Voice::Still } else { voice };
            states::step(alert.state, None, notify, now, voice)
        } else {
            continue;
        };
        let after = Alert { state: next, ..alert.clone() };
        if next != alert.state {
            turn.alerts.push(after.clone());
        }
        if let Some(event) = event {
            let before = told_of(alert.state);
            told.push((
                channel,
                Happening { event, alert: after, trouble: None, before, result: None },
                true,
            ));
        }
    }
    turn.seen = observed.seen.into_iter().collect();
    turn.news = by_channel(notify, told);
    turn
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
        Some(result) => {
            let subject = &result.about;
            let filter = subject.filter.as_ref().map_or(String::new(), |filter| format!(" where {filter}"));
            let promise = subject.name.clone().unwrap_or_else(|| format!("{}{filter}", subject.objective));
            (promise, subject.group.clone(), subject.severity.clone())
        }
        None => (String::new(), Vec::new(), None),
    };
    Alert { subject: about.subject.clone(), channel: channel.to_owned(), state, promise, group, severity }
}
