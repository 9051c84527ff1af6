//! Secrets appear nowhere but where they are sent: not in what is printed, reported, stored, or seen in the list of
//! processes, whatever goes wrong.

use crate::servers::{Hook, Mail, Reply};
use crate::{Work, project};
use std::os::unix::fs::PermissionsExt;

const SECRETS: [(&str, &str); 4] = [
    ("PW", "Zq81-password-of-mail"),
    ("KEY", "Zq82-routing-key"),
    ("SIGN", "Zq83-signing-secret"),
    ("HOOKPATH", "Zq84-path-of-slack"),
];

/// Every kind of channel, at servers that repeat what they are sent.
fn every_channel(mail: &Mail, hook: &Hook) -> Work {
    project(&format!(
        "  channels:\n    ops: {{email: {{smtp: \"smtp://localhost:{}\", tls: none, user: sla, password_env: PW, \
         from: sla@example.com, to: ops@example.com, timeout: 2s, attach: [html, json]}}}}\n    \
         chat: {{slack: {{url_env: URL, timeout: 2s}}}}\n    team: {{discord: {{url_env: URL, timeout: 2s}}}}\n    \
         pager: {{pagerduty: {{key_env: KEY, url: \"{1}\", timeout: 2s}}}}\n    \
         hook: {{webhook: {{url: \"{1}\", secret_env: SIGN, timeout: 2s}}}}\n  routes: [{{to: [ops, chat, team, pager, hook]}}]\n",
        mail.port, hook.url
    ))
}

/// In plain, in Base64, and in hexadecimal.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    use base64::Engine;
    let base64 = |text: String| base64::engine::general_purpose::STANDARD.encode(text).into_bytes();
    let hex = secret.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    vec![
        secret.as_bytes().to_vec(),
        base64(secret.to_owned()),
        base64(format!("\0sla\0{secret}")),
        hex.into_bytes(),
    ]
}

fn search(place: &str, bytes: &[u8]) {
    for (name, secret) in SECRETS {
        for form in forms(secret) {
            let found = bytes.windows(form.len()).any(|window| window == form);
            assert!(!found, "{name} is in {place}:\n{}", String::from_utf8_lossy(bytes));
        }
    }
}

/// Every file of the folder, whatever it is.
fn search_files(work: &Work) {
    let names = work.names();
    assert!(names.iter().any(|name| name == "sla.db"), "{names:?}");
    for name in names {
        search(&name, &std::fs::read(work.path(&name)).unwrap());
    }
}

fn environment(hook: &Hook) -> Vec<(&'static str, String)> {
    let mut environment: Vec<(&str, String)> =
        SECRETS.iter().map(|(name, secret)| (*name, (*secret).to_owned())).collect();
    environment.push(("URL", format!("{}/{}", hook.url, SECRETS[3].1)));
    environment
}

#[test]
fn nowhere() {
    // What is refused tells the most.
    let echo = |status| {
        Hook::answering(move |asked| {
            let headers = asked.headers.iter().map(|(name, value)| format!("{name}: {value}"));
            let headers = headers.collect::<Vec<_>>().join(" ");
            Reply::Status(status, vec![], format!("no {} {} {headers}", asked.path, asked.body))
        })
    };
    for (status, password) in [(200, SECRETS[0].1), (500, "another"), (404, "another"), (400, "another")] {
        let (mail, hook) = (Mail::new(&format!("--user sla --password {password}")), echo(status));
        let work = every_channel(&mail, &hook);
        let environment = environment(&hook);
        let run = |arguments: &[&str]| {
            let mut command = work.command(arguments);
            command.envs(environment.iter().map(|(name, value)| (*name, value.as_str())));
            let output = command.output().unwrap();
            search(&format!("standard output of {arguments:?}"), &output.stdout);
            search(&format!("standard error of {arguments:?}"), &output.stderr);
            output
        };
        run(&["check", "--notify", "--output", "report.json", "--output", "report.html"]);
        run(&["check", "--notify-dry-run"]);
        run(&["outbox"]);
        run(&["outbox", "retry"]);
        for channel in ["ops", "chat", "team", "pager", "hook"] {
            run(&["notify", "test", channel]);
            run(&["notify", "test", channel, "--dry-run"]);
        }
        search_files(&work);
        // They were sent, so that this test has looked for the right ones.
        let sent = hook
            .asked()
            .iter()
            .map(|asked| format!("{}{}", asked.path, asked.body))
            .collect::<Vec<_>>()
            .concat();
        assert!(sent.contains(SECRETS[1].1) && sent.contains(SECRETS[3].1), "{sent}");
    }
}

