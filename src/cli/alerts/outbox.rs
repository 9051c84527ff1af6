//! `sla outbox`: what waits and why, trying again, giving up.

use super::arguments::{OutboxArguments, OutboxCommand};
use super::{Alerting, Sending, delivery};
use crate::cli::exit::{Delivery, ExitCode};
use crate::cli::stop::Stop;
use crate::cli::{Outcome, history, options, promises, terminal};
use crate::model::{Fate, Instant, Letter, Notify};
use crate::store::{Attempt, Fault, Store, StoreError, Which};

/// Lists, sends or drops.
pub(in crate::cli) fn outbox(arguments: &OutboxArguments) -> Outcome {
    let now = options::now(None)?;
    let file = history::store_of(&arguments.store)?;
    let failed = |why: &StoreError| history::unusable(why);
    let mut store = match Store::open(&file) {
        // Nothing was ever recorded where it usually is.
        Err(why) if matches!(why.fault, Fault::Absent) && arguments.store.store.is_none() => {
            return match &arguments.command {
                Some(OutboxCommand::Drop { id, .. } | OutboxCommand::Retry { id: Some(id) }) => {
                    Err(Stop::usage(format!("no message of the number {id} waits")))
                }
                _ => Ok(terminal::answer(&format!(
                    "nothing waits: there is no history yet at {}\n",
                    file.display()
                ))),
            };
        }
        opened => opened.map_err(|why| failed(&why))?,
    };
    match &arguments.command {
        None | Some(OutboxCommand::List) => {
            let open = store.open_letters().map_err(|why| failed(&why))?;
            if open.is_empty() {
                return Ok(terminal::answer(&format!("nothing waits in {}\n", file.display())));
            }
            // What waits can be listed whatever is wrong with sla.yaml.
            let notify = promises::find_project().ok().flatten().and_then(|project| project.notify);
            let width = terminal::width();
            let lines = open.iter().map(|letter| listed(letter, notify.as_ref(), now, width));
            Ok(terminal::answer(&lines.collect::<String>()))
        }
        Some(OutboxCommand::Retry { id }) => {
            let alerting = Alerting::of(promises::find_project()?.as_ref())?;
            if let Some(id) = id {
                open_letter(&store, *id)?;
            }
            let which = id.map_or(Which::All, Which::One);
            for letter in store.open_letters().map_err(|why| failed(&why))? {
                let is_meant = id.is_none_or(|id| id == letter.id) && letter.fate == Fate::Refused;
                let newer = if is_meant { store.later(letter.id).map_err(|why| failed(&why))? } else { 0 };
                if newer > 0 {
                    delivery::tell(&format!(
                        "message {} for {} is older than {newer} that arrived there since; whoever reads it may take it \
                         for the latest",
                        letter.id, letter.channel
                    ));
                }
            }
            let due = store.retry(which).map_err(|why| failed(&why))?;
            if due == 0 {
                return Ok(terminal::answer(&format!("nothing waits in {}\n", file.display())));
            }
            let newest =
                store.open_letters().map_err(|why| failed(&why))?.iter().map(|letter| letter.id).max();
            let sending = Sending { only: *id, ..Sending::once() };
            let delivery = alerting.deliver(&mut store, now, sending).delivery;
            // A run that ended meanwhile left its own to whoever was sending.
            let open = store.open_letters().map_err(|why| failed(&why))?;
            if id.is_some() && open.iter().map(|letter| letter.id).max() > newest {
                alerting.deliver(&mut store, now, Sending::once());
            }
            // Another process that is sending may send it yet.
            let open = store.open_letters().map_err(|why| failed(&why))?;
            let waits = open.iter().any(|letter| id.is_none_or(|id| id == letter.id));
            Ok(if delivery == Delivery::Done && !waits { ExitCode::Met } else { ExitCode::Undelivered })
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

fn listed(letter: &Letter, notify: Option<&Notify>, now: Instant, width: usize) -> String {
    let head = format!("{}  for {}: {}", letter.id, letter.channel, letter.title);
    let tries = match letter.attempts {
        0 => "not tried yet".to_owned(),
        1 => "tried once".to_owned(),
        tries => format!("tried {tries} times"),
    };
    let about = format!("of run {}, {} UTC; {tries}", letter.run, delivery::at(letter.created));
    let why = letter.why.as_deref().map(delivery::with_subject);
    let is_gone =
        notify.is_some_and(|notify| notify.channels.iter().all(|channel| channel.name != letter.channel));
    let because = why.as_ref().map_or(String::new(), |why| format!(": {why}"));
    let next = match letter.fate {
        Fate::Refused => {
            format!("refused, tried again only by `sla outbox retry {}`{because}", letter.id)
        }
        _ if is_gone => {
            format!("next: at once, once sla.yaml has the channel `{}` again{because}", letter.channel)
        }
        _ if letter.next <= now && why.is_some() => format!("next: with the next run{because}"),
        _ if why.is_some() => format!("next from {} UTC on{because}", delivery::at(letter.next)),
        _ => "waits for the next run, or for those before it".to_owned(),
    };
    let lines = [(head, ""), (about, "    "), (next, "    ")];
    lines.iter().map(|(text, indent)| terminal::folded(text, indent, width) + "\n").collect()
}
