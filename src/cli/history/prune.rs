//! `sla history prune`: removes old runs, and never without saying which.

use super::super::exit::ExitCode;
use super::super::stop::Stop;
use super::super::{Outcome, terminal};
use super::arguments::StoreArguments;
use super::{store_of, unusable};
use crate::model::{Clock, Instant, display};
use crate::render::moment;
use crate::store::{Holds, Prune, Pruned, Store};
use jiff::{Span, Timestamp, tz::TimeZone};
use std::fmt::Write;
use std::path::Path;

/// Tells what goes, and removes it unless it is only to be told.
pub(super) fn prune(said: &StoreArguments, keep: &str, dry_run: bool, now: Instant) -> Outcome {
    let before = bound(keep, now).map_err(|why| Stop::usage(format!("--keep: {why}")))?;
    let file = store_of(said)?;
    // Opening it to read first: what is not there is not made.
    drop(Store::open(&file).map_err(|why| unusable(&why))?);
    let mut store = Store::create(&file).map_err(|why| unusable(&why))?;
    let tell = store.prune(before, now, Prune::Tell).map_err(|why| unusable(&why))?;
    let text = told(&tell, &file, before);
    if dry_run || tell.runs == 0 {
        let rest = if tell.runs == 0 { "" } else { "nothing was removed: --dry-run\n" };
        return Ok(terminal::sentences(&format!("{text}{rest}")));
    }
    if terminal::sentences(&text) != ExitCode::Met {
        // What could not be said is not done.
        return Ok(ExitCode::Undelivered);
    }
    let removed = store.prune(before, now, Prune::Remove).map_err(|why| unusable(&why))?;
    Ok(terminal::answer(&format!("removed {}\n", display::counted(removed.runs, "runs"))))
}

/// `13months`, `90d`, `2years`: that long before now, by the calendar in UTC.
fn bound(keep: &str, now: Instant) -> Result<Instant, String> {
    let wrong = || format!("`{keep}` is no length of time; write it as in 13months, 90d, 2years");
    let end = keep.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let amount: i64 = keep[..end].parse().map_err(|_| wrong())?;
    let span: Span = match keep[end..].trim() {
        "d" | "day" | "days" => Span::new().try_days(amount),
        "w" | "week" | "weeks" => Span::new().try_weeks(amount),
        "month" | "months" => Span::new().try_months(amount),
        "y" | "year" | "years" => Span::new().try_years(amount),
        _ => return Err(wrong()),
    }
    .map_err(|_| wrong())?;
    let now = Timestamp::from_nanosecond(i128::from(now)).map_err(|_| wrong())?;
    let then = now.to_zoned(TimeZone::UTC).checked_sub(span).map_err(|_| wrong())?;
    Instant::try_from(then.timestamp().as_nanosecond()).map_err(|_| wrong())
}

fn told(pruned: &Pruned, file: &Path, before: Instant) -> String {
    let shown = |instant: Instant| {
        moment::human(instant, &Clock::Zoned("UTC".to_owned())).chars().take(16).collect::<String>()
    };
    let runs = |count| display::counted(count, "runs");
    // One run stays, two stay.
    let verb = |count: u64, one: &'static str, many: &'static str| if count == 1 { one } else { many };
    let stay = format!("{} {}", runs(pruned.kept), verb(pruned.kept, "stays", "stay"));
    let mut text = match (pruned.bounds, pruned.held_back) {
        (None, None) => {
            format!("{}: no run is from before {} UTC; {stay}\n", file.display(), shown(before))
        }
        (None, Some(_)) => format!("{}: no run goes; {stay}\n", file.display()),
        (Some(((first, from), (last, to))), _) => format!(
            "{}: {} from before {} UTC {}, run {first} of {} to run {last} of {}, with {} that no other run gave; \
             {stay}\n",
            file.display(),
            runs(pruned.runs),
            shown(before),
            verb(pruned.runs, "goes", "go"),
            shown(from),
            shown(to),
            display::counted(pruned.results, "results"),
        ),
    };
    if let Some(held) = pruned.held_back {
        let why = match held.why {
            Holds::Recent => format!("run {} before is not as old", held.by),
            Holds::Answer => {
                format!("run {} gave answers that still hold for periods that end later", held.by)
            }
        };
        let _ = writeln!(
            text,
            "{} from before {} UTC {}: {why}, and the chain is cut at its start only",
            runs(held.runs),
            shown(before),
            verb(held.runs, "stays", "stay")
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_by_the_calendar() {
        // 2025-06-08T06:00:00Z
        let now = 1_749_362_400_000_000_000;
        let check = |keep, expected| {
            let then = Timestamp::from_nanosecond(i128::from(bound(keep, now).unwrap())).unwrap();
            assert_eq!(then.to_string(), expected, "{keep}");
        };
        check("13months", "2024-05-08T06:00:00Z");
        check("90d", "2025-03-10T06:00:00Z");
        check("2 weeks", "2025-05-25T06:00:00Z");
        check("1year", "2024-06-08T06:00:00Z");
        for wrong in ["", "13", "months", "-1d", "3h", "99999999999d", "9999999years"] {
            assert!(bound(wrong, now).is_err(), "{wrong}");
        }
    }
}