/// Addresses that cannot be asked, and files that are none.
#[test]
fn nor_in_faults() {
    let mail = Mail::new("");
    for url in [
        format!("no-scheme/{}", SECRETS[3].1),
        format!("http://127.0.0.1:1/{}", SECRETS[3].1),
        format!("http://no-such-host.invalid/{}", SECRETS[3].1),
        format!("http://[::1/{}", SECRETS[3].1),
        format!("http://127.0.0.1:99999/{}", SECRETS[3].1),
        format!("https://127.0.0.1:{}/{}", mail.port, SECRETS[3].1),
        format!("two\nlines/{}", SECRETS[3].1),
    ] {
        let work =
            project("  channels:\n    chat: {slack: {url_env: URL, timeout: 1s}}\n  routes: [{to: chat}]\n");
        for arguments in [["check", "--notify"].as_slice(), &["outbox"], &["notify", "test", "chat"]] {
            let output = work.command(arguments).env("URL", &url).output().unwrap();
            search(&format!("{url:?}: standard error of {arguments:?}"), &output.stderr);
            search(&format!("{url:?}: standard output of {arguments:?}"), &output.stdout);
        }
        search_files(&work);
    }
}

/// Escaped as in JSON, encoded, and cut by us in the middle: none of it is told, nor the beginning of it.
#[test]
fn nor_in_other_words() {
    let secret = "Zq85T0SECRETpath";
    let body = |path: &str| {
        let escaped = path.replace('/', r"\/");
        let encoded = path.replace('/', "%2F");
        // Columns 170 to 200 would show the beginning.
        [
            format!("{{\"no\":\"http:{escaped}\"}}"),
            format!("no {encoded}"),
            format!("{} {path}", "x".repeat(170)),
        ]
    };
    for at in 0..3 {
        let hook = Hook::answering(move |asked| Reply::Status(404, vec![], body(&asked.path)[at].clone()));
        let work = project("  channels:\n    chat: {slack: {url_env: URL}}\n  routes: [{to: chat}]\n");
        let url = format!("{}/services/T0/{secret}?token=Zq85query", hook.url);
        for arguments in [["check", "--notify"].as_slice(), &["outbox"], &["notify", "test", "chat"]] {
            let output = work.command(arguments).env("URL", &url).output().unwrap();
            let told = [output.stdout, output.stderr].concat();
            let told = String::from_utf8(told).unwrap();
            assert!(!told.contains("Zq85"), "{at} {arguments:?}: {told}");
        }
        let file = std::fs::read(work.path("sla.db")).unwrap();
        assert!(!file.windows(4).any(|window| window == b"Zq85"), "{at}");
    }
}

/// While a message is on its way: what the system shows of the process to everybody.
#[test]
fn nor_in_the_list_of_processes() {
    let hook = Hook::answering(|_| Reply::Hang);
    let work = project(&format!(
        "  channels:\n    pager: {{pagerduty: {{key_file: key, url: \"{}\", timeout: 3s}}}}\n  routes: [{{to: pager}}]\n",
        hook.url
    ))
    .file("key", SECRETS[1].1);
    std::fs::set_permissions(work.path("key"), std::fs::Permissions::from_mode(0o600)).unwrap();
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("sla"))
        .args(["check", "--notify"])
        .current_dir(work.path("."))
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let started = std::time::Instant::now();
    while hook.asked().is_empty() && started.elapsed().as_secs() < 20 {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let told = std::fs::read(format!("/proc/{}/cmdline", child.id())).unwrap();
    let environment = std::fs::read(format!("/proc/{}/environ", child.id())).unwrap();
    assert!(hook.asked()[0].body.contains(SECRETS[1].1));
    search("the arguments", &told);
    search("the environment", &environment);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_file_for_everybody_is_refused() {
    let hook = Hook::new(vec![]);
    let work = project(&format!(
        "  channels:\n    pager: {{pagerduty: {{key_file: key, url: \"{}\"}}}}\n  routes: [{{to: pager}}]\n",
        hook.url
    ))
    .file("key", SECRETS[1].1);
    std::fs::set_permissions(work.path("key"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let (errors, _) = crate::tell(&work, &[]);
    assert!(errors.contains("the secret in key can be read by everybody: run `chmod 600 key`"), "{errors}");
    assert!(hook.asked().is_empty());
    std::fs::set_permissions(work.path("key"), std::fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(work.code("outbox retry"), 0);
    assert_eq!(hook.asked().len(), 2);
}
