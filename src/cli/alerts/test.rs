//! `sla notify test`: a sample to one channel, and what happens on the way.

use super::arguments::NotifyCommand;
use super::{Alerting, delivery, printed};
use crate::cli::exit::ExitCode;
use crate::cli::stop::Stop;
use crate::cli::{Outcome, options, promises, terminal};
use crate::notify::{self, Sent, Templates};

/// Sends, or prints.
pub(in crate::cli) fn notify(command: &NotifyCommand) -> Outcome {
    let NotifyCommand::Test { channel: name, dry_run } = command;
    let now = options::now(None)?;
    let alerting = Alerting::of(promises::find_project()?.as_ref())?;
    let Some(channel) = alerting.channel(name) else {
        let known: Vec<&str> = alerting.notify.channels.iter().map(|channel| channel.name.as_str()).collect();
        return Err(Stop::usage(format!("there is no channel `{name}`")).hint(format!(
            "channels of {}: {}",
            alerting.project.file.display(),
            known.join(", ")
        )));
    };
    let none = Templates::default();
    let templates = alerting.templates.get(&channel.name).unwrap_or(&none);
    let mut composed = notify::sample(channel, templates, now);
    if *dry_run {
        return Ok(terminal::answer(&printed(&composed)));
    }
    let say = |line: &str| {
        let _ = terminal::answer(&format!("{line}\n"));
    };
    say(&format!("channel {}", delivery::named(channel)));
    let failed = |why: &str| {
        terminal::error(why);
        ExitCode::Undelivered
    };
    let secrets = match delivery::secrets(channel) {
        Ok(secrets) => secrets,
        Err(why) => return Ok(failed(&why)),
    };
    if let Err(why) = notify::probe(channel, &secrets, &mut |step| say(&format!("  {step}"))) {
        return Ok(failed(&why));
    }
    while composed.letter.sent < composed.letter.parts.len() {
        match notify::send(channel, &secrets, &composed.letter, now, &mut |step| say(&format!("  {step}"))) {
            Ok(Sent::Whole(None)) => composed.letter.sent += 1,
            Ok(Sent::Whole(Some(why)) | Sent::Rest { why, .. }) => return Ok(failed(&why)),
            Err(failure) => return Ok(failed(&format!("{name} {}", failure.why))),
        }
    }
    say("the test message is there");
    Ok(ExitCode::Met)
}
