//! Where and how a window is placed when it appears.

use super::Template;
use super::place::{nearest, shortened};

/// The longest name of a workspace or output, in bytes.
pub const PLACE_BYTES_MAX: usize = 256;
/// The longest mark, in bytes.
pub const RULE_MARK_BYTES_MAX: usize = 256;
/// The widest border, in pixels.
pub const BORDER_PIXELS_MAX: u32 = 100;
/// The longest command of the window manager, in bytes, before its places are filled.
pub const COMMAND_BYTES_MAX: usize = 1024;
/// The most commands of one rule or application.
pub const COMMANDS_MAX: usize = 8;
/// What a command may name of its window.
pub const COMMAND_PLACES: [&str; 10] =
    ["id", "class", "app_id", "instance", "title", "role", "app", "project", "workspace", "pid"];

/// Words that window managers take for another workspace than one of that name.
const WORKSPACE_WORDS: [&str; 7] =
    ["next", "prev", "next_on_output", "prev_on_output", "current", "back_and_forth", "number"];
/// Words that window managers take for another output than one of that name.
const OUTPUT_WORDS: [&str; 8] = ["left", "right", "up", "down", "next", "prev", "current", "primary"];

/// Where and how a window is placed when it appears. What is not said is left to the window
/// manager.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Placement {
    /// The workspace it is put on.
    pub workspace: Option<WorkspaceChoice>,
    /// The output it is put on: on the workspace that is shown there, or on the chosen one, which
    /// is made there if it is not there yet.
    pub output: Option<String>,
    /// It floats, or it does not.
    pub float: Option<bool>,
    /// It is fullscreen, or it is not.
    pub fullscreen: Option<bool>,
    /// A mark of the user's.
    pub mark: Option<String>,
    /// It gets the focus, wherever it is; or the focus goes back to where it was.
    pub focus: Option<bool>,
    /// Its border.
    pub border: Option<Border>,
    /// Commands of the window manager, each run for this window alone.
    pub commands: Vec<Template>,
}

/// A workspace by name or number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WorkspaceChoice {
    /// The one of this name.
    Name(String),
    /// The one whose name begins with this number, or is made of it.
    Number(u32),
}

impl From<&str> for WorkspaceChoice {
    /// A number is meant as one.
    fn from(text: &str) -> WorkspaceChoice {
        text.parse().map_or_else(|_| WorkspaceChoice::Name(text.to_owned()), WorkspaceChoice::Number)
    }
}

impl std::fmt::Display for WorkspaceChoice {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            WorkspaceChoice::Name(name) => formatter.write_str(name),
            WorkspaceChoice::Number(number) => number.fmt(formatter),
        }
    }
}

/// A border.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Border {
    /// None.
    None,
    /// A title bar, and a border this many pixels wide.
    Normal(Option<u32>),
    /// A border this many pixels wide.
    Pixel(Option<u32>),
}

impl Placement {
    /// Does it say nothing?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Placement::default()
    }

    /// Add what another one says and this one does not. The commands of both are run, those of this
    /// one first.
    pub fn extend(&mut self, other: &Placement) {
        fn or<T: Clone>(mine: &mut Option<T>, other: &Option<T>) {
            if mine.is_none() {
                mine.clone_from(other);
            }
        }
        // A workspace on an output is one choice: half of each would be neither.
        if self.workspace.is_none() && self.output.is_none() {
            self.workspace.clone_from(&other.workspace);
            self.output.clone_from(&other.output);
        }
        or(&mut self.float, &other.float);
        or(&mut self.fullscreen, &other.fullscreen);
        or(&mut self.mark, &other.mark);
        or(&mut self.focus, &other.focus);
        or(&mut self.border, &other.border);
        self.commands.extend_from_slice(&other.commands);
    }
}

