//! Help, and command lines that cannot be right.

use crate::work::Work;

#[test]
fn help_documents_the_exit_codes() {
    insta::assert_snapshot!(Work::new().answer("--help"), @"
    --- stdout
    Tells from the metrics you already have whether each service kept its promise

    Usage: sla <COMMAND>

    Commands:
      check        Check data against its agreements
      run          Check once and record it, for cron and its kin
      schedule     Stay and check when a schedule says so, or show when that is
      verify       Check a report again, from its inputs and rules
      inspect      Show what is recognised in a file, and why
      init         Look at data and write a first sla.yaml and rule file for it
      rules        Work with rule files
      history      Show how recorded results developed, or remove old runs
      show         Show a recorded run as it was reported
      diff         Show what changed from one recorded run to another
      evidence     Pack a recorded run with the rows behind it, for a claim
      notify       Try the channels that alerts go to
      outbox       List alerts that did not arrive yet, send them or give them up
      silence      Tell nobody about something for a while
      completions  Print a completion script for a shell

    Options:
      -h, --help     Print help
      -V, --version  Print version

    Exit codes:
      0  every objective is met
      1  at least one objective is breached
      2  wrong command line or rule file; nothing was evaluated
      3  undecided: no data, too little data, or input that cannot be trusted
      4  met, but a report or an alert could not be delivered
    With --format nagios those of a plugin: 0 ok, 1 warning, 2 critical, 3 unknown.
    Any other code means that there is no verdict.
    --- exit 0
    ");
}

#[test]
fn help_of_check() {
    let answer = Work::new().answer("check --help --");
    assert!(answer.lines().all(|line| line.chars().count() <= 80), "{answer}");
    insta::assert_snapshot!(answer, @r#"
    --- stdout
    Check data against its agreements

    Usage: sla check [OPTIONS] [DATA]...

    Arguments:
      [DATA]...  Files, folders or globs; - is standard input; or a server: a source
                 of sla.yaml, or its address. Without any, the sources of sla.yaml

    Options:
      -h, --help  Print help

    Rules:
          --rules <FILE>         Rule files, folders or globs, instead of those of
                                 sla.yaml
          --require <OBJECTIVE>  A promise such as 'p95(latency) <= 400ms'; alone,
                                 or added to --rules
          --by <COLUMN>          Columns to group by: one verdict each (several:
                                 a,b)
          --where <CONDITION>    Only rows for which this holds: 'route !=
                                 "/health"'
          --period <LENGTH>      One verdict per stretch of time: all, 5m, 1h, 1d
          --since <TIME>         Only rows at or after: 2025-06-01,
                                 2025-06-01T12:00, or 30d back from now
          --until <TIME>         Only rows before

    Input:
          --time <COLUMN>         The column of times
          --time-format <FORMAT>  How times are written: '%d-%m-%Y %H:%M' or 'epoch
                                  ms'
          --timezone <ZONE>       The zone of times that name none: Europe/Vienna
          --service <COLUMN>      The column of services
          --latency <COLUMN>      The column of latencies
          --unit <UNIT>           The unit of latencies: ms, s, us
          --failed <CONDITION>    When a request failed: 'code >= 500'
          --requests <COLUMN>     The column of request counts, for rows that stand
                                  for several
          --failures <COLUMN>     The column of failure counts
          --decimal <MARK>        The decimal mark of numbers: point or comma

    History:
          --record[=<FILE>]      Record the run in a history; by default that of
                                 sla.yaml, else reports/sla.db
          --no-record            Do not record the run, although sla.yaml has a
                                 `store`
          --incremental[=<HOW>]  Read on from where the last recorded run stopped;
                                 the verdict is the same. With =verify read
                                 everything and compare it with what was kept

    Alerts:
          --notify          Tell the channels of sla.yaml what changed; records the
                            run
          --notify-dry-run  Print the messages instead; nothing is recorded or sent

    Report:
          --format <FORMAT>       What standard output gets: auto (github in a job
                                  of GitHub Actions, else table), table, html, pdf,
                                  markdown, json, csv, violations, junit, github,
                                  gitlab, openmetrics or nagios
      -o, --output <FILE>         Also write a report to a file: .html, .pdf, .json,
                                  .csv, violations.csv, .txt, .md, .xml (junit) or
                                  .prom says which; or FORMAT=FILE
          --audience <WHO>        For whom HTML and PDF reports are: internal or
                                  customer [default: internal]
          --only <COLUMN=VALUES>  Only these groups in HTML and PDF reports:
                                  service=checkout,login
          --pdf <FILE>            Also print the HTML report to a PDF file, with
                                  Chromium
          --all                   Show every result, not only the worst
          --color <WHEN>          When to colour: auto, always or never [default:
                                  auto]
          --why                   Show who contributes most to each breach; reads
                                  the input again
      -q, --quiet                 Print no table when everything is met; other
                                  formats are printed all the same
          --threads <N>           Threads to read with; by default as many as there
                                  are processors
          --now <TIME>            The present, for reproducible runs:
                                  2025-06-01T12:00:00Z

    Verdict:
          --max-bad-rows <N>   Rejected rows that are tolerated [default: 0]
          --fail-on <VERDICT>  What makes the exit code 1: breach or warning
                               [default: breach]
          --exit-zero          Exit with 0 instead of 1 on a breach

    Examples:
      sla check requests.csv
          with the rules of sla.yaml, or else the built-in example
      sla check logs/ --rules rules/web-shop.yaml --output report.json
          every CSV file of a folder, a table here and a report as JSON
      sla check - --require 'p95(latency) <= 400ms' --by service < requests.csv
          one promise from the command line, per service, from standard input

    Exit codes:
      0  every objective is met
      1  at least one objective is breached
      2  wrong command line or rule file; nothing was evaluated
      3  undecided: no data, too little data, or input that cannot be trusted
      4  met, but a report or an alert could not be delivered
    With --format nagios those of a plugin: 0 ok, 1 warning, 2 critical, 3 unknown.
    Any other code means that there is no verdict.
    --- exit 0
    "#);
}

#[test]
fn no_command_shows_the_help() {
    assert_eq!(Work::new().code(""), 2);
}

#[test]
fn wrong_words_are_corrected() {
    insta::assert_snapshot!(Work::new().answer("chek data.csv"), @"
    --- stderr
    error: unrecognized subcommand 'chek'

      tip: some similar subcommands exist: 'schedule', 'check'

    Usage: sla <COMMAND>

    For more information, try '--help'.
    --- exit 2
    ");
    insta::assert_snapshot!(Work::new().answer("check --requires x"), @"
    --- stderr
    error: unexpected argument '--requires' found

      tip: a similar argument exists: '--require'

    Usage: sla check --require <OBJECTIVE> [DATA]...

    For more information, try '--help'.
    --- exit 2
    ");
    insta::assert_snapshot!(Work::new().answer("check --max-bad-rows=-1"), @"
    --- stderr
    error: invalid value '-1' for '--max-bad-rows <N>': invalid digit found in string

    For more information, try '--help'.
    --- exit 2
    ");
    insta::assert_snapshot!(Work::new().answer("check --format xml"), @"
    --- stderr
    error: invalid value 'xml' for '--format <FORMAT>'
      [possible values: auto, table, markdown, json, csv, html, pdf, violations, junit, github, gitlab, openmetrics, nagios]

      tip: a similar value exists: 'html'

    For more information, try '--help'.
    --- exit 2
    ");
}

#[test]
fn completions_and_the_manual() {
    let work = Work::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = work.run(&format!("completions {shell}"));
        assert!(output.status.success() && output.stdout.len() > 1_000, "{shell}");
    }
    let manual = String::from_utf8(work.run("man").stdout).unwrap();
    assert!(manual.contains(".TH sla 1"), "{manual}");
}
