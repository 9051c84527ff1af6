//! Values that reports and the history name by a word: one table per type, read in both directions.

/// Gives a type `ALL`, the method that tells the word of a value, and `from_word`. Does not compile where a value is
/// forgotten.
macro_rules! words {
    ($(#[$doc:meta])* $kind:ident::$word:ident { $($value:ident: $text:literal),+ $(,)? }) => {
        impl $kind {
            /// Every value there is.
            pub const ALL: &'static [$kind] = &[$($kind::$value),+];

            $(#[$doc])*
            pub fn $word(self) -> &'static str {
                match self {
                    $($kind::$value => $text),+
                }
            }

            /// The value of that word.
            pub fn from_word(word: &str) -> Option<$kind> {
                Self::ALL.iter().copied().find(|value| value.$word() == word)
            }
        }
    };
}
pub(crate) use words;

#[cfg(test)]
mod tests {
    use crate::model::{
        AlertEvent, Attachment, Comparison, Dimension, Fate, ProblemKind, Reason, Severity, Tls, Trouble,
        Verdict,
    };

    #[test]
    fn there_and_back() {
        macro_rules! check {
            ($kind:ident, $word:ident, $count:literal) => {
                assert_eq!($kind::ALL.len(), $count);
                for value in $kind::ALL {
                    assert_eq!($kind::from_word(value.$word()), Some(*value));
                }
                assert_eq!($kind::from_word("nonsense"), None);
            };
        }
        check!(Verdict, word, 4);
        check!(Reason, word, 10);
        check!(ProblemKind, word, 16);
        check!(Severity, word, 3);
        check!(Comparison, symbol, 6);
        check!(Dimension, word, 5);
        check!(AlertEvent, word, 5);
        check!(Attachment, word, 4);
        check!(Fate, word, 4);
        check!(Tls, word, 3);
        check!(Trouble, word, 2);
    }
}
