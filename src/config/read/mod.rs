//! A TOML text to a checked configuration.
//!
//! Every table of the text has a table here: the names of its keys, and for each the function that
//! reads it. What is unknown, of the wrong type or out of range becomes a fault with its place, and
//! reading goes on.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

mod app;
mod condition;
mod life;
mod placement;
mod reader;
mod rule;

use self::reader::{Key, Reader, in_text_order};
use super::place::{FAULTS_MAX, Places};
use super::{
    CONFIG_BYTES_MAX, Checked, Config, DeclaredProject, DirectoryClaim, OnActivate, OnExit, OnNewcomer, PROJECTS_MAX,
    Unclaimed, check_app_name, check_project_name,
};
use crate::api::ConfigError;
pub(super) use rule::{matchers, owners, placements};

/// The keys of the whole text.
const TOP: &[Key<Config>] = &[
    Key {
        name: "unclaimed",
        read: |reader, value, config| reader.choice("unclaimed", value, &UNCLAIMED, &mut config.unclaimed),
    },
    Key {
        name: "on_exit",
        read: |reader, value, config| reader.choice("on_exit", value, &ON_EXIT, &mut config.on_exit),
    },
    Key {
        name: "on_activate",
        read: |reader, value, config| reader.choice("on_activate", value, &ON_ACTIVATE, &mut config.on_activate),
    },
    Key {
        name: "on_newcomer",
        read: |reader, value, config| reader.choice("on_newcomer", value, &ON_NEWCOMER, &mut config.on_newcomer),
    },
    Key { name: "terminal", read: |reader, value, config| config.terminal = reader.arguments(value) },
    Key { name: "menu", read: |reader, value, config| config.menu = reader.arguments(value) },
    Key {
        name: "scratch",
        read: |reader, value, config| {
            config.scratch = reader.checked(value, |text| check_app_name(text).map(|()| text.to_owned()));
            reader.scratch = config.scratch.is_some().then_some(value.span().start);
        },
    },
    Key { name: "project", read: read_projects },
    Key { name: "app", read: app::read },
    Key { name: "rule", read: |reader, value, _| rule::read(reader, value, None) },
];

const UNCLAIMED: [(&str, Unclaimed); 2] = [("active", Unclaimed::Active), ("global", Unclaimed::Global)];
const ON_ACTIVATE: [(&str, OnActivate); 3] =
    [("switch", OnActivate::Switch), ("summon", OnActivate::Summon), ("notify", OnActivate::Notify)];
const ON_NEWCOMER: [(&str, OnNewcomer); 3] =
    [("hide", OnNewcomer::Hide), ("show", OnNewcomer::Show), ("notify", OnNewcomer::Notify)];
const ON_EXIT: [(&str, OnExit); 2] = [("restore", OnExit::Restore), ("keep", OnExit::Keep)];

const PROJECT_MATCH: [(&str, DirectoryClaim); 2] =
    [("cwd", DirectoryClaim::WorkingDirectory), ("git", DirectoryClaim::Repository)];

/// The keys of a `[project.NAME]`.
const PROJECT: &[Key<DeclaredProject>] = &[
    Key { name: "dir", read: |reader, value, project| project.dir = reader.dir(value) },
    Key {
        name: "match",
        read: |reader, value, project| {
            let mut chosen = DirectoryClaim::WorkingDirectory;
            reader.choice("match", value, &PROJECT_MATCH, &mut chosen);
            project.claims_by = Some(chosen);
            reader.directory_wanted = Some(value.span().start);
        },
    },
    Key { name: "icon", read: |reader, value, project| project.icon = reader.label("the icon", value) },
    Key {
        name: "display_name",
        read: |reader, value, project| project.display_name = reader.label("the display name", value),
    },
    Key { name: "order", read: |reader, value, project| project.order = reader.number(value) },
    Key { name: "apps", read: |reader, value, project| project.apps = reader.app_names(value) },
    Key { name: "on_enter", read: |reader, value, project| project.on_enter = reader.hook(value) },
    Key { name: "on_leave", read: |reader, value, project| project.on_leave = reader.hook(value) },
    Key {
        name: "hook_limit",
        read: |reader, value, project| project.hook_limit = reader.hook_limit(value).unwrap_or(project.hook_limit),
    },
    Key { name: "workspaces", read: |reader, value, project| project.workspaces = reader.workspaces(value) },
    Key { name: "output", read: |reader, value, project| project.output = reader.output(value) },
    Key { name: "rule", read: |reader, value, project| rule::read(reader, value, Some(&project.name)) },
];

/// The tables of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    /// The whole text.
    Top,
    /// A `[project.NAME]`.
    Project,
    /// An `[app.NAME]`.
    App,
    /// A `[[rule]]` or `[[project.NAME.rule]]`.
    Rule,
    /// The `match` of a rule or an application, and what is in `all`, `any` and `not`.
    Condition,
}

/// The keys that a table may have.
pub(super) fn keys(table: Table) -> Vec<&'static str> {
    match table {
        Table::Top => names(TOP),
        Table::Project => names(PROJECT),
        Table::App => app::keys(),
        Table::Rule => rule::keys(),
        Table::Condition => names(condition::CONDITION),
    }
}

