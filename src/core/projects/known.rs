//! Projects: declared in the configuration, or created by calls and kept in a file of ours.

use std::collections::BTreeMap;

use crate::config::Config;
use crate::core::projects::projects_file::{Created, Details};

/// The most projects that calls can create.
pub const CREATED_PROJECTS_MAX: usize = 1000;
/// All projects.
#[derive(Debug, Clone, Default)]
pub struct KnownProjects {
    declared: BTreeMap<String, Declared>,
    /// The file that declares them, for messages.
    file: String,
    pub(in crate::core) created: Created,
}

/// A project of the configuration.
#[derive(Debug, Clone)]
struct Declared {
    details: Details,
    order: Option<u32>,
    line: usize,
}

impl KnownProjects {
    /// Is there one of this name?
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.declared.contains_key(name) || self.created.entries.contains_key(name)
    }

    /// All names: those that have an `order` first, by it; then by name.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let declared = self.declared.iter().map(|(name, declared)| (declared.order.unwrap_or(u32::MAX), name));
        let created = self.created.entries.keys().filter(|name| !self.declared.contains_key(*name));
        let mut names: Vec<(u32, &String)> = declared.chain(created.map(|name| (u32::MAX, name))).collect();
        names.sort_unstable();
        names.into_iter().map(|(_, name)| name.as_str())
    }

    /// What is known of one: the declared one wins.
    #[must_use]
    pub fn details(&self, name: &str) -> Option<&Details> {
        self.declared.get(name).map(|declared| &declared.details).or_else(|| self.created.entries.get(name))
    }

    /// The file and line that declare it.
    #[must_use]
    pub fn declared_at(&self, name: &str) -> Option<String> {
        self.declared.get(name).map(|declared| format!("{}:{}", self.file, declared.line))
    }

    /// The present name of the project that has this name or had it; a name that is in use is
    /// nobody's former one.
    #[must_use]
    pub fn current_name<'n>(&'n self, name: &'n str) -> Option<&'n str> {
        if self.contains(name) {
            return Some(name);
        }
        let mut created = self.created.entries.iter();
        let found = created.find(|(_, details)| details.formerly.iter().any(|former| former == name))?;
        Some(found.0)
    }

    /// The name that a project has now; a name of none stays as it is.
    #[must_use]
    pub fn followed(&self, mut name: String) -> String {
        self.follow(&mut name);
        name
    }

    /// The same, in place.
    pub fn follow(&self, name: &mut String) {
        if let Some(current) = self.current_name(name).filter(|current| *current != name.as_str()) {
            *name = current.to_string();
        }
    }

    /// Has any project had another name?
    #[must_use]
    pub fn have_former_names(&self) -> bool {
        self.created.entries.values().any(|details| !details.formerly.is_empty())
    }

    /// Its `order`, if it has one.
    pub(super) fn order(&self, name: &str) -> Option<u32> {
        self.declared.get(name)?.order
    }

    /// Take over the declared ones. Returns the names that are created too.
    pub fn declare(&mut self, config: &Config) -> Vec<String> {
        self.file.clone_from(&config.file);
        self.declared = config
            .projects
            .iter()
            .map(|project| {
                let details = Details {
                    dir: project.dir.clone(),
                    icon: project.icon.clone(),
                    display_name: project.display_name.clone(),
                    ..Details::default()
                };
                (project.name.clone(), Declared { details, order: project.order, line: project.line })
            })
            .collect();
        self.declared.keys().filter(|name| self.created.entries.contains_key(*name)).cloned().collect()
    }
}
