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
    ), @r#"
    --- stderr
    error: `tls` cannot be `ssl`
     --> sla.yaml:6:57
      |
    6 |     ops: {email: {smtp: "smtp://mail.example.com", tls: ssl, user: sla, f...
      |                                                         ^^^
      |
      = note: expected `tls`, `starttls` or `none`

    error: `user` has no password
     --> sla.yaml:6:62
      |
    6 |     ops: {email: {smtp: "smtp://mail.example.com", tls: ssl, user: sla, f...
      |                                                              ^^^^
      |
      = help: name where it is: password_file: FILE, or password_env: VARIABLE

    error: `nobody` is no address of mail
     --> sla.yaml:6:79
      |
    6 | ...om", tls: ssl, user: sla, from: nobody, to: []}}
      |                                    ^^^^^^
      |
      = note: NAME@HOST, or "Words <NAME@HOST>"

    error: `to` is empty
     --> sla.yaml:6:91
      |
    6 | ...ssl, user: sla, from: nobody, to: []}}
      |                                      ^^
      |
      = help: name at least one address

    error: no route leads to the channel `chat`
     --> sla.yaml:7:5
      |
    7 |     chat: {slack: {}}
      |     ^^^^
      |
      = help: add one, as in routes: [{to: chat}], or leave the channel out

    error: it has no address
     --> sla.yaml:7:19
      |
    7 |     chat: {slack: {}}
      |                   ^^
      |
      = help: an address that lets one in is a secret: url_env: VARIABLE or
              url_file: FILE; another one is url: …

    error: `both` must be of one kind
     --> sla.yaml:8:5
      |
    8 |     both: {slack: {url_env: A}, discord: {url_env: B}}
      |     ^^^^ one of email, slack, discord, pagerduty, webhook

    error: no route leads to the channel `both`
     --> sla.yaml:8:5
      |
    8 |     both: {slack: {url_env: A}, discord: {url_env: B}}
      |     ^^^^
      |
      = help: add one, as in routes: [{to: both}], or leave the channel out

    error: no route leads to the channel `lonely`
     --> sla.yaml:9:5
      |
    9 |     lonely: {webhook: {url: "http://u:p@h/"}}
      |     ^^^^^^
      |
      = help: add one, as in routes: [{to: lonely}], or leave the channel out

    error: a password has no place in an address
     --> sla.yaml:9:29
      |
    9 |     lonely: {webhook: {url: "http://u:p@h/"}}
      |                             ^^^^^^^^^^^^^^^
      |
      = help: put the whole address into a variable or file: url_env: VARIABLE,
              url_file: FILE

    error: there is no channel `chatt`
      --> sla.yaml:11:32
       |
    11 |     - {service: checkout, to: [chatt]}
       |                                ^^^^^ did you mean `chat`?

    error: the route leads nowhere
      --> sla.yaml:12:7
       |
    12 |     - {severity: critical}
       |       ^^^^^^^^^^^^^^^^^^^^
       |
       = help: add to: CHANNEL

    error: `25:00` is no time of day
      --> sla.yaml:13:31
       |
    13 |     - {to: ops, quiet: {from: 25:00, to: 6:00, timezone: Mars}}
       |                               ^^^^^ as in 22:00

    error: `Mars` is no known time zone
      --> sla.yaml:13:58
       |
    13 |     - {to: ops, quiet: {from: 25:00, to: 6:00, timezone: Mars}}
       |                                                          ^^^^
       |
       = note: as in Europe/Vienna or UTC

    error: `0 runs` is no number of runs
      --> sla.yaml:14:10
       |
    14 |   after: 0 runs
       |          ^^^^^^ 1 to 1000, as in `2 runs`

    error: expected a number, found `soon`; a value is a number; columns are not
           compared with columns
      --> sla.yaml:15:11
       |
    15 |   repeat: soon
       |           ^^^^

    error: unknown key `colour`
      --> sla.yaml:16:3
       |
    16 |   colour: red
       |   ^^^^^^
       |
       = help: known here: channels, routes, repeat, after, link

    --- exit 2
    "#);
}

#[test]
fn a_password_does_not_go_over_the_network_as_it_is() {
    let email = |host: &str, tls: &str| {
        format!(
            "  channels:\n    ops: {{email: {{smtp: \"smtp://{host}:25\", tls: {tls}, user: sla, password_env: PW, \
             from: a@example.com, to: b@example.com}}}}\n  routes: [{{to: ops}}]\n"
        )
    };
    assert!(
        told(&email("mail.example.com", "none")).contains("the password would go over the network as it is")
    );
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
    assert!(
        said(None)
            .contains("the channel `hook`: the template alert.j2 cannot be read: no such file or directory")
    );
    assert!(said(Some("{{ titel }}")).contains(
        "error: the channel `hook`: the template alert.j2: undefined value (in json:1): there is no titel\n"
    ));
    assert!(said(Some("{\"a\": }")).contains("it makes no JSON"));
    assert!(said(Some("{% for %}")).contains("syntax error"));
    assert!(!work.path("sla.db").exists());
}

#[test]
fn an_empty_list_leads_nowhere() {
    let answer = told(
        "  channels: {chat: {slack: {url_env: URL}}}\n  routes:\n    - {to: chat}\n    - {severity: critical, to: []}\n",
    );
    assert!(answer.contains("error: the route leads nowhere\n --> sla.yaml:8:7\n"), "{answer}");
}
