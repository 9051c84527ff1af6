//! W65 to W68: rules that do not say what was meant.

use crate::case::{Case, case};

const DATA: &str = "service,status,latency_ms\napi,success,100\napi,success,200\n";

fn rules(id: &'static str, what: &'static str, text: &'static str) -> Case {
    case(id, what).data(DATA).rules(text).exits(2).says("rules.yaml")
}

pub(crate) fn cases() -> Vec<Case> {
    [documents(), unknown(), targets(), pointless()].concat()
}

fn documents() -> Vec<Case> {
    vec![
        rules(
            "W65",
            "two documents",
            "sla: A\nobjectives: [failure_rate <= 5%]\n---\nsla: B\nobjectives: [max(latency) <= 1ms]\n",
        )
        .says("rules.yaml:3"),
        rules(
            "W65",
            "a key twice",
            "sla: A\nobjectives: [failure_rate <= 5%]\nobjectives: [max(latency) <= 1ms]\n",
        )
        .says("rules.yaml:3"),
        rules(
            "W65",
            "a key twice, deep down",
            "sla: A\nobjectives:\n  - require: failure_rate <= 5%\n    min_samples: 1\n    min_samples: 2\n",
        )
        .says("rules.yaml:5"),
        rules(
            "W65",
            "a key twice through a merge",
            "base: &base {require: failure_rate <= 5%}\nsla: A\nobjectives:\n  - <<: *base\n    require: failure_rate <= 50%\n",
        ),
        rules("W65", "no objectives", "sla: A\nobjectives: []\n").says("objective"),
        rules("W65", "objectives that are nothing", "sla: A\nobjectives:\n").says("objective"),
        rules("W65", "no key for objectives", "sla: A\n").says("objectives"),
        rules("W65", "an empty file", ""),
        rules("W65", "nothing but comments", "# to be done\n"),
        rules("W65", "an empty mapping", "{}\n"),
        rules("W65", "a list instead of a mapping", "- failure_rate <= 5%\n"),
        rules("W65", "rules: instead of objectives:", "rules: []\n"),
        rules("W65", "an empty objective", "sla: A\nobjectives:\n  - failure_rate <= 5%\n  -\n")
            .says("rules.yaml:4"),
        rules("W65", "no YAML", "sla: A\nobjectives: [failure_rate <= 5%\n"),
        rules("W65", "a tab for indentation", "sla: A\nobjectives:\n\t- failure_rate <= 5%\n")
            .says("rules.yaml:3"),
        rules("W65", "a file that is no text", "sla: A\u{0}\nobjectives: [failure_rate <= 5%]\n"),
        case("W65", "a rule file that is not there")
            .data(DATA)
            .with(&["--rules", "no-such.yaml"])
            .exits(2)
            .says("no-such.yaml"),
        case("W65", "a pattern that no rule file matches")
            .data(DATA)
            .with(&["--rules", "no-*.yaml"])
            .exits(2)
            .says("no-*.yaml"),
        case("W65", "an empty objective on the command line").data(DATA).require("").exits(2),
        case("W65", "of two rule files one is wrong")
            .data(DATA)
            .rules("sla: A\nobjectives: [failure_rate <= 5%]\n")
            .with(&["--rules", "data.csv"])
            .exits(2)
            .says("data.csv"),
    ]
}

fn unknown() -> Vec<Case> {
    vec![
        rules("W66", "a key that nobody knows", "sla: A\nwieght: 3\nobjectives: [failure_rate <= 5%]\n")
            .says("rules.yaml:2")
            .says("wieght"),
        rules("W66", "a misspelt key", "sla: A\nperoid: 1h\nobjectives: [failure_rate <= 5%]\n")
            .says("rules.yaml:2")
            .says("`period`"),
        rules(
            "W66",
            "a misspelt key of an objective",
            "sla: A\nobjectives:\n  - require: max(latency) <= 5s\n    min_sample: 100\n",
        )
        .says("rules.yaml:4")
        .says("`min_samples`"),
        rules(
            "W66",
            "a misspelt key of an input",
            "sla: A\ninput: {latncy: latency_ms}\nobjectives: [failure_rate <= 5%]\n",
        )
        .says("rules.yaml:2")
        .says("`latency`"),
        rules(
            "W66",
            "a misspelt value",
            "sla: A\nobjectives:\n  - {require: failure_rate <= 5%, missing: ingore}\n",
        )
        .says("rules.yaml:3")
        .says("ignore"),
        rules("W66", "a misspelt indicator", "sla: A\nobjectives: [failure_rat <= 5%]\n")
            .says("rules.yaml:2")
            .says("`failure_rate`"),
        rules(
            "W66",
            "two mistakes are told at once",
            "sla: A\nperoid: 1h\nobjectives: [failure_rat <= 5%]\n",
        )
        .says("rules.yaml:2")
        .says("rules.yaml:3"),
        rules("W66", "a key in capitals", "sla: A\nObjectives: [failure_rate <= 5%]\n").says("rules.yaml:2"),
        rules(
            "W66",
            "an objective under the wrong key",
            "sla: A\nobjectives:\n  - {name: x, objective: failure_rate <= 5%}\n",
        )
        .says("rules.yaml:3"),
        case("W66", "a column that the data lacks")
            .data(DATA)
            .rules("sla: A\nobjectives: [max(latncy_ms) <= 5s, failure_rate <= 5%]\n")
            .exits(3)
            .result("max(latncy_ms)", "undecided missing_column")
            .result("failure_rate", "met")
            .says("latency_ms"),
        rules(
            "W66",
            "a period that nobody knows",
            "sla: A\nperiod: fortnight\nobjectives: [failure_rate <= 5%]\n",
        )
        .says("rules.yaml:2"),
        rules(
            "W66",
            "a zone that nobody knows",
            "sla: A\ntimezone: Europe/Wien\nobjectives: [failure_rate <= 5%]\n",
        )
        .says("rules.yaml:2"),
    ]
}

