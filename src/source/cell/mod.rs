//! One cell at a time: text to exact numbers and instants. Called by the scanner's slow paths, by its fallback and
//! by `describe`.
//!
//! Cells come without their CSV quotes. Blank ones ([`crate::plan::is_blank`]) are told apart before.
//!
//! Invariant: a cell is read exactly or refused; nothing is rounded, cut or guessed.

pub mod number;
pub mod time;

pub use number::{DecimalMark, NumberFault, decimal, quantity};
pub use time::{ReadTime, TimeFault, TimeReader};
