//! Signals: what the system, or somebody at the keyboard, wants of a process that stays.

use super::super::exit::ExitCode;
use super::super::stop::Stop;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What came so far.
#[derive(Clone, Debug)]
pub(super) struct Signals {
    end: Arc<AtomicBool>,
    reload: Arc<AtomicBool>,
}

impl Signals {
    /// Takes them over. A second one that ends does so at once.
    pub(super) fn take() -> Result<Signals, Stop> {
        let signals = Signals { end: Arc::default(), reload: Arc::default() };
        let registered = [SIGTERM, SIGINT].into_iter().try_for_each(|signal| {
            flag::register_conditional_default(signal, Arc::clone(&signals.end))?;
            flag::register(signal, Arc::clone(&signals.end)).map(drop)
        });
        let registered =
            registered.and_then(|()| flag::register(SIGHUP, Arc::clone(&signals.reload)).map(drop));
        registered
            .map_err(|why| Stop::new(ExitCode::Internal, format!("signals cannot be taken over: {why}")))?;
        Ok(signals)
    }

    /// Whether the end is wanted.
    pub(super) fn end(&self) -> bool {
        self.end.load(Ordering::Relaxed)
    }

    /// Whether the configuration is to be read again; asking answers it.
    pub(super) fn reload(&self) -> bool {
        self.reload.swap(false, Ordering::Relaxed)
    }
}
