//! W33 to W36: what counts as failed.

use crate::case::{Case, case};

fn outcomes(id: &'static str, what: &'static str, header: &str, cells: &[&str]) -> Case {
    let cells = cells.iter().map(|cell| format!("api,{cell}\n")).collect::<Vec<String>>().concat();
    case(id, what).data(format!("service,{header}\n{cells}"))
}

pub(crate) fn cases() -> Vec<Case> {
    [spelling(), unknown(), codes(), flags(), messages()].concat()
}

fn spelling() -> Vec<Case> {
    let mixed = |what| {
        outcomes("W33", what, "status", &["UP", "Up", " up ", "\" up \"", "uP\t", "Down", "DOWN ", " down"])
    };
    vec![
        mixed("case and spaces do not make a word another").require("availability == 62.5%").exits(0).measured("*", 0.625),
        mixed("the same in a condition").require("share(status == \"up\") == 62.5%").exits(0),
        mixed("the same in a condition that lists words").require("share(status in [\"UP\", \"nothing\"]) == 62.5%").exits(0),
        mixed("the same through a map").rules(
            "sla: A\ninput: {status: {column: status, ok: [Up], failed: [Down]}}\nobjectives: [availability == 62.5%]\n",
        )
        .exits(0),
        outcomes("W33", "the long words", "status", &["SUCCESS", "Failure", "success", "FAILED"]).require("failure_rate == 50%").exits(0),
    ]
}

fn unknown() -> Vec<Case> {
    let degraded = |what| {
        outcomes("W34", what, "status", &["up", "up", "degraded", "up", "up", "up", "up", "up", "up", "down"])
    };
    vec![
        degraded("neither up nor down, nor passed over")
            .require("availability >= 85%")
            .exits(3)
            .result("*", "undecided ambiguous")
            .problem("unknown_status", 4)
            .says("degraded")
            .says("status"),
        degraded("up, as said")
            .rules("sla: A\ninput: {status: {column: status, ok: [up, degraded], failed: [down]}}\nobjectives: [availability >= 90%]\n")
            .exits(0)
            .measured("*", 0.9),
        degraded("down, as said")
            .rules("sla: A\ninput: {status: {column: status, ok: [up], failed: [down, degraded]}}\nobjectives: [availability >= 90%]\n")
            .exits(1)
            .measured("*", 0.8),
        degraded("left out, as said: 8 of 9")
            .rules("sla: A\ninput: {status: {column: status, ok: [up], failed: [down], ignore: [degraded]}}\nobjectives: [availability >= 88%, availability <= 89%]\n")
            .exits(0),
        degraded("a map that forgets it")
            .rules("sla: A\ninput: {status: {column: status, ok: [up], failed: [down]}}\nobjectives: [availability >= 85%]\n")
            .exits(3)
            .problem("unknown_status", 4),
        degraded("whatever the word means there is a breach, but nobody said so").require("availability >= 95%").exits(3),
        outcomes("W34", "no word is known", "status", &["green", "amber"]).require("failure_rate <= 5%").exits(3),
        outcomes("W34", "a misspelt word", "status", &["success", "succes", "success"]).require("failure_rate <= 50%").exits(3).problem("unknown_status", 3),
        outcomes("W34", "a word in another language", "status", &["success", "erfolg"]).require("failure_rate <= 50%").exits(3).says("erfolg"),
    ]
}

fn codes() -> Vec<Case> {
    let codes = |what, cells: &[&str]| outcomes("W35", what, "status", cells);
    vec![
        codes("5xx and 0 are failures, 4xx are not", &["200", "503", "0", "599", "404", "301", "204", "200", "429", "100"])
            .require("failure_rate == 30%")
            .exits(0)
            .says("5xx"),
        codes("4xx are, as said", &["200", "503", "200", "404"]).require("failure_rate == 50%").with(&["--failed", "status >= 400"]).exits(0),
        codes("blank is missing", &["200", "", "200", "200"]).require("failure_rate <= 5%").exits(3).result("*", "undecided missing_values"),
        codes("a class that no map explains", &["2xx", "2xx", "5xx"]).require("failure_rate <= 50%").exits(3).says("2xx"),
        codes("a class among codes", &["200", "200", "2xx"]).require("failure_rate <= 50%").exits(3).problem("unknown_status", 4),
        codes("a class, as said", &["2xx", "2xx", "5xx", "2xx"])
            .rules("sla: A\ninput: {status: {column: status, ok: [2xx], failed: [5xx]}}\nobjectives: [failure_rate == 25%]\n")
            .exits(0),
        codes("no HTTP status", &["200", "200", "700"]).require("failure_rate <= 50%").exits(3).problem("unknown_status", 4),
        codes("a negative code", &["200", "200", "-1"]).require("failure_rate <= 50%").exits(3),
        codes("a code with its words", &["200", "200", "503 Service Unavailable"]).require("failure_rate <= 10%").exits(3).says("503 Service"),
        outcomes("W35", "1 and 0 in a column of exit codes are no outcomes", "exit_code", &["0", "0", "1", "0"])
            .require("failure_rate <= 50%")
            .exits(3),
        outcomes("W35", "codes under another name", "response_code", &["200", "502", "200", "200"]).require("failure_rate == 25%").exits(0),
    ]
}

