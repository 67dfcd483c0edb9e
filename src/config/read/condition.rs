//! The keys of a condition: those of a rule, of its `match`, and of the tables in `all`, `any` and
//! `not`.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::reader::{Key, Reader};
use crate::config::condition::{FlagKey, Test, TextKey};
use crate::config::{CONDITION_KEYS_MAX, CONDITION_LEVELS_MAX, Condition, Matcher};

/// A condition whose keys are being read.
#[derive(Default)]
pub(super) struct Draft {
    pub condition: Condition,
    level: usize,
}

/// The keys of a condition.
pub(super) const CONDITION: &[Key<Draft>] = &[
    Key { name: "class", read: |reader, value, draft| reader.text(TextKey::Class, value, draft) },
    Key { name: "app_id", read: |reader, value, draft| reader.text(TextKey::AppId, value, draft) },
    Key { name: "instance", read: |reader, value, draft| reader.text(TextKey::Instance, value, draft) },
    Key { name: "title", read: |reader, value, draft| reader.text(TextKey::Title, value, draft) },
    Key { name: "role", read: |reader, value, draft| reader.text(TextKey::Role, value, draft) },
    Key { name: "app", read: |reader, value, draft| reader.text(TextKey::App, value, draft) },
    Key { name: "floating", read: |reader, value, draft| reader.flag_key(FlagKey::Floating, value, draft) },
    Key { name: "dialog", read: |reader, value, draft| reader.flag_key(FlagKey::Dialog, value, draft) },
    Key { name: "transient", read: |reader, value, draft| reader.flag_key(FlagKey::Transient, value, draft) },
    Key { name: "pid", read: read_pid },
    Key { name: "exe", read: |reader, value, draft| reader.text(TextKey::Exe, value, draft) },
    Key { name: "cwd", read: |reader, value, draft| reader.text(TextKey::Cwd, value, draft) },
    Key { name: "all", read: |reader, value, draft| reader.nested("all", value, draft, Test::All) },
    Key { name: "any", read: |reader, value, draft| reader.nested("any", value, draft, Test::Any) },
    Key { name: "not", read: read_not },
    Key { name: TextKey::Workspace.name(), read: |reader, value, draft| reader.text(TextKey::Workspace, value, draft) },
    Key { name: TextKey::Output.name(), read: |reader, value, draft| reader.text(TextKey::Output, value, draft) },
    Key { name: TextKey::Project.name(), read: |reader, value, draft| reader.text(TextKey::Project, value, draft) },
];

/// Those that mean something else in a rule itself, and so stand only in its `match`.
const IN_MATCH_ONLY: [TextKey; 3] = [TextKey::Workspace, TextKey::Output, TextKey::Project];

/// The keys of a condition that stand in a rule itself.
pub(super) fn keys_of_rule() -> impl Iterator<Item = &'static Key<Draft>> + Clone {
    CONDITION.iter().filter(|key| !IN_MATCH_ONLY.iter().any(|other| other.name() == key.name))
}

impl Reader<'_> {
    /// A table as a condition: the `match` of a rule or an application. A fault if it holds
    /// nothing.
    pub(super) fn condition(&mut self, value: &Spanned<DeValue<'_>>) -> Condition {
        let mut draft = Draft::default();
        self.condition_below(value, &mut draft);
        self.check_size(value, &draft.condition);
        draft.condition
    }

    /// Are there too many keys in it?
    pub(super) fn check_size(&mut self, value: &Spanned<DeValue<'_>>, condition: &Condition) {
        let count = condition.keys_count();
        if count > CONDITION_KEYS_MAX {
            let text = format!("this asks for {count} things; the limit is {CONDITION_KEYS_MAX}");
            self.fault(value.span().start, text);
        }
    }

    fn condition_below(&mut self, value: &Spanned<DeValue<'_>>, draft: &mut Draft) {
        let Some(table) = value.get_ref().as_table() else {
            return self.wrong_type(value, "a table: write { class = \"NAME\" }");
        };
        if draft.level == CONDITION_LEVELS_MAX {
            let text = format!("more than {CONDITION_LEVELS_MAX} levels of all, any and not");
            return self.fault(value.span().start, text);
        }
        if !has_condition_key(table) {
            self.fault(value.span().start, "this fits every window; give it something to compare, as class = \"NAME\"");
        }
        self.table("a condition", table, CONDITION, draft);
    }

    fn text(&mut self, key: TextKey, value: &Spanned<DeValue<'_>>, draft: &mut Draft) {
        if let Some(matcher) = self.checked(value, Matcher::new) {
            draft.condition.push(Test::Text(key, matcher));
        }
    }

    fn flag_key(&mut self, key: FlagKey, value: &Spanned<DeValue<'_>>, draft: &mut Draft) {
        if let Some(flag) = self.flag(value) {
            draft.condition.push(Test::Flag(key, flag));
        }
    }

    fn nested(
        &mut self,
        name: &str,
        value: &Spanned<DeValue<'_>>,
        draft: &mut Draft,
        test: fn(Vec<Condition>) -> Test,
    ) {
        let Some(values) = value.get_ref().as_array() else {
            return self.wrong_type(value, &format!("a list of tables: write {name} = [{{ class = \"NAME\" }}, ...]"));
        };
        if values.is_empty() {
            return self.fault(value.span().start, format!("`{name}` holds nothing; give it one table at least"));
        }
        let conditions = values.iter().map(|value| self.inner(value, draft.level)).collect();
        draft.condition.push(test(conditions));
    }

    fn inner(&mut self, value: &Spanned<DeValue<'_>>, level: usize) -> Condition {
        let mut draft = Draft { level: level + 1, ..Draft::default() };
        self.condition_below(value, &mut draft);
        draft.condition
    }
}

fn read_not(reader: &mut Reader<'_>, value: &Spanned<DeValue<'_>>, draft: &mut Draft) {
    let condition = reader.inner(value, draft.level);
    draft.condition.push(Test::Not(condition));
}

fn read_pid(reader: &mut Reader<'_>, value: &Spanned<DeValue<'_>>, draft: &mut Draft) {
    if let Some(pid) = reader.number(value) {
        draft.condition.push(Test::Pid(pid));
    }
}

fn has_condition_key(table: &DeTable<'_>) -> bool {
    CONDITION.iter().any(|key| table.contains_key(key.name))
}
