//! HTML reports, seen by a browser: on a phone, on a laptop, on paper, light and dark.

use crate::work::Work;
use crate::{cases, hostile, tools};
use serde_json::Value;
use std::fmt::Write;
use std::path::PathBuf;
use std::process::Command;

/// What stands in every view of a sound page as an empty list, or as zero.
const NOTHING_OF: [&str; 14] = [
    "scripts",
    "foreign",
    "handlers",
    "images",
    "unnamed",
    "tiny",
    "overlap",
    "faint",
    "outside",
    "outside_opened",
    "scroll",
    "ids",
    "complaints",
    "missing_sections",
];

/// A month of requests to some services, ever the same, with a bad day and a silent night.
fn month(work: Work) -> Work {
    let mut data = String::from("timestamp,service,status,latency_ms\n");
    let mut seed = 7u64;
    let mut random = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    for hour in 0..30 * 24u64 {
        for (service, latency, failing) in
            [("checkout", 180, 3), ("search", 260, 9), ("login", 120, 2), ("payments", 330, 6)]
        {
            if service == "login" && (400..412).contains(&hour) {
                continue;
            }
            let bad_day = service == "checkout" && hour / 24 == 12;
            for request in 0..6 {
                let status = if random(1000) < if bad_day { 200 } else { failing } { 500 } else { 200 };
                let latency = latency / 2
                    + random(latency)
                    + random(latency) * random(3) / 2 * u64::from(bad_day || random(9) == 0);
                let (day, hour, minute) = (hour / 24 + 1, hour % 24, request * 10 + random(10));
                let _ =
                    writeln!(data, "2025-06-{day:02}T{hour:02}:{minute:02}:00Z,{service},{status},{latency}");
            }
        }
    }
    work.file("month.csv", data).file("shop.yaml", SHOP)
}

const SHOP: &str = "\
sla: Web shop
by: service
expect: [checkout, search, login, payments, invoices]
where: status != \"418\"
objectives:
  - {name: Requests succeed, description: Our pages answer., require: failure_rate <= 1%}
  - {name: Pages are quick, require: p95(latency) <= 400ms, prefer: p95(latency) <= 300ms}
  - violation_rate(latency > 500ms) <= 10%
  - avg(latency) <= 250ms
";

/// Writes the report and shows it to the browser.
fn seen(work: &Work, check: &str, name: &str) -> Vec<Value> {
    let output = work.run(&format!("{check} -q --output {name}.html"));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(matches!(output.status.code(), Some(0 | 1 | 3)), "{name}: {told}");
    look(&[work.path(&format!("{name}.html"))])
}

fn look(files: &[PathBuf]) -> Vec<Value> {
    let output = Command::new("python3").arg(tools::beside("browser.py")).args(files).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let views: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(views.len(), 5 * files.len());
    views
}

/// Nothing runs, nothing comes from elsewhere, everything can be read and stays on the page.
fn check_sound(views: &[Value]) {
    for view in views {
        for what in NOTHING_OF {
            let found = &view[what];
            let is_nothing = match found {
                Value::Null => true,
                Value::Array(found) => found.is_empty(),
                number => number.as_f64() <= Some(0.0),
            };
            // Letters of charts are smaller on paper, which is held closer.
            let is_paper = what == "tiny" && view["view"] == "paper";
            assert!(is_nothing || is_paper, "{} {}: {what}: {found:#}", view["file"], view["view"]);
        }
    }
}

#[test]
fn every_case_is_sound_everywhere() {
    for case in cases::all() {
        let name = case.name.replace(' ', "-");
        let views = seen(&case.work, case.check, &name);
        check_sound(&views);
        let sections = &views[0]["sections"];
        for section in ["In short", "Every promise", "What was measured, and how"] {
            assert!(sections.as_array().unwrap().contains(&section.into()), "{name}: {sections}");
        }
    }
}

#[test]
fn a_month_has_all_of_its_charts() {
    let work = month(Work::new());
    let views = seen(&work, "check month.csv --rules shop.yaml", "month");
    check_sound(&views);
    for view in &views {
        // Two of violations; a heatmap and a trend for each of four services in each of four objectives; latencies
        // spread out in three of them; budgets where single requests count, in three.
        assert_eq!(view["charts"], 2 + 4 + 16 + 12 + 12, "{}", view["view"]);
        // 5 services by 4 objectives.
        assert_eq!(view["rows"], 20);
    }
    let page = work.read("month.html");
    for text in [
        "<b>Breached</b>",
        "Requests succeed by day and hour",
        "Distribution of latency",
        "Error budget left",
        "at most 400 ms",
        "BLAKE3",
        "sla: Web shop",
        "status != &quot;418&quot;",
    ] {
        assert!(page.contains(text), "{text}");
    }
    assert!(page.contains("the smallest value that at least 95 % of all values are at or below"));
    work.run("check month.csv --rules shop.yaml -q --output again.html");
    assert_eq!(page, work.read("again.html"), "the same bytes every time");
}