impl Border {
    /// Read it as the configuration writes it, which is how the window managers write it.
    pub(super) fn new(text: &str) -> Result<Border, String> {
        let (word, width) = text.split_once(' ').map_or((text, None), |(word, width)| (word, Some(width)));
        let width = width.map(|width| match width.parse() {
            Ok(pixels) if pixels <= BORDER_PIXELS_MAX => Ok(pixels),
            _ => {
                Err(format!("the width of a border is a number of pixels from 0 to {BORDER_PIXELS_MAX}, not {width:?}"))
            }
        });
        match (word, width.transpose()?) {
            ("none", None) => Ok(Border::None),
            ("normal", width) => Ok(Border::Normal(width)),
            ("pixel", width) => Ok(Border::Pixel(width)),
            _ => {
                let near = nearest(word, ["none", "normal", "pixel"]).filter(|near| *near != word);
                let advice = near.map(|near| format!("; did you mean {near:?}?")).unwrap_or_default();
                let text = shortened(text);
                Err(format!(
                    "a border is \"none\", \"normal\" or \"pixel\", the last two with or without a width, not {text:?}{advice}"
                ))
            }
        }
    }
}

impl std::fmt::Display for Border {
    /// As the window managers take it.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Border::None => formatter.write_str("none"),
            Border::Normal(None) => formatter.write_str("normal"),
            Border::Pixel(None) => formatter.write_str("pixel"),
            Border::Normal(Some(pixels)) => write!(formatter, "normal {pixels}"),
            Border::Pixel(Some(pixels)) => write!(formatter, "pixel {pixels}"),
        }
    }
}

/// May a workspace have this name?
///
/// # Errors
/// A sentence that says what is wrong.
pub fn check_workspace(name: &str) -> Result<(), String> {
    check_place("a workspace", name, &WORKSPACE_WORDS)
}

/// May an output have this name?
pub(super) fn check_output(name: &str) -> Result<(), String> {
    check_place("an output", name, &OUTPUT_WORDS)
}

/// May a workspace or an output have this name? 1 to `PLACE_BYTES_MAX` bytes, no control
/// characters, not both kinds of quotes (sway could not be told), none of the words that mean
/// something else, nothing that begins with `__` or `_i3pm` (what i3 and we keep for ourselves) or
/// `--`.
fn check_place(what: &str, name: &str, words: &[&str]) -> Result<(), String> {
    if name.is_empty() {
        return Err(format!("the name of {what} is empty"));
    }
    if name.len() > PLACE_BYTES_MAX {
        return Err(format!("the name of {what} is {} bytes long; the limit is {PLACE_BYTES_MAX}", name.len()));
    }
    check_word(&format!("the name of {what}"), name)?;
    if let Some(word) = words.iter().find(|word| word.eq_ignore_ascii_case(name)) {
        return Err(format!("window managers take {word:?} for another place than {what} of that name; take another"));
    }
    match ["__", "_i3pm", "--"].iter().find(|start| name.starts_with(**start)) {
        Some(start) => {
            Err(format!("the name of {what} begins with {start}, which is kept for other things; take another"))
        }
        None => Ok(()),
    }
}

/// May this be a mark? 1 to `RULE_MARK_BYTES_MAX` bytes, none of ours.
pub(super) fn check_mark(mark: &str) -> Result<(), String> {
    match mark.len() {
        0 => return Err("the mark is empty".to_owned()),
        1..=RULE_MARK_BYTES_MAX => {}
        more => return Err(format!("the mark is {more} bytes long; the limit is {RULE_MARK_BYTES_MAX}")),
    }
    if mark.starts_with("_i3pm") {
        return Err("marks that begin with _i3pm are those of i3pm itself; take another".to_owned());
    }
    check_word("the mark", mark)
}

/// Can both window managers be told this word?
fn check_word(what: &str, word: &str) -> Result<(), String> {
    if let Some(bad) = word.chars().find(|character| character.is_control()) {
        return Err(format!("{what} holds the control character {bad:?}"));
    }
    match word.contains('"') && word.contains('\'') {
        true => Err(format!("{what} holds both kinds of quotes, which sway cannot be told")),
        false => Ok(()),
    }
}