fn targets() -> Vec<Case> {
    let target = |what, text| rules("W67", what, text).says("rules.yaml:2");
    vec![
        target("a target that is no number", "sla: A\nobjectives: [max(latency) <= .nan]\n"),
        target("a target that is no number, with a unit", "sla: A\nobjectives: [max(latency) <= NaNms]\n"),
        target("a target without end", "sla: A\nobjectives: [max(latency) <= .inf]\n"),
        target("a target without end, in a word", "sla: A\nobjectives: [max(latency) <= inf]\n"),
        target("a target beyond any number", "sla: A\nobjectives: [max(latency) <= 1e999s]\n"),
        target("a target with a decimal comma", "sla: A\nobjectives: [\"failure_rate <= 0,5%\"]\n"),
        target("no target", "sla: A\nobjectives: [max(latency) <=]\n"),
        target("a relation that is none", "sla: A\nobjectives: [failure_rate =< 5%]\n"),
        target("a relation that is an assignment", "sla: A\nobjectives: [failure_rate = 5%]\n"),
        target("a percentage for a latency", "sla: A\nobjectives: [max(latency) <= 5%]\n"),
        target("seconds for a rate", "sla: A\nobjectives: [failure_rate <= 5s]\n"),
        rules(
            "W67",
            "samples that are no number",
            "sla: A\nobjectives:\n  - {require: failure_rate <= 5%, min_samples: .nan}\n",
        )
        .says("rules.yaml:3"),
        rules(
            "W67",
            "samples below none",
            "sla: A\nobjectives:\n  - {require: failure_rate <= 5%, min_samples: -1}\n",
        )
        .says("rules.yaml:3"),
        rules(
            "W67",
            "a preference that is no number",
            "sla: A\nobjectives:\n  - {require: failure_rate <= 5%, prefer: failure_rate <= .nan}\n",
        )
        .says("rules.yaml:3"),
        rules(
            "W67",
            "a preference that is laxer",
            "sla: A\nobjectives:\n  - {require: failure_rate <= 5%, prefer: failure_rate <= 6%}\n",
        )
        .says("rules.yaml:3"),
        rules("W67", "a period without length", "sla: A\nperiod: 0h\nobjectives: [failure_rate <= 5%]\n")
            .says("rules.yaml:2"),
        case("W67", "on the command line").data(DATA).require("max(latency) <= nan").exits(2),
        case("W67", "bad rows that are no number")
            .data(DATA)
            .require("failure_rate <= 5%")
            .with(&["--max-bad-rows", "nan"])
            .exits(2),
    ]
}

fn pointless() -> Vec<Case> {
    let lint = |what, text| case("W68", what).data(DATA).rules(text).says("warning").says("rules.yaml:2");
    vec![
        lint("availability is promised to be low", "sla: A\nobjectives: [availability <= 99.9%]\n").exits(1),
        lint("failures are promised to be many", "sla: A\nobjectives: [failure_rate >= 1%]\n").exits(1),
        lint("the latency is promised to be long", "sla: A\nobjectives: [p95(latency) >= 50ms]\n"),
        lint("it cannot fail", "sla: A\nobjectives: [failure_rate <= 100%]\n"),
        lint("it cannot fail, either", "sla: A\nobjectives: [availability >= 0%]\n"),
        lint("it cannot be kept", "sla: A\nobjectives: [availability > 100%]\n").exits(1),
        rules(
            "W68",
            "a preference in the other direction",
            "sla: A\nobjectives:\n  - {require: failure_rate <= 5%, prefer: failure_rate >= 1%}\n",
        )
        .says("rules.yaml:3"),
    ]
}
