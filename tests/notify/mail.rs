//! Mail over a real server: what arrives, as a library of mail reads it, and everything that can go wrong on the way.

use crate::servers::{Mail, header, part};
use crate::{Work, data, project, tell, tell_at};
use serde_json::Value;
use std::process::Command;

/// With a channel of mail; `rest` is more of it.
fn mailed(port: u16, rest: &str) -> Work {
    project(&format!(
        "  channels:\n    ops:\n      email:\n        smtp: \"smtp://localhost:{port}\"\n        \
         from: \"SLA <sla@example.com>\"\n        to: [ops@example.com]\n        timeout: 4s\n{rest}  routes: [{{to: ops}}]\n"
    ))
}

const PLAIN: &str = "        tls: none\n";

/// An authority of our own, a certificate by it for localhost, one that has expired, and one for another host.
fn certificates(work: &Work) {
    let script = "
        set -e
        new() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $1.key \"${@:2}\" 2>/dev/null; }
        new ca -x509 -out ca.pem -days 30 -subj '/CN=Authority of the tests' \
            -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign
        for kind in good:localhost:30 expired:localhost:-1 other:other.test:30; do
            IFS=: read -r name host days <<< $kind
            new $name -out $name.csr -subj /CN=$host
            printf 'subjectAltName=DNS:%s\\n' $host > $name.ext
            openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -days $days -extfile $name.ext -out $name.crt 2>/dev/null
            cat $name.crt $name.key > $name.pem
        done";
    let made = Command::new("bash").args(["-c", script]).current_dir(work.path(".")).status();
    assert!(made.expect("bash is needed").success(), "openssl is needed: scripts/test installs it");
}

/// One message, by whoever took it.
fn one(mail: &Mail) -> Value {
    let messages = mail.messages(1);
    assert_eq!(messages.len(), 1, "{messages:?}");
    messages[0].clone()
}

