//! Where everything lies: the XDG directories, and our files in them.

use std::collections::BTreeMap;
use std::env;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::arguments::Arguments;
use super::launcher::Launcher;
use crate::core::StoreFile;

/// The longest path a socket can have: `sun_path` less its terminating zero.
pub const SOCKET_PATH_BYTES_MAX: usize = 107;

/// Where everything lies. All paths are absolute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// `$XDG_RUNTIME_DIR`, where the sockets of the window managers are too.
    pub runtime_root: PathBuf,
    /// `$XDG_RUNTIME_DIR/i3pm`.
    pub runtime: PathBuf,
    /// The layouts that i3 appends.
    pub layout: PathBuf,
    /// The socket we serve.
    pub socket: PathBuf,
    /// The configuration file, whether it exists or not.
    pub config_file: PathBuf,
    /// `$XDG_DATA_HOME/i3pm`.
    pub data: PathBuf,
    /// `$XDG_STATE_HOME/i3pm`.
    pub state: PathBuf,
    /// The user's home.
    pub home: Option<PathBuf>,
    /// What programs are started with.
    pub launcher: Launcher,
}

impl Paths {
    /// Find them from the arguments and the environment of this process.
    ///
    /// # Errors
    /// A sentence that names the variable to set: without a runtime directory of ours, or without a
    /// home if one is needed; or the path of the socket is too long.
    pub fn find(arguments: &Arguments) -> Result<Paths, String> {
        let variables =
            ["I3PM_SOCKET", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "HOME"];
        let variables =
            variables.into_iter().filter_map(|name| Some((name, PathBuf::from(env::var_os(name)?)))).collect();
        let user = rustix::process::getuid().as_raw();
        let usual_runtime = Some(PathBuf::from(format!("/run/user/{user}"))).filter(|path| is_ours(path, user));
        Paths::derive(arguments, &variables, usual_runtime)
    }

    fn derive(
        arguments: &Arguments,
        variables: &BTreeMap<&str, PathBuf>,
        usual_runtime: Option<PathBuf>,
    ) -> Result<Paths, String> {
        // The XDG specification: a relative path in one of these variables is to be ignored.
        let variable = |name: &str| variables.get(name).filter(|path| path.is_absolute()).cloned();
        let home = variable("HOME");
        let runtime_root = variable("XDG_RUNTIME_DIR").or(usual_runtime).ok_or(
            "XDG_RUNTIME_DIR is not set and /run/user/UID is not there; set XDG_RUNTIME_DIR to a directory of yours",
        )?;
        let below_home = |name: &str, usual: &str| -> Result<PathBuf, String> {
            let directory = variable(name).or_else(|| Some(home.as_ref()?.join(usual)));
            let directory = directory.ok_or_else(|| format!("neither {name} nor HOME is set to an absolute path"))?;
            Ok(directory.join("i3pm"))
        };
        let config_file = match &arguments.config {
            Some(path) => absolute(path)?,
            None => below_home("XDG_CONFIG_HOME", ".config")?.join("config.toml"),
        };
        let runtime = runtime_root.join("i3pm");
        let named =
            arguments.socket.as_ref().or(variables.get("I3PM_SOCKET")).filter(|path| !path.as_os_str().is_empty());
        let socket = match named {
            Some(path) => absolute(path)?,
            None => runtime.join("ipc.sock"),
        };
        let length = socket.as_os_str().len();
        if length > SOCKET_PATH_BYTES_MAX {
            return Err(format!(
                "the path of the socket has {length} bytes, the kernel allows {SOCKET_PATH_BYTES_MAX}: {}; \
                 choose a shorter one with --socket",
                socket.display()
            ));
        }
        Ok(Paths {
            launcher: Launcher::new(&runtime_root, &runtime),
            layout: runtime.join("layout.json"),
            runtime_root,
            runtime,
            socket,
            config_file,
            data: below_home("XDG_DATA_HOME", ".local/share")?,
            state: below_home("XDG_STATE_HOME", ".local/state")?,
            home,
        })
    }

    /// The path of a file of ours.
    #[must_use]
    pub fn store(&self, file: StoreFile) -> PathBuf {
        match file {
            StoreFile::Projects => self.data.join("projects.json"),
            StoreFile::State => self.state.join("state.json"),
            StoreFile::Runtime => self.runtime.join("runtime.json"),
        }
    }
}

fn absolute(path: &Path) -> Result<PathBuf, String> {
    std::path::absolute(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn is_ours(path: &Path, user: u32) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| metadata.is_dir() && metadata.uid() == user)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn derive(variables: &[(&'static str, &str)], options: &[&str]) -> Result<Paths, String> {
        let arguments = Arguments::try_parse_from(["i3pmd"].iter().chain(options)).unwrap();
        let variables = variables.iter().map(|(name, value)| (*name, PathBuf::from(value))).collect();
        Paths::derive(&arguments, &variables, None)
    }

    #[test]
    fn defaults_are_below_the_home() {
        let paths = derive(&[("HOME", "/h"), ("XDG_RUNTIME_DIR", "/r"), ("XDG_DATA_HOME", "relative")], &[]).unwrap();
        assert_eq!(paths.socket, PathBuf::from("/r/i3pm/ipc.sock"));
        assert_eq!(paths.config_file, PathBuf::from("/h/.config/i3pm/config.toml"));
        assert_eq!(paths.store(StoreFile::Projects), PathBuf::from("/h/.local/share/i3pm/projects.json"));
        assert_eq!(paths.store(StoreFile::State), PathBuf::from("/h/.local/state/i3pm/state.json"));
        assert_eq!(paths.store(StoreFile::Runtime), PathBuf::from("/r/i3pm/runtime.json"));
    }

    #[test]
    fn what_is_missing_is_named() {
        assert!(derive(&[("HOME", "/h")], &[]).unwrap_err().contains("XDG_RUNTIME_DIR"));
        assert!(derive(&[("XDG_RUNTIME_DIR", "/r")], &[]).unwrap_err().contains("HOME"));
    }

    #[test]
    fn the_option_wins_over_the_variable() {
        let variables = [("HOME", "/h"), ("XDG_RUNTIME_DIR", "/r"), ("I3PM_SOCKET", "/v.sock")];
        assert_eq!(derive(&variables, &[]).unwrap().socket, PathBuf::from("/v.sock"));
        assert_eq!(derive(&variables, &["--socket", "/o.sock"]).unwrap().socket, PathBuf::from("/o.sock"));
    }

    #[test]
    fn a_socket_path_has_a_limit() {
        let variables = [("HOME", "/h"), ("XDG_RUNTIME_DIR", "/r")];
        let fits = format!("/{}", "a".repeat(SOCKET_PATH_BYTES_MAX - 1));
        assert!(derive(&variables, &["--socket", &fits]).is_ok());
        let error = derive(&variables, &["--socket", &format!("{fits}b")]).unwrap_err();
        assert!(error.contains("108 bytes") && error.contains("--socket"), "{error}");
    }
}
