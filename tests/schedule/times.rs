//! `sla schedule next`: times that were worked out by hand, from the days on which clocks change.

use crate::place::Place;

fn check(arguments: &str, expected: &str) {
    check_project("", arguments, expected);
}

fn check_project(yaml: &str, arguments: &str, expected: &str) {
    let place = Place::new(yaml);
    let mut command = place.command("schedule next");
    // `'…'` is one argument.
    for (nth, part) in arguments.split('\'').enumerate() {
        if nth % 2 == 1 {
            command.arg(part)
        } else {
            command.args(part.split_whitespace())
        };
    }
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim_end(), expected.trim(), "{arguments}");
}

#[test]
fn across_clock_changes() {
    // In Vienna, 02:00 becomes 03:00 on 30 March 2025, and 03:00 becomes 02:00 on 26 October.
    check(
        "-n 3 --cron '30 2 * * *' --zone Europe/Vienna --now 2025-03-28T12:00:00Z",
        "
30 2 * * * (Europe/Vienna)
  Sat 2025-03-29 02:30:00 +01:00 Europe/Vienna
  Sun 2025-03-30 03:00:00 +02:00 Europe/Vienna
  Mon 2025-03-31 02:30:00 +02:00 Europe/Vienna",
    );
    check(
        "-n 3 --cron '30 2 * * *' --zone Europe/Vienna --now 2025-10-25T12:00:00Z",
        "
30 2 * * * (Europe/Vienna)
  Sun 2025-10-26 02:30:00 +02:00 Europe/Vienna
  Mon 2025-10-27 02:30:00 +01:00 Europe/Vienna
  Tue 2025-10-28 02:30:00 +01:00 Europe/Vienna",
    );
    check(
        "-n 5 --cron '*/30 * * * *' --zone Europe/Vienna --now 2025-10-26T00:00:00Z",
        "
*/30 * * * * (Europe/Vienna)
  Sun 2025-10-26 02:30:00 +02:00 Europe/Vienna
  Sun 2025-10-26 02:00:00 +01:00 Europe/Vienna
  Sun 2025-10-26 02:30:00 +01:00 Europe/Vienna
  Sun 2025-10-26 03:00:00 +01:00 Europe/Vienna
  Sun 2025-10-26 03:30:00 +01:00 Europe/Vienna",
    );
    check(
        "-n 3 --cron '*/30 * * * *' --zone Europe/Vienna --now 2025-03-30T00:15:00Z",
        "
*/30 * * * * (Europe/Vienna)
  Sun 2025-03-30 01:30:00 +01:00 Europe/Vienna
  Sun 2025-03-30 03:00:00 +02:00 Europe/Vienna
  Sun 2025-03-30 03:30:00 +02:00 Europe/Vienna",
    );
}

#[test]
fn of_the_project() {
    check_project(
        "schedule:\n  - {name: nightly, cron: '0 6 * * mon-fri', timezone: America/New_York}\n  - {every: 90s}\n",
        "-n 2 --now 2025-06-06T12:00:10Z",
        "
nightly: 0 6 * * mon-fri (America/New_York)
  Mon 2025-06-09 06:00:00 -04:00 America/New_York
  Tue 2025-06-10 06:00:00 -04:00 America/New_York

every 90s
  Fri 2025-06-06 12:01:30 +00:00 UTC
  Fri 2025-06-06 12:03:00 +00:00 UTC",
    );
    // What the command line says takes its place.
    check_project(
        "schedule: [{every: 90s}]\n",
        "-n 1 --every 1h --now 2025-06-06T12:00:10Z",
        "every 1h\n  Fri 2025-06-06 13:00:00 +00:00 UTC",
    );
    // 2028-02-29 is a Tuesday, and the only one of that year.
    check(
        "-n 2 --cron '0 0 0 29 2 * 2028' --now 2025-06-06T12:00:10Z",
        "0 0 0 29 2 * 2028 (UTC)\n  Tue 2028-02-29 00:00:00 +00:00 UTC\n  and no other",
    );
}
