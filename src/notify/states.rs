//! What one channel is told about one subject: new, worse, still so, over. Pure; `turn.rs` calls it for every pair.
//!
//! Invariant: nothing is told while nothing changes; what was told is told to be over once.
//! Invariant: while a channel keeps still nothing that it would be told is forgotten.

use crate::model::{AlertEvent, AlertState, Instant, NANOS, Nanos, Notify, Rational, Told, Trouble};

/// How many runs in a row must have no word of a subject, at least, before it is given up.
const MISSED: u32 = 2;

/// What a run says about a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    /// What is wrong; `None` where it is fine.
    pub(super) trouble: Option<Trouble>,
    /// How far it is from the target, where that was measured.
    pub(super) distance: Option<Rational>,
    /// Whether another run may find it otherwise.
    pub(super) standing: Standing,
}

/// Whether another run may find it otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It may.
    Passing,
    /// It rests on a breach of a period that is over since the run before: later runs look at other periods, and it
    /// counts as so in each of them until it is told.
    Over,
    /// It rests on a whole period that no run has seen: nobody can say for how many runs it would have been so, and no
    /// run will look at it again.
    Final,
}

/// Whether a channel may be told now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Voice {
    /// It may.
    Speaks,
    /// It may, but has not got yet what it was told before: that needs no reminder.
    Behind,
    /// No route leads to it any more: it is told the end of what it was told, and nothing else.
    Leaving,
    /// A silence or quiet hours hold.
    Still,
}

/// What follows from a run for one subject and one channel; `look` is `None` where the run has no word of it.
pub(super) fn step(
    state: AlertState,
    look: Option<Look>,
    notify: &Notify,
    now: Instant,
    voice: Voice,
) -> (AlertState, Option<AlertEvent>) {
    match (state, look) {
        (AlertState::Told(told), None) => vanished(told, notify, voice),
        (AlertState::Told(told), Some(look)) => known(told, look, notify, now, voice),
        (AlertState::Pending { runs, since, is_over }, look) => {
            untold(runs.saturating_add(1), since.min(now), is_over, look, notify, now, voice)
        }
        (AlertState::Fine, look) => untold(1, now, false, look, notify, now, voice),
    }
}

/// What is wrong for so many runs with this one, and nobody was told; `was_over` says that a period which is over is
/// breached, whatever the run finds in later ones.
fn untold(
    runs: u32,
    since: Instant,
    was_over: bool,
    look: Option<Look>,
    notify: &Notify,
    now: Instant,
    voice: Voice,
) -> (AlertState, Option<AlertEvent>) {
    let found = look.and_then(|look| look.trouble);
    let Some(trouble) = (if was_over { Some(Trouble::Breached) } else { found }) else {
        return (AlertState::Fine, None);
    };
    let standing = look.map_or(Standing::Passing, |look| look.standing);
    if voice != Voice::Still && (runs >= notify.after || standing == Standing::Final) {
        let distance = look.and_then(|look| look.distance);
        let told = Told { trouble, since, told: now, distance, missed: 0 };
        return (AlertState::Told(told), Some(AlertEvent::New));
    }
    let is_over = was_over || standing != Standing::Passing;
    (AlertState::Pending { runs, since, is_over }, None)
}

fn vanished(told: Told, notify: &Notify, voice: Voice) -> (AlertState, Option<AlertEvent>) {
    let missed = told.missed.saturating_add(1);
    if voice != Voice::Still && missed >= notify.after.max(MISSED) {
        return (AlertState::Fine, Some(AlertEvent::Closed));
    }
    (AlertState::Told(Told { missed, ..told }), None)
}

fn known(
    told: Told,
    look: Look,
    notify: &Notify,
    now: Instant,
    voice: Voice,
) -> (AlertState, Option<AlertEvent>) {
    // A clock that was set back must not put reminders off.
    let mut next = Told { missed: 0, told: told.told.min(now), since: told.since.min(now), ..told };
    let Some(trouble) = look.trouble else {
        return match voice {
            Voice::Speaks | Voice::Behind | Voice::Leaving => (AlertState::Fine, Some(AlertEvent::Resolved)),
            Voice::Still => (AlertState::Told(next), None),
        };
    };
    if voice == Voice::Still && look.standing != Standing::Passing && trouble > told.trouble {
        // Not knowing was told; that it was broken is known from this run alone, and is told as new.
        return (AlertState::Pending { runs: notify.after, since: next.since, is_over: true }, None);
    }
    if matches!(voice, Voice::Still | Voice::Leaving) {
        return (AlertState::Told(next), None);
    }
    let is_worse =
        trouble > told.trouble || (trouble == Trouble::Breached && is_doubled(told.distance, look.distance));
    if is_worse {
        next = Told { trouble, told: now, distance: look.distance.or(told.distance), ..next };
        return (AlertState::Told(next), Some(AlertEvent::Worse));
    }
    if trouble == told.trouble {
        next.distance = told.distance.or(look.distance);
    }
    let is_due = |repeat| now.saturating_sub(next.told) >= repeat - slack(repeat);
    if voice == Voice::Speaks && notify.repeat.is_some_and(is_due) {
        next.told = now;
        return (AlertState::Told(next), Some(AlertEvent::Reminder));
    }
    (AlertState::Told(next), None)
}

