//! The forms of messages at their limits: hundreds of events, and names that are long and hostile.

use crate::servers::{Hook, Mail, part};
use crate::{data, project, tell};
use serde_json::Value;

/// So many services in breach, each with a name that is long and full of signs.
fn many(count: usize) -> String {
    let mut lines = vec!["timestamp,service,status,latency_ms".to_owned()];
    for service in 0..count {
        let name =
            format!("{service}-{}<b>*_~`|[](){{}}&amp;@here 日本語 🎉 {}", "x".repeat(200), "é".repeat(300));
        lines.push(format!("2025-06-01T10:00:00Z,{name},failure,1000"));
    }
    lines.join("\n") + "\n"
}

fn utf16(value: &Value) -> usize {
    value.as_str().unwrap_or_default().encode_utf16().count()
}

/// Warnings are no promises kept; and data that can be read again is said once, with what it shows.
#[test]
fn counts_are_those_of_the_report() {
    let (slack, mail) = (Hook::new(vec![]), Mail::new(""));
    let work = project(&format!(
        "  channels:\n    slack: {{slack: {{url: \"{}\"}}}}\n    \
         ops: {{email: {{smtp: \"smtp://localhost:{}\", tls: none, from: a@example.com, to: b@example.com}}}}\n  \
         routes: [{{to: [slack, ops]}}]\n",
        slack.url, mail.port
    ))
    .file(
        "rules.yaml",
        "sla: Web shop\nby: service\nexpect: [checkout, catalog, login]\nobjectives:\n  - failure_rate <= 5%\n  \
         - {require: avg(latency) <= 250ms, prefer: avg(latency) <= 12ms}\n",
    );
    // checkout fails and is slow enough to warn, catalog is well on both; of login nothing is known.
    std::fs::remove_file(work.path("data.csv")).unwrap();
    tell(&work, &[]);
    data(&work, crate::BROKEN);
    tell(&work, &[]);
    let foot = |at: usize| {
        let value = slack.asked()[at].json();
        value["blocks"].as_array().unwrap().last().unwrap()["elements"][0]["text"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert!(
        foot(0).starts_with(
            "0 breached, 0 undecided, 0 warning, 0 met; the data of 1 agreement cannot be read; run 1 of "
        ),
        "{}",
        foot(0)
    );
    // 10 and 20 ms are 15 on average.
    assert!(foot(1).starts_with("1 breached, 2 undecided, 2 warning, 1 met; run 2 of "), "{}", foot(1));
    let messages = mail.messages(2);
    let text = |at: usize| part(&messages[at], "text/plain").replace("\r\n", "\n");
    assert!(
        text(0).contains("0 undecided; the data of 1 agreement cannot be read\nRun 1 of "),
        "{}",
        text(0)
    );
    let again = "Resolved\n\n  Web shop: its data can be read again\n    its promises are checked again: 1 breached, 2 \
                 undecided, 2 warning, 1 met\n    Web shop, since ";
    assert!(text(1).contains("its data can be read again"), "{}", text(1));
    assert_eq!(text(1).matches("can be read again").count(), 2, "title and promise: {}", text(1));
    assert!(!text(1).contains("is met now"), "{}", text(1));
    assert!(text(1).replace("\n\n", "\n").contains(&again.replace("\n\n", "\n")), "{}", text(1));
}

#[test]
fn within_the_limits_of_each_service() {
    let (slack, discord, webhook, mail) =
        (Hook::new(vec![]), Hook::new(vec![]), Hook::new(vec![]), Mail::new(""));
    let work = project(&format!(
        "  channels:\n    slack: {{slack: {{url: \"{}\"}}}}\n    discord: {{discord: {{url: \"{}\"}}}}\n    \
         hook: {{webhook: {{url: \"{}\"}}}}\n    ops: {{email: {{smtp: \"smtp://localhost:{}\", tls: none, from: a@example.com, to: b@example.com}}}}\n  \
         routes: [{{to: [slack, discord, hook, ops]}}]\n",
        slack.url, discord.url, webhook.url, mail.port
    ));
    data(&work, &many(200));
    tell(&work, &[]);
    // 200 services break three promises each.
    assert_eq!(webhook.asked()[0].json()["events"].as_array().unwrap().len(), 600);

    let value = slack.asked()[0].json();
    let blocks = value["blocks"].as_array().unwrap();
    assert_eq!(blocks.len(), 50);
    assert!(utf16(&blocks[0]["text"]["text"]) <= 150);
    assert!(blocks.iter().all(|block| utf16(&block["text"]["text"]) <= 3_000));
    assert_eq!(blocks[48]["text"]["text"], "and 553 more");

    let value = discord.asked()[0].json();
    let embeds = value["embeds"].as_array().unwrap();
    assert!(!embeds.is_empty() && embeds.len() <= 10);
    let mut all = 0;
    for embed in embeds {
        assert!(utf16(&embed["title"]) <= 256 && utf16(&embed["description"]) <= 4_096);
        all += utf16(&embed["title"]) + utf16(&embed["description"]);
    }
    assert!(all <= 6_000, "{all}");
    assert!(utf16(&value["content"]) <= 2_000);
    let more = 600 - embeds.len();
    assert!(value["content"].as_str().unwrap().contains(&format!("{more} of them are not shown here")));

    let messages = mail.messages(1);
    let text = part(&messages[0], "text/plain");
    assert!(text.contains("\n  and 500 more"), "{text}");
    // Of the table of 200 services a hundred.
    assert!(text.contains("\n  and 100 more"), "{text}");
    // RFC 5322: no line of the message is longer than 998 bytes.
    let raw = messages[0]["raw"].as_str().unwrap();
    let longest = raw.lines().map(str::len).max().unwrap();
    assert!(longest <= 998, "{longest}");
    assert_eq!(messages[0]["defects"], serde_json::json!([]));
}
