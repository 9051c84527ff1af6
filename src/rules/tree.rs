//! YAML as a small tree in which every key and value knows its place.
//!
//! Called by `compile` and by `config`. It takes the event stream of `saphyr-parser` rather than a serde layer:
//! scalars stay the text that was written (`no`, `1e3`, `99.90`), and one pass can tell all faults of a file.
//!
//! Invariant: the work is bounded by the file's size: no recursion while reading, a depth of at most
//! [`MAX_DEPTH`], at most [`MAX_VALUES`] values, and [`MAX_ALIASED`] of them repeated through aliases.

use super::diagnostic::Faults;
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError};
use std::collections::HashMap;
use std::ops::Range;

/// Longest rule file, in bytes.
pub(crate) const MAX_BYTES: usize = 1 << 20;
/// Deepest nesting.
pub(crate) const MAX_DEPTH: usize = 64;
/// Most values of a file.
pub(crate) const MAX_VALUES: usize = 50_000;
/// Most values that aliases may repeat, all together.
pub(crate) const MAX_ALIASED: usize = 1_000;

/// A value with its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    /// In bytes of the file; of a collection only its first line.
    pub(crate) span: Range<usize>,
    /// What stands there.
    pub(crate) value: Value,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// Nothing: an empty value, `~` or `null`.
    Null,
    /// Text as written, without quotes.
    Scalar(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in order, without duplicate keys.
    Map(Vec<(Key, Node)>),
}

/// A key with its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Key {
    /// In bytes of the file.
    pub(crate) span: Range<usize>,
    /// As written, without quotes.
    pub(crate) text: String,
}

impl Node {
    /// For messages: `found a list`.
    pub(crate) fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Scalar(_) => "a single value",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }

    fn depth(&self) -> usize {
        match &self.value {
            Value::Null | Value::Scalar(_) => 0,
            Value::List(items) => 1 + items.iter().map(Node::depth).max().unwrap_or(0),
            Value::Map(entries) => 1 + entries.iter().map(|(_, node)| node.depth()).max().unwrap_or(0),
        }
    }

    fn size(&self) -> usize {
        match &self.value {
            Value::Null | Value::Scalar(_) => 1,
            Value::List(items) => 1 + items.iter().map(Node::size).sum::<usize>(),
            Value::Map(entries) => 1 + entries.iter().map(|(_, node)| 1 + node.size()).sum::<usize>(),
        }
    }
}