#[test]
fn hostile_names_change_nothing_and_run_nowhere() {
    let names = hostile::names();
    let work = hostile::work(&names);
    let views = seen(&work, hostile::CHECK, "hostile");
    check_sound(&views);
    let plain: Vec<String> = (0..names.len()).map(|n| format!("service-{n}")).collect();
    let harmless = seen(&hostile::work(&plain), hostile::CHECK, "plain");
    for (view, plain) in views.iter().zip(&harmless) {
        assert_eq!(view["rows"], plain["rows"]);
        assert_eq!(view["charts"], plain["charts"]);
    }
    let verdict = |work: &Work, name: &str| {
        let page = work.read(name);
        let start = page.find("<div class=\"verdict").unwrap();
        page[start..start + page[start..].find("</div>").unwrap()].to_owned()
    };
    let other = hostile::work(&plain);
    seen(&other, hostile::CHECK, "plain");
    assert_eq!(verdict(&work, "hostile.html"), verdict(&other, "plain.html"));
}

#[test]
fn customers_see_what_is_theirs() {
    let work = month(Work::new())
        .file("brand/logo.svg", "<svg xmlns='http://www.w3.org/2000/svg' width='80' height='20'><script>alert(1)</script><rect width='80' height='20' fill='#639'/></svg>")
        .file("sla.yaml", "rules: shop.yaml\nreports:\n  customer:\n    only: {service: [checkout, login]}\n    title: For <ACME>\n    \
              logo: brand/logo.svg\n    colours: {accent: '#663399'}\n");
    let views = seen(&work, "check month.csv --audience customer", "customer");
    check_sound(&views);
    assert_eq!(views[0]["rows"], 4);
    assert_eq!(views[0]["sections"][0], "For <ACME>");
    let page = work.read("customer.html");
    for secret in [
        "search",
        "payments",
        "invoices",
        "latency",
        "month.csv",
        "shop.yaml",
        "status",
        "failure_rate",
        "BLAKE3",
    ] {
        assert!(!page.contains(secret), "{secret}");
    }
    assert!(page.contains("data:image/svg+xml;base64,") && page.contains("--accent:#663399"));
    let nobody = work.run("check month.csv --audience customer --only service=nobody -q --output x.html");
    insta::assert_snapshot!(String::from_utf8(nobody.stderr).unwrap(), @"
    error: cannot write x.html: there is no result to show for service=nobody: the customer edition shows objectives with a `name:`, and groups that --only or `reports: customer: only` names
    ");
    // One of two that has no result would not be missed by who reads of the other.
    for (arguments, why) in [
        ("--only service=checkout,nobody", "there is no result for service=nobody"),
        ("--only service=checkout --rules shop.yaml --rules empty.yaml", "is undecided as a whole"),
    ] {
        let rules = "sla: E\nobjectives: [{require: sum(refunds) <= 3, name: refunds}]\n";
        std::fs::write(work.path("empty.yaml"), rules).unwrap();
        let output = work.run(&format!("check month.csv --audience customer {arguments} -q --output x.html"));
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains(why) && !work.path("x.html").exists(), "{arguments}: {told}");
    }
    insta::assert_snapshot!(work.answer("check month.csv --audience customer"), @"
    --- stderr
    error: --audience and --only shape HTML and PDF reports, and none is asked for
      add --output report.html
    --- exit 2
    ");
}

#[test]
fn a_template_places_the_parts() {
    let template = "<!DOCTYPE html><html lang=en><head>{{ head }}<title>{{ title }}</title></head><body><h1>{{ title }}</h1>\
                    <p id=v>{{ verdict }} {{ counts.breached }}</p>{% for s in services %}<p class=s>{{ s.service }}: {{ s.verdict }}</p>\
                    {% endfor %}{{ parts.objectives }}</body></html>";
    let work = month(Work::new())
        .file("page.html", template)
        .file("broken.html", "{% for %}")
        .file("sla.yaml", "rules: shop.yaml\nreports: {internal: {title: '<b>x</b>', template: page.html}, customer: {only: {service: login}, template: broken.html}}\n");
    let views = seen(&work, "check month.csv", "own");
    check_sound(&views);
    let page = work.read("own.html");
    assert!(
        page.contains("<h1>&lt;b&gt;x&lt;&#x2f;b&gt;</h1>") && page.contains("<p class=s>login: "),
        "{}",
        &page[page.len() - 500..]
    );
    let answer = work.answer("check month.csv --audience customer --output x.html");
    assert!(
        answer.contains("the template broken.html: syntax error") && answer.ends_with("exit 2"),
        "{answer}"
    );
}

#[test]
fn a_thousand_services_and_a_year_fit() {
    let mut data = String::from("day,service,requests,errors\n");
    for day in 0..365i64 {
        let date = jiff::civil::date(2025, 1, 1).checked_add(jiff::Span::new().days(day)).unwrap();
        for service in 0..1000 {
            let errors = (day * 31 + service * 17) % 97 / 90 * 3;
            let _ = writeln!(data, "{date},service-{service:04},{},{errors}", 900 + (day * service) % 200);
        }
    }
    let rules = "sla: Large\nby: service\nperiod: 30d\nobjectives:\n  - failure_rate <= 0.02%\n  - availability >= 99.8%\n  - requests >= 20000\n";
    let work = Work::new().file("year.csv", data).file("large.yaml", rules);
    let views = seen(&work, "check year.csv --rules large.yaml", "large");
    check_sound(&views);
    let bytes = work.read("large.html").len();
    assert!(bytes <= 5_000_000, "{bytes} bytes");
    assert!(views.iter().all(|view| view["seconds"].as_f64() < Some(10.0)));
    work.run("check year.csv --rules large.yaml -q --output again.html");
    assert!(work.read("large.html") == work.read("again.html"), "the same bytes every time");
}

#[test]
fn the_pdf_is_of_a4_pages() {
    let work = month(Work::new());
    let path = std::env::var("PATH").unwrap();
    let printed = || {
        let check = "check month.csv --rules shop.yaml -q --pdf month.pdf --now 2025-07-01";
        let arguments: Vec<&str> = check.split(' ').collect();
        let output = work.command(&arguments).env("PATH", &path).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
        std::fs::read(work.path("month.pdf")).unwrap()
    };
    let pdf = printed();
    assert!(pdf.starts_with(b"%PDF-"));
    let text = String::from_utf8_lossy(&pdf);
    let boxes: Vec<&str> = text.match_indices("/MediaBox [").map(|(at, _)| &text[at..at + 60]).collect();
    assert!(
        boxes.len() > 3 && boxes.iter().all(|found| found.starts_with("/MediaBox [0 0 594.9")),
        "{boxes:?}"
    );
    // Chromium takes more than a second, and would write another one into the second file.
    assert!(text.contains("/CreationDate (D:20250701000000+00'00')"));
    assert!(printed() == pdf, "the same report is the same file");
    // Without a browser, the way to one is told before anything is read.
    insta::assert_snapshot!(work.answer("check month.csv --rules shop.yaml --pdf x.pdf"), @"
    --- stderr
    error: PDF is printed by Chromium, and none is on the PATH; install it (Debian: apt install chromium), or write report.html and print that from a browser
    --- exit 2
    ");
}

/// The chart of README.md is one of the program's own: `SLA_UPDATE=1` writes it anew.
#[test]
fn the_chart_of_the_readme_is_the_programs() {
    let work = month(Work::new());
    work.run("check month.csv --rules shop.yaml -q --output month.html");
    let page = work.read("month.html");
    let between = |text: &str, from: &str, to: &str| {
        let start = text.find(from).unwrap() + from.len();
        text[start..start + text[start..].find(to).unwrap()].to_owned()
    };
    let figure = between(&page, "Requests succeed by 6 hours</figcaption>", "</svg>");
    let (view, drawing) = figure.strip_prefix("<svg ").unwrap().split_once('>').unwrap();
    let style = between(&page, "<style>", "</style>");
    let chart = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"720\" {view}><style>{style}</style><path d=\"M0 0h360v172h-360z\" \
         fill=\"var(--paper)\"/>{drawing}</svg>\n"
    );
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/trend.svg");
    if std::env::var_os("SLA_UPDATE").is_some() {
        std::fs::write(&file, &chart).unwrap();
    }
    assert!(
        chart == std::fs::read_to_string(&file).unwrap(),
        "docs/trend.svg is out of date: run again with SLA_UPDATE=1"
    );
    let sound = tools::run("xmllint", "libxml2-utils", &["--noout", "-"], chart.as_bytes());
    assert!(sound.status.success(), "{}", String::from_utf8_lossy(&sound.stderr));
}
