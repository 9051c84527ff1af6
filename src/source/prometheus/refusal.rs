//! Why a server gives no answer.

/// Why a request has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It asks for more than the server gives at once: half of it may do.
    TooMuch(String),
    /// It will not be answered; a fragment that follows the server's name.
    Failed(String),
}

impl Refusal {
    /// The fragment.
    pub(super) fn message(self) -> String {
        match self {
            Refusal::TooMuch(message) | Refusal::Failed(message) => message,
        }
    }
}
