//! What is wrong with a text, shown as a compiler shows it: file, line, column, the line itself and a caret.
//!
//! Made by everything in `rules` and `config`; rendered by `cli`.
//!
//! Invariant: a span lies within its text, on character boundaries, so rendering never fails.

use crate::model::Severity;
use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};
use std::ops::Range;
use std::sync::Arc;

/// One fault of a text, or one doubt about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// An error refuses the text; a warning lets it pass.
    pub severity: Severity,
    /// What is wrong: a lowercase fragment.
    pub message: String,
    /// The file's name, or what the text is (`--require`).
    pub file: String,
    /// The whole text, shared by all diagnostics of a file.
    pub text: Arc<str>,
    /// The fault, in bytes of the text.
    pub span: Range<usize>,
    /// What was expected there; stands beside the caret.
    pub expected: Option<String>,
    /// Another place of the same text that explains the fault, and what it is.
    pub related: Option<(Range<usize>, String)>,
    /// The way out, one sentence each.
    pub help: Vec<String>,
}

/// Whether rendered text carries colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Plain text.
    Never,
    /// ANSI colours.
    Always,
}

impl Diagnostic {
    /// The line of the fault, counted from 1.
    pub fn line(&self) -> u32 {
        line_at(&self.text, self.span.start)
    }

    /// The column of the fault in characters, counted from 1.
    pub fn column(&self) -> u32 {
        let start = line_range(&self.text, self.span.start).start;
        self.text.get(start..self.span.start).map_or(1, |before| before.chars().count() as u32 + 1)
    }

    /// The column behind the caret when the line is shown with its number.
    fn caret_end(&self) -> usize {
        let gutter = self.line().to_string().len() + 3;
        let carets = self.text.get(self.span.clone()).map_or(1, |spanned| spanned.chars().count().max(1));
        gutter + self.column() as usize - 1 + carets
    }

    /// The lines that are pointed at, and the related place where it is among them: the renderer's work must not
    /// grow with the file.
    fn shown(&self) -> (Range<usize>, Option<&(Range<usize>, String)>) {
        let lines = |span: &Range<usize>| {
            line_range(&self.text, span.start).start..line_range(&self.text, span.end).end
        };
        let own = lines(&self.span);
        if let Some(related) = &self.related {
            let other = lines(&related.0);
            let both = own.start.min(other.start)..own.end.max(other.end);
            if both.len() <= MOST_SHOWN {
                return (both, Some(related));
            }
        }
        (own, None)
    }

    /// Whether it refuses the text.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// Says what was expected at the fault.
    pub(crate) fn expected(&mut self, text: impl Into<String>) -> &mut Self {
        self.expected = Some(text.into());
        self
    }

    /// Says a way out.
    pub(crate) fn help(&mut self, text: impl Into<String>) -> &mut Self {
        self.help.push(text.into());
        self
    }

    /// Points at another place.
    pub(crate) fn related(&mut self, span: Range<usize>, text: impl Into<String>) -> &mut Self {
        self.related = Some((within(&self.text, span), text.into()));
        self
    }
}

/// Bytes of source that are drawn at most.
const MOST_SHOWN: usize = 4_000;
/// Columns of a terminal.
const WIDTH: usize = 80;

/// All of them, in the order given, as text of at most 80 columns where the words in it allow.
pub fn render(diagnostics: &[Diagnostic], colour: Colour) -> String {
    let renderer = match colour {
        Colour::Never => Renderer::plain(),
        Colour::Always => Renderer::styled(),
    }
    .term_width(WIDTH);
    let mut out = String::new();
    for diagnostic in diagnostics {
        out.push_str(&render_one(diagnostic, &renderer));
        out.push_str("\n\n");
    }
    out
}

fn render_one(diagnostic: &Diagnostic, renderer: &Renderer) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let (shown, related) = diagnostic.shown();
    let offset = shown.start;
    // A carriage return would be drawn as a sign of its own; a space keeps every offset.
    let source = diagnostic.text.get(shown.clone()).unwrap_or_default().replace('\r', " ");
    let source = source.trim_end();
    let moved =
        |span: &Range<usize>| (span.start - offset).min(source.len())..(span.end - offset).min(source.len());
    let can_point = shown.len() <= MOST_SHOWN && !(source.is_empty() && offset == 0);
    // What was expected stands beside the caret where there is room, else below.
    let fits =
        |expected: &&String| can_point && diagnostic.caret_end() + 1 + expected.chars().count() <= WIDTH;
    let beside = diagnostic.expected.as_ref().filter(fits);
    let mut notes: Vec<String> = diagnostic.expected.iter().filter(|_| beside.is_none()).cloned().collect();
    if let (Some((span, text)), None) = (&diagnostic.related, related) {
        notes.push(format!("{text}: line {}", line_at(&diagnostic.text, span.start)));
    }
    let notes: Vec<String> = notes.iter().map(|note| wrapped(note, 66)).collect();
    let help: Vec<String> = diagnostic.help.iter().map(|help| wrapped(help, 66)).collect();
    let notes = notes.iter().map(|note| Level::NOTE.message(note.as_str()));
    let notes = notes.chain(help.iter().map(|help| Level::HELP.message(help.as_str())));
    let title = wrapped(&diagnostic.message, 70);
    let title = level.primary_title(title.as_str());
    if !can_point {
        let mut place = Origin::path(diagnostic.file.as_str());
        if !diagnostic.text.is_empty() {
            place = place.line(diagnostic.line() as usize).char_column(diagnostic.column() as usize);
        }
        return renderer.render(&[title.element(place).elements(notes)]);
    }
    let mut primary = AnnotationKind::Primary.span(moved(&diagnostic.span));
    if let Some(expected) = beside {
        primary = primary.label(expected.as_str());
    }
    let mut snippet = Snippet::source(source)
        .line_start(line_at(&diagnostic.text, offset) as usize)
        .path(diagnostic.file.as_str())
        .annotation(primary);
    if let Some((span, text)) = related {
        snippet = snippet.annotation(AnnotationKind::Context.span(moved(span)).label(text.as_str()));
    }
    renderer.render(&[title.element(snippet).elements(notes)])
}

