//! `sla notify test`: a sample to one channel, and what happens on the way.

use super::arguments::NotifyCommand;
use super::{Alerting, delivery, printed};
use crate::cli::exit::ExitCode;
use crate::cli::stop::Stop;
use crate::cli::{Outcome, options, promises, terminal};
use crate::model::ChannelKind;
use crate::notify::{self, Hope, Sent, Templates};
use crate::render::text::visible;

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
    let width = terminal::width();
    let say = |line: &str| {
        let _ = terminal::answer(&format!("{}\n", terminal::folded(line, "", width)));
    };
    let step = |line: &str| {
        let _ = terminal::answer(&format!("{}\n", terminal::folded(line, "  ", width)));
    };
    say(&format!("channel {}", delivery::named(channel)));
    let failed = |why: &str| {
        delivery::tell(&format!("error: {}", visible(why)));
        ExitCode::Undelivered
    };
    let secrets = match delivery::secrets(channel) {
        Ok(secrets) => secrets,
        Err(why) => return Ok(failed(&why)),
    };
    if let Err(why) = notify::probe(channel, &secrets, &mut |line| step(line)) {
        return Ok(failed(&why));
    }
    while composed.letter.sent < composed.letter.parts.len() {
        // Whoever checks a signature compares the time.
        let now = options::now(None)?;
        match notify::send(channel, &secrets, &composed.letter, now, &mut |line| step(line)) {
            Ok(Sent::Whole(None)) => composed.letter.sent += 1,
            Ok(Sent::Whole(Some(why)) | Sent::Rest { why, .. }) => {
                return Ok(failed(&format!("{why}; the others have it")));
            }
            Err(failure) => return Ok(failed(&format!("{name} {}{}", failure.why, hint(failure.hope)))),
        }
    }
    if let ChannelKind::Pagerduty { .. } = channel.kind {
        step("an incident was opened, and is resolved again");
    }
    if let ChannelKind::Email(email) = &channel.kind
        && !email.attach.is_empty()
    {
        step("a test goes without the reports of `attach`");
    }
    say("the test message is there");
    Ok(ExitCode::Met)
}

/// What to do about a failure that does not say so itself.
fn hint(hope: Hope) -> &'static str {
    match hope {
        Hope::Passing => "; that may pass: try again in a while, and then ask those who run the server",
        Hope::Lasting => "",
        Hope::None => "; the message itself is not taken: look at `template`, and at what the server says",
    }
}
