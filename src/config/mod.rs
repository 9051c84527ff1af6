//! Which files hold rules: the project file `sla.yaml`, folders and patterns, and reading all of them.
//!
//! Called by `cli`. Invariant: what was asked for and not found is an error, never silently something else.

mod files;
mod load;
mod notify;
mod project;
mod reports;
mod schedule;
mod secret;
mod servers;

pub use files::{ConfigError, rule_files};
pub use load::load;
pub use notify::{CHANNEL_KINDS, NOTIFY_KEYS};
pub use project::{PROJECT_FILE, PROJECT_KEYS, Place, Project, SOURCE_KEYS, Source, find_project};
pub use reports::{Edition, Editions};
pub use schedule::{DEFAULT_ZONE, ENTRY_KEYS, HEARTBEAT_KEYS, SCHEDULING_KEYS, whole_seconds};
pub use secret::{authority, secret, templates};
pub use servers::{AUTH_KEYS, BASIC_KEYS, GAUGE_KEYS, HISTOGRAM_KEYS, SERVER_KEYS, secrets};
