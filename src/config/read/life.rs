//! What a project does when it is opened, entered and left.

use toml::Spanned;
use toml::de::DeValue;

use super::reader::Reader;
use crate::config::{
    ARGUMENTS_MAX, Config, HOOK_LIMIT_SECONDS_MAX, HOOK_PLACES, PROJECT_APPS_MAX, PROJECT_WORKSPACES_MAX, Template,
    WorkspaceChoice, check_app_name, nearest,
};

impl Reader<'_> {
    /// The names of applications, which the text may declare further down.
    pub(super) fn app_names(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<String> {
        let Some(values) = value.get_ref().as_array() else {
            self.wrong_type(value, "a list of names of applications: write [\"NAME\", \"NAME\"]");
            return Vec::new();
        };
        if values.len() > PROJECT_APPS_MAX {
            let text = format!("these are {} applications; the limit is {PROJECT_APPS_MAX}", values.len());
            self.fault(value.span().start, text);
        }
        let mut names = Vec::new();
        for value in values.iter() {
            if let Some(name) = self.checked(value, |name| check_app_name(name).map(|()| name.to_owned())) {
                self.apps_named.push((value.span().start, name.clone()));
                names.push(name);
            }
        }
        names
    }

    /// The workspaces that a project wants.
    pub(super) fn workspaces(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<WorkspaceChoice> {
        let Some(values) = value.get_ref().as_array() else {
            self.wrong_type(value, "a list of workspaces: write [\"NAME\", 3]");
            return Vec::new();
        };
        if values.len() > PROJECT_WORKSPACES_MAX {
            let text = format!("these are {} workspaces; the limit is {PROJECT_WORKSPACES_MAX}", values.len());
            self.fault(value.span().start, text);
        }
        values.iter().filter_map(|value| self.workspace(value)).collect()
    }

    /// A program and its arguments.
    pub(super) fn hook(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<Template> {
        let command = self.arguments_with(value, &HOOK_PLACES);
        if command.first().is_some_and(|program| *program == Template::default()) {
            self.fault(value.span().start, "the program has an empty name");
        }
        if command.len() > ARGUMENTS_MAX {
            let text = format!("the command has {} arguments; the limit is {ARGUMENTS_MAX}", command.len());
            self.fault(value.span().start, text);
        }
        command
    }

    /// How long a hook may run, in seconds.
    pub(super) fn hook_limit(&mut self, value: &Spanned<DeValue<'_>>) -> Option<u32> {
        let seconds = self.number(value)?;
        let good = (1..=HOOK_LIMIT_SECONDS_MAX).contains(&seconds);
        if !good {
            let text = format!("this must be a number of seconds from 1 to {HOOK_LIMIT_SECONDS_MAX}");
            self.fault(value.span().start, text);
        }
        good.then_some(seconds)
    }
}

/// All tables are read: every application that a project names must be there.
pub(super) fn finish(reader: &mut Reader<'_>, config: &Config) {
    for (offset, name) in std::mem::take(&mut reader.apps_named) {
        if config.app(&name).is_none() {
            let advice = match nearest(&name, config.apps.iter().map(|app| app.name.as_str())) {
                Some(near) => format!("did you mean {near:?}?"),
                None => format!("write [app.{name}] with a command"),
            };
            reader.fault(offset, format!("no application {name:?} is declared here; {advice}"));
        }
    }
}