#[test]
fn both_parts_read_well() {
    let mail = Mail::new("");
    let work = mailed(
        mail.port,
        &format!(
            "{PLAIN}        cc: [\"Bö <boss@example.com>\"]\n        reply_to: team@example.com\n        attach: [html, csv, json]\n"
        ),
    );
    assert_eq!(
        tell(&work, &[]),
        ("told ops (email): BREACHED: checkout: failure_rate <= 5%, and 1 more\n".into(), 1)
    );
    let message = one(&mail);
    assert_eq!(message["defects"], serde_json::json!([]));
    assert_eq!(message["from"], "sla@example.com");
    assert_eq!(message["to"], serde_json::json!(["ops@example.com", "boss@example.com"]));
    for (name, value) in [
        ("From", "SLA <sla@example.com>"),
        ("To", "ops@example.com"),
        ("Cc", "Bö <boss@example.com>"),
        ("Reply-To", "team@example.com"),
        ("Subject", "[sla] BREACHED: checkout: failure_rate <= 5%, and 1 more"),
        ("Date", "Sun, 08 Jun 2025 06:00:00 +0000"),
        ("Auto-Submitted", "auto-generated"),
    ] {
        assert_eq!(header(&message, name), value);
    }
    let id = header(&message, "Message-ID");
    assert!(id.starts_with('<') && id.ends_with("@example.com>") && id.len() == 32 + 14, "{id}");
    let text = part(&message, "text/plain").replace("\r\n", "\n");
    insta::assert_snapshot!(text.replace(&id[1..33], "KEY"), @r#"
    BREACHED: checkout: failure_rate <= 5%, and 1 more

    New
      checkout: failure_rate <= 5%
        50 % measured, <= 5% promised
        1 of 2 requests failed, none allowed
        Web shop, critical, since 2025-06-08 06:00:00 UTC
        what to do: https://wiki.example.com/failures
      checkout: violation_rate(latency > 250ms) <= 10%
        50 % measured, <= 10% promised
        1 of 2 requests took longer than 250 ms, none allowed
        Web shop, since 2025-06-08 06:00:00 UTC

    Services in violation
      service                       failure rate  avg. response time  violation rate
      checkout                      50 %          200 ms              50 %

    All results: 4 met, 0 with a warning, 2 breached, 0 undecided
    Run 1 of 2025-06-08 06:00:00 UTC, sla 0.1.0, message KEY
    "#);
    let html = part(&message, "text/html");
    for wanted in [
        "<strong><bdi>checkout</bdi></strong>: failure_rate &lt;= 5%",
        "50 % measured, &lt;= 5% promised",
        "<td><bdi>checkout</bdi></td><td align=\"right\">50 %</td><td align=\"right\">200 ms</td><td align=\"right\">50 %</td>",
        "<a href=\"https:&#x2f;&#x2f;wiki.example.com&#x2f;failures\">",
    ] {
        assert!(html.contains(wanted), "{wanted}\n{html}");
    }
    let files: Vec<(&str, &str)> = message["parts"].as_array().unwrap()[2..]
        .iter()
        .map(|part| (part["name"].as_str().unwrap(), part["type"].as_str().unwrap()))
        .collect();
    assert_eq!(
        files,
        [
            ("sla-report.html", "text/html"),
            ("sla-report.csv", "text/csv"),
            ("sla-report.json", "application/json")
        ]
    );
    let attached: Value =
        serde_json::from_str(message["parts"][4]["text"].as_str().unwrap_or("null")).unwrap_or(Value::Null);
    // Python gives JSON as bytes; its length tells that it is all there.
    assert!(attached.is_object() || message["parts"][4]["bytes"].as_u64().unwrap() > 1_000);
}

/// What changed since the last mail, and what did not.
#[test]
fn the_next_mail_tells_what_changed() {
    let mail = Mail::new("");
    let work = mailed(mail.port, PLAIN);
    tell(&work, &[]);
    // The failures are over, the slowness is not.
    data(&work, &crate::BROKEN.replace("failure", "success"));
    tell_at(&work, &[], "2025-06-08T07:00:00Z");
    let messages = mail.messages(2);
    let text = part(&messages[1], "text/plain").replace("\r\n", "\n");
    assert_eq!(header(&messages[1], "Subject"), "[sla] RESOLVED: checkout: failure_rate <= 5%");
    let (resolved, rest) = text.split_once("\nTold before, and still so\n").unwrap();
    assert!(resolved.contains("\nResolved\n  checkout: failure_rate <= 5%\n    0 % measured"), "{text}");
    assert!(resolved.contains("it was told to be breached, and is met now"), "{text}");
    assert!(rest.contains("checkout: violation_rate(latency > 250ms) <= 10%"), "{text}");
    assert!(rest.contains("since 2025-06-08 06:00:00 UTC"), "{text}");
}

#[test]
fn signed_in_over_tls() {
    let work = Work::new();
    certificates(&work);
    let ca = work.path("ca.pem").display().to_string();
    for (option, mode) in [("--starttls", "starttls"), ("--tls", "tls")] {
        let mail = Mail::new(&format!("{option} {}", work.path("good.pem").display()));
        let channel = mailed(mail.port, &format!("        tls: {mode}\n        ca_file: {ca}\n"));
        assert_eq!(
            tell(&channel, &[]).0,
            "told ops (email): BREACHED: checkout: failure_rate <= 5%, and 1 more\n"
        );
        assert_eq!(one(&mail)["tls"], true, "{mode}");
    }
    let options = format!("--starttls {} --user sla --password horse", work.path("good.pem").display());
    let mail = Mail::new(&options);
    let channel = mailed(
        mail.port,
        &format!(
            "        tls: starttls\n        ca_file: {ca}\n        user: sla\n        password_env: PW\n"
        ),
    );
    tell(&channel, &[("PW", "horse")]);
    assert_eq!((&one(&mail)["tls"], &one(&mail)["user"]), (&Value::Bool(true), &Value::from("sla")));
}

/// Certificates that cannot be trusted are not, and what is wrong is told.
#[test]
fn certificates_are_looked_at() {
    let work = Work::new();
    certificates(&work);
    let ca = format!("        ca_file: {}\n", work.path("ca.pem").display());
    for (option, mode) in [("--starttls", "starttls"), ("--tls", "tls")] {
        for (certificate, ca, why) in [
            ("expired", ca.as_str(), "Expired; its certificate has to be renewed"),
            ("other", ca.as_str(), "not valid for name"),
            ("good", "", "UnknownIssuer; a private authority is named with `ca_file`"),
        ] {
            let mail = Mail::new(&format!("{option} {}", work.path(&format!("{certificate}.pem")).display()));
            let (errors, _) = tell(&mailed(mail.port, &format!("        tls: {mode}\n{ca}")), &[]);
            assert!(
                errors.contains("did not arrive: the channel has no connection that can be trusted: "),
                "{mode} {errors}"
            );
            assert!(errors.contains(why), "{mode} {certificate}: {errors}");
            assert!(mail.messages(0).is_empty());
        }
    }
    // Nor is there less protection than was asked for.
    let mail = Mail::new("");
    let (errors, _) = tell(&mailed(mail.port, "        tls: starttls\n"), &[]);
    assert!(errors.contains("does not offer STARTTLS; say `tls: tls`"), "{errors}");
    assert!(mail.messages(0).is_empty());
}

#[test]
fn a_wrong_password_is_told_and_can_be_put_right() {
    let mail = Mail::new("--user sla --password horse");
    let work = mailed(mail.port, &format!("{PLAIN}        user: sla\n        password_env: PW\n"));
    let (errors, code) = tell(&work, &[("PW", "donkey")]);
    // The server repeats what it was sent; we do not.
    assert!(errors.contains("refuses signing in (535)") && !errors.contains("donkey"), "{errors}");
    assert!(errors.contains("; look at `user` and the password\n1 alert pending: "), "{errors}");
    assert_eq!(code, 1);
    let retried = work.command(&["outbox", "retry"]).env("PW", "horse").output().unwrap();
    assert_eq!(retried.status.code(), Some(0));
    assert_eq!(one(&mail)["user"], "sla");
}

/// A server that takes no passwords, at least not without TLS.
#[test]
fn no_way_to_sign_in_says_what_to_do() {
    let mail = Mail::new("");
    let work = mailed(mail.port, &format!("{PLAIN}        user: sla\n        password_env: PW\n"));
    let (errors, _) = tell(&work, &[("PW", "horse")]);
    assert!(errors.contains("the server offers no way to sign in that is known here"), "{errors}");
    assert!(errors.contains("look at `tls`, or leave out `user`"), "{errors}");
}

#[test]
fn a_refused_recipient_stops_no_other() {
    let mail = Mail::new("--refuse gone@example.com=550 --refuse full@example.com=452:1");
    let work = mailed(mail.port, &format!("{PLAIN}        cc: [gone@example.com, full@example.com]\n"));
    let (errors, _) = tell(&work, &[]);
    assert!(errors.contains("gone@example.com is refused: "), "{errors}");
    // Who is refused for now gets it later, and nobody gets it twice.
    let messages = mail.messages(2);
    let to: Vec<_> = messages.iter().map(|message| message["to"].clone()).collect();
    assert_eq!(to, [serde_json::json!(["ops@example.com"]), serde_json::json!(["full@example.com"])]);
    assert_eq!(header(&messages[0], "Message-ID"), header(&messages[1], "Message-ID"));
    assert_eq!(messages[0]["raw"], messages[1]["raw"]);
    assert!(work.answer("outbox").contains("nothing waits"));
    assert!(errors.contains("does not reach everybody: gone@example.com is refused: "), "{errors}");
}

/// Whoever is not reached for good is told of, and the run is not one that told everybody.
#[test]
fn a_recipient_that_was_missed_shows_in_the_exit_code() {
    let mail = Mail::new("--refuse gone@example.com=550");
    let work = mailed(mail.port, &format!("{PLAIN}        cc: [gone@example.com]\n"));
    tell(&work, &[]);
    data(&work, crate::WELL);
    let (errors, code) = tell(&work, &[]);
    assert!(errors.contains("told ops (email): RESOLVED"), "{errors}");
    assert_eq!((code, mail.messages(2).len()), (4, 2));
}

/// A recipient whose box is full for days keeps nothing from the others, and gets what is his when he can.
#[test]
fn a_recipient_who_waits_holds_up_no_other() {
    let full = Mail::new("--refuse full@example.com=450");
    let work = mailed(full.port, &format!("{PLAIN}        cc: [full@example.com]\n"));
    let (errors, _) = tell(&work, &[]);
    assert!(errors.contains("did not arrive: full@example.com is refused for now: "), "{errors}");
    data(&work, crate::WELL);
    let (errors, code) = tell(&work, &[]);
    assert!(errors.contains("2 alerts pending") && code == 4, "{errors}");
    let messages = full.messages(2);
    assert_eq!(messages.len(), 2);
    assert!(messages.iter().all(|message| message["to"] == serde_json::json!(["ops@example.com"])));
    assert!(header(&messages[1], "Subject").contains("RESOLVED"));
    // Both arrive where his box is empty again, and nobody else gets them twice.
    let good = Mail::new("");
    let elsewhere = |port: u16| {
        let text = work.read("sla.yaml");
        let at = text.find("localhost:").unwrap() + "localhost:".len();
        let end = at + text[at..].find('"').unwrap();
        std::fs::write(work.path("sla.yaml"), format!("{}{port}{}", &text[..at], &text[end..])).unwrap();
    };
    elsewhere(good.port);
    assert_eq!(work.code("outbox retry"), 0);
    let messages = good.messages(2);
    assert!(messages.iter().all(|message| message["to"] == serde_json::json!(["full@example.com"])));
    assert!(work.answer("outbox").contains("nothing waits"));
    // Refused for good, or no recipient any more: that is told, and nothing waits for it.
    for gone in [false, true] {
        elsewhere(full.port);
        data(&work, if gone { crate::WELL } else { crate::BROKEN });
        tell(&work, &[]);
        let never = Mail::new("--refuse full@example.com=550");
        elsewhere(never.port);
        let text = work.read("sla.yaml");
        if gone {
            std::fs::write(
                work.path("sla.yaml"),
                text.replace("cc: [full@example.com]", "cc: [new@example.com]"),
            )
            .unwrap();
        }
        let output = work.answer("outbox retry");
        let why = if gone { "is no longer one of its recipients" } else { "is refused: " };
        assert!(output.contains(&format!("does not reach everybody: full@example.com {why}")), "{output}");
        assert!(output.ends_with("--- exit 4"), "{output}");
        assert!(work.answer("outbox").contains("nothing waits"));
        assert!(never.messages(0).is_empty());
    }
}

/// Some servers wait before they greet; the channel's time is theirs.
#[test]
fn a_greeting_may_take_longer_than_a_connection() {
    use std::io::{BufRead, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                std::thread::sleep(std::time::Duration::from_secs(6));
                let lines = std::io::BufReader::new(stream.try_clone().unwrap()).lines();
                let mut say = |line: &str| stream.write_all(format!("{line}\r\n").as_bytes());
                let _ = say("220 at last");
                let mut is_text = false;
                for line in lines.map_while(Result::ok) {
                    let answer = match line.as_str() {
                        "." => "250 taken",
                        _ if is_text => continue,
                        "DATA" => "354 go on",
                        _ => "250 fine",
                    };
                    is_text = line == "DATA";
                    let _ = say(answer);
                }
            });
        }
    });
    let work = mailed(port, PLAIN);
    let text = work.read("sla.yaml").replace("timeout: 4s", "timeout: 20s");
    std::fs::write(work.path("sla.yaml"), text).unwrap();
    assert_eq!(tell(&work, &[]).0, "told ops (email): BREACHED: checkout: failure_rate <= 5%, and 1 more\n");
}

