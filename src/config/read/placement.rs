//! The keys that say where and how a window is placed: those of a rule, and of an application.

use toml::Spanned;
use toml::de::DeValue;

use super::reader::{Key, Reader};
use crate::config::placement::{check_mark, check_output, check_workspace};
use crate::config::{Border, COMMAND_BYTES_MAX, COMMAND_PLACES, COMMANDS_MAX, Placement, Template, WorkspaceChoice};

/// The keys of a placement.
pub(super) const PLACEMENT: &[Key<Placement>] = &[
    Key { name: "workspace", read: |reader, value, placement| placement.workspace = reader.workspace(value) },
    Key { name: "output", read: |reader, value, placement| placement.output = reader.output(value) },
    Key { name: "float", read: |reader, value, placement| placement.float = reader.flag(value) },
    Key { name: "fullscreen", read: |reader, value, placement| placement.fullscreen = reader.flag(value) },
    Key {
        name: "mark",
        read: |reader, value, placement| {
            placement.mark = reader.checked(value, |mark| check_mark(mark).map(|()| mark.to_owned()));
        },
    },
    Key { name: "focus", read: |reader, value, placement| reader.focus("focus", true, value, placement) },
    Key { name: "no_focus", read: |reader, value, placement| reader.focus("no_focus", false, value, placement) },
    Key { name: "border", read: |reader, value, placement| placement.border = reader.checked(value, Border::new) },
    Key { name: "command", read: read_command },
];

impl Reader<'_> {
    /// The name of a workspace, or its number.
    pub(super) fn workspace(&mut self, value: &Spanned<DeValue<'_>>) -> Option<WorkspaceChoice> {
        match value.get_ref() {
            DeValue::Integer(_) => self.number(value).map(WorkspaceChoice::Number),
            DeValue::String(_) => {
                let name = self.checked(value, |name| check_workspace(name).map(|()| name.to_owned()));
                name.map(WorkspaceChoice::Name)
            }
            _ => {
                self.wrong_type(value, "the name of a workspace in quotes, or its number");
                None
            }
        }
    }

    /// The name of an output.
    pub(super) fn output(&mut self, value: &Spanned<DeValue<'_>>) -> Option<String> {
        self.checked(value, |name| check_output(name).map(|()| name.to_owned()))
    }

    fn focus(&mut self, key: &str, focus: bool, value: &Spanned<DeValue<'_>>, placement: &mut Placement) {
        if self.only_true(key, value) && placement.focus.replace(focus).is_some() {
            self.fault(value.span().start, "one of `focus` and `no_focus` can be true, not both");
        }
    }

    fn command(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Template> {
        self.checked(value, |text| {
            if text.trim().is_empty() {
                return Err("this command is empty".to_owned());
            }
            if text.len() > COMMAND_BYTES_MAX {
                return Err(format!("the command is {} bytes long; the limit is {COMMAND_BYTES_MAX}", text.len()));
            }
            if let Some(bad) = text.chars().find(|character| character.is_control()) {
                return Err(format!("the command holds the control character {bad:?}"));
            }
            Template::new(text, &COMMAND_PLACES)
        })
    }
}

fn read_command(reader: &mut Reader<'_>, value: &Spanned<DeValue<'_>>, placement: &mut Placement) {
    let Some(values) = value.get_ref().as_array() else {
        if value.get_ref().is_str() {
            placement.commands.extend(reader.command(value));
        } else {
            reader.wrong_type(value, "a command in quotes, or a list of them");
        }
        return;
    };
    match values.len() {
        0 => reader.fault(value.span().start, "this list holds no command; give it one at least"),
        1..=COMMANDS_MAX => {}
        more => {
            let text = format!("these are {more} commands; the limit is {COMMANDS_MAX}");
            return reader.fault(value.span().start, text);
        }
    }
    for value in values.iter() {
        placement.commands.extend(reader.command(value));
    }
}
