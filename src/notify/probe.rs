//! What stands between here and a channel's server, step by step, for `sla notify test`: its name, a connection, TLS.

use super::http::{CONNECT, sentence, tls, words};
use super::secrets::Secrets;
use super::send::no_address;
use crate::model::{Address, Channel, ChannelKind, Server, Tls};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use std::io::{BufRead, BufReader, Write};
use std::net::{IpAddr, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

/// Lines of a greeting that are read.
const MOST_LINES: usize = 100;

/// Goes as far as it gets and tells each step; the message of the step that failed names it and what to do.
pub fn probe(channel: &Channel, secrets: &Secrets, tell: &mut dyn FnMut(&str)) -> Result<(), String> {
    let told = |text: String| secrets.scrubbed(&text, None);
    let (host, port, mode) = place(channel, secrets)?;
    let resolved = (host.as_str(), port).to_socket_addrs();
    let addresses: Vec<_> = resolved
        .map_err(|why| {
            format!("the name `{host}` is not known: {}; look at the name and at DNS", sentence(&why))
        })?
        .collect();
    let shown: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
    if host.parse::<IpAddr>().is_err() {
        tell(&format!("resolved: {host} is {}", shown.join(", ")));
    }
    let limit = CONNECT.min(channel.timeout);
    let mut why = "it has no address".to_owned();
    let mut stream = None;
    for address in addresses {
        match TcpStream::connect_timeout(&address, limit) {
            Ok(connected) => {
                tell(&format!("connected: {address}"));
                stream = Some(connected);
                break;
            }
            Err(error) => why = format!("{address}: {}", sentence(&error)),
        }
    }
    let Some(stream) = stream else {
        return Err(format!(
            "no connection to {host}:{port}: {why}; look at the port, and at firewalls on the way"
        ));
    };
    // A server that is there may take its time to say the first word.
    let limit = channel.timeout;
    let timed = stream.set_read_timeout(Some(limit)).and_then(|()| stream.set_write_timeout(Some(limit)));
    timed.map_err(|why| sentence(&why))?;
    if mode == Tls::Starttls {
        start_tls(&stream).map_err(told)?;
        tell("the server offers STARTTLS");
    }
    if mode == Tls::Plain {
        tell("no TLS: what is sent can be read on the way");
        return Ok(());
    }
    let not_spoken = match channel.kind {
        ChannelKind::Email(_) => "look at the port and at `tls`",
        _ => "look at the port, and whether the address should begin with http://",
    };
    let seen = shake(&host, stream, secrets, limit, not_spoken)
        .map_err(|why| told(format!("TLS: the server {why}")))?;
    tell(&seen);
    Ok(())
}

fn place(channel: &Channel, secrets: &Secrets) -> Result<(String, u16, Tls), String> {
    let address = match &channel.kind {
        ChannelKind::Email(email) => return Ok((email.host.clone(), email.port, email.tls)),
        ChannelKind::Slack(address)
        | ChannelKind::Discord(address)
        | ChannelKind::Webhook { url: address, .. } => address.clone(),
        ChannelKind::Pagerduty { url, .. } => Address::Plain(url.clone()),
    };
    let url = match &address {
        Address::Plain(url) => url.as_str(),
        Address::Secret(_) => secrets.url.as_deref().unwrap_or_default(),
    };
    let none = || format!("{} {}", channel.name, no_address(&address));
    let parsed: ureq::http::Uri = url.parse().map_err(|_| none())?;
    let host = parsed.host().filter(|_| Server::is_address(url)).ok_or_else(none)?;
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let is_https = parsed.scheme_str() == Some("https");
    let usual = if is_https { 443 } else { 80 };
    Ok((host, parsed.port_u16().unwrap_or(usual), if is_https { Tls::Implicit } else { Tls::Plain }))
}

/// RFC 3207.
fn start_tls(stream: &TcpStream) -> Result<(), String> {
    let broken = |why: std::io::Error| format!("the mail server breaks off: {}", sentence(&why));
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    answer(&mut reader, "220").map_err(|why| format!("no greeting of a mail server: {why}"))?;
    writer.write_all(b"EHLO sla.invalid\r\n").map_err(broken)?;
    let offered = answer(&mut reader, "250").map_err(|why| format!("the mail server refuses EHLO: {why}"))?;
    if !offered.iter().any(|line| line.trim().eq_ignore_ascii_case("STARTTLS")) {
        return Err(
            "the mail server does not offer STARTTLS; say `tls: tls` for port 465, or `tls: none`".to_owned()
        );
    }
    writer.write_all(b"STARTTLS\r\n").map_err(broken)?;
    answer(&mut reader, "220").map_err(|why| format!("the mail server refuses STARTTLS: {why}"))?;
    Ok(())
}

/// The lines of an answer without their code, if that is the one.
fn answer(reader: &mut impl BufRead, code: &str) -> Result<Vec<String>, String> {
    let mut lines = Vec::new();
    while lines.len() < MOST_LINES {
        let mut line = String::new();
        let read = std::io::Read::take(&mut *reader, 1_000).read_line(&mut line);
        if read.map_err(|why| sentence(&why))? == 0 {
            return Err("it ends the connection".to_owned());
        }
        if !line.starts_with(code) {
            return Err(words(&line));
        }
        let is_last = line.get(3..4) != Some("-");
        lines.push(line.get(4..).unwrap_or_default().to_owned());
        if is_last {
            return Ok(lines);
        }
    }
    Err("its answer does not end".to_owned())
}

/// Version, cipher and the names of the certificate.
fn shake(
    host: &str,
    mut stream: TcpStream,
    secrets: &Secrets,
    limit: Duration,
    not_spoken: &str,
) -> Result<String, String> {
    let mut roots = RootCertStore::empty();
    match &secrets.ca {
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(pem) => {
            for certificate in CertificateDer::pem_slice_iter(pem).flatten() {
                roots.add(certificate).map_err(|why| words(&why.to_string()))?;
            }
            if roots.is_empty() {
                return Err("cannot be checked: `ca_file` holds no certificate in PEM".to_owned());
            }
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|why| words(&why.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| "has a name that no certificate can have".to_owned())?;
    let mut connection =
        ClientConnection::new(Arc::new(config), name).map_err(|why| words(&why.to_string()))?;
    while connection.is_handshaking() {
        connection.complete_io(&mut stream).map_err(|why| {
            let inner = why.get_ref().map(ToString::to_string);
            match inner {
                Some(inner) if inner.contains("InvalidContentType") || inner.contains("corrupt message") => {
                    format!("does not speak it there; {not_spoken}")
                }
                Some(inner) => tls(&inner),
                None if why.kind() == std::io::ErrorKind::WouldBlock => {
                    format!("does not answer within {} s; {not_spoken}", limit.as_secs())
                }
                None => format!("breaks off: {}; {not_spoken}", sentence(&why)),
            }
        })?;
    }
    let version = connection.protocol_version().and_then(|version| version.as_str().map(str::to_owned));
    let version = version.map_or("TLS".to_owned(), |version| version.replace("TLSv1_", "TLS 1."));
    let cipher =
        connection.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str().map(str::to_owned));
    let certificates = connection.peer_certificates().unwrap_or_default();
    let names: Vec<String> = certificates
        .first()
        .and_then(|certificate| webpki::EndEntityCert::try_from(certificate).ok())
        .map(|certificate| certificate.valid_dns_names().take(5).map(str::to_owned).collect())
        .unwrap_or_default();
    let names = if names.is_empty() { host.to_owned() } else { names.join(", ") };
    Ok(format!(
        "{version} with {}: the certificate is for {}, and good",
        cipher.unwrap_or_else(|| "a cipher without a name".to_owned()),
        words(&names)
    ))
}
