//! Signals: what the system, or somebody at the keyboard, wants of a process.

use super::super::exit::ExitCode;
use super::super::stop::Stop;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// What came so far.
#[derive(Clone, Debug)]
pub(super) struct Signals {
    end: Arc<AtomicBool>,
    /// The signal that ends.
    which: Arc<AtomicUsize>,
    reload: Arc<AtomicBool>,
}

impl Signals {
    /// Takes over those that end. A second one does so at once.
    pub(super) fn to_end() -> Result<Signals, Stop> {
        let signals = Signals { end: Arc::default(), which: Arc::default(), reload: Arc::default() };
        let registered = [SIGTERM, SIGINT].into_iter().try_for_each(|signal| {
            flag::register_conditional_default(signal, Arc::clone(&signals.end))?;
            let number = usize::try_from(signal).unwrap_or_default();
            flag::register_usize(signal, Arc::clone(&signals.which), number)?;
            flag::register(signal, Arc::clone(&signals.end)).map(drop)
        });
        registered.map_err(|why| cannot(&why))?;
        Ok(signals)
    }

    /// And the one that wants the configuration to be read again.
    pub(super) fn to_end_or_reload() -> Result<Signals, Stop> {
        let signals = Signals::to_end()?;
        flag::register(SIGHUP, Arc::clone(&signals.reload)).map_err(|why| cannot(&why))?;
        Ok(signals)
    }

    /// The exit code of what was called off.
    pub(super) fn code(&self) -> ExitCode {
        match i32::try_from(self.which.load(Ordering::Relaxed)) {
            Ok(SIGINT) => ExitCode::Interrupted,
            _ => ExitCode::Terminated,
        }
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

fn cannot(why: &std::io::Error) -> Stop {
    Stop::new(ExitCode::Internal, format!("signals cannot be taken over: {why}"))
}
