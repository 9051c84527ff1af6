//! A place for checkpoints that lasts as long as a test.

use sla::model::{Agreement, CheckpointKey, FileId, Report};
use sla::pipeline::resume::{Checkpoints, Incremental};
use sla::pipeline::{self, Options};
use sla::source::Digests;
use sla::source::checkpoint::{How, Mode};
use sla::source::csv::Tuning;
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::AtomicU64;

pub(crate) const NOW: i64 = 1_750_000_000_000_000_000;

/// Rules that need every kind of tally.
pub(crate) const RULES: &str = r#"
sla: Everything
by: service
where: region != "test"
period: 6h
objectives:
  - failure_rate <= 5%
  - avg(latency) <= 200ms
  - max(latency) <= 1s
  - min(size) >= -3
  - violation_rate(latency > 250.5ms and region == "eu") <= 10%
  - apdex(200ms) >= 0.8
  - throughput >= 1/min
  - require: p95(latency) <= 400ms
    prefer: p95(latency) <= 300ms
    where: not failed
    targets:
      - {group: {service: a}, require: "<= 100ms"}
  - require: p50(size) < 2.5
    by: [service, region]
    missing: ignore
  - require: avg(latency) <= 250ms
    by: []
    where: status == "ok" or size is missing
"#;

pub(crate) fn rules() -> Agreement {
    match sla::rules::parse(RULES, Path::new("everything.yaml")) {
        Ok(parsed) => parsed.agreement,
        Err(faults) => panic!("{faults:?}"),
    }
}

/// Checkpoints in memory.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) files: RefCell<HashMap<FileId, Vec<u8>>>,
    pub(crate) told: RefCell<Vec<How>>,
}

impl Checkpoints for Kept {
    fn find(&self, key: &CheckpointKey) -> Option<Vec<u8>> {
        self.files.borrow().get(&key.file).cloned()
    }

    fn keep(&self, key: CheckpointKey, bytes: Option<Vec<u8>>) {
        if let Some(bytes) = bytes {
            self.files.borrow_mut().insert(key.file, bytes);
        }
    }

    fn told(&self, _: &str, how: How) {
        self.told.borrow_mut().push(how);
    }
}

/// How a check is made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ways {
    pub(crate) tuning: Tuning,
    pub(crate) clock: i64,
    pub(crate) mode: Mode,
}

/// The report as JSON, or why there is none.
pub(crate) fn check(inputs: &[String], ways: Ways, kept: Option<&Kept>) -> String {
    let progress = AtomicU64::new(0);
    let mut options = Options::new(NOW, &progress);
    (options.tuning, options.digests, options.max_bad_rows) = (ways.tuning, Digests::Wanted, 3);
    options.resume = kept.map(|kept| Incremental { checkpoints: kept, clock: ways.clock, mode: ways.mode });
    match pipeline::check(&[rules()], inputs, &options) {
        Ok(report) => json(&report),
        Err(error) => error.to_string(),
    }
}

fn json(report: &Report) -> String {
    let mut bytes = Vec::new();
    sla::render::json::write(report, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}
