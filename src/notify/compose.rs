//! From news to finished messages: the form of each kind of channel.

use super::message::{About, Notice};
use super::turn::News;
use super::words::{self, Form, Templates};
use super::{discord, pagerduty, slack};
use crate::model::{Attachment, Channel, ChannelKind, Fate, Instant, Letter, LetterFile};
use serde_json::json;

/// Bytes of all reports that go with a mail.
const MOST_BYTES: usize = 7 << 20;

/// A report that goes with a mail, or why it could not be made.
pub type Attached<'a> = &'a mut dyn FnMut(Attachment) -> Result<Vec<u8>, String>;

/// A finished message, and faults of the user's templates or reports that it goes without.
#[derive(Clone, Debug)]
pub struct Composed {
    /// What is to be sent.
    pub letter: Letter,
    /// Lowercase fragments.
    pub faults: Vec<String>,
}

/// What one channel is told about a run.
pub fn compose(
    news: &News<'_>,
    about: About<'_>,
    channel: &Channel,
    templates: &Templates,
    attached: Attached<'_>,
) -> Composed {
    let notice = Notice::new(news, about);
    written(&notice, about.report.now, channel, templates, attached)
}

/// What `sla notify test` sends.
pub fn sample(channel: &Channel, templates: &Templates, now: Instant) -> Composed {
    let notice = Notice::sample(&channel.name, now);
    let mut channel = channel.clone();
    // A test goes without reports: there is no run.
    if let ChannelKind::Email(email) = &mut channel.kind {
        email.attach.clear();
    }
    let mut composed = written(&notice, now, &channel, templates, &mut |_| Ok(Vec::new()));
    if let ChannelKind::Pagerduty { .. } = channel.kind {
        composed.letter.parts = pagerduty::sample(&notice).iter().map(ToString::to_string).collect();
    }
    composed
}

fn written(
    notice: &Notice,
    now: Instant,
    channel: &Channel,
    templates: &Templates,
    attached: Attached<'_>,
) -> Composed {
    let mut faults = Vec::new();
    let mut files = Vec::new();
    let mut whole = |built_in: &dyn Fn() -> serde_json::Value| {
        vec![templates.fill(Form::Json, notice, &mut faults, || built_in().to_string())]
    };
    let parts = match &channel.kind {
        ChannelKind::Slack(_) => whole(&|| slack::body(notice)),
        ChannelKind::Discord(_) => whole(&|| discord::body(notice)),
        ChannelKind::Webhook { .. } => whole(&|| notice.json()),
        ChannelKind::Pagerduty { .. } => pagerduty::bodies(notice).iter().map(ToString::to_string).collect(),
        ChannelKind::Email(email) => {
            let [subject, mut text, html] = words::mail(notice, templates, &mut faults);
            for kind in &email.attach {
                match attached(*kind).and_then(|content| small(content, &files)) {
                    Ok(content) => files.push(file(*kind, content)),
                    Err(why) => {
                        let why = format!("the report as {} could not be attached: {why}", kind.word());
                        text.extend(["\n", &why, "\n"]);
                        faults.push(why);
                    }
                }
            }
            vec![json!({"subject": subject, "text": text, "html": html}).to_string()]
        }
    };
    let letter = Letter {
        id: 0,
        run: notice.run,
        channel: channel.name.clone(),
        key: notice.key.clone(),
        created: now,
        title: notice.title.clone(),
        parts,
        sent: 0,
        files,
        attempts: 0,
        next: now,
        fate: Fate::Waiting,
        why: None,
    };
    Composed { letter, faults }
}

/// Mail servers refuse what is too large, and with it the alert.
fn small(content: Vec<u8>, others: &[LetterFile]) -> Result<Vec<u8>, String> {
    let others: usize = others.iter().map(|file| file.content.len()).sum();
    if content.len() + others > MOST_BYTES {
        return Err("the mail would be larger than servers take; see `--output`".to_owned());
    }
    Ok(content)
}

fn file(kind: Attachment, content: Vec<u8>) -> LetterFile {
    let media = match kind {
        Attachment::Html => "text/html",
        Attachment::Pdf => "application/pdf",
        Attachment::Csv => "text/csv",
        Attachment::Json => "application/json",
    };
    LetterFile { name: format!("sla-report.{}", kind.word()), kind: media.to_owned(), content }
}
