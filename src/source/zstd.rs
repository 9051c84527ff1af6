//! Zstandard streams (RFC 8878): one frame or many, skippable ones left out, every checksum compared.
//!
//! The decoder knows single frames only and leaves their checksums to its caller; this is that caller.

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use std::io::{self, BufRead, Read};

/// The decompressed bytes of a stream.
pub(super) struct Zstd<R> {
    source: Watched<R>,
    frame: FrameDecoder,
    inside: bool,
}

/// Remembers how reading ended, which the decoder's errors do not tell.
struct Watched<R> {
    inner: R,
    ended: bool,
    failed: Option<io::Error>,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.inner.read(buffer) {
            Ok(read) => {
                self.ended |= read == 0 && !buffer.is_empty();
                Ok(read)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                let kind = error.kind();
                self.failed = Some(error);
                Err(kind.into())
            }
        }
    }
}

impl<R: BufRead> Zstd<R> {
    pub(super) fn new(inner: R) -> Zstd<R> {
        Zstd {
            source: Watched { inner, ended: false, failed: None },
            frame: FrameDecoder::new(),
            inside: false,
        }
    }

    /// Begins the next frame; `false` at the end of the stream.
    fn next_frame(&mut self) -> io::Result<bool> {
        loop {
            if self.source.inner.fill_buf()?.is_empty() {
                return Ok(false);
            }
            match self.frame.reset(&mut self.source) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let skipped =
                        io::copy(&mut self.source.by_ref().take(u64::from(length)), &mut io::sink())?;
                    if skipped < u64::from(length) {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(error) => return Err(self.fault(&error)),
            }
        }
    }

    fn fault(&mut self, error: &FrameDecoderError) -> io::Error {
        match self.source.failed.take() {
            Some(failed) => failed,
            None if self.source.ended => io::ErrorKind::UnexpectedEof.into(),
            None => io::Error::new(io::ErrorKind::InvalidData, error.to_string()),
        }
    }
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            if !self.inside && !self.next_frame()? {
                return Ok(0);
            }
            self.inside = true;
            while self.frame.can_collect() == 0 && !self.frame.is_finished() {
                let decoded =
                    self.frame.decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBlocks(1));
                if let Err(error) = decoded {
                    return Err(self.fault(&error));
                }
            }
            let read = self.frame.read(buffer)?;
            if read > 0 {
                return Ok(read);
            }
            self.inside = false;
            if let (Some(stored), Some(found)) =
                (self.frame.get_checksum_from_data(), self.frame.get_calculated_checksum())
                && stored != found
            {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "its checksum does not match its content",
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
        encoder.include_checksum(true).unwrap();
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn unpacked(stream: &[u8]) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        Zstd::new(stream).read_to_end(&mut text).map(|_| text)
    }

    #[test]
    fn frames_follow_each_other() {
        let text: Vec<u8> = (0..300_000u32).flat_map(|n| (n % 1000).to_string().into_bytes()).collect();
        let skippable = [&[0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
        let stream = [packed(&text), skippable, packed(b"more"), packed(b"")].concat();
        assert!(unpacked(&stream).unwrap() == [&text[..], b"more"].concat());
    }

    #[test]
    fn a_cut_or_damaged_frame_is_an_error() {
        let text: Vec<u8> = (0..40_000u32).flat_map(|n| (n * 7 % 997).to_string().into_bytes()).collect();
        let stream = packed(&text);
        for cut in [5, stream.len() / 2, stream.len() - 1] {
            assert_eq!(unpacked(&stream[..cut]).unwrap_err().kind(), io::ErrorKind::UnexpectedEof, "{cut}");
        }
        let mut damaged = stream.clone();
        *damaged.last_mut().unwrap() ^= 1;
        assert_eq!(unpacked(&damaged).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