/// Nobody takes it: it stays, for somebody may put the address right.
#[test]
fn all_recipients_refused() {
    let mail = Mail::new("--refuse ops@example.com=550");
    let work = mailed(mail.port, PLAIN);
    let (errors, _) = tell(&work, &[]);
    assert!(errors.contains("did not arrive: ops@example.com is refused: "), "{errors}");
    std::fs::write(work.path("sla.yaml"), work.read("sla.yaml").replace("ops@example", "new@example"))
        .unwrap();
    assert_eq!(work.code("outbox retry"), 0);
    assert_eq!(one(&mail)["to"], serde_json::json!(["new@example.com"]));
}

/// A refusal for now (4xx), at each step: the second attempt in the same run arrives.
#[test]
fn refused_for_now() {
    for step in ["connect", "mail", "rcpt", "data", "message"] {
        let mail = Mail::new(&format!("--refuse {step}=451:1"));
        let work = mailed(mail.port, PLAIN);
        let (errors, _) = tell(&work, &[]);
        assert_eq!(
            errors, "told ops (email): BREACHED: checkout: failure_rate <= 5%, and 1 more\n",
            "{step}"
        );
        one(&mail);
    }
}

/// A refusal of the message itself: it stays to be seen, and those after it go past.
#[test]
fn refused_for_good() {
    let mail = Mail::new("--refuse message=554:1");
    let work = mailed(mail.port, PLAIN);
    let (errors, _) = tell(&work, &[]);
    assert!(errors.contains("is refused: the server refuses the message (554): "), "{errors}");
    assert!(work.answer("outbox").contains("refused, tried again only by `sla outbox retry 1`"));
    data(&work, crate::WELL);
    let (errors, code) = tell(&work, &[]);
    assert!(errors.contains("told ops (email): RESOLVED: "), "{errors}");
    assert_eq!(code, 4);
    assert_eq!(work.code("outbox retry 1"), 0);
    assert_eq!(mail.messages(2).len(), 2);
}

