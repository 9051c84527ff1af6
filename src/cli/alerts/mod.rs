//! Alerts around a run: it is recorded together with what follows from it, and then messages are sent.
//!
//! Who calls it: `check` with `--notify`, and scheduled runs. `Alerting::of` before the run, `Alerting::settle` after it,
//! `Alerting::deliver` between runs.
//!
//! Invariant: a message is on the disk with the run before anybody tries to send it.

/// What is typed.
pub mod arguments;
mod delivery;
mod outbox;
mod routes;
mod silence;
mod test;

pub(super) use delivery::{Process, Sending};
pub(super) use outbox::outbox;
pub(super) use silence::silence;
pub(super) use test::notify;

use super::arguments::{Format, ReportArguments};
use super::exit::Delivery;
use super::formats::{self, Look};
use super::options::OnMet;
use super::stop::Stop;
use super::{history, html, pdf, terminal};
use crate::config::{self, Project};
use crate::model::display::counted;
use crate::model::{Agreement, Attachment, Channel, ChannelKind, Instant, Notify, Report};
use crate::notify::{self, About, Composed, Held, Templates, Turn, Unrouted};
use crate::render::github::Checkout;
use crate::render::nagios::State;
use crate::render::table;
use crate::store::{After, Before, Beside, Fault, Store};
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What became of the messages of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Settled {
    /// Failed where the run could not be recorded, or a message did not arrive.
    pub(super) delivery: Delivery,
    /// Messages that wait, of this run and of earlier ones; `None` where the history cannot tell.
    pub(super) pending: Option<u64>,
    /// Whether the run is recorded, if it was to be.
    pub(super) recorded: bool,
}

impl Settled {
    /// Nothing could be written or read.
    pub(super) const LOST: Settled = Settled { delivery: Delivery::Failed, pending: None, recorded: false };
    /// Everything is where it should be, and nothing waits.
    pub(super) const DONE: Settled = Settled { delivery: Delivery::Done, pending: Some(0), recorded: true };

    /// Recorded, or not; nobody is told anything.
    pub(super) fn untold(delivery: Delivery) -> Settled {
        if delivery == Delivery::Done { Settled::DONE } else { Settled::LOST }
    }
}

/// Everything that telling needs, found sound before a run.
#[derive(Debug)]
pub(super) struct Alerting {
    notify: Notify,
    templates: BTreeMap<String, Templates>,
    html: crate::render::html::Options,
    /// To know which agreements there are.
    project: Project,
}

impl Alerting {
    /// Takes `notify:` of a project, with the files that it names.
    pub(super) fn of(project: Option<&Project>) -> Result<Alerting, Stop> {
        let found = project.and_then(|project| Some((project, project.notify.clone()?)));
        let Some((project, notify)) = found else {
            let place = project.map_or("there is no sla.yaml".to_owned(), |project| {
                format!("{} has no `notify`", project.file.display())
            });
            return Err(Stop::usage(format!("{place}, so that nobody can be told")).hint(
                "say who is told of what: notify: {channels: {chat: {slack: {url_env: SLACK_URL}}}, routes: [{to: chat}]}",
            ));
        };
        let mut stop = Stop::usage_if_any();
        let mut templates = BTreeMap::new();
        for channel in &notify.channels {
            let looked_at = config::templates(channel).and_then(|texts| {
                Templates::new(texts).map_err(|(form, why)| {
                    let file = channel.templates.iter().find(|(known, _)| *known == form);
                    let file = file.map_or(form, |(_, file)| file.display().to_string());
                    format!("the template {file}: {why}")
                })
            });
            match looked_at {
                Ok(found) => drop(templates.insert(channel.name.clone(), found)),
                Err(why) => stop.add(format!("the channel `{}`: {why}", channel.name)),
            }
        }
        if attachments(&notify).any(|kind| kind == Attachment::Pdf) && pdf::browser().is_none() {
            stop.add(pdf::HOW.to_owned());
        }
        stop.check()?;
        let draws = attachments(&notify).any(|kind| matches!(kind, Attachment::Html | Attachment::Pdf));
        let html = html::options(&ReportArguments::default(), draws)?;
        Ok(Alerting { notify, templates, html, project: project.clone() })
    }

    /// Whether a report that goes with a message draws charts.
    pub(super) fn draws(&self) -> bool {
        attachments(&self.notify).any(|kind| matches!(kind, Attachment::Html | Attachment::Pdf))
    }

