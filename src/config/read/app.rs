//! Applications.

use toml::Spanned;
use toml::de::DeValue;

use super::placement::PLACEMENT;
use super::reader::{Key, Reader, in_text_order};
use super::rule::FOLLOW;
use crate::config::place::shortened;
use crate::config::{
    APP_PLACES, APPS_MAX, ARGUMENT_BYTES_MAX, ARGUMENTS_MAX, App, AppScope, Condition, Config, DIR_BYTES_MAX,
    Placement, Template, VARIABLES_MAX, WhenNoProject, check_app_name, expand_dir, is_variable_name, nearest,
};

pub(super) const SCOPES: [(&str, AppScope); 2] = [("project", AppScope::Project), ("global", AppScope::Global)];
pub(super) const WHEN_NO_PROJECT: [(&str, WhenNoProject); 3] =
    [("home", WhenNoProject::Home), ("ask", WhenNoProject::Ask), ("refuse", WhenNoProject::Refuse)];

/// The keys of an `[app.NAME]`.
const APP: &[Key<App>] = &[
    Key {
        name: "command",
        read: |reader, value, app| {
            let mut command = reader.arguments(value);
            let has_name = |program: &Template| *program != Template::default();
            if !command.first().is_none_or(has_name) {
                reader.fault(value.span().start, "the program has an empty name");
            }
            // `args` may have come before.
            command.append(&mut app.command);
            app.command = command;
        },
    },
    Key {
        name: "args",
        read: |reader, value, app| {
            let mut arguments = reader.arguments(value);
            app.command.append(&mut arguments);
        },
    },
    Key { name: "match", read: |reader, value, app| app.condition = reader.condition(value) },
    Key { name: "scope", read: |reader, value, app| reader.choice("scope", value, &SCOPES, &mut app.scope) },
    Key {
        name: "terminal",
        read: |reader, value, app| {
            app.terminal = reader.flag(value) == Some(true);
            if app.terminal {
                reader.terminal_wanted.push(value.span().start);
            }
        },
    },
    Key {
        name: "follow",
        read: |reader, value, app| reader.choice("follow", value, &FOLLOW, &mut app.follows_process),
    },
    Key { name: "single", read: |reader, value, app| app.single = reader.flag(value) == Some(true) },
    Key { name: "env", read: read_variables },
    Key { name: "cwd", read: |reader, value, app| app.cwd = reader.working_directory(value) },
    Key {
        name: "when_no_project",
        read: |reader, value, app| {
            reader.choice("when_no_project", value, &WHEN_NO_PROJECT, &mut app.when_no_project);
        },
    },
    Key { name: "icon", read: |reader, value, app| app.icon = reader.label("the icon", value) },
    Key { name: "title", read: |reader, value, app| app.title = reader.label("the title", value) },
];

/// The keys of a placement that an application has: its own `command` means something else.
const PLACES: [&str; 3] = ["workspace", "output", "float"];

fn places() -> impl Iterator<Item = &'static Key<Placement>> {
    PLACEMENT.iter().filter(|key| PLACES.contains(&key.name))
}

/// The keys of an `[app.NAME]`.
pub(super) fn keys() -> Vec<&'static str> {
    APP.iter().map(|key| key.name).chain(places().map(|key| key.name)).collect()
}

/// `[app.NAME]`.
pub(super) fn read(reader: &mut Reader<'_>, value: &Spanned<DeValue<'_>>, config: &mut Config) {
    let Some(apps) = value.get_ref().as_table() else {
        return reader.wrong_type(value, "a table: write [app.NAME]");
    };
    for (key, value) in in_text_order(apps) {
        let (offset, name) = (key.span().start, key.get_ref().as_ref());
        if config.apps.len() == APPS_MAX {
            return reader.fault(offset, format!("more than {APPS_MAX} applications"));
        }
        if let Err(message) = check_app_name(name) {
            reader.fault(offset, message);
            continue;
        }
        let Some(table) = value.get_ref().as_table() else {
            reader.wrong_type(value, &format!("a table: write [app.{name}]"));
            continue;
        };
        let mut app = App {
            name: name.to_owned(),
            line: reader.places.line(value.span().start),
            command: Vec::new(),
            condition: Condition::default(),
            placement: Placement::default(),
            scope: AppScope::default(),
            terminal: false,
            follows_process: false,
            single: false,
            env: Vec::new(),
            cwd: None,
            when_no_project: WhenNoProject::default(),
            icon: None,
            title: None,
        };
        reader.part(table, APP, &mut app);
        reader.part(table, places(), &mut app.placement);
        reader.unknown_keys(&format!("[app.{name}]"), table, keys().into_iter());
        if !table.contains_key("command") {
            let text = "this application has no command; write command = [\"PROGRAM\", \"ARGUMENT\"]";
            reader.fault(offset, text);
        }
        if app.command.len() > ARGUMENTS_MAX {
            let text = format!("the command has {} arguments; the limit is {ARGUMENTS_MAX}", app.command.len());
            reader.fault(offset, text);
        }
        config.apps.push(app);
    }
}