/// A server that hangs, or is gone, at each step: told within the channel's time, nothing is lost, nothing comes twice.
#[test]
fn hanging_and_dropped_at_each_step() {
    for (fault, said) in [("hang", "does not answer within 1 s"), ("drop", "breaks off while")] {
        for step in ["connect", "ehlo", "mail", "rcpt", "data", "message"] {
            let mail = Mail::new(&format!("--{fault} {step}"));
            let work = mailed(mail.port, PLAIN);
            std::fs::write(
                work.path("sla.yaml"),
                work.read("sla.yaml").replace("timeout: 4s", "timeout: 1s"),
            )
            .unwrap();
            let (errors, _) = tell(&work, &[]);
            assert!(errors.contains(said), "{fault} {step}: {errors}");
            assert!(errors.contains("1 alert pending: BREACHED: checkout"), "{fault} {step}: {errors}");
            assert!(mail.messages(0).is_empty());
            // Another server, and it is there.
            let (port, good) = (mail.port, Mail::new(""));
            drop(mail);
            let text = work.read("sla.yaml").replace(&port.to_string(), &good.port.to_string());
            std::fs::write(work.path("sla.yaml"), text).unwrap();
            assert_eq!(work.code("outbox retry"), 0, "{fault} {step}");
            one(&good);
        }
    }
}

