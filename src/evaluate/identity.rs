//! Names of results that stay the same from run to run, so that histories can be joined.

use crate::model::{Agreement, Objective};

/// Sixteen hexadecimal digits: FNV-1a (64 bit, offset basis and prime of the IETF draft by Fowler, Noll and Vo) over
/// the agreement's name, the objective's name, text, and condition, and the group's columns and values, each with its
/// length before it. Neither the period nor the target of a single group is part of it. `twin` counts the objectives
/// before this one that say exactly the same.
pub(super) fn id(
    agreement: &Agreement,
    objective: &Objective,
    twin: usize,
    group: &[(String, String)],
) -> String {
    let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
    hash.text(&agreement.name);
    hash.text(objective.name.as_deref().unwrap_or(""));
    hash.text(&objective.text);
    hash.text(objective.filter.as_ref().map_or("", |(_, text)| text));
    hash.bytes(&(twin as u64).to_le_bytes());
    for (column, value) in group {
        hash.text(column);
        hash.text(value);
    }
    format!("{:016x}", hash.0)
}

struct Fnv(u64);

impl Fnv {
    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    fn text(&mut self, text: &str) {
        self.bytes(&(text.len() as u64).to_le_bytes());
        self.bytes(text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_vectors() {
        // From the reference implementation's test suite.
        for (text, hash) in
            [("", 0xcbf2_9ce4_8422_2325u64), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8)]
        {
            let mut fnv = Fnv(0xcbf2_9ce4_8422_2325);
            fnv.bytes(text.as_bytes());
            assert_eq!(fnv.0, hash, "{text}");
        }
    }
}
