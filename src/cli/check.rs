//! `i3pm check`: reads a configuration as the daemon would, and shows each fault in its line.

use std::fmt::Write;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use super::failure::Failure;
use super::text::{count, escaped};
use crate::api::ConfigError;
use crate::config::{self, CONFIG_BYTES_MAX, DeclaredProject};
use crate::files;

/// How long the disk of a configuration may take, as in the daemon.
const READ_DEADLINE: Duration = Duration::from_secs(2);
/// How many characters of a line are shown around a fault.
const SHOWN_CHARACTERS_MAX: usize = 100;

/// What a check found.
#[derive(Debug)]
pub struct Findings {
    /// No fault.
    pub good: bool,
    /// For people: what is well.
    pub summary: String,
    /// For people: faults and warnings.
    pub complaints: String,
    /// For programs.
    pub json: Value,
}

/// Check the file at `path`, or the daemon's own.
///
/// # Errors
/// The file cannot be read.
pub fn check(path: Option<&Path>) -> Result<Findings, Failure> {
    let home = std::env::var("HOME").ok();
    let file = match path {
        Some(path) => path.to_owned(),
        None => default_file(home.as_deref())?,
    };
    let name = file.display().to_string();
    let bytes = match read(&file) {
        Ok(bytes) => bytes,
        Err(error) if path.is_none() && matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Findings {
                good: true,
                summary: format!("{}: there is no such file, so the defaults are in force\n", escaped(&name)),
                complaints: String::new(),
                json: json!({"file": name, "exists": false, "errors": [], "warnings": []}),
            });
        }
        Err(error) => return Err(Failure::refused(format!("cannot read {name}: {error}"))),
    };
    let (faults, warnings, counts) = match config::decode(&name, &bytes) {
        Err(fault) => (vec![fault], Vec::new(), (0, 0)),
        Ok(text) => {
            let config::Checked { mut config, faults } = config::check(&name, text, home.as_deref());
            config.warnings.extend(config.undeclared.iter().map(|(_, warning)| warning.clone()));
            config.warnings.extend(config.projects.iter().filter_map(|project| missing_directory(&name, project)));
            (faults, config.warnings, (config.projects.len(), config.rules.len()))
        }
    };
    let text = String::from_utf8_lossy(&bytes);
    let mut complaints: String = faults.iter().map(|fault| shown(fault, &text)).collect();
    for warning in &warnings {
        _ = writeln!(complaints, "warning: {}", escaped(warning));
    }
    let (projects, rules) = counts;
    let (projects_text, rules_text) = (count(projects, "project"), count(rules, "rule"));
    let json = json!({
        "file": name, "exists": true, "errors": faults, "warnings": warnings, "projects": projects, "rules": rules,
    });
    Ok(Findings {
        good: faults.is_empty(),
        summary: format!("{}: good, {projects_text}, {rules_text}\n", escaped(&name)),
        complaints,
        json,
    })
}

/// A directory may come later, so one that is not there is only worth a look.
fn missing_directory(file: &str, project: &DeclaredProject) -> Option<String> {
    let dir = project.dir.as_deref().filter(|dir| !Path::new(dir).is_dir())?;
    let DeclaredProject { name, line, .. } = project;
    Some(format!("{file}:{line}: the directory of the project `{name}` is not there: {dir}"))
}

/// The daemon's own configuration.
///
/// # Errors
/// The environment names no place.
pub fn default_file(home: Option<&str>) -> Result<PathBuf, Failure> {
    let absolute = |variable: &str| std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    let directory = absolute("XDG_CONFIG_HOME").or_else(|| Some(PathBuf::from(home?).join(".config")));
    let directory = directory.ok_or_else(|| {
        Failure::Usage("neither XDG_CONFIG_HOME nor HOME is set; name the file: `i3pm check PATH`".to_owned())
    })?;
    Ok(directory.join("i3pm/config.toml"))
}

/// A file as the daemon reads its configuration.
///
/// # Errors
/// As the daemon would say it.
pub fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    files::read_within(file, CONFIG_BYTES_MAX, READ_DEADLINE)
}

/// The fault, its line, and a caret below the place.
fn shown(fault: &ConfigError, text: &str) -> String {
    let mut shown = format!("{}\n", escaped(&fault.to_string()));
    let Some(line) = fault.line.checked_sub(1).and_then(|before| text.lines().nth(before)) else { return shown };
    let at = fault.column.saturating_sub(1);
    let first = at.saturating_sub(SHOWN_CHARACTERS_MAX / 2);
    let characters = line.trim_start_matches('\u{feff}').chars();
    let visible: String = characters
        .skip(first)
        .take(SHOWN_CHARACTERS_MAX)
        // One character for each, so that the caret stands right.
        .map(
            |character| {
                if escaped(character.encode_utf8(&mut [0; 4])).len() > character.len_utf8() { ' ' } else { character }
            },
        )
        .collect();
    let before: String = visible.chars().take(at - first).collect();
    let number = fault.line.to_string();
    let margin = " ".repeat(number.len());
    let space = " ".repeat(unicode_width::UnicodeWidthStr::width(before.as_str()));
    _ = writeln!(shown, " {number} | {}\n {margin} | {space}^", visible.trim_end());
    shown
}
