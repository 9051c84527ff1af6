//! What people can ask by hand, asked by sqlite3's shell.

use crate::{DATA, RECORD, shop, sqlite};

#[test]
fn violations_by_service() {
    let work = shop();
    work.run(RECORD);
    let query = "SELECT * FROM violations";
    assert_eq!(sqlite(&work, query), "checkout|0.5|250.0|0.5\n");
    let names = sqlite(&work, "SELECT group_concat(name) FROM pragma_table_info('violations')");
    assert_eq!(names, "service_name,failure_rate,avg_response_time_ms,response_violation_rate\n");
    // Checkout's requests succeed now: the new answers hold. Its latencies are what they were.
    std::fs::write(work.path("data.csv"), DATA.replace("failure", "success")).unwrap();
    work.run(RECORD);
    assert_eq!(sqlite(&work, query), "checkout|0.0|250.0|0.5\n");
    std::fs::write(
        work.path("data.csv"),
        DATA.replace("failure", "success").replace("00Z,checkout", "00Z,catalog"),
    )
    .unwrap();
    work.run(RECORD);
    // 400 + 300 + 200 + 100 + 40 + 30 + 20 + 10 over 8.
    assert_eq!(
        sqlite(&work, "SELECT * FROM violations WHERE service_name = 'catalog'"),
        "catalog|0.0|137.5|0.25\n"
    );
}

#[test]
fn the_newest_revision_holds_and_the_old_one_stays() {
    let work = shop();
    work.run(RECORD);
    std::fs::write(work.path("data.csv"), DATA.replace("checkout,failure,300", "checkout,success,300"))
        .unwrap();
    work.run(RECORD);
    let current = "SELECT revision, run, verdict, bad, samples, measured, target FROM current_results
                   WHERE service = 'checkout' AND indicator = 'failure_rate'";
    assert_eq!(sqlite(&work, current), "2|2|breached|1|4|0.25|0.05\n");
    let all = "SELECT r.revision, r.bad FROM results r JOIN subjects u ON u.id = r.subject
               WHERE u.indicator = 'failure_rate' AND u.labels ->> 'service' = 'checkout' ORDER BY r.id";
    assert_eq!(sqlite(&work, all), "1|2\n2|1\n");
    assert_eq!(sqlite(&work, "SELECT count(*) FROM run_results"), "12\n");
    // Only what changed has a second row.
    assert_eq!(sqlite(&work, "SELECT count(*) FROM results"), "7\n");
}

#[test]
fn months_and_the_latest_period() {
    let work = shop();
    let later = DATA.replace("2025-06-01", "2025-07-15").replace("failure", "success");
    std::fs::write(work.path("data.csv"), format!("{DATA}{}", later.split_once('\n').unwrap().1)).unwrap();
    work.run("check data.csv --rules rules.yaml --period 1d --record=sla.db -q --timezone UTC");
    // Days without a request are undecided: 29 in June behind the first, 14 in July before the fifteenth.
    let months = "SELECT month, periods, met, breached, undecided, most FROM monthly
                  WHERE service = 'checkout' AND objective = 'failure_rate <= 5%'";
    assert_eq!(sqlite(&work, months), "2025-06|30|0|1|29|0.5\n2025-07|15|1|0|14|0.0\n");
    let latest = "SELECT from_time, verdict FROM latest_results
                  WHERE service = 'checkout' AND indicator = 'failure_rate'";
    assert_eq!(sqlite(&work, latest), "2025-07-15T00:00:00+00:00|met\n");
    let by_index =
        sqlite(&work, "EXPLAIN QUERY PLAN SELECT * FROM current_results WHERE service = 'checkout'");
    assert!(by_index.contains("series_by_service") && by_index.contains("results_by_series"), "{by_index}");
}

/// A day that several runs looked at, each with another stretch of time around it, is one day; and what a run said of an
/// older one is not what is so now.
#[test]
fn a_period_counts_once() {
    let work = shop();
    let later = DATA.replace("2025-06-01", "2025-06-02").replace("failure", "success");
    std::fs::write(work.path("data.csv"), format!("{DATA}{}", later.split_once('\n').unwrap().1)).unwrap();
    let check = "check data.csv --rules rules.yaml --period 1d --record=sla.db -q --timezone UTC";
    for chosen in ["--since 2025-06-01 --until 2025-06-02", "--since 2025-06-01 --until 2025-06-03", ""] {
        work.run(&format!("{check} {chosen}"));
    }
    let months = "SELECT month, periods, met, breached, options FROM monthly
                  WHERE service = 'checkout' AND objective = 'failure_rate <= 5%'";
    assert_eq!(sqlite(&work, months), "2025-06|2|1|1|[]\n");
    // The first of June was in breach, the second is not.
    let latest = "SELECT from_time, verdict FROM latest_results
                  WHERE service = 'checkout' AND indicator = 'failure_rate'";
    assert_eq!(sqlite(&work, latest), "2025-06-02T00:00:00+00:00|met\n");
    // Other rows are another question.
    let mut check: Vec<&str> = check.split(' ').collect();
    check.extend(["--where", "service == \"checkout\""]);
    work.command(&check).output().unwrap();
    let asked = "SELECT count(*), count(DISTINCT options) FROM monthly WHERE service = 'checkout'
                 AND objective = 'failure_rate <= 5%'";
    assert_eq!(sqlite(&work, asked), "2|2\n");
}

#[test]
fn what_the_file_is() {
    let work = shop();
    work.run(RECORD);
    assert_eq!(
        sqlite(&work, "PRAGMA integrity_check; PRAGMA foreign_key_check; PRAGMA journal_mode"),
        "ok\nwal\n"
    );
    assert_eq!(sqlite(&work, "PRAGMA application_id; PRAGMA user_version"), format!("{}\n8\n", 0x534c_4131));
    let loose = "SELECT count(*) FROM pragma_table_list WHERE type = 'table' AND NOT strict AND name NOT LIKE 'sqlite_%'";
    assert_eq!(sqlite(&work, loose), "0\n");
}