/// The same where TLS and signing in come first.
#[test]
fn hanging_and_dropped_before_the_message() {
    let folder = Work::new();
    certificates(&folder);
    let ca = folder.path("ca.pem").display().to_string();
    let keys = format!(
        "        tls: starttls\n        ca_file: {ca}\n        user: sla\n        password_env: PW\n"
    );
    let options = format!("--starttls {} --user sla --password horse", folder.path("good.pem").display());
    for fault in ["hang", "drop"] {
        for (step, said) in [("starttls", "STARTTLS"), ("auth", "signing in")] {
            let mail = Mail::new(&format!("{options} --{fault} {step}"));
            let work = mailed(mail.port, &keys);
            std::fs::write(
                work.path("sla.yaml"),
                work.read("sla.yaml").replace("timeout: 4s", "timeout: 1s"),
            )
            .unwrap();
            let (errors, _) = tell(&work, &[("PW", "horse")]);
            let said = if fault == "hang" { "does not answer within 1 s" } else { said };
            assert!(errors.contains(said), "{fault} {step}: {errors}");
            assert!(errors.contains("1 alert pending: BREACHED: checkout"), "{fault} {step}: {errors}");
            assert!(mail.messages(0).is_empty());
        }
    }
}

/// The connection is lost after the message was taken and before that was said: it comes again, known by its name.
#[test]
fn taken_and_not_said() {
    let mail = Mail::new("--drop taken");
    let work = mailed(mail.port, PLAIN);
    let (errors, _) = tell(&work, &[]);
    assert!(errors.contains("breaks off while handling the message"), "{errors}");
    let messages = mail.messages(2);
    let ids: Vec<&str> = messages.iter().map(|message| header(message, "Message-ID")).collect();
    assert!(ids.len() >= 2 && ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

#[test]
fn no_server_at_all() {
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let (errors, _) = tell(&mailed(port, PLAIN), &[]);
    assert!(errors.contains("breaks off while connecting: connection refused"), "{errors}");
    let unknown = mailed(25, PLAIN);
    std::fs::write(
        unknown.path("sla.yaml"),
        unknown.read("sla.yaml").replace("localhost", "no-such-host.invalid"),
    )
    .unwrap();
    let (errors, _) = tell(&unknown, &[]);
    assert!(
        errors.contains("cannot be reached: the name `no-such-host.invalid` is not known; look at `smtp`"),
        "{errors}"
    );
}

/// Names that try to be headers, markup, or something else than they are.
#[test]
fn names_stay_names() {
    let mail = Mail::new("");
    let work = mailed(mail.port, PLAIN);
    let hostile = "\"a\r\nBcc: evil@example.com\r\n\r\n<script>x</script>\u{202e}\"";
    data(&work, &crate::BROKEN.replace("checkout", hostile));
    tell(&work, &[]);
    let message = one(&mail);
    assert_eq!(message["to"], serde_json::json!(["ops@example.com"]));
    assert_eq!(header(&message, "Bcc"), "");
    assert_eq!(message["defects"], serde_json::json!([]));
    let subject = header(&message, "Subject");
    assert!(
        subject.contains(r"BREACHED: a\r\nBcc: evil@example.com\r\n\r\n<script>x</script>\u{202e}"),
        "{subject}"
    );
    let html = part(&message, "text/html");
    assert!(!html.contains("<script") && !html.contains('\u{202e}'), "{html}");
    assert!(!part(&message, "text/plain").contains('\u{202e}'));
}
