//! What lets a request in: certificates, passwords, tokens; and that none of them shows anywhere.

use crate::fake::{Fake, Reply};
use crate::server::Server;
use crate::work::Work;
use crate::world::{START, World};
use std::fs;
use std::path::Path;
use std::process::Command;

const PASSWORD: &str = "throw-away-word";
/// What bcrypt makes of it.
const HASH: &str = "$2b$10$N9qo8uLOickgx2ZMRZoMyeE9IYYMdI9XUUKHa53xG27IlTpQo7mm6";
const HOUR: (i64, i64) = (START, START + 3600);
const PROMISES: [&str; 1] = ["failure_rate <= 10%"];

/// Ten requests a minute, one of which fails.
fn world() -> World {
    let mut world = World::default();
    for minute in 0..=60 {
        let at = START + 60 * minute;
        let family = "http_requests";
        world.sample(family, "http_requests_total{job=\"api\",code=\"500\"}", at, minute);
        world.sample(family, "http_requests_total{job=\"api\",code=\"200\"}", at, 9 * minute);
    }
    world
}

/// Certificates in a folder: an authority, and what it signed for servers and clients.
struct Authority(tempfile::TempDir);

impl Authority {
    fn new() -> Authority {
        let authority = Authority(tempfile::tempdir().unwrap());
        let folder = authority.0.path();
        fs::write(folder.join("openssl.cnf"), CONFIG).unwrap();
        fs::write(folder.join("index.txt"), "").unwrap();
        authority.openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 30 \
             -subj /CN=authority -config openssl.cnf -extensions authority",
        );
        authority
    }

    /// `NAME.pem` and `NAME.key`, for 127.0.0.1 only, good from and to these dates.
    fn signs(&self, name: &str, dates: &str) {
        self.openssl(&format!(
            "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {name}.key -out {name}.csr \
             -subj /CN={name} -config openssl.cnf"
        ));
        self.openssl(&format!(
            "ca -batch -config openssl.cnf -in {name}.csr -out {name}.pem -notext -rand_serial -extensions one {dates}"
        ));
    }

    fn openssl(&self, arguments: &str) {
        let made = Command::new("openssl")
            .args(arguments.split_whitespace())
            .current_dir(self.0.path())
            .output()
            .unwrap_or_else(|why| panic!("openssl: {why}; `apt-get install openssl`, or run scripts/test"));
        assert!(made.status.success(), "openssl: {}", String::from_utf8_lossy(&made.stderr));
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

const CONFIG: &str = "\
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[one]
basicConstraints = CA:FALSE
subjectAltName = IP:127.0.0.1
extendedKeyUsage = serverAuth, clientAuth
[ca]
default_ca = here
[here]
database = index.txt
serial = serial
new_certs_dir = .
certificate = ca.pem
private_key = ca.key
default_md = sha256
default_days = 20
policy = any
unique_subject = no
[any]
commonName = supplied
";

fn tls(name: &str) -> String {
    format!("tls_server_config:\n  cert_file: {name}.pem\n  key_file: {name}.key\n")
}

/// A check with this `auth:` is let in, and met.
fn met(url: &str, folder: &Path, auth: &str) {
    let answer =
        Work::usual(url, &auth.replace("FOLDER", &folder.display().to_string())).over(HOUR, &PROMISES, &[]);
    assert_eq!(answer.code, 0, "{}", answer.words());
    assert_eq!(answer.lines(), ["failure_rate <= 10%: met 1/10 of 600"]);
}

/// It is not, and says why.
fn undecided(url: &str, folder: &Path, auth: &str, why: &str) {
    let auth = auth.replace("FOLDER", &folder.display().to_string());
    let answer = Work::usual(url, &format!("{auth}\ndeadline: 5s")).over(HOUR, &PROMISES, &[]);
    assert_eq!(answer.code, 3, "{}", answer.words());
    assert!(answer.words().contains(why), "`{why}` is not in: {}", answer.words());
    // It is no use to ask again, but where the connection was cut.
    let is_cut = answer.words().contains("breaks off the connection");
    assert!(is_cut || !answer.words().contains("tries"), "{}", answer.words());
}

#[test]
fn certificates_of_a_private_authority() {
    let authority = Authority::new();
    let folder = authority.path();
    authority.signs("good", "");
    authority.signs("old", "-startdate 20200101000000Z -enddate 20200201000000Z");
    let server = Server::secured(&world(), folder, &tls("good"));
    met(&server.url, folder, "auth: {ca_file: FOLDER/ca.pem}");
    let distrust = "prod: has no connection that can be trusted";
    undecided(&server.url, folder, "", distrust);
    let other = Authority::new();
    undecided(&server.url, other.path(), "auth: {ca_file: FOLDER/ca.pem}", distrust);
    let by_name = server.url.replace("127.0.0.1", "localhost");
    undecided(&by_name, folder, "auth: {ca_file: FOLDER/ca.pem}", distrust);
    undecided(&by_name, folder, "auth: {ca_file: FOLDER/ca.pem}", "not valid for name");
    let expired = Server::secured(&world(), folder, &tls("old"));
    undecided(&expired.url, folder, "auth: {ca_file: FOLDER/ca.pem}", distrust);
    undecided(&expired.url, folder, "auth: {ca_file: FOLDER/ca.pem}", "expired");
    // Neither does `sla inspect` trust it.
    let work = Work::usual(&by_name, &format!("auth: {{ca_file: {}/ca.pem}}", folder.display()));
    let (code, said) = work.run(&["inspect", "prod"]);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains(distrust), "{said}");
    let work = Work::usual(&server.url, &format!("auth: {{ca_file: {}/ca.pem}}", folder.display()));
    let (code, said) = work.run(&["inspect", "prod"]);
    assert_eq!(code, 0, "{said}");
    // Files that hold nothing of the kind are a mistake of sla.yaml.
    let work = Work::usual(&server.url, "auth: {ca_file: no.pem}").file("no.pem", "nothing\n");
    let answer = work.over(HOUR, &PROMISES, &[]);
    assert_eq!((answer.code, answer.told.trim()), (2, "error: prod: `ca_file` holds no certificate in PEM"));
}

