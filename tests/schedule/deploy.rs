//! The files in `deploy/`, each read by a program that knows its kind, and its commands run.

use crate::fake::{Fake, Reply, matrix, rising};
use crate::place::{DATA, GOOD, Place};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn deployed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name)
}

fn text(name: &str) -> String {
    fs::read_to_string(deployed(name)).unwrap()
}

/// A program of the virtual environment that scripts/test makes.
fn tool(name: &str, arguments: &[&str]) -> Output {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache");
    let usual = || cache.unwrap_or_else(home).join("sla/test-tools");
    let folder = std::env::var_os("SLA_TEST_TOOLS").map_or_else(usual, PathBuf::from);
    let program = folder.join("bin").join(name);
    let output = Command::new(&program).args(arguments).output();
    output.unwrap_or_else(|why| panic!("{}: {why}; run scripts/test, which makes it", program.display()))
}

fn passes(output: &Output) {
    let (told, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{told}\n{errors}");
}

#[test]
fn schemas_hold() {
    let path = |name| deployed(name).display().to_string();
    passes(&tool("check-jsonschema", &["--builtin-schema", "vendor.github-workflows", &path("github.yaml")]));
    passes(&tool("check-jsonschema", &["--builtin-schema", "vendor.gitlab-ci", &path("gitlab-ci.yml")]));
    passes(&tool("kubernetes-validate", &["--strict", &path("cronjob.yaml")]));
    passes(&tool("hadolint", &[&path("Dockerfile")]));
}

#[test]
fn kubernetes_runs_one_at_a_time_and_never_again() {
    let manifest = text("cronjob.yaml");
    for wanted in [
        "concurrencyPolicy: Forbid",
        "backoffLimit: 0",
        "restartPolicy: Never",
        "runAsNonRoot: true",
        "readOnlyRootFilesystem: true",
        "allowPrivilegeEscalation: false",
        "capabilities: {drop: [ALL]}",
    ] {
        assert_eq!(manifest.matches(wanted).count(), 1, "{wanted}");
    }
    // The arguments in it, with the configuration in it, come to a verdict, from a server that answers well.
    let config = manifest.rsplit("---").next().unwrap();
    let block = |name: &str| {
        let lines = config.lines().skip_while(|line| *line != format!("  {name}: |")).skip(1);
        lines.map_while(|line| line.strip_prefix("    ")).fold(String::new(), |mut text, line| {
            let _ = writeln!(text, "{line}");
            text
        })
    };
    let place = Place::new("");
    place.write("sla.yaml", &block("sla.yaml"));
    place.write("web-shop.yaml", &block("web-shop.yaml"));
    let (code, told) = place.told("rules check");
    assert_eq!(code, 0, "{told}");
    // 100 requests in each window, 2 failures, and all below half a second.
    let server = Fake::new(|asked| {
        let query = asked.form.get("query").filter(|query| query.contains("_bucket"))?;
        let one = if query.starts_with("count") { matrix(asked, "1") } else { rising(asked, 100) };
        let (head, series) = one.split_once("\"result\":[").unwrap();
        let series = series.strip_suffix("]}}").unwrap();
        let edge =
            |le: &str| series.replace("{\"job\":\"api\"}", &format!("{{\"job\":\"api\",\"le\":\"{le}\"}}"));
        Some(Reply::json(200, format!("{head}\"result\":[{},{}]}}}}", edge("0.5"), edge("+Inf"))))
    });
    let yaml = block("sla.yaml").replace("http://prometheus.monitoring:9090", &server.url);
    place.write("sla.yaml", &yaml);
    let line = manifest.lines().find_map(|line| line.trim().strip_prefix("args: [")).unwrap();
    let arguments = line.trim_end_matches(']').replace(", ", " ").replace("/var/lib/sla/", "");
    let (code, told) = place.told(&arguments);
    assert_eq!(code, 0, "{told}");
    assert_eq!(place.sqlite("SELECT verdict FROM runs"), "met\n");
}

/// Nothing that lies beside the sources, as a history or a secret, gets into the layers of an image.
#[test]
fn an_image_is_built_from_sources_only() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let ignored = fs::read_to_string(root.join(".dockerignore")).unwrap();
    let lines: Vec<&str> = ignored.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(lines, ["*", "!Cargo.toml", "!Cargo.lock", "!.cargo", "!src"]);
    assert!(lines[1..].iter().all(|line| root.join(&line[1..]).exists()));
    assert!(text("Dockerfile").contains("COPY . .\n"));
}