/// Runs of a schedule are not punctual to the nanosecond: a reminder that is due within a hundredth of its time, and
/// within a minute, does not wait for the next run.
fn slack(repeat: Nanos) -> Nanos {
    (repeat / 100).min(60 * NANOS)
}

/// Whether the distance from the target is at least twice what it was.
fn is_doubled(before: Option<Rational>, after: Option<Rational>) -> bool {
    let (Some(before), Some(after)) = (before, after) else { return false };
    after > before && before.plus(before).is_some_and(|twice| after >= twice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOUR: Nanos = 3_600 * NANOS;

    fn notify(after: u32, repeat: Option<Nanos>) -> Notify {
        Notify { repeat, after, ..Notify::default() }
    }

    fn ratio(num: i128, den: i128) -> Option<Rational> {
        Rational::new(num, den)
    }

    /// A story: one letter per run an hour apart, and what is told in it. `.` fine, `u` undecided, `b` breached by 1,
    /// `d` by 2, `q` by 4, `F` breached in a whole period that no run saw, `o` in one that is over since the run before, `-` no word; in brackets
    /// while it must keep still, in braces while no route leads there.
    /// Told: `N`ew, `W`orse, `R`eminder, `O`ver, `C`losed, ` ` nothing.
    fn check(after: u32, repeat: Option<Nanos>, story: &str, expected: &str) {
        let notify = notify(after, repeat);
        let (mut state, mut voice, mut now) = (AlertState::Fine, Voice::Speaks, 0);
        let mut told = String::new();
        for sign in story.chars() {
            let look = |trouble, distance| {
                Some(Look { trouble, distance: ratio(distance, 10), standing: Standing::Passing })
            };
            let look = match sign {
                '[' | '{' | ']' | '}' => {
                    voice = match sign {
                        '[' => Voice::Still,
                        '{' => Voice::Leaving,
                        _ => Voice::Speaks,
                    };
                    continue;
                }
                '.' => look(None, 0),
                'u' => Some(Look {
                    trouble: Some(Trouble::Undecided),
                    distance: None,
                    standing: Standing::Passing,
                }),
                'b' => look(Some(Trouble::Breached), 1),
                'd' => look(Some(Trouble::Breached), 2),
                'q' => look(Some(Trouble::Breached), 4),
                'F' => {
                    look(Some(Trouble::Breached), 1).map(|look| Look { standing: Standing::Final, ..look })
                }
                'o' => look(Some(Trouble::Breached), 1).map(|look| Look { standing: Standing::Over, ..look }),
                _ => None,
            };
            let (next, event) = step(state, look, &notify, now, voice);
            state = next;
            told.push(match event {
                None => ' ',
                Some(AlertEvent::New) => 'N',
                Some(AlertEvent::Worse) => 'W',
                Some(AlertEvent::Reminder) => 'R',
                Some(AlertEvent::Resolved) => 'O',
                Some(AlertEvent::Closed) => 'C',
            });
            now += HOUR;
        }
        assert_eq!(told, expected, "after {after}, repeat {repeat:?}: {story}");
    }

    #[test]
    fn told_once_and_over_once() {
        check(1, None, ".bbb..b.", " N  O NO");
        check(1, None, "uuu..", "N  O ");
        check(2, None, "b.bb.b", "   NO ");
        check(3, None, "bbbbbb.", "  N   O");
        // Not knowing and knowing the worst are both trouble, and count together.
        check(2, None, "ubbb.", " N  O");
    }

    #[test]
    fn worse() {
        check(1, None, "ubb.", "NW O");
        check(1, None, "bdqq.", "NWW O");
        check(1, None, "bqdq.", "NW  O");
        // What is no longer known was not said to be over.
        check(1, None, "buub.", "N   O");
    }

    #[test]
    fn reminders() {
        check(1, Some(2 * HOUR), "bbbbbb.", "N R R O");
        check(1, Some(2 * HOUR), "bbdbbb.", "N W R O");
        check(2, Some(HOUR), "bbbb.", " NRRO");
    }

    #[test]
    fn periods_that_no_run_saw() {
        check(3, None, ".F..", " NO ");
        check(3, None, ".FF.", " N O");
    }

    /// No later run looks at such a period: what it broke is told, late, whatever comes after it.
    #[test]
    fn periods_that_are_over() {
        check(1, None, ".o..", " NO ");
        check(1, None, ".[o..]..", "    NO");
        check(2, None, ".o...", "  NO ");
        check(2, None, "bo...", " NO  ");
        check(3, None, ".ob..", "   NO");
        check(2, None, ".o-..", "  NO ");
        check(2, None, "[o]--.", " N O");
        check(1, None, "u[o.]..", "N  NO");
        check(1, None, "b[o.]..", "N  O ");
    }

    /// A channel that no route leads to is told the end of what it was told.
    #[test]
    fn channels_that_are_left() {
        check(1, Some(HOUR), "b{bqq.}.", "N   O ");
        check(1, Some(HOUR), "b{--}", "N C");
    }

    #[test]
    fn silence_keeps_what_is_so() {
        // Still broken afterwards: told then. Over meanwhile: never told.
        check(1, None, "[bb]b.", "  NO");
        check(1, None, "[bb.].", "    ");
        check(2, None, "[bb]b.", "  NO");
        // Told before, over meanwhile: told to be over afterwards.
        check(1, None, "b[..].", "N  O");
        check(1, None, "b[.]b.", "N  O");
        check(1, Some(HOUR), "b[bb]b.", "N  RO");
        check(1, None, "b[q]q.", "N WO");
    }

    #[test]
    fn what_is_gone_is_closed() {
        check(1, None, "b--", "N C");
        check(3, None, "bbb----", "  N  C ");
        check(1, None, "b-b-b--b", "N     CN");
        check(1, None, "b[--]-", "N  C");
        check(2, None, "b-b", "   ");
    }

    #[test]
    fn a_clock_that_goes_back() {
        let notify = notify(1, Some(HOUR));
        let look =
            Some(Look { trouble: Some(Trouble::Breached), distance: None, standing: Standing::Passing });
        let (state, event) = step(AlertState::Fine, look, &notify, 100 * HOUR, Voice::Speaks);
        assert_eq!(event, Some(AlertEvent::New));
        let (state, event) = step(state, look, &notify, 2 * HOUR, Voice::Speaks);
        assert_eq!(event, None);
        assert_eq!(step(state, look, &notify, 3 * HOUR, Voice::Speaks).1, Some(AlertEvent::Reminder));
    }

    /// A run a second early is on time, one of a minute and a half is not.
    #[test]
    fn schedules_are_not_punctual() {
        let notify = notify(1, Some(4 * HOUR));
        let look =
            Some(Look { trouble: Some(Trouble::Breached), distance: None, standing: Standing::Passing });
        let (state, _) = step(AlertState::Fine, look, &notify, 0, Voice::Speaks);
        let at = |now| step(state, look, &notify, now, Voice::Speaks).1;
        assert_eq!(at(4 * HOUR - NANOS), Some(AlertEvent::Reminder));
        assert_eq!(at(4 * HOUR - 90 * NANOS), None);
    }

    proptest! {
        /// Whatever happens: news and their ends alternate, and only what was told is told again.
        #[test]
        fn news_and_ends_alternate(
            story in proptest::collection::vec((0u8..6, any::<bool>()), 1..200), after in 1u32..4,
        ) {
            let notify = notify(after, Some(3 * HOUR));
            let (mut state, mut open, mut now) = (AlertState::Fine, false, 0);
            for (what, still) in story {
                let trouble = match what { 0 | 1 => None, 2 => Some(Trouble::Undecided), _ => Some(Trouble::Breached) };
                let look = (what != 5).then_some(Look {
                    trouble, distance: ratio(i128::from(what), 7), standing: Standing::Passing,
                });
                let voice = if still { Voice::Still } else { Voice::Speaks };
                let (next, event) = step(state, look, &notify, now, voice);
                prop_assert!(event.is_none() || !still);
                match event {
                    Some(AlertEvent::New) => { prop_assert!(!open); open = true; }
                    Some(AlertEvent::Resolved | AlertEvent::Closed) => { prop_assert!(open); open = false; }
                    Some(AlertEvent::Worse | AlertEvent::Reminder) => prop_assert!(open),
                    None => {}
                }
                prop_assert_eq!(open, matches!(next, AlertState::Told(_)));
                state = next;
                now += HOUR;
            }
        }
    }
}
