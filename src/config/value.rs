//! Checks of single values: names, directories, labels.

/// The longest project name, in bytes.
pub const PROJECT_NAME_BYTES_MAX: usize = 64;
/// The longest directory, in bytes: what the kernel takes for a path.
pub const DIR_BYTES_MAX: usize = 4096;
/// The longest icon or name for people, in bytes.
pub const LABEL_BYTES_MAX: usize = 256;
/// Words that a switch takes for something else.
pub const RESERVED_NAMES: [&str; 4] = ["none", "next", "prev", "-"];

/// May a project have this name? 1 to 64 of ASCII letters, digits, `.`, `_`, `-`, `/`, `:`, the
/// first a letter or digit; no empty, `.` or `..` segment between slashes; not one of the reserved
/// words.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn check_project_name(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("a project name is empty; give it 1 to 64 characters".to_owned());
    }
    if name.len() > PROJECT_NAME_BYTES_MAX {
        let start: String = name.chars().take(16).collect();
        return Err(format!(
            "the project name {start:?}... is {} bytes long; the limit is {PROJECT_NAME_BYTES_MAX}",
            name.len()
        ));
    }
    if RESERVED_NAMES.contains(&name) {
        return Err(format!("the project name {name:?} is reserved for `i3pm project switch {name}`; take another"));
    }
    let allowed = |character: &char| character.is_ascii_alphanumeric() || "._-/:".contains(*character);
    if let Some(bad) = name.chars().find(|character| !allowed(character)) {
        return Err(format!(
            "the project name {name:?} holds {bad:?}; allowed are ASCII letters, digits and the characters . _ - / :"
        ));
    }
    if !name.starts_with(|character: char| character.is_ascii_alphanumeric()) {
        return Err(format!("the project name {name:?} must start with a letter or a digit"));
    }
    if let Some(segment) = name.split('/').find(|segment| matches!(*segment, "" | "." | "..")) {
        return Err(format!(
            "the project name {name:?} has the segment {segment:?}; between slashes there must be a name"
        ));
    }
    Ok(())
}

/// The directory that `text` names: `~` and `~/x` with `home` in place of the `~`, anything else as
/// it is.
///
/// # Errors
/// A sentence: not absolute, too long, `~` without a known home, another user's home, a NUL.
pub fn expand_dir(text: &str, home: Option<&str>) -> Result<String, String> {
    let dir = match text.strip_prefix('~') {
        None => text.to_owned(),
        Some(rest) if rest.is_empty() || rest.starts_with('/') => match home.filter(|home| home.starts_with('/')) {
            Some(home) => format!("{}{rest}", home.trim_end_matches('/')),
            None => return Err(format!("the directory {text:?} needs HOME, and it is not set; write the whole path")),
        },
        Some(_) => {
            return Err(format!("the directory {text:?} names another user's home; write the whole path"));
        }
    };
    let dir = if dir.is_empty() && !text.is_empty() { "/".to_owned() } else { dir };
    if !dir.starts_with('/') {
        return Err(format!("the directory {text:?} is not absolute; start it with / or ~/"));
    }
    if dir.len() > DIR_BYTES_MAX {
        return Err(format!("the directory is {} bytes long; the limit is {DIR_BYTES_MAX}", dir.len()));
    }
    if dir.contains('\0') {
        return Err(format!("the directory {text:?} holds a NUL character"));
    }
    Ok(dir)
}

/// May this be an icon or a name for people? At most `LABEL_BYTES_MAX` bytes, no control
/// characters: it ends up in bars and terminals.
///
/// # Errors
/// A sentence that says what is wrong; `what` names the value in it.
pub fn check_label(what: &str, text: &str) -> Result<(), String> {
    if text.len() > LABEL_BYTES_MAX {
        return Err(format!("{what} is {} bytes long; the limit is {LABEL_BYTES_MAX}", text.len()));
    }
    match text.chars().find(|character| character.is_control()) {
        Some(bad) => Err(format!("{what} holds the control character {bad:?}")),
        None => Ok(()),
    }
}