fn flags() -> Vec<Case> {
    let mut cases = Vec::new();
    for (good, bad) in [("1", "0"), ("true", "false"), ("True", "False"), ("yes", "no"), ("TRUE", "FALSE")] {
        cases.push(
            outcomes("W36", "true is good in a column of success", "success", &[good, good, good, bad])
                .require("failure_rate == 25%")
                .exits(0),
        );
        cases.push(
            outcomes("W36", "true is bad in a column of failure", "failed", &[good, good, good, bad])
                .require("failure_rate == 75%")
                .exits(0)
                .says("true where a request failed"),
        );
    }
    cases.extend([
        outcomes("W36", "yes, no and on in a map are words, not booleans", "answer", &["yes", "no", "on", "off"])
            .rules("sla: A\ninput: {status: {column: answer, ok: [yes, on], failed: [no, off]}}\nobjectives: [failure_rate == 50%]\n")
            .exits(0),
        case("W36", "a country called no")
            .data("country,status\nno,success\nse,success\n")
            .rules("sla: A\nby: country\nexpect: [no, se]\nobjectives: [failure_rate <= 5%]\n")
            .exits(0)
            .result("no", "met")
            .result("se", "met"),
        case("W36", "a column called y and groups called 01 and 1.0")
            .data("y,status\n01,success\n1,failure\n1.0,success\n")
            .rules("sla: A\nby: y\nexpect: [01, 1.0]\nobjectives: [failure_rate <= 5%]\n")
            .exits(1)
            .result("01", "met")
            .result("1.0", "met")
            .result("1", "breached"),
        outcomes("W36", "2 is no flag", "success", &["1", "0", "1", "2"]).require("failure_rate <= 50%").exits(3).says("data.csv, line 5"),
        outcomes("W36", "errors counted up are no flags", "errors", &["0", "0", "3", "0"]).require("failure_rate <= 50%").exits(3),
    ]);
    cases
}

/// A column that is blank where all was well says so only to those who know: 2 of 5 failed, or nobody knows.
fn messages() -> Vec<Case> {
    let errors = ["", "connection reset by peer", "", "timeout", "-"];
    let messages = |header, what| outcomes("W34", what, header, &errors).require("failure_rate <= 40%");
    vec![
        messages("error", "a blank error is not known to be a success")
            .exits(3)
            .result("*", "undecided ambiguous")
            .says("--failed 'not (error is missing)'"),
        messages("error", "the proposal, as it stands there")
            .with(&["--failed", "not (error is missing)"])
            .exits(0)
            .measured("*", 0.4),
        messages("Error Message", "a name that is no plain word")
            .exits(3)
            .says("--failed 'not (`Error Message` is missing)'"),
        messages("Error Message", "the proposal for such a name")
            .with(&["--failed", "not (`Error Message` is missing)"])
            .exits(0)
            .measured("*", 0.4),
        outcomes(
            "W34",
            "known words of failure prove nothing about blanks",
            "error",
            &["", "timeout", "", ""],
        )
        .require("failure_rate <= 30%")
        .exits(3)
        .says("--failed 'not (error is missing)'"),
        outcomes(
            "W34",
            "a word for success beside them makes it a status",
            "error",
            &["ok", "timeout", "ok", "ok"],
        )
        .require("failure_rate <= 25%")
        .exits(0)
        .measured("*", 0.25),
        outcomes("W34", "an outcome beside the message decides", "status,error", &["ok,", "failed,timeout"])
            .require("failure_rate <= 50%")
            .exits(0)
            .measured("*", 0.5),
    ]
}