    /// Records the run, what follows from it and what is kept beside it in one transaction; then sends what is due.
    pub(super) fn settle(
        &self,
        file: &Path,
        report: &Report,
        on_met: OnMet,
        beside: Beside<'_>,
        sending: Sending<'_>,
    ) -> Settled {
        let mut store = match Store::create(file) {
            Ok(store) => store,
            Err(why) => return not_recorded(&why),
        };
        let mut files = self.files(report);
        // Reports that go with messages take their time; the history is not locked meanwhile.
        if attachments(&self.notify).next().is_some()
            && let Ok(before) = store.before(report.now)
        {
            self.composed(report, &before, 0, &mut files);
        }
        let mut faults = self.doubts(report);
        let mut held = String::new();
        let mut next = |before: &Before, run: i64| {
            let (turn, composed) = self.composed(report, before, run, &mut files);
            faults.extend(unrouted(turn.unrouted));
            held = waiting(turn.held, self.notify.after);
            let mut after = After { alerts: turn.alerts, seen: turn.seen, letters: Vec::new() };
            for one in composed {
                let channel = one.letter.channel.clone();
                faults
                    .extend(one.faults.into_iter().map(|fault| format!("the alert for {channel}: {fault}")));
                after.letters.push(one.letter);
            }
            after
        };
        match store.settle(report, beside, &mut next) {
            Ok(recorded) => history::tell_recorded(file, recorded, report, on_met),
            Err(why) => return not_recorded(&why),
        }
        for fault in faults {
            terminal::tell(&format!("warning: {}\n", crate::render::text::visible(&fault)));
        }
        held.split_inclusive('\n').for_each(terminal::tell);
        sending.recorded.iter().for_each(|recorded| recorded());
        self.deliver(&mut store, report.now, sending)
    }

    /// Between runs: sends what is due.
    pub(super) fn send(&self, file: &Path, now: Instant, sending: Sending<'_>) -> Settled {
        let sent = Store::open(file).and_then(|mut store| self.deliver_due(&mut store, now, sending));
        match sent {
            Ok(settled) => settled,
            Err(why) if matches!(why.fault, Fault::Absent) => Settled::DONE,
            Err(why) => {
                terminal::error(&format!("alerts cannot be sent: {why}"));
                Settled::LOST
            }
        }
    }

    /// Prints the messages that a run would send.
    pub(super) fn print(&self, file: &Path, report: &Report) -> Delivery {
        let before = match Store::open(file).and_then(|store| store.before(report.now)) {
            Err(why) if matches!(why.fault, Fault::Absent) => Before::default(),
            Err(why) => {
                terminal::error(&format!("cannot look into {why}"));
                return Delivery::Failed;
            }
            Ok(before) => before,
        };
        let (turn, composed) = self.composed(report, &before, 0, &mut |_| Ok(Vec::new()));
        for doubt in self.doubts(report).into_iter().chain(unrouted(turn.unrouted)) {
            terminal::tell(&format!("warning: {}\n", crate::render::text::visible(&doubt)));
        }
        if composed.is_empty() {
            terminal::tell("nobody would be told of anything\n");
        }
        for one in &composed {
            terminal::tell(&printed(one));
        }
        waiting(turn.held, self.notify.after).split_inclusive('\n').for_each(terminal::tell);
        Delivery::Done
    }

    /// Words in routes that nothing has.
    fn doubts(&self, report: &Report) -> BTreeSet<String> {
        if self.notify.routes.iter().all(|route| route.matchers.is_empty()) {
            return BTreeSet::new();
        }
        routes::doubts(&self.notify, self.rules(report).as_deref(), report)
    }