/// The folder of a unit, with the program of this build in its place.
fn units() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let program = assert_cmd::cargo::cargo_bin!("sla").display().to_string();
    for name in ["sla.service", "sla.timer", "sla-schedule.service"] {
        fs::write(folder.path().join(name), text(name).replace("/usr/local/bin/sla", &program)).unwrap();
    }
    folder
}

fn systemd_analyze(arguments: &[&str]) -> Output {
    let output = Command::new("systemd-analyze").args(arguments).output();
    output.expect("systemd-analyze is needed: scripts/test installs it")
}

#[test]
fn systemd_has_nothing_to_say() {
    let folder = units();
    for name in ["sla.service", "sla.timer", "sla-schedule.service"] {
        let path = folder.path().join(name).display().to_string();
        let output = systemd_analyze(&["verify", &path]);
        passes(&output);
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        if name.ends_with(".service") {
            // 0 is best, 100 is worst; half of what systemd calls OK.
            passes(&systemd_analyze(&["security", "--offline=yes", "--threshold=20", &path]));
            for wanted in ["DynamicUser=yes", "ProtectSystem=strict", "LoadCredential="] {
                assert!(text(name).contains(wanted), "{name}: {wanted}");
            }
        }
    }
}

#[test]
fn the_commands_of_cron_and_systemd_are_understood() {
    let line = text("crontab").lines().find(|line| !line.starts_with('#')).unwrap().to_owned();
    let (times, command) = line.split_once("  ").unwrap();
    sla::schedule::Schedule::parse(times, "UTC").unwrap();
    let place = Place::new("schedule: [{every: 1h}]\n");
    let run = |command: &str| {
        let folder = place.path("").display().to_string();
        let program = assert_cmd::cargo::cargo_bin!("sla").display().to_string();
        let command = command
            .replace("/etc/sla", &folder)
            .replace("/var/lib/sla", &folder)
            .replace("${STATE_DIRECTORY}", &folder)
            .replace("/usr/local/bin/sla", &program);
        Command::new("sh").args(["-c", &format!("cd '{folder}'; {command}")]).output().unwrap()
    };
    assert_eq!(run(command).status.code(), Some(1));
    let start = |name: &str| {
        let unit = text(name);
        unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap().to_owned()
    };
    assert_eq!(run(&start("sla.service")).status.code(), Some(1));
    // That one would stay.
    let stays = start("sla-schedule.service").replace("sla schedule", "sla schedule --help; echo");
    assert_eq!(run(&stays).status.code(), Some(0));
    assert!(place.path("sla.db").exists());
}

/// Lines of shell, run as a build server does.
fn script(place: &Place, lines: &str) -> Output {
    let program = assert_cmd::cargo::cargo_bin!("sla");
    let path = format!("{}:/usr/bin:/bin", program.parent().unwrap().display());
    let mut shell = Command::new("bash");
    shell.env_clear().env("PATH", path).env("HOME", place.path("")).current_dir(place.path(""));
    shell.args(["-eo", "pipefail", "-c", lines]).output().unwrap()
}

/// A job of that command fails on a breach and not otherwise; there is a `JUnit` file either way.
fn check(lines: &str) {
    for (data, expected, failures) in [(DATA, 1, "failures=\"1\""), (GOOD, 0, "failures=\"0\"")] {
        let place = Place::new("");
        place.write("data.csv", data);
        let output = script(&place, lines);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(expected), "{lines}\n{told}");
        let junit = place.read("sla-junit.xml");
        assert!(junit.contains("<testsuite") && junit.contains(failures), "{junit}");
        assert!(place.path("sla-report.html").exists());
    }
}

#[test]
fn build_servers_fail_on_a_breach_and_have_a_junit_file() {
    let jenkins = text("Jenkinsfile");
    let command = jenkins.split("sh '").nth(1).and_then(|rest| rest.split('\'').next()).unwrap();
    check(command);
    assert!(jenkins.contains("junit testResults: 'sla-junit.xml'"));
    assert_eq!(jenkins.matches('{').count(), jenkins.matches('}').count());
    // The steps behind the one that fetches the program.
    let github = text("github.yaml");
    let step = github.split("- name: Check\n").nth(1).and_then(|rest| rest.split("- name:").next()).unwrap();
    check(step.trim().strip_prefix("run: ").unwrap());
    assert!(github.split("if: always()").nth(1).unwrap().contains("sla-junit.xml"));
    let gitlab = text("gitlab-ci.yml");
    let script =
        gitlab.split("  script:\n").nth(1).and_then(|rest| rest.split("  artifacts:").next()).unwrap();
    check(&script.lines().filter_map(|line| line.trim().strip_prefix("- ")).collect::<Vec<_>>().join("\n"));
    assert!(gitlab.contains("when: always") && gitlab.contains("junit: sla-junit.xml"));
}
