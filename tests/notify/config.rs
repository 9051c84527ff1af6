//! What can be wrong with `notify:`, each with its place and the way out.

use crate::{Work, project};

fn told(notify: &str) -> String {
    let output = project(notify).answer("check --notify");
    assert!(output.ends_with("--- exit 2"), "{output}");
    output
}

#[test]
fn faults_have_their_place() {
    insta::assert_snapshot!(told(
        "  channels:\n    ops: {email: {smtp: \"smtp://mail.example.com\", tls: ssl, user: sla, from: nobody, to: []}}\n    \
         chat: {slack: {}}\n    both: {slack: {url_env: A}, discord: {url_env: B}}\n    lonely: {webhook: {url: \"http://u:p@h/\"}}\n  \
         routes:\n    - {service: checkout, to: [chatt]}\n    - {severity: critical}\n    - {to: ops, quiet: {from: 25:00, to: 6:00, timezone: Mars}}\n  \
         after: 0 runs\n  repeat: soon\n  colour: red\n"
    ), @r"");
}

#[test]
fn a_password_does_not_go_over_the_network_as_it_is() {
    let email = |host: &str, tls: &str| {
        format!(
            "  channels:\n    ops: {{email: {{smtp: \"smtp://{host}:25\", tls: {tls}, user: sla, password_env: PW, \
             from: a@example.com, to: b@example.com}}}}\n  routes: [{{to: ops}}]\n"
        )
    };
    assert!(told(&email("mail.example.com", "none")).contains("the password would go over the network as it is"));
    for (host, tls) in [("mail.example.com", "starttls"), ("127.0.0.1", "none")] {
        let output = project(&email(host, tls)).answer("check --notify-dry-run");
        assert!(output.contains("--- to ops: BREACHED"), "{output}");
    }
}

#[test]
fn without_notify_there_is_nobody_to_tell() {
    let work = Work::new().file("data.csv", crate::BROKEN).file("sla.yaml", "store: sla.db\n");
    let output = work.answer("check data.csv --notify");
    assert!(output.contains("error: sla.yaml has no `notify`, so that nobody can be told"), "{output}");
    assert!(output.ends_with("--- exit 2"), "{output}");
    let output = Work::new().file("data.csv", crate::BROKEN).answer("check data.csv --notify");
    assert!(output.contains("error: there is no sla.yaml, so that nobody can be told"), "{output}");
    assert!(!work.path("sla.db").exists());
}

#[test]
fn templates_are_looked_at_before_anything_is_read() {
    let notify = "  channels:\n    hook: {webhook: {url: \"http://127.0.0.1:1/\", template: {json: alert.j2}}}\n  routes: [{to: hook}]\n";
    let work = project(notify);
    let said = |text: Option<&str>| {
        if let Some(text) = text {
            std::fs::write(work.path("alert.j2"), text).unwrap();
        }
        let output = work.answer("check --notify");
        assert!(output.ends_with("--- exit 2"), "{output}");
        output
    };
    assert!(said(None).contains("the channel `hook`: the template alert.j2 cannot be read: no such file or directory"));
    assert!(said(Some("{{ titel }}")).contains("undefined value"));
    assert!(said(Some("{\"a\": }")).contains("it makes no JSON"));
    assert!(said(Some("{% for %}")).contains("syntax error"));
    assert!(!work.path("sla.db").exists());
}
