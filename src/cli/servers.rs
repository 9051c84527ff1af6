//! From a word on the command line, or a source of `sla.yaml`, to a server that can be asked.

use super::exit::ExitCode;
use super::promises;
use super::run::unusable;
use super::stop::Stop;
use crate::config;
use crate::model::Server;
use crate::source::prometheus::{self, Connection};

/// The connection that data stands for; `None` for files.
pub(super) fn connect(data: &[String], servers: &[Server]) -> Result<Option<Connection>, Stop> {
    let known = |word: &String| servers.iter().find(|server| server.name == *word).cloned();
    let server = |word: &String| known(word).or_else(|| Server::is_address(word).then(|| Server::at(word)));
    if data.iter().any(|word| Server::is_address(word) && Server::may_tell(word)) {
        return Err(Stop::usage("a password or token has no place in an address, which is told in reports").hint(
            "name the server in sla.yaml: sources: {prod: {prometheus: http://HOST:PORT, auth: {bearer_file: FILE}}}",
        ));
    }
    match data {
        [one] => server(one).map(|server| to(&server)).transpose(),
        many => match many.iter().find(|word| server(word).is_some()) {
            Some(word) => {
                Err(Stop::usage(format!("{word} is a server, and checked by itself: name no other data")))
            }
            None => Ok(None),
        },
    }
}

/// The same for words of a command line, which may be names of `sla.yaml`.
pub(super) fn named(words: &[String]) -> Result<Option<Connection>, Stop> {
    connect(words, &known(words)?)
}

/// The servers of `sla.yaml` that words of a command line name.
pub(super) fn known(words: &[String]) -> Result<Vec<Server>, Stop> {
    let by_name = words.iter().any(|word| may_be_name(word));
    let project = if by_name { promises::find_project()? } else { None };
    let mut servers = promises::servers_of(project.as_ref());
    servers.retain(|server| words.contains(&server.name) && may_be_name(&server.name));
    Ok(servers)
}

/// The servers of `sla.yaml` that a report was made from; the files of today have no say in what their names mean.
pub(super) fn recorded(names: &[&str]) -> Result<Vec<Server>, Stop> {
    let by_name = names.iter().any(|name| !Server::is_address(name));
    let project = if by_name { promises::find_project()? } else { None };
    let mut servers = promises::servers_of(project.as_ref());
    servers.retain(|server| names.contains(&server.name.as_str()));
    let is_lost =
        |name: &&&str| !Server::is_address(name) && !servers.iter().any(|server| server.name == **name);
    match (names.iter().find(is_lost), project) {
        (None, _) => Ok(servers),
        (Some(name), Some(project)) => Err(Stop::new(
            ExitCode::Undecided,
            format!("`{name}` was a server, and {} no longer names it", project.file.display()),
        )
        .hint("name it again under `sources:`, or say where its metrics are now: --input NAME or --input http://…")),
        (Some(name), None) => Err(Stop::new(
            ExitCode::Undecided,
            format!("`{name}` was a server of an sla.yaml, and there is none here"),
        )
        .hint("go to the folder of that file, or say where its metrics are: --input http://…")),
    }
}

/// The connection to a server, with its secrets.
pub(super) fn to(server: &Server) -> Result<Connection, Stop> {
    let secrets = config::secrets(server).map_err(|why| Stop::usage(format!("{}: {why}", server.name)))?;
    Connection::to(server, &secrets).map_err(|why| unusable(&why))
}

/// What was saved of a server, if that is what the files are.
pub(super) fn saved(files: &[String]) -> Result<Option<Connection>, Stop> {
    let is_saved: Vec<bool> = files.iter().map(|name| prometheus::is_saved(name)).collect();
    if !is_saved.contains(&true) {
        return Ok(None);
    }
    if let Some(at) = is_saved.iter().position(|is| !is) {
        return Err(Stop::usage(format!(
            "{} is no metrics as the others are; check it by itself",
            files[at]
        )));
    }
    let name = files.join(", ");
    Connection::to_saved(files, Server { name, ..Server::default() }).map(Some).map_err(|why| unusable(&why))
}

/// Whether a word of a command line could be the name of a source: no file is called that.
pub(super) fn may_be_name(word: &str) -> bool {
    let plain = word.chars().all(|sign| sign.is_alphanumeric() || sign == '-' || sign == '_');
    plain && word != "-" && !std::path::Path::new(word).exists()
}
