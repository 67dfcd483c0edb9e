//! The commands we send to the window manager: quoting, and packing into messages.

use crate::core::tree::ContainerId;
use crate::core::words::wm::{CommandOutcome, WmKind};

/// The longest command message in bytes. A message must fit the window manager's socket buffer
/// whole: i3 spins on a half-sent payload and sway reads none of it until all is there.
pub const MESSAGE_BYTES_MAX: usize = 32 * 1024;

/// The option without which `workspace_auto_back_and_forth` turns "to the current workspace" into
/// "to the one before".
pub const NO_BACK_AND_FORTH: &str = "--no-auto-back-and-forth";

/// A list of commands in order. Each entry is one command, or a chain that must not be torn apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Script {
    commands: Vec<String>,
}

impl Script {
    /// An empty script.
    #[must_use]
    pub fn new() -> Script {
        Script::default()
    }

    /// Add a command without criteria.
    pub fn push(&mut self, command: impl Into<String>) {
        self.commands.push(command.into());
    }

    /// Add a command for one container. Commas keep the criteria, so `command` may be a chain.
    pub fn on(&mut self, container: ContainerId, command: impl std::fmt::Display) {
        self.commands.push(format!("[con_id={container}] {command}"));
    }

    /// Append another script.
    pub fn extend(&mut self, other: Script) {
        self.commands.extend(other.commands);
    }

    /// Nothing to do?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.commands.is_empty()
    }

    /// How many bytes its commands have.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.commands.iter().map(String::len).sum()
    }

    /// As messages of at most `MESSAGE_BYTES_MAX` bytes each.
    #[must_use]
    pub fn into_messages(self) -> Vec<String> {
        let mut messages: Vec<String> = Vec::new();
        for command in self.commands {
            match messages.last_mut() {
                Some(message) if message.len() + 2 + command.len() <= MESSAGE_BYTES_MAX => {
                    message.push_str("; ");
                    message.push_str(&command);
                }
                _ => messages.push(command),
            }
        }
        messages
    }
}

impl From<String> for Script {
    fn from(command: String) -> Script {
        Script { commands: vec![command] }
    }
}

/// A name as one word of a command.
///
/// i3 knows `\"` and `\\` inside double quotes; sway keeps backslashes and knows both kinds of
/// quotes. A name with both kinds of quotes cannot be said to sway, and one with a control
/// character to neither: `None`.
#[must_use]
pub fn quote(kind: WmKind, name: &str) -> Option<String> {
    if name.is_empty() || name.chars().any(char::is_control) {
        return None;
    }
    match kind {
        WmKind::I3 => Some(format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))),
        WmKind::Sway if !name.contains('"') => Some(format!("\"{name}\"")),
        WmKind::Sway if !name.contains('\'') => Some(format!("'{name}'")),
        WmKind::Sway => None,
    }
}

/// What the window manager refused of a message, each with the command where that can be told: "no
/// reason given" is all that i3 says of many.
#[must_use]
pub fn refusals(message: &str, outcomes: &[CommandOutcome]) -> Vec<String> {
    let refused: Vec<(usize, String)> =
        outcomes.iter().enumerate().filter_map(|(at, outcome)| Some((at, outcome.refusal()?))).collect();
    if refused.is_empty() {
        return Vec::new();
    }
    let commands = Some(commands_of(message)).filter(|commands| commands.len() == outcomes.len());
    let told = refused.into_iter().map(|(at, reason)| match &commands {
        Some(commands) => format!("{reason} ({})", commands[at]),
        None => reason,
    });
    told.collect()
}

/// The commands of a message, those of a chain one by one: the window manager answers each.
#[must_use]
pub fn commands_of(message: &str) -> Vec<&str> {
    let (mut quote, mut escaped, mut in_criteria) = (None, false, false);
    let is_end = |character: char| {
        let skip = std::mem::replace(&mut escaped, false);
        match (quote, character) {
            _ if skip => {}
            (Some('"'), '\\') => escaped = true,
            (Some(open), _) if open == character => quote = None,
            (None, '"' | '\'') => quote = Some(character),
            (None, '[' | ']') => in_criteria = character == '[',
            (None, ';' | ',') => return !in_criteria,
            _ => {}
        }
        false
    };
    message.split(is_end).map(str::trim).collect()
}