    /// What follows from a report: the turn, and its messages.
    fn composed<'a>(
        &'a self,
        report: &'a Report,
        before: &Before,
        run: i64,
        attached: notify::Attached<'_>,
    ) -> (Turn<'a>, Vec<Composed>) {
        let names = OnceCell::new();
        let is_configured = |name: &str| {
            names.get_or_init(|| self.agreements(report)).as_ref().is_none_or(|names| names.contains(name))
        };
        let turn = notify::turn(&self.notify, report, before, &is_configured);
        let none = Templates::default();
        let mut composed = Vec::new();
        for (news, number) in turn.news.iter().zip(before.next_letter..) {
            let Some(channel) = self.channel(news.channel) else { continue };
            let about =
                About { report, run, store: &before.store, number, link: self.notify.link.as_deref() };
            let templates = self.templates.get(&channel.name).unwrap_or(&none);
            composed.push(notify::compose(news, about, channel, templates, attached));
        }
        (turn, composed)
    }

    fn channel(&self, name: &str) -> Option<&Channel> {
        self.notify.channels.iter().find(|channel| channel.name == name)
    }

    /// The agreements of the project's rules and of those of its schedule. `None` where it has none, where some cannot be
    /// read, and where the run had others: who names rules on command lines may name more of them on others.
    fn rules(&self, report: &Report) -> Option<Vec<Agreement>> {
        if self.project.rules.is_empty() {
            return None;
        }
        let entries = self.project.scheduling.entries.iter().filter(|entry| !entry.rules.is_empty());
        let of_entries = entries.map(|entry| config::rule_files(&entry.rules));
        let mut found = Vec::new();
        for files in std::iter::once(self.project.rule_files()).chain(of_entries) {
            found.extend(config::load(&files.ok()?).ok()?.0);
        }
        let is_among = |name: &String| found.iter().any(|agreement| agreement.name == *name);
        report.agreements.iter().all(|agreement| is_among(&agreement.name)).then_some(found)
    }

    /// Their names.
    fn agreements(&self, report: &Report) -> Option<BTreeSet<String>> {
        self.rules(report).map(|found| found.into_iter().map(|agreement| agreement.name).collect())
    }

    /// Makes the reports that go with messages, each once.
    fn files<'a>(&'a self, report: &'a Report) -> impl FnMut(Attachment) -> Result<Vec<u8>, String> + 'a {
        let mut made: BTreeMap<Attachment, Result<Vec<u8>, String>> = BTreeMap::new();
        move |kind| made.entry(kind).or_insert_with(|| self.file(report, kind)).clone()
    }

    fn file(&self, report: &Report, kind: Attachment) -> Result<Vec<u8>, String> {
        let format = match kind {
            Attachment::Html => Format::Html,
            Attachment::Pdf => Format::Pdf,
            Attachment::Csv => Format::Csv,
            Attachment::Json => Format::Json,
        };
        let look = Look {
            table: &table::Options::default(),
            html: &self.html,
            state: State::Unknown,
            checkout: &Checkout::default(),
        };
        let mut bytes = Vec::new();
        formats::write(report, format, look, &mut bytes).map_err(|why| crate::deliver::sentence(&why))?;
        Ok(bytes)
    }
}

/// Reports that go with messages.
fn attachments(notify: &Notify) -> impl Iterator<Item = Attachment> + '_ {
    notify.channels.iter().flat_map(|channel| match &channel.kind {
        ChannelKind::Email(email) => email.attach.clone(),
        _ => Vec::new(),
    })
}

fn not_recorded(why: &crate::store::StoreError) -> Settled {
    terminal::error(&format!(
        "cannot record in {why}; nobody is told, and the next run tells what is so then"
    ));
    Settled::LOST
}

/// What a run found wrong and tells nobody, for no route matches it.
fn unrouted(Unrouted { breached, undecided }: Unrouted) -> Option<String> {
    let breaches = counted(breached as u64, "breaches");
    let what = match (breached, undecided) {
        (0, 0) => return None,
        (_, 0) => breaches,
        (0, _) => format!("{undecided} undecided"),
        _ => format!("{breaches} and {undecided} undecided"),
    };
    let (matches, them) = if breached + undecided == 1 { ("matches", "it") } else { ("match", "them") };
    Some(format!("{what} {matches} no route, so that nobody is told of {them}"))
}

/// What a run has to tell and keeps for a later one, a line for each reason.
fn waiting(held: Held, after: u32) -> String {
    let mut lines = String::new();
    let mut add = |count: usize, one: &str, more: &str, rest: &str| {
        if count > 0 {
            let does = if count == 1 { one } else { more };
            lines.extend([&counted(count as u64, "alerts"), " ", does, " ", rest, "\n"]);
        }
    };
    let until = held.until.map_or(String::new(), |until| format!("until {} UTC", delivery::at(until)));
    add(held.silenced, "is silenced", "are silenced", &until);
    add(held.quiet, "waits", "wait", "for the end of quiet hours");
    let runs = if after == 2 { "a second run".to_owned() } else { "more runs".to_owned() };
    add(held.pending, "waits", "wait", &format!("for {runs} (after: {after} runs)"));
    lines
}

/// A message as it would be sent.
fn printed(one: &Composed) -> String {
    let letter = &one.letter;
    let mut parts = vec![format!("--- to {}: {}", letter.channel, letter.title)];
    for part in &letter.parts {
        let value: serde_json::Value = serde_json::from_str(part).unwrap_or_default();
        parts.push(match (value["subject"].as_str(), value["text"].as_str()) {
            (Some(subject), Some(body)) => format!("Subject: {subject}\n\n{body}"),
            _ => serde_json::to_string_pretty(&value).unwrap_or_default(),
        });
    }
    parts.extend(letter.files.iter().map(|file| format!("attached: {}", file.name)));
    parts.extend(one.faults.iter().map(|fault| format!("warning: {fault}")));
    let text = parts.join("\n") + "\n";
    text.split('\n').map(crate::render::text::visible).collect::<Vec<_>>().join("\n")
}
