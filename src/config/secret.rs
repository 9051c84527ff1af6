//! What channels need to be let in: read when a message is sent, from files that are not for everybody, or from the
//! environment.

use crate::model::{Channel, SecretAt};
use std::fs;
use std::path::Path;

/// Reads a secret. A file that everybody may read is refused, with what to do; the message never holds the secret.
pub fn secret(at: &SecretAt) -> Result<String, String> {
    if let SecretAt::File(path) = at {
        is_private(path)?;
    }
    read(at)
}

/// The same, whoever may read the file: tokens for servers of metrics are often put where every process of a container
/// finds them.
pub(super) fn read(at: &SecretAt) -> Result<String, String> {
    let (text, place) = match at {
        SecretAt::File(path) => {
            let text = fs::read_to_string(path).map_err(|why| {
                let hint = "look at its name in sla.yaml, and who may read it";
                format!("the secret in {} cannot be read: {}; {hint}", path.display(), plain(&why))
            })?;
            (text, path.display().to_string())
        }
        SecretAt::Environment(name) => {
            let text = std::env::var(name).map_err(|_| {
                let hint = "export it where this runs, or name a file instead (as systemd's credentials are)";
                format!("the variable {name} is not set; {hint}")
            })?;
            (text, format!("the variable {name}"))
        }
    };
    let text = text.trim_end_matches(['\n', '\r']);
    if text.is_empty() || text.contains(|sign: char| sign.is_control()) {
        return Err(format!(
            "{place} is empty, or more than one line; put the secret there, and nothing else"
        ));
    }
    Ok(text.to_owned())
}

/// The certificates that a channel names, as PEM.
pub fn authority(channel: &Channel) -> Result<Option<Vec<u8>>, String> {
    let read = |path: &std::path::PathBuf| {
        fs::read(path).map_err(|why| format!("{} cannot be read: {}", path.display(), plain(&why)))
    };
    channel.ca.as_ref().map(read).transpose()
}

/// The user's own templates of a channel: form and text.
pub fn templates(channel: &Channel) -> Result<Vec<(String, String)>, String> {
    let read = |(form, path): &(String, std::path::PathBuf)| {
        let text = fs::read_to_string(path);
        let text =
            text.map_err(|why| format!("the template {} cannot be read: {}", path.display(), plain(&why)))?;
        Ok((form.clone(), text))
    };
    channel.templates.iter().map(read).collect()
}

#[cfg(unix)]
fn is_private(path: &Path) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt;
    let Ok(found) = fs::metadata(path) else { return Ok(()) };
    let mode = found.permissions().mode();
    // Pipes and devices (systemd's credentials, `<(pass show …)`) have their own protection.
    if found.is_file() && mode & 0o004 != 0 {
        return Err(format!(
            "the secret in {0} can be read by everybody: run `chmod 600 {0}`",
            path.display()
        ));
    }
    Ok(())
}

#[cfg(not(unix))]
fn is_private(_: &Path) -> Result<(), String> {
    Ok(())
}

/// The system's words, without its number.
fn plain(why: &std::io::Error) -> String {
    why.to_string().split(" (os error").next().unwrap_or_default().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn a_file_for_everybody_is_refused() {
        use std::io::Write;
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pw");
        fs::File::create(&path).unwrap().write_all(b"xyzzy\n").unwrap();
        let at = SecretAt::File(path.clone());
        for (mode, allowed) in [(0o600, true), (0o640, true), (0o644, false), (0o604, false)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            match secret(&at) {
                Ok(found) => assert!(allowed && found == "xyzzy", "{mode:o}"),
                Err(why) => {
                    assert!(!allowed, "{mode:o}: {why}");
                    assert!(why.ends_with(&format!("run `chmod 600 {}`", path.display())), "{why}");
                    assert!(!why.contains("xyzzy"), "{why}");
                }
            }
        }
    }

    #[test]
    fn what_is_missing_is_told() {
        let told = |at: &SecretAt| secret(at).unwrap_err();
        let file = told(&SecretAt::File("no/such/file".into()));
        assert_eq!(
            file,
            "the secret in no/such/file cannot be read: no such file or directory; look at its name in sla.yaml, and who may read it"
        );
        let variable = told(&SecretAt::Environment("SLA_NO_SUCH_VARIABLE".into()));
        assert!(
            variable.starts_with("the variable SLA_NO_SUCH_VARIABLE is not set; export it "),
            "{variable}"
        );
    }
}
