//! Runs that every format is tried on.

use crate::hostile;
use crate::work::Work;
use std::fs;
use std::path::Path;

/// A folder with data and rules, and how to check them.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) work: Work,
    pub(crate) check: &'static str,
}

/// The example agreements with their data.
const EXAMPLES: [(&str, &str, &str); 12] = [
    ("api", "check api-calls.csv --rules api.yaml", "api-calls.csv"),
    ("batch-jobs", "check batch-runs.csv --rules batch-jobs.yaml", "batch-runs.csv"),
    ("crash-free", "check sessions.csv --rules crash-free.yaml", "sessions.csv"),
    ("customers", "check customers.csv --rules customers.yaml", "customers.csv"),
    ("finished-rates", "check finished.csv --rules finished-rates.yaml", "finished.csv"),
    ("load-test", "check load-test.csv --rules load-test.yaml", "load-test.csv"),
    ("machines", "check machines.csv --rules machines.yaml", "machines.csv"),
    ("monitors", "check monitors.csv --rules monitors.yaml", "monitors.csv"),
    ("queues", "check queues.tsv --rules queues.yaml", "queues.tsv"),
    ("third-party", "check third-party.csv --rules third-party.yaml", "third-party.csv"),
    ("tickets", "check tickets.csv --rules tickets.yaml", "tickets.csv"),
    ("web-shop", "check requests.csv --rules web-shop.yaml", "requests.csv"),
];

/// Everything.
pub(crate) fn all() -> Vec<Case> {
    let mut cases: Vec<Case> =
        EXAMPLES.iter().map(|(name, check, data)| Case { name, work: example(name, data), check }).collect();
    cases.push(Case {
        name: "periods",
        work: example("web-shop", "requests.csv"),
        check: "check requests.csv --rules web-shop.yaml --period 10m",
    });
    cases.push(Case {
        name: "rejected rows",
        work: Work::new().file("data.csv", "service,status\na,ok\na\nb,failed\nc,ok\n"),
        check: "check data.csv --require 'failure_rate <= 5%' --by service",
    });
    cases.push(Case {
        name: "cannot be read",
        work: example("web-shop", "requests.csv").file("requests.csv", "service,status\na,\"ok\nb,ok\n"),
        check: "check requests.csv --rules web-shop.yaml",
    });
    cases.push(Case {
        name: "two agreements",
        work: example("web-shop", "requests.csv")
            .file("silver.yaml", "sla: Silver\nby: service\nobjectives: [rows >= 80]\n"),
        check: "check requests.csv --rules web-shop.yaml --rules silver.yaml",
    });
    cases.push(Case { name: "hostile names", work: hostile::work(&hostile::names()), check: hostile::CHECK });
    cases
}

/// An agreement of rules/ with data of data/.
pub(crate) fn example(rules: &str, data: &str) -> Work {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rules = format!("{rules}.yaml");
    let read = |folder: &str, name: &str| fs::read(root.join(folder).join(name)).unwrap();
    Work::new().file(&rules, read("rules", &rules)).file(data, read("data", data))
}

impl Case {
    /// Checks and writes one report; its path.
    pub(crate) fn report(&self, output: &str) -> String {
        let run = self.work.run(&format!("{} --output {output}", self.check));
        let code = run.status.code();
        assert!(
            matches!(code, Some(0 | 1 | 3)),
            "{}: {code:?}\n{}",
            self.name,
            String::from_utf8_lossy(&run.stderr)
        );
        let file = output.split_once('=').map_or(output, |(_, file)| file);
        self.work.path(file).to_str().unwrap().to_owned()
    }

    /// The same as JSON, and the report as JSON tells it.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&fs::read(self.report("report.json")).unwrap()).unwrap()
    }
}
