//! Rules.

use toml::Spanned;
use toml::de::DeValue;

use super::condition::{Draft as DraftCondition, keys_of_rule};
use super::placement::PLACEMENT;
use super::reader::{Key, Reader};
use crate::config::condition::TextKey;
use crate::config::{Config, Placement, RULES_MAX, Rule, RuleOwner, WINDOW_PROJECTS_MAX, check_project_name};

/// What windows may follow.
pub(super) const FOLLOW: [(&str, bool); 1] = [("process", true)];

/// The keys that say where a window belongs.
const OWNERS: &[Key<Draft>] = &[
    Key { name: "project", read: read_project },
    Key { name: "projects", read: read_projects },
    Key { name: "global", read: read_global },
    Key { name: "follow", read: read_follow },
];

/// The other keys of a rule itself.
const RULE: &[Key<Draft>] = &[
    Key {
        name: "match",
        read: |reader, value, draft| {
            let condition = reader.condition(value);
            draft.condition.condition.extend(condition);
        },
    },
    Key { name: "once", read: |reader, value, draft| draft.enforced = reader.flag(value) == Some(false) },
    Key { name: "continue", read: |reader, value, draft| draft.continues = reader.flag(value) == Some(true) },
];

/// The keys of a rule that compare.
pub(in crate::config) fn matchers() -> impl Iterator<Item = &'static str> + Clone {
    keys_of_rule().map(|key| key.name).chain(["match"])
}

/// Those that say where a window belongs.
pub(in crate::config) fn owners() -> impl Iterator<Item = &'static str> + Clone {
    OWNERS.iter().map(|key| key.name)
}

/// Those that say where and how it is placed.
pub(in crate::config) fn placements() -> impl Iterator<Item = &'static str> + Clone {
    PLACEMENT.iter().map(|key| key.name)
}

/// All keys of a rule.
pub(super) fn keys() -> Vec<&'static str> {
    let others = RULE.iter().map(|key| key.name).filter(|name| *name != "match");
    matchers().chain(owners()).chain(placements()).chain(others).collect()
}

/// A rule whose keys are being read.
#[derive(Default)]
struct Draft {
    condition: DraftCondition,
    placement: Placement,
    owners: Vec<RuleOwner>,
    enforced: bool,
    continues: bool,
}

/// Read a list of rules: the rules of a project claim windows for it.
pub(super) fn read(reader: &mut Reader<'_>, value: &Spanned<DeValue<'_>>, project: Option<&str>) {
    let header = project.map_or_else(|| "rule".to_owned(), |name| format!("project.{name}.rule"));
    let Some(rules) = value.get_ref().as_array() else {
        return reader.wrong_type(value, &format!("a list of tables: write [[{header}]] with two brackets"));
    };
    for value in rules.iter() {
        let offset = value.span().start;
        if reader.rules.len() == RULES_MAX {
            return reader.fault(offset, format!("more than {RULES_MAX} rules"));
        }
        if let Some(rule) = read_one(reader, value, &header, project) {
            reader.rules.push((offset, rule));
        }
    }
}

fn read_one(
    reader: &mut Reader<'_>,
    value: &Spanned<DeValue<'_>>,
    header: &str,
    project: Option<&str>,
) -> Option<Rule> {
    let offset = value.span().start;
    let Some(table) = value.get_ref().as_table() else {
        reader.wrong_type(value, &format!("a table: write [[{header}]]"));
        return None;
    };
    if !matchers().any(|name| table.contains_key(name)) {
        reader.fault(offset, "this rule fits every window; give it something to compare, as class = \"NAME\"");
    }
    let mut draft = Draft::default();
    reader.part(table, keys_of_rule(), &mut draft.condition);
    reader.part(table, PLACEMENT, &mut draft.placement);
    reader.part(table, OWNERS.iter().chain(RULE), &mut draft);
    reader.unknown_keys(&format!("[[{header}]]"), table, keys().into_iter());
    let said = owners().filter(|name| table.contains_key(*name)).count();
    let owner = match (project, said) {
        (None, 0) if !placements().any(|name| table.contains_key(name)) => {
            let names = owners().chain(placements()).collect::<Vec<_>>().join(", ");
            reader.fault(offset, format!("this rule does nothing; give it one of {names}"));
            None
        }
        (None, 0) => None,
        (None, 1) => draft.owners.pop(),
        (None, _) => {
            reader.fault(offset, "this rule can have one of `project`, `projects`, `global` and `follow`, not several");
            None
        }
        (Some(name), 0) => Some(RuleOwner::Projects(vec![name.to_owned()])),
        (Some(name), _) => {
            let text = format!(
                "a rule of [project.{name}] claims for that project; leave out project, projects, global and follow"
            );
            reader.fault(offset, text);
            None
        }
    };
    let Draft { condition: DraftCondition { condition, .. }, placement, enforced, continues, .. } = draft;
    reader.check_size(value, &condition);
    if owner.is_some() && condition.mentions(TextKey::Project) {
        let text = "a rule that says where a window belongs cannot ask for the project that it belongs to";
        reader.fault(offset, text);
    }
    Some(Rule { line: reader.places.line(offset), condition, owner, placement, enforced, continues })
}

