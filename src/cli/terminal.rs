//! The terminal: how wide it is, whether it may be coloured, and writing to it without ever failing on a closed pipe.

use super::arguments::Color;
use super::exit::{Delivery, ExitCode};
use crate::render::Colour;
use crate::render::text::{visible, wrap};
use crate::rules;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// Columns of standard output; 80 where it is no terminal.
pub(super) fn width() -> usize {
    match terminal_size::terminal_size_of(io::stdout()) {
        Some((terminal_size::Width(columns), _)) => usize::from(columns).clamp(60, 200),
        None => 80,
    }
}

/// Whether to colour standard output: as told, else by `NO_COLOR`, `CLICOLOR_FORCE`, `TERM` and whether it is a terminal.
pub(super) fn colour_of_output(color: Color) -> Colour {
    colour(color, anstream::AutoStream::choice(&io::stdout()))
}

/// Whether to colour what is told on standard error; as the system says, for options may not have been understood.
pub(super) fn diagnostic_colour() -> rules::Colour {
    match colour(Color::Auto, anstream::AutoStream::choice(&io::stderr())) {
        Colour::Always => rules::Colour::Always,
        Colour::Never => rules::Colour::Never,
    }
}

/// Whether somebody is watching standard error.
pub(super) fn is_watched() -> bool {
    io::stderr().is_terminal()
}

/// Whether what is told goes to a terminal, so that sentences are to be broken between words.
pub(super) fn tells_somebody() -> bool {
    is_watched() && !INTO_LOG.load(Ordering::Relaxed)
}

/// A text behind an indent, in lines of at most so many columns; those after the first stand two further in.
pub(super) fn folded(text: &str, indent: &str, columns: usize) -> String {
    let room = columns.saturating_sub(indent.len() + 2);
    let lines = wrap(text, room, usize::MAX);
    format!("{indent}{}", lines.join(&format!("\n{indent}  ")))
}

/// Writes to standard output, all of it. A reader that went away has what it wanted; any other failure is told.
pub(super) fn print(content: &dyn Fn(&mut dyn Write) -> io::Result<()>) -> Delivery {
    let mut output = BufWriter::new(io::stdout().lock());
    match content(&mut output).and_then(|()| output.flush()) {
        Ok(()) => Delivery::Done,
        Err(why) if why.kind() == io::ErrorKind::BrokenPipe => Delivery::Done,
        Err(why) => {
            error(&format!("cannot write to standard output: {}", crate::deliver::sentence(&why)));
            Delivery::Failed
        }
    }
}

/// Prints the answer of a command that gives no verdict; names in it cannot steer the terminal.
pub(super) fn answer(text: &str) -> ExitCode {
    let lines: Vec<_> = text.split('\n').map(visible).collect();
    raw(lines.join("\n").as_bytes())
}

/// The same for an answer of sentences: on a terminal they are broken between words.
pub(super) fn sentences(text: &str) -> ExitCode {
    let columns = io::stdout().is_terminal().then(width);
    raw(shown(text, columns).as_bytes())
}

/// Lines with an end, within so many columns where they go to a terminal.
fn shown(text: &str, columns: Option<usize>) -> String {
    let line = |line: &str| {
        let line = visible(line);
        match columns {
            Some(columns) => {
                let words = line.trim_start();
                folded(words, &line[..line.len() - words.len()], columns)
            }
            None => line.into_owned(),
        }
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n") + "\n"
}

/// Prints what another program is to read, as it is.
pub(super) fn raw(bytes: &[u8]) -> ExitCode {
    match print(&|out| out.write_all(bytes)) {
        Delivery::Done => ExitCode::Met,
        Delivery::Failed => ExitCode::Undelivered,
    }
}

/// Whether what is told goes to a log instead.
static INTO_LOG: AtomicBool = AtomicBool::new(false);

/// From now on, what is told is an event of the log, which has standard error for itself.
pub(super) fn tell_into_log() {
    INTO_LOG.store(true, Ordering::Relaxed);
}

/// Tells an error on standard error: one sentence, whatever names in it contain.
pub(super) fn error(message: &str) {
    if INTO_LOG.load(Ordering::Relaxed) {
        tracing::error!("{}", visible(message));
    } else {
        tell(&format!("error: {}\n", visible(message)));
    }
}

/// Tells something on standard error; a closed one is no reason to stop.
pub(super) fn tell(text: &str) {
    if let Ok(mut held) = HELD.lock()
        && let Some(held) = held.as_mut()
    {
        held.push(text.to_owned());
        return;
    }
    if INTO_LOG.load(Ordering::Relaxed) {
        let text = text.trim_end();
        match text.split_once(": ") {
            Some(("error", text)) => tracing::error!("{text}"),
            Some(("warning", text)) => tracing::warn!("{text}"),
            _ => tracing::info!("{text}"),
        }
    } else {
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }
}

/// Holds back what is told, until there is a log that it belongs into.
pub(super) fn hold() {
    if let Ok(mut held) = HELD.lock() {
        *held = Some(Vec::new());
    }
}

/// Tells what was held back.
pub(super) fn release() {
    let held = HELD.lock().ok().and_then(|mut held| held.take());
    held.into_iter().flatten().for_each(|text| tell(&text));
}

/// What is held back.
static HELD: Mutex<Option<Vec<String>>> = Mutex::new(None);

fn colour(asked: Color, found: anstream::ColorChoice) -> Colour {
    match (asked, found) {
        (Color::Never, _) | (Color::Auto, anstream::ColorChoice::Never) => Colour::Never,
        (Color::Always | Color::Auto, _) => Colour::Always,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit() {
        let text = "the server answers 503 Service Unavailable: come back later, please";
        assert_eq!(folded(text, "", 80), text);
        // Two of the forty columns are for the indent of what follows.
        assert_eq!(
            folded(text, "", 40),
            "the server answers 503 Service\n  Unavailable: come back later, please"
        );
        let lines = folded(text, "    ", 40);
        assert!(lines.lines().all(|line| line.len() <= 40), "{lines}");
        assert!(lines.lines().skip(1).all(|line| line.starts_with("      ")), "{lines}");
    }

    #[test]
    fn sentences_fit_into_terminals() {
        let text = "1 difference in 2 results:\n  digest of requests.csv: blake3:0123 in the report, blake3:4567 now\n";
        assert_eq!(shown(text, None), text);
        assert_eq!(
            shown(text, Some(40)),
            "1 difference in 2 results:\n  digest of requests.csv: blake3:0123\n    in the report, blake3:4567 now\n"
        );
    }
}
