//! From a word on the command line, or a source of `sla.yaml`, to a server that can be asked.

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
    let by_name = words.iter().any(|word| may_be_name(word));
    let project = if by_name { promises::find_project()? } else { None };
    connect(words, &promises::servers_of(project.as_ref()))
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
