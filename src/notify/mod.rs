//! Alerts: who is told of what, once, and how it gets there.
//!
//! Who calls it: `cli`, with a report and with how things stood before. `turn.rs` decides what every channel is told
//! (`observe.rs` → `routes.rs` → `states.rs`); `compose.rs`, with one file per kind of channel, makes finished messages of
//! that, which the history keeps; `deliver.rs` sends what waits, `send.rs` one of them.
//!
//! Invariant: what is told is decided by the report and the history alone; nothing there asks a clock or the network.
//! Invariant: a message that was composed holds no secret; those are handed in when it is sent.

mod compose;
mod deliver;
mod discord;
mod email;
mod event;
mod http;
mod message;
mod observe;
mod pagerduty;
mod probe;
mod routes;
mod secrets;
mod send;
mod slack;
mod states;
mod turn;
mod webhook;
mod words;

pub use compose::{Attached, Composed, compose, sample};
pub use deliver::{Effort, World, deliver, next_try, up_to};
pub use event::{Event, Group, Period};
pub use message::{About, Counts, Notice, Service};
pub use probe::probe;
pub use routes::is_quiet;
pub use secrets::Secrets;
pub use send::{Failure, Hope, Sent, next_attempt, send};
pub use turn::{Happening, Held, News, Turn, Unrouted, turn};
pub use words::Templates;
