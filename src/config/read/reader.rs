//! What reads the tables of a text, key by key, and the values that several tables have.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::config::place::{Places, nearest, shortened};
use crate::config::{Config, Rule, check_label, expand_dir};

/// One key of a table, and how its value gets into the target.
pub(super) struct Key<T> {
    pub(super) name: &'static str,
    pub(super) read: fn(&mut Reader<'_>, &Spanned<DeValue<'_>>, &mut T),
}

/// Reads the tables of a text, and keeps what can be judged only when all of them are read.
pub(super) struct Reader<'a> {
    pub(super) places: Places<'a>,
    pub(super) home: Option<&'a str>,
    /// Each with its byte offset, by which they are sorted at the end.
    pub(super) faults: Vec<(usize, String)>,
    /// Projects that rules name, each with the offset of the name.
    pub(super) named: Vec<(usize, String)>,
    /// The rules, each with the offset of its header: those of projects are mixed with the others.
    pub(super) rules: Vec<(usize, Rule)>,
    /// Where the project that is being read wants a directory.
    pub(super) directory_wanted: Option<usize>,
    /// Where the application is named that may be declared further down.
    pub(super) scratch: Option<usize>,
    /// Where applications want the terminal that the text may declare further down.
    pub(super) terminal_wanted: Vec<usize>,
    /// Applications that projects name, each with the offset of the name.
    pub(super) apps_named: Vec<(usize, String)>,
}

impl Reader<'_> {
    pub(super) fn fault(&mut self, offset: usize, message: impl Into<String>) {
        self.faults.push((offset, message.into()));
    }

    /// Read the keys of one table; `place` is how the text names it, empty for the whole text.
    pub(super) fn table<T>(&mut self, place: &str, table: &DeTable<'_>, keys: &[Key<T>], target: &mut T) {
        self.part(table, keys, target);
        self.unknown_keys(place, table, keys.iter().map(|key| key.name));
    }

    /// Read the keys of a table that are among these, and leave the others.
    pub(super) fn part<'k, T: 'k>(
        &mut self,
        table: &DeTable<'_>,
        keys: impl IntoIterator<Item = &'k Key<T>>,
        target: &mut T,
    ) {
        let keys: Vec<&Key<T>> = keys.into_iter().collect();
        for (name, value) in in_text_order(table) {
            if let Some(key) = keys.iter().find(|key| key.name == name.get_ref()) {
                (key.read)(self, value, target);
            }
        }
    }

    /// Tell the keys of a table that are not among the known ones.
    pub(super) fn unknown_keys(
        &mut self,
        place: &str,
        table: &DeTable<'_>,
        known: impl Iterator<Item = &'static str> + Clone,
    ) {
        for (name, _) in in_text_order(table) {
            if !known.clone().any(|known| known == name.get_ref()) {
                self.unknown_key(place, name.span().start, name.get_ref(), known.clone());
            }
        }
    }

    fn unknown_key(
        &mut self,
        place: &str,
        offset: usize,
        name: &str,
        known: impl Iterator<Item = &'static str> + Clone,
    ) {
        let known_keys = known.clone().collect::<Vec<_>>().join(", ");
        let place = if place.is_empty() { String::new() } else { format!(" in {place}") };
        let advice = match nearest(name, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the keys here are {known_keys}"),
        };
        self.fault(offset, format!("unknown key `{}`{place}; {advice}", shortened(name)));
    }

    pub(super) fn wrong_type(&mut self, value: &Spanned<DeValue<'_>>, wanted: &str) {
        let article = if value.get_ref().type_str().starts_with(['a', 'i']) { "an" } else { "a" };
        let found = value.get_ref().type_str();
        self.fault(value.span().start, format!("this must be {wanted}, and it is {article} {found}"));
    }

    pub(super) fn string<'v>(&mut self, value: &'v Spanned<DeValue<'_>>) -> Option<&'v str> {
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.wrong_type(value, "a string in quotes");
        }
        text
    }

    /// A string through a check of its own.
    pub(super) fn checked<T>(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        check: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = self.string(value)?;
        check(text).map_err(|message| self.fault(value.span().start, message)).ok()
    }

    pub(super) fn choice<T: Copy>(
        &mut self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        choices: &[(&str, T)],
        target: &mut T,
    ) {
        let found = self.checked(value, |text| match choices.iter().find(|(name, _)| *name == text) {
            Some((_, choice)) => Ok(*choice),
            None => {
                let names: Vec<String> = choices.iter().map(|(name, _)| format!("\"{name}\"")).collect();
                let near = nearest(text, choices.iter().map(|(name, _)| *name));
                let advice = near.map(|near| format!("; did you mean \"{near}\"?")).unwrap_or_default();
                Err(format!("`{key}` must be {}, not {:?}{advice}", names.join(" or "), shortened(text)))
            }
        });
        *target = found.unwrap_or(*target);
    }

    pub(super) fn dir(&mut self, value: &Spanned<DeValue<'_>>) -> Option<String> {
        let home = self.home;
        self.checked(value, |text| expand_dir(text, home))
    }

    pub(super) fn label(&mut self, what: &str, value: &Spanned<DeValue<'_>>) -> Option<String> {
        let label = self.checked(value, |text| check_label(what, text).map(|()| text.to_owned()));
        label.filter(|label| !label.is_empty())
    }

    /// True or false.
    pub(super) fn flag(&mut self, value: &Spanned<DeValue<'_>>) -> Option<bool> {
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            self.wrong_type(value, "`true` or `false`");
        }
        flag
    }

    /// The key can only be true.
    pub(super) fn only_true(&mut self, key: &str, value: &Spanned<DeValue<'_>>) -> bool {
        match value.get_ref().as_bool() {
            Some(true) => return true,
            Some(false) => {
                self.fault(value.span().start, format!("`{key}` can only be true; leave the key out otherwise"));
            }
            None => self.wrong_type(value, "`true`"),
        }
        false
    }

    /// A whole number from 0.
    pub(super) fn number(&mut self, value: &Spanned<DeValue<'_>>) -> Option<u32> {
        let DeValue::Integer(integer) = value.get_ref() else {
            self.wrong_type(value, "a whole number");
            return None;
        };
        let number = u32::from_str_radix(integer.as_str(), integer.radix()).ok();
        if number.is_none() {
            self.fault(value.span().start, format!("this must be a whole number from 0 to {}", u32::MAX));
        }
        number
    }

    /// A rule may name a project that was created, so an undeclared one is only worth a look.
    pub(super) fn warn_of_undeclared(&self, config: &mut Config) {
        for (offset, name) in &self.named {
            if config.projects.iter().any(|project| project.name == *name) {
                continue;
            }
            let near = nearest(name, config.projects.iter().map(|project| project.name.as_str()));
            let advice = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            let message = format!("no project `{name}` is declared here; the rule waits until it is created{advice}");
            config.undeclared.push((name.clone(), self.places.fault(*offset, message).to_string()));
        }
    }
}

pub(super) type Entry<'t, 'i> = (&'t Spanned<std::borrow::Cow<'i, str>>, &'t Spanned<DeValue<'i>>);

/// The entries of a table in the order of the text; the map has them by name.
pub(super) fn in_text_order<'t, 'i>(table: &'t DeTable<'i>) -> Vec<Entry<'t, 'i>> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(name, _)| name.span().start);
    entries
}
