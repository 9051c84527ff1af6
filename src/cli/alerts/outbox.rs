//! `sla outbox`: what waits and why, trying again, giving up.

use super::arguments::{OutboxArguments, OutboxCommand};
use super::{Alerting, delivery};
use crate::cli::exit::{Delivery, ExitCode};
use crate::cli::stop::Stop;
use crate::cli::{Outcome, history, options, promises, terminal};
use crate::model::{Fate, Letter};
use crate::store::{Attempt, Store, Which};
use std::fmt::Write;

/// Lists, sends or drops.
pub(in crate::cli) fn outbox(arguments: &OutboxArguments) -> Outcome {
    let now = options::now(None)?;
    let (mut store, file) = history::open(&arguments.store)?;
    let failed = |why: &crate::store::StoreError| history::unusable(why);
    match &arguments.command {
        None => {
            let open = store.open_letters().map_err(|why| failed(&why))?;
            if open.is_empty() {
                return Ok(terminal::answer(&format!("nothing waits in {}\n", file.display())));
            }
            Ok(terminal::answer(&open.iter().map(listed).collect::<String>()))
        }
        Some(OutboxCommand::Retry { id }) => {
            let alerting = Alerting::of(promises::find_project()?.as_ref())?;
            if let Some(id) = id {
                open_letter(&store, *id)?;
            }
            let which = id.map_or(Which::All, Which::One);
            let due = store.retry(which).map_err(|why| failed(&why))?;
            if due == 0 {
                return Ok(terminal::answer(&format!("nothing waits in {}\n", file.display())));
            }
            Ok(match alerting.deliver(&mut store, now).delivery {
                Delivery::Done => ExitCode::Met,
                Delivery::Failed => ExitCode::Undelivered,
            })
        }
        Some(OutboxCommand::Drop { id, reason }) => {
            if reason.trim().is_empty() {
                return Err(Stop::usage("--reason is empty; say why the message is given up"));
            }
            // Not while somebody sends it.
            let Some(_sender) = store.sender().map_err(|why| failed(&why))? else {
                return Err(Stop::new(ExitCode::Undelivered, "another process is sending; try again later"));
            };
            let letter = open_letter(&store, *id)?;
            store.note(*id, &Attempt::Dropped(reason.clone()), now).map_err(|why| failed(&why))?;
            Ok(terminal::answer(&format!("dropped {id}, for {}: {}\n", letter.channel, letter.title)))
        }
    }
}

fn open_letter(store: &Store, id: i64) -> Result<Letter, Stop> {
    let open = store.open_letters().map_err(|why| history::unusable(&why))?;
    let numbers: Vec<String> = open.iter().map(|letter| letter.id.to_string()).collect();
    open.into_iter().find(|letter| letter.id == id).ok_or_else(|| {
        let stop = Stop::usage(format!("no message of the number {id} waits"));
        if numbers.is_empty() { stop } else { stop.hint(format!("waiting: {}", numbers.join(", "))) }
    })
}

fn listed(letter: &Letter) -> String {
    let mut text = format!("{}  for {}: {}\n", letter.id, letter.channel, letter.title);
    let tries = match letter.attempts {
        0 => "not tried yet".to_owned(),
        1 => "tried once".to_owned(),
        tries => format!("tried {tries} times"),
    };
    // Writing to a string cannot fail.
    let _ = writeln!(text, "    of run {}, {} UTC; {tries}", letter.run, delivery::at(letter.created));
    let why = letter.why.as_deref();
    let _ = match (letter.fate, why) {
        (Fate::Refused, why) => writeln!(
            text,
            "    refused, tried again only by `sla outbox retry {}`: {}",
            letter.id,
            why.unwrap_or_default()
        ),
        (_, Some(why)) => writeln!(text, "    next from {} UTC on: {why}", delivery::at(letter.next)),
        (_, None) => writeln!(text, "    waits for the next run, or for those before it"),
    };
    text
}