/// Breaks a text at spaces, so that no line is longer than `width` unless a word is.
fn wrapped(text: &str, width: usize) -> String {
    let mut out = String::with_capacity(text.len());
    let mut column = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > width {
            out.push('\n');
            column = 0;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out
}

/// A message with words of the user's in it, none of which may be a page long.
fn shortened(message: String) -> String {
    match message.char_indices().nth(LONGEST_MESSAGE) {
        Some((end, _)) => format!("{} …", &message[..end]),
        None => message,
    }
}

/// The line of a byte, counted from 1.
fn line_at(text: &str, at: usize) -> u32 {
    let before = &text.as_bytes()[..at.min(text.len())];
    memchr::memchr_iter(b'\n', before).count() as u32 + 1
}

/// The line around a byte, without its line break.
fn line_range(text: &str, at: usize) -> Range<usize> {
    let at = at.min(text.len());
    let bytes = text.as_bytes();
    let start = memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |found| found + 1);
    let end = memchr::memchr(b'\n', &bytes[at..]).map_or(text.len(), |found| at + found);
    start..end
}

/// The span, cut to the text and moved outward to character boundaries.
fn within(text: &str, span: Range<usize>) -> Range<usize> {
    let mut start = span.start.min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let mut end = span.end.clamp(start, text.len());
    while !text.is_char_boundary(end) {
        end += 1;
    }
    start..end
}

/// Characters of the longest message.
const LONGEST_MESSAGE: usize = 400;
/// Most diagnostics that are told of one text.
const MAX_TOLD: usize = 1_000;

/// Collects the faults of one text.
#[derive(Debug)]
pub(crate) struct Faults {
    file: String,
    text: Arc<str>,
    /// Every line break.
    breaks: Vec<usize>,
    errors: usize,
    found: Vec<Diagnostic>,
}

impl Faults {
    /// None yet.
    pub(crate) fn new(file: impl Into<String>, text: &str) -> Faults {
        let breaks = memchr::memchr_iter(b'\n', text.as_bytes()).collect();
        Faults { file: file.into(), text: text.into(), breaks, errors: 0, found: Vec::new() }
    }

    /// The whole text.
    pub(crate) fn text(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    /// The line of a byte, counted from 1.
    pub(crate) fn line(&self, at: usize) -> u32 {
        self.breaks.partition_point(|line_break| *line_break < at) as u32 + 1
    }

    /// How many errors were recorded so far.
    pub(crate) fn errors(&self) -> usize {
        self.errors
    }

    /// Records an error.
    pub(crate) fn error(&mut self, span: Range<usize>, message: impl Into<String>) -> &mut Diagnostic {
        self.errors += 1;
        self.add(Severity::Error, span, message.into())
    }

    /// Records a doubt.
    pub(crate) fn warning(&mut self, span: Range<usize>, message: impl Into<String>) -> &mut Diagnostic {
        self.add(Severity::Warning, span, message.into())
    }

    fn add(&mut self, severity: Severity, span: Range<usize>, message: String) -> &mut Diagnostic {
        self.found.push(Diagnostic {
            severity,
            message: shortened(message),
            file: self.file.clone(),
            span: within(&self.text, span),
            text: Arc::clone(&self.text),
            expected: None,
            related: None,
            help: Vec::new(),
        });
        let last = self.found.len() - 1;
        &mut self.found[last]
    }

    /// The warnings, or everything where an error is among them; in the order of the text.
    pub(crate) fn finish(self) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
        let refused = self.errors > 0;
        let all = self.all();
        if refused { Err(all) } else { Ok(all) }
    }

    /// Everything, in the order of the text; of very many only the first, and how many more there are.
    pub(crate) fn all(mut self) -> Vec<Diagnostic> {
        self.found.sort_by_key(|diagnostic| (diagnostic.span.start, diagnostic.span.end));
        let more = self.found.len().saturating_sub(MAX_TOLD);
        if more > 0 {
            let severity =
                self.found[MAX_TOLD..].iter().map(|one| one.severity).max().unwrap_or(Severity::Error);
            let span = self.found[MAX_TOLD].span.clone();
            self.found.truncate(MAX_TOLD);
            self.add(severity, span, format!("{more} more from here on"));
        }
        self.found
    }
}

/// Beyond this a word is no misspelt one, and comparing it costs its length squared.
const LONGEST_WORD: usize = 100;

/// The candidate that was probably meant: the same but for case, or a few typing mistakes away.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    within_distance(word, candidates, 3)
}

/// The candidate that at most one typing mistake in `per` characters turns into the word.
pub(crate) fn within_distance<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    per: usize,
) -> Option<&'a str> {
    if word.len() > LONGEST_WORD {
        return None;
    }
    let lower = word.to_lowercase();
    let length = lower.chars().count();
    let near = |candidate: &'a str| {
        let other = candidate.chars().count();
        let allowed = length.max(other) / per;
        // The distance is at least the difference of the lengths.
        if length.abs_diff(other) > allowed {
            return None;
        }
        let distance = strsim::damerau_levenshtein(&lower, &candidate.to_lowercase());
        (distance <= allowed).then_some((distance, candidate))
    };
    candidates
        .into_iter()
        .filter_map(near)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `a`, `b` or `c`, each in backticks.
pub(crate) fn listed<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}