#[test]
fn certificates_of_clients() {
    let authority = Authority::new();
    let folder = authority.path();
    authority.signs("server", "");
    authority.signs("client", "");
    let web = format!(
        "{}  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n",
        tls("server")
    );
    let server = Server::secured(&world(), folder, &web);
    met(
        &server.url,
        folder,
        "auth: {ca_file: FOLDER/ca.pem, cert_file: FOLDER/client.pem, key_file: FOLDER/client.key}",
    );
    undecided(
        &server.url,
        folder,
        "auth: {ca_file: FOLDER/ca.pem}",
        "wants a certificate of the client: say `cert_file:` and `key_file:`",
    );
}

/// The password is right, wrong, missing; and it stands in nothing that is written.
#[test]
fn passwords_let_in_and_do_not_show() {
    let folder = tempfile::tempdir().unwrap();
    let web = format!("basic_auth_users:\n  ann: {HASH}\n");
    let server = Server::secured(&world(), folder.path(), &web);
    undecided(&server.url, folder.path(), "", "does not let this in (401 Unauthorized)");
    let auth = "auth: {basic: {user: ann, password_file: password}}";
    let work = Work::usual(&server.url, auth).file("password", "wrong-throw-away");
    let answer = work.over(HOUR, &PROMISES, &[]);
    assert_eq!(answer.code, 3);
    assert!(answer.words().contains("does not let this in (401 Unauthorized)"), "{}", answer.words());
    let work = Work::usual(&server.url, auth).file("password", &format!("{PASSWORD}\n"));
    let range = ["--since", "2025-06-01T00:00:00Z", "--until", "2025-06-01T01:00:00Z"];
    let check = ["check", "prod", "--require", PROMISES[0]];
    // base64 of `ann:throw-away-word`.
    let hidden = [PASSWORD, "YW5uOnRocm93LWF3YXktd29yZA"];
    for format in ["table", "json", "csv", "markdown", "junit", "openmetrics", "html"] {
        let (code, said) = work.run(&[&check[..], &range, &["--format", format]].concat());
        assert_eq!(code, 0, "{said}");
        assert!(!hidden.iter().any(|secret| said.contains(secret)), "{format}: {said}");
    }
    let all = ["--output", "report.html", "--output", "report.json", "--record"];
    assert_eq!(work.run(&[&check[..], &range, &all].concat()).0, 0);
    for told in [
        &["verify", "report.json"][..],
        &["show", "1"],
        &["inspect", "prod"],
        &["rules", "explain", "--source", "prod", "--require", PROMISES[0]],
        &["evidence", "1", "--rows", "0", "--out", "claim.zip"],
    ] {
        let (code, said) = work.run(told);
        assert_eq!(code, 0, "{said}");
        assert!(!hidden.iter().any(|secret| said.contains(secret)), "{told:?}: {said}");
    }
    shown_nowhere(&work, &["password"], &hidden);
}

/// Looks for secrets in every file of the folder, and of those below it.
fn shown_nowhere(work: &Work, but: &[&str], secrets: &[&str]) {
    let mut looked_at = Vec::new();
    let mut folders = vec![work.path("")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let bytes = fs::read(&path).unwrap();
            for secret in secrets.iter().filter(|_| !but.contains(&name.as_str())) {
                let found = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
                assert!(!found, "{name} holds {secret}");
            }
            looked_at.push(name);
        }
    }
    for name in ["report.html", "report.json", "sla.db", "sla.yaml"] {
        assert!(looked_at.iter().any(|known| known == name), "{name} is not among {looked_at:?}");
    }
}

