//! What the daemon is told on its command line.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use crate::core::Level;

/// The end of the long help and of the manual page.
const EXPLANATION: &str = "\
Exit codes: 0 stopped as asked, or another i3pmd serves already; 1 it could not start or go on; 2 wrong arguments.

Signals: SIGTERM and SIGINT stop it, a second one at once; SIGHUP reads the configuration again; SIGUSR1 writes the state to the log; every other one is \
logged and ignored.

It is started by the user units i3pm.service and i3pm.socket, or by hand; nothing is needed but XDG_RUNTIME_DIR. i3pm(1) talks to it.";

/// The project manager daemon for i3 and sway.
#[derive(Debug, Parser)]
#[command(name = "i3pmd", version, about, max_term_width = 100, after_long_help = EXPLANATION)]
pub struct Arguments {
    /// The configuration file [default: $XDG_CONFIG_HOME/i3pm/config.toml]
    #[arg(long, value_name = "PATH")]
    pub config: Option<PathBuf>,
    /// The socket to serve calls on [default: $I3PM_SOCKET, else $XDG_RUNTIME_DIR/i3pm/ipc.sock]
    #[arg(long, value_name = "PATH")]
    pub socket: Option<PathBuf>,
    /// The socket of the window manager [default: found by itself]
    #[arg(long, value_name = "PATH")]
    pub wm_socket: Option<PathBuf>,
    /// The least important lines to log [default: $I3PM_LOG, else info]
    #[arg(long, value_name = "LEVEL")]
    pub log_level: Option<LogLevel>,
}

impl Arguments {
    /// The level to log from: the option, else what `I3PM_LOG` says, else `info`.
    ///
    /// # Errors
    /// A sentence about a value of the variable that is no level.
    pub fn level(&self, variable: Option<&str>) -> Result<Level, String> {
        match (self.log_level, variable) {
            (Some(level), _) => Ok(level.into()),
            (None, None | Some("")) => Ok(Level::Info),
            (None, Some(word)) => LogLevel::from_str(word, true)
                .map(Level::from)
                .map_err(|_| format!("I3PM_LOG is {word:?}; it must be debug, info, warning or error")),
        }
    }
}

/// A level, as the command line has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    /// Everything, one line for each watchdog ping included.
    Debug,
    /// What is rare and worth a line.
    Info,
    /// What is not as it should be.
    Warning,
    /// What could not be done.
    Error,
}

impl From<LogLevel> for Level {
    fn from(level: LogLevel) -> Level {
        match level {
            LogLevel::Debug => Level::Debug,
            LogLevel::Info => Level::Info,
            LogLevel::Warning => Level::Warning,
            LogLevel::Error => Level::Error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }

    #[test]
    fn options_are_read() {
        let arguments = Arguments::try_parse_from(["i3pmd", "--config", "/c.toml", "--log-level", "warning"]).unwrap();
        assert_eq!(arguments.config, Some(PathBuf::from("/c.toml")));
        assert_eq!(arguments.level(Some("debug")), Ok(Level::Warning));
        assert_eq!(Arguments::try_parse_from(["i3pmd", "--nonsense"]).unwrap_err().exit_code(), 2);
        let plain = Arguments::try_parse_from(["i3pmd"]).unwrap();
        assert_eq!(plain.level(None), Ok(Level::Info));
        assert_eq!(plain.level(Some("Debug")), Ok(Level::Debug));
        assert!(plain.level(Some("loud")).unwrap_err().contains("\"loud\""));
    }
}