/// All tables are read: an application that wants a terminal needs the configuration to name one.
pub(super) fn finish(reader: &mut Reader<'_>, config: &Config) {
    let wanted = std::mem::take(&mut reader.terminal_wanted);
    for offset in wanted.into_iter().filter(|_| config.terminal.is_empty()) {
        let text = "there is no terminal to run it in; write at the top what begins its command, such as \
                    terminal = [\"foot\"] or terminal = [\"xterm\", \"-e\"]";
        reader.fault(offset, text);
    }
    if let (Some(offset), Some(name)) = (reader.scratch, &config.scratch)
        && config.app(name).is_none()
    {
        let near = nearest(name, config.apps.iter().map(|app| app.name.as_str()));
        let advice = near.map_or_else(|| format!("write [app.{name}]"), |near| format!("did you mean \"{near}\"?"));
        reader.fault(offset, format!("no application {name:?} is declared; {advice}"));
    }
}

impl Reader<'_> {
    /// A list of arguments, each with places in it.
    pub(super) fn arguments(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<Template> {
        self.arguments_with(value, &APP_PLACES)
    }

    /// The same with these places.
    pub(super) fn arguments_with(&mut self, value: &Spanned<DeValue<'_>>, places: &[&str]) -> Vec<Template> {
        let Some(values) = value.get_ref().as_array() else {
            self.wrong_type(value, "a list: write [\"PROGRAM\", \"ARGUMENT\"], each argument in quotes of its own");
            return Vec::new();
        };
        if values.is_empty() {
            self.fault(value.span().start, "this list is empty; leave the key out, or write one argument at least");
        }
        values.iter().filter_map(|value| self.checked(value, |text| template_with(text, places))).collect()
    }

    fn working_directory(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Template> {
        let home = self.home;
        self.checked(value, |text| {
            if text.len() > DIR_BYTES_MAX {
                return Err(format!("the directory is {} bytes long; the limit is {DIR_BYTES_MAX}", text.len()));
            }
            // A value that is filled in at the beginning is an absolute path.
            let begins =
                |place: &&str| text.strip_prefix(*place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            match ["{dir}", "{home}"].iter().any(begins) {
                true => template(text),
                false => expand_dir(text, home).and_then(|dir| template(&dir)),
            }
        })
    }
}

fn template(text: &str) -> Result<Template, String> {
    template_with(text, &APP_PLACES)
}

fn template_with(text: &str, places: &[&str]) -> Result<Template, String> {
    if text.len() > ARGUMENT_BYTES_MAX {
        return Err(format!("this text is {} bytes long; the limit is {ARGUMENT_BYTES_MAX}", text.len()));
    }
    if text.contains('\0') {
        return Err("this text holds a NUL character".to_owned());
    }
    Template::new(text, places)
}

fn read_variables(reader: &mut Reader<'_>, value: &Spanned<DeValue<'_>>, app: &mut App) {
    let Some(variables) = value.get_ref().as_table() else {
        return reader.wrong_type(value, "a table: write env = { NAME = \"value\" }");
    };
    for (key, value) in in_text_order(variables) {
        let (offset, name) = (key.span().start, key.get_ref().as_ref());
        if app.env.len() == VARIABLES_MAX {
            return reader.fault(offset, format!("more than {VARIABLES_MAX} variables"));
        }
        if !is_variable_name(name) {
            let text = format!("{:?} cannot be the name of a variable", shortened(name));
            reader.fault(offset, text);
        } else if name.starts_with("I3PM_") {
            reader.fault(offset, "variables whose names begin with I3PM_ are set by i3pm itself; take another name");
        } else if let Some(value) = reader.checked(value, template) {
            app.env.push((name.to_owned(), value));
        }
    }
}
