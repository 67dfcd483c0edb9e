//! What a project does when it is opened.

use toml::Spanned;
use toml::de::DeValue;

use super::Reader;
use crate::config::{Config, PROJECT_APPS_MAX, check_app_name, nearest};

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
}

/// All tables are read: whoever names an application needs one.
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
