//! What can be wrong with an input before a single row counts.

use std::fmt::{self, Write};
use std::io;

/// Why an input cannot be used. Its text is one or two sentences' worth: what, where, and the way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceError {
    /// No such file.
    NotFound {
        /// As given.
        name: String,
    },
    /// A folder without a CSV file.
    NoCsv {
        /// As given.
        folder: String,
    },
    /// A pattern that matches no file.
    NoMatch {
        /// As given.
        pattern: String,
    },
    /// A pattern that is none.
    BadPattern {
        /// As given.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// One file given twice: its rows would count twice.
    Twice {
        /// As given.
        name: String,
    },
    /// What `input:` or an option says does not fit the data.
    Mapping {
        /// The whole message.
        message: String,
    },
    /// It cannot be read.
    Io {
        /// As given.
        name: String,
        /// The system's words.
        reason: String,
    },
    /// Nothing in it.
    Empty {
        /// As given.
        name: String,
    },
    /// It is something else than CSV text.
    NotText {
        /// As given.
        name: String,
        /// What it is.
        what: NotText,
    },
    /// A compressed file that ends too early.
    Cut {
        /// As given.
        name: String,
        /// `gzip` or `zstd`.
        container: &'static str,
    },
    /// A compressed file that is damaged.
    Damaged {
        /// As given.
        name: String,
        /// `gzip` or `zstd`.
        container: &'static str,
        /// The decoder's words.
        reason: String,
    },
    /// It is not what it was a moment ago.
    Changed {
        /// As given.
        name: String,
    },
    /// More groups, periods or digits than can be held.
    TooMuch {
        /// As given.
        name: String,
        /// What, and the way out.
        message: String,
    },
    /// Its lines cannot be told apart into the columns of a header.
    Unclear {
        /// As given.
        name: String,
        /// Where, counted from 1.
        line: Option<u64>,
        /// What is wrong and the way out.
        message: String,
    },
}

/// What an input is that is no CSV text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotText {
    /// A web page.
    Html,
    /// XML.
    Xml,
    /// JSON, or one JSON object per line.
    Json,
    /// UTF-16, with or without its byte order mark.
    Utf16,
    /// UTF-32.
    Utf32,
    /// Bytes that are not UTF-8, first on this line.
    NotUtf8 {
        /// Counted from 1.
        line: u64,
    },
    /// NUL bytes, first on this line.
    Binary {
        /// Counted from 1.
        line: u64,
    },
    /// A file format with a name.
    Format(&'static str),
}

impl SourceError {
    /// Whether the command is at fault (exit 2) rather than the input (exit 3).
    pub fn is_usage(&self) -> bool {
        match self {
            SourceError::NotFound { .. }
            | SourceError::NoCsv { .. }
            | SourceError::NoMatch { .. }
            | SourceError::BadPattern { .. }
            | SourceError::Twice { .. }
            | SourceError::Mapping { .. } => true,
            SourceError::Io { .. }
            | SourceError::Empty { .. }
            | SourceError::NotText { .. }
            | SourceError::Cut { .. }
            | SourceError::Damaged { .. }
            | SourceError::Changed { .. }
            | SourceError::TooMuch { .. }
            | SourceError::Unclear { .. } => false,
        }
    }

    /// From an error met while reading: what a decompressing reader had to say, else the system's words.
    pub fn reading(name: &str, error: &io::Error) -> SourceError {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<SourceError>()) {
            Some(said) => said.clone(),
            None => SourceError::Io { name: name.to_owned(), reason: reason_of(error) },
        }
    }

    pub(super) fn unclear(name: &str, line: Option<u64>, message: impl Into<String>) -> SourceError {
        SourceError::Unclear { name: shown(name), line, message: message.into() }
    }
}

/// How an input is called in messages.
pub(super) fn shown(name: &str) -> String {
    crate::model::display::input(name).to_owned()
}

fn reason_of(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => error.to_string().to_lowercase(),
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        self.write(&mut text)?;
        // Names and cells come from the data: a terminal must not obey them.
        text.chars().try_for_each(|character| {
            f.write_char(if character.is_control() { char::REPLACEMENT_CHARACTER } else { character })
        })
    }
}

impl SourceError {
    fn write(&self, f: &mut impl fmt::Write) -> fmt::Result {
        match self {
            SourceError::NotFound { name } => write!(f, "{name}: no such file or folder"),
            SourceError::NoCsv { folder } => {
                write!(f, "{folder} has no CSV file in it (*.csv or *.tsv, perhaps with .gz or .zst behind)")
            }
            SourceError::NoMatch { pattern } => write!(f, "{pattern} matches no file"),
            SourceError::BadPattern { pattern, reason } => {
                write!(f, "{pattern} is no file and no pattern either: {reason}")
            }
            SourceError::Twice { name } => {
                write!(f, "{name} is given twice, and its rows would count twice; name it once")
            }
            SourceError::Mapping { message } => f.write_str(message),
            SourceError::Io { name, reason } => write!(f, "{name} cannot be read: {reason}"),
            SourceError::Empty { name } => {
                write!(f, "{name} is empty; it needs at least a header line that names its columns")
            }
            SourceError::NotText { name, what } => write!(f, "{name} {what}"),
            SourceError::Cut { name, container } => {
                write!(f, "{name} is cut: its {container} data ends too early; fetch or write it again")
            }
            SourceError::Damaged { name, container, reason } => {
                write!(
                    f,
                    "{name} is damaged: its {container} data does not check out ({reason}); fetch or write it again"
                )
            }
            SourceError::Changed { name } => {
                write!(f, "{name} changed while it was read; check it again when it is complete")
            }
            SourceError::Unclear { name, line: Some(line), message } => {
                write!(f, "{name}, line {line}: {message}")
            }
            SourceError::Unclear { name, line: None, message } | SourceError::TooMuch { name, message } => {
                write!(f, "{name}: {message}")
            }
        }
    }
}

impl std::error::Error for SourceError {}

impl fmt::Display for NotText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotText::Html => f.write_str(
                "is a web page (HTML), not CSV: an error page perhaps, saved instead of the data; fetch it again",
            ),
            NotText::Xml => f.write_str("is XML, not CSV; export the data as CSV"),
            NotText::Json => f.write_str("is JSON, not CSV; export the data as CSV, or convert it (jq has @csv)"),
            NotText::Utf16 => {
                f.write_str("is UTF-16, not UTF-8; convert it: iconv -f UTF-16 -t UTF-8 OLD.csv > NEW.csv")
            }
            NotText::Utf32 => {
                f.write_str("is UTF-32, not UTF-8; convert it: iconv -f UTF-32 -t UTF-8 OLD.csv > NEW.csv")
            }
            NotText::NotUtf8 { line } => write!(
                f,
                "is not UTF-8, first on line {line}; if it is Latin-1, convert it: iconv -f LATIN1 -t UTF-8 OLD.csv > NEW.csv"
            ),
            NotText::Binary { line } => {
                write!(f, "is not text: there is a NUL byte on line {line}; export the data as CSV")
            }
            NotText::Format(format) => write!(f, "is {format}, not CSV; export the data as CSV"),
        }
    }
}