/// The words that a key may be; `None` if it is not one of some words.
pub(super) fn choices(key: &str) -> Option<Vec<&'static str>> {
    match key {
        "unclaimed" => Some(words(&UNCLAIMED)),
        "on_exit" => Some(words(&ON_EXIT)),
        "on_activate" => Some(words(&ON_ACTIVATE)),
        "on_newcomer" => Some(words(&ON_NEWCOMER)),
        "follow" => Some(words(&rule::FOLLOW)),
        "match" => Some(words(&PROJECT_MATCH)),
        "scope" => Some(words(&app::SCOPES)),
        "when_no_project" => Some(words(&app::WHEN_NO_PROJECT)),
        _ => None,
    }
}

fn names<T>(keys: &[Key<T>]) -> Vec<&'static str> {
    keys.iter().map(|key| key.name).collect()
}

fn words<T>(choices: &[(&'static str, T)]) -> Vec<&'static str> {
    choices.iter().map(|(word, _)| *word).collect()
}

/// Which faults are told of a text whose TOML is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    First,
    Every,
}

/// Read a text.
pub(super) fn read(file: &str, text: &str, home: Option<&str>, syntax: Syntax) -> Checked {
    let mut config = Config { file: file.to_owned(), home: home.map(str::to_owned), ..Config::default() };
    if text.len() > CONFIG_BYTES_MAX {
        return Checked { config, faults: vec![too_large(file, text.len())] };
    }
    config.text = text.to_owned();
    let mut reader = Reader {
        places: Places::new(file, text),
        home,
        faults: Vec::new(),
        named: Vec::new(),
        rules: Vec::new(),
        directory_wanted: None,
        scratch: None,
        terminal_wanted: Vec::new(),
        apps_named: Vec::new(),
    };
    match DeTable::parse(text) {
        Ok(document) => {
            reader.table("", document.get_ref(), TOP, &mut config);
            app::finish(&mut reader, &config);
            life::finish(&mut reader, &config);
            reader.warn_of_undeclared(&mut config);
            rule::finish(&mut reader, &mut config);
        }
        // What can be recovered from broken text would only add faults that are none.
        Err(first) => {
            // This takes a hundred megabytes if every byte of the text is a fault, so the daemon
            // never does it.
            let errors = match syntax {
                Syntax::First => vec![first],
                Syntax::Every => DeTable::parse_recoverable(text).1,
            };
            for error in errors {
                let offset = error.span().map_or(text.len(), |span| span.start);
                reader.fault(offset, error.message());
            }
        }
    }
    let Reader { places, mut faults, .. } = reader;
    faults.sort_by_key(|(offset, _)| *offset);
    faults.truncate(FAULTS_MAX);
    let faults = faults.into_iter().map(|(offset, message)| places.fault(offset, message)).collect();
    Checked { config, faults }
}

/// The fault of a file that is too large.
pub(super) fn too_large(file: &str, bytes: usize) -> ConfigError {
    ConfigError {
        file: file.to_owned(),
        line: 0,
        column: 0,
        message: format!("the file is {bytes} bytes long; the limit is {CONFIG_BYTES_MAX}"),
    }
}

fn read_projects(reader: &mut Reader<'_>, value: &Spanned<DeValue<'_>>, config: &mut Config) {
    let Some(projects) = value.get_ref().as_table() else {
        return reader.wrong_type(value, "a table: write [project.NAME]");
    };
    for (key, value) in in_text_order(projects) {
        let (offset, name) = (key.span().start, key.get_ref().as_ref());
        if config.projects.len() == PROJECTS_MAX {
            return reader.fault(offset, format!("more than {PROJECTS_MAX} projects"));
        }
        let good_name = check_project_name(name).map_err(|message| reader.fault(offset, message)).is_ok();
        let Some(table) = value.get_ref().as_table() else {
            let wanted = match PROJECT.iter().any(|key| key.name == name) {
                true => format!("in a table of its project: write [project.NAME] and below it {name}"),
                false => format!("a table: write [project.{name}]"),
            };
            reader.wrong_type(value, &wanted);
            continue;
        };
        let line = reader.places.line(value.span().start);
        let mut project = DeclaredProject::named(name, line);
        // `[project.web.api]` is a table `api` in the project `web`; what was meant is a name with
        // a dot.
        let (tables, keys): (Vec<_>, Vec<_>) = in_text_order(table).into_iter().partition(|(name, value)| {
            value.get_ref().is_table() && !PROJECT.iter().any(|key| key.name == name.get_ref())
        });
        for (inner, _) in &tables {
            let meant = format!("{name}.{}", inner.get_ref());
            reader.fault(inner.span().start, format!("a name with a dot needs quotes: [project.{meant:?}]"));
        }
        if tables.is_empty() || !keys.is_empty() {
            let keys = keys.into_iter().map(|(name, value)| (name.clone(), value.clone())).collect::<DeTable<'_>>();
            reader.table(&format!("[project.{name}]"), &keys, PROJECT, &mut project);
            if let Some(offset) = reader.directory_wanted.take().filter(|_| !keys.contains_key("dir")) {
                reader.fault(offset, "there is no directory to compare with; give the project a `dir`");
            }
        }
        if good_name {
            config.projects.push(project);
        }
    }
}
