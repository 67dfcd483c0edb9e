//! What the user commands through the window manager: bindings and ticks.

use crate::core::model::Model;
use crate::core::stage::Stage;
use crate::core::told::Told;
use crate::core::turn::Turn;
use crate::core::words::note::Level;

impl Stage {
    /// A tick: the predecessor's way to command its daemon.
    pub(super) fn tick(&mut self, turn: &mut Turn<'_>, model: &mut Model, payload: &str) {
        match payload {
            "project:clear" | "project:none" => self.command_switch(turn, model, "none", "tick"),
            "i3pm:reload-config" | "project:reload" => turn.tell(Told::ReloadAsked),
            _ => {
                if let Some(name) = payload.strip_prefix("project:switch:") {
                    self.command_switch(turn, model, name, "tick");
                }
            }
        }
    }

    /// A binding: `nop i3pm switch NAME`, `next`, `prev` or `clear`, alone or among other commands.
    pub(super) fn binding(&mut self, turn: &mut Turn<'_>, model: &mut Model, command: &str) {
        for part in command.split([';', ',']) {
            let Some(rest) = part.trim().strip_prefix("nop") else { continue };
            let words = rest.trim().trim_matches('"');
            let Some(words) = words.strip_prefix("i3pm ") else { continue };
            match words.trim().split_once(char::is_whitespace) {
                Some(("switch", name)) => {
                    self.command_switch(turn, model, name.trim().trim_matches(['"', '\'']), "binding");
                }
                None if matches!(words.trim(), "next" | "prev") => {
                    self.command_switch(turn, model, words.trim(), "binding");
                }
                None if words.trim() == "clear" => self.command_switch(turn, model, "none", "binding"),
                None if words.trim() == "reload" => turn.tell(Told::ReloadAsked),
                _ => {
                    let text = format!(
                        "a binding says `nop i3pm {words}`: i3pm knows switch NAME, next, prev, clear and reload"
                    );
                    turn.note(Level::Warning, "binding.unknown", text);
                }
            }
        }
    }

    /// A switch that nobody waits for.
    pub(super) fn command_switch(&mut self, turn: &mut Turn<'_>, model: &mut Model, name: &str, source: &str) {
        match self.destination(model, name) {
            Ok(target) => self.switch(turn, model, target, None),
            Err(error) => {
                let text = format!("a {source} wants to switch to {name:?}: {error}");
                turn.note(Level::Warning, "switch.unknown", text);
            }
        }
    }
}