/// Reads the one document of a text, which must be a mapping. `what` names the file's kind in messages
/// (`rule file`). `None` after recording why.
pub(crate) fn read(what: &str, faults: &mut Faults) -> Option<Vec<(Key, Node)>> {
    let text = faults.text();
    if text.len() > MAX_BYTES {
        faults.error(0..0, format!("the {what} is larger than 1 MiB")).help("split it into several files");
        return None;
    }
    let root = Reader::new(&text).read(what, faults)?;
    match root {
        Node { value: Value::Map(entries), .. } => Some(entries),
        Node { value: Value::Null, .. } => {
            faults.error(0..0, format!("the {what} is empty"));
            None
        }
        other => {
            let kind = other.kind();
            faults
                .error(other.span, format!("the {what} must be a mapping, found {kind}"))
                .expected("expected `key: value`");
            None
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    /// Byte offset of every character; empty for plain ASCII, where they are the same.
    offsets: Vec<usize>,
    open: Vec<Open>,
    anchors: HashMap<usize, Option<Node>>,
    aliased: usize,
    values: usize,
}

/// A collection that has begun.
struct Open {
    start: usize,
    anchor: usize,
    content: Content,
}

/// A mapping that has begun.
#[derive(Default)]
struct Entries {
    complete: Vec<(Key, Node)>,
    /// The key whose value comes next.
    key: Option<Key>,
    /// Where each key stands.
    seen: HashMap<String, Range<usize>>,
}

enum Content {
    List(Vec<Node>),
    Map(Entries),
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Reader<'a> {
        let offsets =
            if text.is_ascii() { Vec::new() } else { text.char_indices().map(|(at, _)| at).collect() };
        Reader { text, offsets, open: Vec::new(), anchors: HashMap::new(), aliased: 0, values: 0 }
    }

    /// The document's root, null where there is no document; `None` after a fault that ends reading.
    fn read(mut self, what: &str, faults: &mut Faults) -> Option<Node> {
        let mut root = Node { span: 0..0, value: Value::Null };
        let mut documents = 0;
        let mut parser = Parser::new_from_str(self.text);
        while let Some(event) = parser.next_event() {
            let (event, span) = match event {
                Ok(event) => event,
                Err(error) => {
                    self.scan_fault(&error, faults);
                    return None;
                }
            };
            let span = self.offset(span.start.index())..self.offset(span.end.index());
            let (node, anchor) = match event {
                Event::StreamEnd => break,
                Event::Nothing | Event::StreamStart | Event::DocumentEnd => continue,
                Event::DocumentStart(_) => {
                    documents += 1;
                    if documents > 1 {
                        faults
                            .error(span, format!("a second document begins here; a {what} is one document"))
                            .help("put it into a file of its own");
                        return None;
                    }
                    continue;
                }
                Event::SequenceStart(_, Some(_))
                | Event::MappingStart(_, Some(_))
                | Event::Scalar(_, _, _, Some(_)) => {
                    faults
                        .error(self.first_line(span), "a YAML tag has no meaning here")
                        .help("leave out the word that begins with `!`");
                    return None;
                }
                Event::SequenceStart(anchor, None) => {
                    self.begin(span, anchor, Content::List(Vec::new()), faults)?;
                    continue;
                }
                Event::MappingStart(anchor, None) => {
                    self.begin(span, anchor, Content::Map(Entries::default()), faults)?;
                    continue;
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    let Some(open) = self.open.pop() else { continue };
                    let value = match open.content {
                        Content::List(items) => Value::List(items),
                        Content::Map(entries) => Value::Map(entries.complete),
                    };
                    (Node { span: self.first_line(open.start..span.end), value }, open.anchor)
                }
                Event::Scalar(scalar, style, anchor, None) => {
                    let null = style == ScalarStyle::Plain && matches!(&*scalar, "" | "~" | "null");
                    let value = if null { Value::Null } else { Value::Scalar(scalar.into_owned()) };
                    (Node { span: self.trimmed(span), value }, anchor)
                }
                Event::Alias(id) => (self.alias(id, span, faults)?, 0),
            };
            if anchor > 0 {
                self.anchors.insert(anchor, Some(node.clone()));
            }
            self.place(node, &mut root, faults)?;
        }
        Some(root)
    }

    fn begin(
        &mut self,
        span: Range<usize>,
        anchor: usize,
        content: Content,
        faults: &mut Faults,
    ) -> Option<()> {
        if self.open.len() >= MAX_DEPTH {
            faults.error(span, format!("nested deeper than {MAX_DEPTH} levels"));
            return None;
        }
        if anchor > 0 {
            self.anchors.insert(anchor, None);
        }
        self.open.push(Open { start: span.start, anchor, content });
        Some(())
    }

    /// Puts a finished node where it belongs.
    fn place(&mut self, node: Node, root: &mut Node, faults: &mut Faults) -> Option<()> {
        self.values += 1;
        if self.values > MAX_VALUES {
            faults
                .error(node.span, format!("more than {MAX_VALUES} values"))
                .help("split the file into several");
            return None;
        }
        match self.open.last_mut().map(|open| &mut open.content) {
            None => *root = node,
            Some(Content::List(items)) => items.push(node),
            Some(Content::Map(entries)) if entries.key.is_none() => {
                let text = match node.value {
                    Value::Scalar(text) => text,
                    Value::Null => String::new(),
                    Value::List(_) | Value::Map(_) => {
                        let kind = node.kind();
                        faults
                            .error(node.span, format!("a key must be a word, found {kind}"))
                            .help("a text that begins with `[` or `{` must be quoted as a whole: '[…'");
                        return None;
                    }
                };
                entries.key = Some(Key { span: node.span, text });
            }
            Some(Content::Map(entries)) => {
                let key = entries.key.take()?;
                if let Some(first) = entries.seen.get(&key.text) {
                    faults
                        .error(key.span.clone(), format!("the key `{}` is there twice", key.text))
                        .expected("again here")
                        .related(first.clone(), "first here");
                } else {
                    entries.seen.insert(key.text.clone(), key.span.clone());
                    entries.complete.push((key, node));
                }
            }
        }
        Some(())
    }

    fn alias(&mut self, id: usize, span: Range<usize>, faults: &mut Faults) -> Option<Node> {
        let Some(Some(node)) = self.anchors.get(&id) else {
            faults.error(span, "this alias stands inside what it repeats");
            return None;
        };
        self.aliased += node.size();
        if self.aliased > MAX_ALIASED || self.open.len() + node.depth() > MAX_DEPTH {
            faults
                .error(span, format!("aliases repeat more than {MAX_ALIASED} values"))
                .help("write them out, or split the file");
            return None;
        }
        Some(node.clone())
    }

    fn scan_fault(&self, error: &ScanError, faults: &mut Faults) {
        let at = self.offset(error.marker().index());
        let rest = &self.text[at..];
        let width =
            rest.chars().next().filter(|next| *next != '\n' && *next != '\r').map_or(0, char::len_utf8);
        let line = self.text[..at].rfind('\n').map_or(0, |found| found + 1);
        let indent = &self.text[line..];
        let indent = &indent[..indent.len() - indent.trim_start_matches([' ', '\t']).len()];
        if let Some(tab) = indent.find('\t') {
            faults
                .error(line + tab..line + tab + 1, "a tab indents this line")
                .expected("YAML takes spaces only")
                .help("replace the tab with spaces");
            return;
        }
        if error.info().contains("recursion limit") {
            faults.error(at..at + width, format!("nested deeper than {MAX_DEPTH} levels"));
            return;
        }
        let info = error.info();
        let fault = faults.error(at..at + width, format!("not valid YAML: {info}"));
        if let Some(help) = scan_help(info, self.text[line..].lines().next().unwrap_or_default()) {
            fault.help(help);
        }
    }

    fn offset(&self, character: usize) -> usize {
        if self.offsets.is_empty() {
            character.min(self.text.len())
        } else {
            self.offsets.get(character).copied().unwrap_or(self.text.len())
        }
    }

    /// Without the white space that a scalar's span may trail.
    fn trimmed(&self, span: Range<usize>) -> Range<usize> {
        let text = self.text.get(span.clone()).unwrap_or_default();
        span.start..span.start + text.trim_end().len()
    }

    fn first_line(&self, span: Range<usize>) -> Range<usize> {
        let text = self.text.get(span.clone()).unwrap_or_default();
        let line = text.lines().next().unwrap_or_default();
        span.start..span.start + line.trim_end().len()
    }
}

/// The way out of a fault that the scanner found on a line, for those that rule files invite.
fn scan_help(info: &str, line: &str) -> Option<String> {
    let mut start = line.len() - line.trim_start().len();
    while line[start..].starts_with("- ") {
        start += 2;
    }
    if let Some(colon) = line[start..].find(": ") {
        start += colon + 2;
    }
    let (before, value) = line.split_at(start);
    let quoting = || {
        let quoted = value.trim().replace('\'', "''");
        format!("quote the value as a whole: {}'{quoted}'", before.trim_start())
    };
    let any = |known: &[&str]| known.iter().any(|known| info.contains(known));
    if info.contains("mapping values") && !value.contains(": ") {
        return Some("is this line indented as the one that it belongs to?".to_owned());
    }
    if any(&["mapping values", "block scalar", "trailing content", "unexpected character", "unknown anchor"])
    {
        return Some(quoting());
    }
    if info.contains("quoted scalar") {
        return Some("a text that begins with a quote ends with the same quote".to_owned());
    }
    any(&["flow sequence", "flow mapping"]).then(|| "`[` needs its `]`, and `{` its `}`".to_owned())
}

/// Where the bytes of a scalar's value stand in the file: the place of `at` within `value`, which was written as
/// `written` (with quotes, escapes or folded lines). `None` where the two cannot be laid side by side.
pub(crate) fn place_in(written: &str, value: &str, at: usize) -> Option<usize> {
    let mut source = written.char_indices().peekable();
    for (position, wanted) in value.char_indices() {
        let mut skipped = 0;
        let found = loop {
            let (offset, next) = *source.peek()?;
            if next == wanted || (wanted == ' ' && next.is_whitespace()) {
                break offset;
            }
            // Quotes, backslashes and the indentation of a folded line; anything longer is no alignment.
            if !next.is_whitespace() {
                skipped += 1;
            }
            if skipped > 2 {
                return None;
            }
            source.next();
        };
        if position >= at {
            return Some(found);
        }
        source.next();
    }
    Some(source.peek().map_or(written.len(), |(offset, _)| *offset))
}