/// What sway has not executed of a message, as a message of its own: it ends at a command that it
/// calls invalid, as it does a `resize` for which there is no room (1.7 to 1.10). i3 executes what
/// comes after a refused command.
#[must_use]
pub fn not_executed(kind: WmKind, message: &str, outcomes: &[CommandOutcome]) -> Option<String> {
    if kind != WmKind::Sway || outcomes.last().is_none_or(|last| last.success) {
        return None;
    }
    let commands = commands_of(message);
    let next = commands.get(outcomes.len())?;
    let begin = |command: &str| command.as_ptr().addr() - message.as_ptr().addr();
    let chained = |command: &str| message[..begin(command)].trim_end().ends_with(',');
    let rest = &message[begin(next)..];
    // A chain has its criteria before its first command.
    let first = commands[..outcomes.len()].iter().rev().find(|command| !chained(command)).filter(|_| chained(next));
    let criteria = first.and_then(|first| first.starts_with('[').then(|| first.split_inclusive(']').next())).flatten();
    Some(criteria.map_or_else(|| rest.to_owned(), |criteria| format!("{criteria} {rest}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_become_commands() {
        assert_eq!(quote(WmKind::I3, "a\"; exit").as_deref(), Some("\"a\\\"; exit\""));
        assert_eq!(quote(WmKind::I3, "a\\").as_deref(), Some("\"a\\\\\""));
        assert_eq!(quote(WmKind::Sway, "a; exit").as_deref(), Some("\"a; exit\""));
        assert_eq!(quote(WmKind::Sway, "a\"; exit").as_deref(), Some("'a\"; exit'"));
        assert_eq!(quote(WmKind::Sway, "a\"'; exit"), None);
        assert_eq!(quote(WmKind::I3, "a\nexit"), None);
        assert_eq!(quote(WmKind::I3, ""), None);
    }

    #[test]
    fn what_was_refused_is_named() {
        let outcome =
            |error: Option<&str>| CommandOutcome { success: error.is_none(), error: error.map(str::to_owned) };
        let message = r#"[con_mark="^a;b$"] move scratchpad, focus; workspace "it's; \"1\", 2"; focus parent"#;
        let parts = [r#"[con_mark="^a;b$"] move scratchpad"#, "focus", r#"workspace "it's; \"1\", 2""#, "focus parent"];
        assert_eq!(commands_of(message), parts);
        assert_eq!(commands_of("workspace 'a\";, b'; nop"), ["workspace 'a\";, b'", "nop"]);
        let refused = CommandOutcome { success: false, error: None };
        let outcomes = [outcome(None), outcome(Some("No such thing")), outcome(None), refused];
        assert_eq!(refusals(message, &outcomes), ["No such thing (focus)", "no reason given (focus parent)"]);
        // If the window manager counts otherwise it is not known which it was.
        assert_eq!(refusals(message, &outcomes[1..]), ["No such thing", "no reason given"]);
    }

    #[test]
    fn the_rest_of_a_message_keeps_its_criteria() {
        let outcome = |success| CommandOutcome { success, error: None };
        let message =
            r#"workspace "a, b"; [con_id=5] floating disable, resize grow width 3 px, focus; [con_id=6] focus; nop"#;
        let rest = |outcomes: &[bool]| {
            let outcomes: Vec<CommandOutcome> = outcomes.iter().copied().map(outcome).collect();
            not_executed(WmKind::Sway, message, &outcomes)
        };
        assert_eq!(rest(&[true, true, false]).as_deref(), Some("[con_id=5] focus; [con_id=6] focus; nop"));
        assert_eq!(rest(&[true, true, true, false]).as_deref(), Some("[con_id=6] focus; nop"));
        assert_eq!(rest(&[true, true, true, true, false]).as_deref(), Some("nop"));
        assert_eq!(rest(&[true, false, true, true, true, false]), None, "all of it was executed");
        assert_eq!(rest(&[true, true]), None, "whoever answers less has refused nothing");
        let outcomes = [outcome(true), outcome(false)];
        assert_eq!(not_executed(WmKind::I3, message, &outcomes), None);
    }

    #[test]
    fn messages_stay_under_the_limit_and_lose_nothing() {
        let mut script = Script::new();
        for container in 0..5000 {
            script.on(container, "focus");
        }
        let messages = script.clone().into_messages();
        assert!(messages.len() > 1);
        assert!(messages.iter().all(|message| message.len() <= MESSAGE_BYTES_MAX));
        assert_eq!(messages.join("; "), script.commands.join("; "));
    }
}