/// A token and headers arrive as they were said, and are never told: not even where the server throws them back.
#[test]
fn tokens_and_headers_arrive_and_do_not_show() {
    let fake = Fake::new(|_| None);
    let auth = "auth: {bearer_file: token, headers: {X-Scope-OrgID: shop}, header_files: {X-Key: key}, \
                header_envs: {X-Other: OTHER}}";
    let work = Work::usual(&fake.url, auth).file("token", "token-word\n").file("key", "key-word\n");
    let check = [
        "check",
        "prod",
        "--since",
        "2025-06-01",
        "--until",
        "2025-06-02",
        "--require",
        "failure_rate <= 5%",
    ];
    let all = ["--output", "report.html", "--output", "report.json", "--record"];
    let output = work.command(&[&check[..], &all].concat()).env("OTHER", "other-word").output().unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    for asked in fake.asked() {
        let header = |name: &str| asked.headers.get(name).map(String::as_str);
        assert_eq!(header("authorization"), Some("Bearer token-word"), "{}", asked.path);
        assert_eq!(header("x-scope-orgid"), Some("shop"));
        assert_eq!((header("x-key"), header("x-other")), (Some("key-word"), Some("other-word")));
    }
    let secrets = ["token-word", "key-word", "other-word"];
    assert!(!secrets.iter().any(|secret| said.contains(secret)), "{said}");
    shown_nowhere(&work, &["token", "key"], &secrets);
    // A server that tells what it got.
    let fake = Fake::new(|asked| {
        let words = asked.headers.get("authorization").cloned().unwrap_or_default();
        Some(Reply::json(
            403,
            format!(r#"{{"status":"error","errorType":"forbidden","error":"no: {words}"}}"#),
        ))
    });
    let work = Work::usual(&fake.url, "auth: {bearer_file: token}").file("token", "token-word\n");
    let answer = work.over(HOUR, &PROMISES, &[]);
    assert_eq!(answer.code, 3);
    assert!(!answer.words().contains("token-word"), "{}", answer.words());
    assert!(answer.words().contains("(forbidden): no: Bearer …"), "{}", answer.words());
}

/// Neither a token nor other headers nor a client's certificate follow a redirect, whatever its code, and where the
/// address is one of the same host.
#[test]
fn redirects_get_nothing() {
    let there = Fake::new(|_| None);
    let place = format!("{}/elsewhere", there.url);
    for status in [301, 302, 303, 307, 308] {
        let to = place.clone();
        let fake = Fake::new(move |_| Some(Reply::text(status, "text/plain", "").header("Location", &to)));
        let auth = "auth: {basic: {user: ann, password_file: password}, header_files: {X-Key: key}}";
        let work = Work::usual(&fake.url, auth).file("password", PASSWORD).file("key", "key-word");
        let answer = work.over(HOUR, &PROMISES, &[]);
        assert_eq!(answer.code, 3);
        assert!(answer.words().contains(&format!("redirects ({status}")), "{}", answer.words());
        let (code, said) = work.run(&["inspect", "prod"]);
        assert_eq!(code, 3, "{said}");
        assert!(!answer.words().contains("key-word") && !said.contains("key-word"));
    }
    assert!(there.asked().is_empty());
}

/// Ctrl-C while a server does not answer: the signal ends the run (which shells report as 130), and nothing is written.
#[test]
fn an_interrupt_writes_nothing() {
    use std::os::unix::process::ExitStatusExt;
    use std::time::{Duration, Instant};
    let fake = Fake::new(|_| {
        std::thread::sleep(Duration::from_secs(60));
        None
    });
    let work = Work::usual(&fake.url, "");
    let mut child = Command::new(env!("CARGO_BIN_EXE_sla"))
        .args(["check", "prod", "--since", "2025-06-01", "--require", PROMISES[0]])
        .args(["--output", "report.html", "--output", "report.json", "--record"])
        .current_dir(work.path("."))
        .env_clear()
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    while fake.asked().is_empty() {
        std::thread::sleep(Duration::from_millis(20));
    }
    let begun = Instant::now();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let ended = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            // Far below what the server takes, whatever else the machine does.
            None => assert!(begun.elapsed() < Duration::from_secs(20), "it does not end"),
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    assert_eq!(128 + ended.signal().unwrap_or_default(), 130);
    let mut left: Vec<String> = fs::read_dir(work.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_str().unwrap().to_owned())
        .collect();
    left.sort();
    assert_eq!(left, [".git", "sla.yaml"]);
}
