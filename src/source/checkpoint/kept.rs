//! A checkpoint as bytes, with a check sum.

use super::bytes::{Reader, Writer};
use super::evidence::{Beginning, FileFacts};
use super::{Changed, Mode};
use crate::source::describe::Searched;
use std::fs::File;

/// What bytes of this program and version begin with. Whoever changes what is written, or what is counted for the same
/// question, changes it.
const MAGIC: &[u8; 8] = b"slachk\x00\x01";
const CHECK_SUM: usize = 32;

/// What is kept of one input.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::source) struct Kept {
    /// BLAKE3 of everything that decides what is counted.
    pub(in crate::source) question: [u8; 32],
    pub(in crate::source) facts: FileFacts,
    /// Whether the file had been left alone for so long that its times prove what it is.
    pub(in crate::source) quiet: bool,
    pub(in crate::source) extent: Extent,
    /// How far the file was searched for what settles the order of day and month.
    pub(in crate::source) searched: Vec<Searched>,
    /// What was counted, as its source has it.
    pub(in crate::source) counted: Vec<u8>,
}

/// How much of the input was counted.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::source) enum Extent {
    /// The first bytes of a file, and the line that follows them.
    Beginning(Beginning, u64),
    /// All of it; the digest, where it was wanted.
    Whole(Option<String>),
}

impl Kept {
    /// Looks whether a file still begins as it did when it was counted up to a cut; the bytes before the cut that are
    /// not among its whole blocks.
    pub(in crate::source) fn lead(
        &self,
        file: &File,
        facts: &FileFacts,
        mode: Mode,
    ) -> Result<Vec<u8>, Changed> {
        let Extent::Beginning(beginning, _) = &self.extent else { return Err(Changed::Garbled) };
        if facts.len < self.facts.len {
            return Err(Changed::Shorter);
        }
        if facts.len == self.facts.len && facts.modified != self.facts.modified {
            return Err(Changed::Written);
        }
        let is_untouched = self.quiet && *facts == self.facts;
        if mode == Mode::Verify || (facts.len == self.facts.len && !is_untouched) {
            // Nothing was added, and yet it was written, renamed, or may have been: a time of writing can be set back.
            beginning.holds_everywhere(file)?;
        } else if !is_untouched {
            return beginning.holds(file);
        }
        beginning.unedited_tail(file)
    }

    pub(in crate::source) fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.raw(MAGIC);
        writer.raw(&self.question);
        self.facts.write(&mut writer);
        writer.flag(self.quiet);
        match &self.extent {
            Extent::Beginning(beginning, line) => {
                writer.flag(false);
                beginning.write(&mut writer);
                writer.number(*line);
            }
            Extent::Whole(digest) => {
                writer.flag(true);
                writer.text(digest.as_deref().unwrap_or_default());
            }
        }
        writer.number(self.searched.len() as u64);
        for searched in &self.searched {
            write_searched(&mut writer, searched);
        }
        writer.bytes(&self.counted);
        let mut bytes = writer.finish();
        let sum = blake3::hash(&bytes);
        bytes.extend_from_slice(sum.as_bytes());
        bytes
    }

    /// What the bytes hold; nothing where they are damaged, or of another version.
    pub(in crate::source) fn from_bytes(bytes: &[u8]) -> Option<Kept> {
        let (content, sum) = bytes.split_at_checked(bytes.len().checked_sub(CHECK_SUM)?)?;
        if blake3::hash(content).as_bytes() != sum {
            return None;
        }
        let mut reader = Reader::new(content.strip_prefix(MAGIC)?);
        let (question, facts, quiet) = (reader.digest()?, FileFacts::read(&mut reader)?, reader.flag()?);
        let extent = if reader.flag()? {
            Extent::Whole(Some(reader.text()?).filter(|digest| !digest.is_empty()))
        } else {
            Extent::Beginning(Beginning::read(&mut reader)?, reader.number()?)
        };
        let searched = (0..reader.count()?).map(|_| read_searched(&mut reader)).collect::<Option<_>>()?;
        let counted = reader.bytes()?.to_vec();
        let kept = Kept { question, facts, quiet, extent, searched, counted };
        let fits = match &kept.extent {
            Extent::Beginning(beginning, _) => beginning.cut <= facts.len,
            Extent::Whole(_) => true,
        };
        (fits && reader.is_done()).then_some(kept)
    }
}

fn write_searched(writer: &mut Writer, searched: &Searched) {
    writer.number(searched.field as u64);
    writer.number(u64::from(searched.delimiter));
    writer.number(searched.to);
    writer.number(searched.line);
    writer.flag(searched.proof.is_some());
    if let Some((day_first, text, line)) = &searched.proof {
        writer.flag(*day_first);
        writer.text(text);
        writer.number(*line);
    }
}

fn read_searched(reader: &mut Reader<'_>) -> Option<Searched> {
    Some(Searched {
        field: usize::try_from(reader.number()?).ok()?,
        delimiter: u8::try_from(reader.number()?).ok()?,
        to: reader.number()?,
        line: reader.number()?,
        proof: if reader.flag()? { Some((reader.flag()?, reader.text()?, reader.number()?)) } else { None },
    })
}
