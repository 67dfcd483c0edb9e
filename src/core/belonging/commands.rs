//! The commands that place a window as rules say.

use crate::config::{COMMAND_PLACES, Placement};
use crate::core::windows::Windows;
use crate::core::windows::window::WindowState;
use crate::core::words::command::{NO_BACK_AND_FORTH, quote};
use crate::core::words::wm::WmKind;

/// The longest value that is filled into a command, in characters: titles may have a megabyte.
pub const COMMAND_VALUE_CHARACTERS_MAX: usize = 256;

/// The commands of a placement, and of each whether it stands without the criteria of the
/// window.
pub(in crate::core) fn commands(
    kind: WmKind,
    windows: &Windows,
    window: &WindowState,
    placement: &Placement,
) -> Vec<(bool, String)> {
    let mut commands: Vec<(bool, String)> = Vec::new();
    let mut on = |command: String| commands.push((false, command));
    if let Some(border) = placement.border {
        on(format!("border {border}"));
    }
    if let Some(mark) = placement.mark.as_deref().and_then(|mark| quote(kind, mark)) {
        on(format!("mark --add {mark}"));
    }
    if placement.float == Some(true) {
        on("floating enable".to_string());
    }
    let output = placement.output.as_deref().and_then(|output| quote(kind, output));
    if let Some(choice) = &placement.workspace {
        let name = windows.workspace_name(choice);
        let quoted = quote(kind, &name).unwrap_or_default();
        let moved = format!("move {NO_BACK_AND_FORTH} container to workspace {quoted}");
        // A workspace is made on the output that has the focus.
        match output.filter(|_| !windows.names.values().any(|known| *known == name)) {
            None => on(moved),
            Some(output) if kind == WmKind::I3 => {
                on(moved);
                on(format!("move workspace to output {output}"));
            }
            Some(output) => {
                commands.push((true, format!("workspace {quoted} output {output}")));
                commands.push((false, moved));
            }
        }
    } else if let Some(output) = output {
        on(format!("move container to output {output}"));
    }
    let mut on = |command: String| commands.push((false, command));
    if placement.float == Some(false) {
        on("floating disable".to_string());
    }
    if let Some(fullscreen) = placement.fullscreen {
        on(format!("fullscreen {}", if fullscreen { "enable" } else { "disable" }));
    }
    for command in &placement.commands {
        on(command.fill(|place| harmless(&value(window, COMMAND_PLACES[place]))));
    }
    if placement.focus == Some(true) {
        on("focus".to_string());
    }
    commands
}

/// What stands in a command for this place.
fn value(window: &WindowState, place: &str) -> String {
    let text = match place {
        "id" => return window.id.to_string(),
        "pid" => return window.client.pid.map(|pid| pid.to_string()).unwrap_or_default(),
        "project" => return window.owner.projects().next().unwrap_or_default().to_string(),
        "class" => &window.client.class,
        "app_id" => &window.client.app_id,
        "instance" => &window.client.instance,
        "title" => &window.client.title,
        "role" => &window.client.role,
        "app" => &window.app,
        _ => &window.workspace,
    };
    text.clone().unwrap_or_default()
}

/// A value for a command, inside of quotes or not. Programs set their titles, and what a title says
/// may reach the parser of a window manager (where i3 ends an unquoted text at each `;` and `,`,
/// quoted or not), a shell behind `exec`, and Pango markup: whatever means something to one of them
/// becomes `_`.
fn harmless(text: &str) -> String {
    let is_harmless = |character: char| character.is_alphanumeric() || " ._-/:@+=%".contains(character);
    text.chars()
        .take(COMMAND_VALUE_CHARACTERS_MAX)
        .map(|character| if is_harmless(character) { character } else { '_' })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_value_has_a_limit() {
        assert_eq!(
            harmless(&"é".repeat(COMMAND_VALUE_CHARACTERS_MAX + 1)).chars().count(),
            COMMAND_VALUE_CHARACTERS_MAX
        );
    }

    proptest! {
        #[test]
        fn no_value_becomes_a_command(text: String) {
            let meaning = "\"'\\;,[]{}()<>&|$`!#*?~^";
            let is_bad = |character: char| character.is_control() || meaning.contains(character);
            prop_assert!(!harmless(&text).contains(is_bad));
        }
    }
}