/// All tables are read: put the rules in the order of the text, and look for those that can never
/// do anything.
pub(super) fn finish(reader: &mut Reader<'_>, config: &mut Config) {
    let mut rules = std::mem::take(&mut reader.rules);
    rules.sort_by_key(|(offset, _)| *offset);
    // A rule does not surely fit if its projects are perhaps not there.
    let sure = |rule: &Rule| match &rule.owner {
        Some(RuleOwner::Projects(names)) => {
            names.iter().any(|name| config.projects.iter().any(|project| project.name == *name))
        }
        Some(RuleOwner::Global | RuleOwner::Process) | None => true,
    };
    let mut warnings = Vec::new();
    let mut ending: Vec<&Rule> = Vec::new();
    for (index, (offset, rule)) in rules.iter().enumerate() {
        let covering = ending.iter().find(|earlier| rule.condition.implies(&earlier.condition));
        let message = match covering {
            Some(earlier) if earlier.condition == rule.condition => Some(format!(
                "this rule is never reached: the one in line {} asks for the same, and comes first",
                earlier.line
            )),
            Some(earlier) => Some(format!(
                "this rule is never reached: whatever fits it fits the one in line {}, which comes first; put it before that one, \
                 or say `continue = true` there",
                earlier.line
            )),
            None => {
                let twin = rules[..index].iter().find(|(_, earlier)| earlier.says_what(rule));
                twin.map(|(_, twin)| format!("this rule says what the one in line {} says", twin.line))
            }
        };
        warnings.extend(message.map(|message| reader.places.fault(*offset, message).to_string()));
        if !rule.continues && sure(rule) {
            ending.push(rule);
        }
    }
    config.warnings.extend(warnings);
    config.rules = rules.into_iter().map(|(_, rule)| rule).collect();
}

impl Reader<'_> {
    /// The name of a project in a rule.
    fn project_name(&mut self, value: &Spanned<DeValue<'_>>) -> Option<String> {
        let name = self.checked(value, |name| check_project_name(name).map(|()| name.to_owned()))?;
        self.named.push((value.span().start, name.clone()));
        Some(name)
    }
}

fn read_project(reader: &mut Reader<'_>, value: &Spanned<DeValue<'_>>, draft: &mut Draft) {
    if let Some(name) = reader.project_name(value) {
        draft.owners.push(RuleOwner::Projects(vec![name]));
    }
}

fn read_projects(reader: &mut Reader<'_>, value: &Spanned<DeValue<'_>>, draft: &mut Draft) {
    let Some(values) = value.get_ref().as_array() else {
        return reader.wrong_type(value, "a list of project names: write [\"NAME\", \"NAME\"]");
    };
    match values.len() {
        0 => reader.fault(value.span().start, "this list names no project; give it one at least"),
        1..=WINDOW_PROJECTS_MAX => {}
        more => {
            let text = format!("a window belongs to at most {WINDOW_PROJECTS_MAX} projects, and these are {more}");
            reader.fault(value.span().start, text);
        }
    }
    let names = values.iter().filter_map(|value| reader.project_name(value)).collect();
    draft.owners.push(RuleOwner::Projects(names));
}

fn read_follow(reader: &mut Reader<'_>, value: &Spanned<DeValue<'_>>, draft: &mut Draft) {
    let mut follows = false;
    reader.choice("follow", value, &FOLLOW, &mut follows);
    draft.owners.extend(follows.then_some(RuleOwner::Process));
}

fn read_global(reader: &mut Reader<'_>, value: &Spanned<DeValue<'_>>, draft: &mut Draft) {
    if reader.only_true("global", value) {
        draft.owners.push(RuleOwner::Global);
    }
}
