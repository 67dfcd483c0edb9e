//! Created projects and their file: an entry for each, and when it was changed; a trace of each
//! that was deleted.
//!
//! More than one daemon may write the file: that of another machine with the same home, or one
//! whose home is synchronised. So two of these can be merged, project by project: the newer change
//! wins. A trace keeps a deleted project from coming back out of a file that knew nothing of the
//! deletion; without one, what a file lacks is kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::api::ProjectRename;
use crate::config::check_project_name;
use crate::core::projects::change::{StoreChange, check_texts};
use crate::core::words::store::{self, CHECKSUM_PLACE, StoreFault, seal};

/// The most former names that are kept of one project, the latest.
pub const FORMER_NAMES_MAX: usize = 8;
/// The most traces of deleted projects that are kept, the latest.
pub const DELETED_PROJECTS_MAX: usize = 1000;
/// The versions of the projects file that this program reads; it writes the last.
const PROJECTS_VERSIONS: [u32; 2] = [1, 2];

/// A project that a call created.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Details {
    /// Its directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dir: Option<String>,
    /// Its icon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The names that it had before, the latest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub formerly: Vec<String>,
    /// When a call changed it last, in milliseconds since 1970; 0 if that is not known.
    #[serde(default)]
    pub changed: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProjectsFile<D> {
    version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    checksum: Option<String>,
    projects: BTreeMap<String, D>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    deleted: BTreeMap<String, u64>,
}

/// The projects that calls created.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Created {
    /// Each by its name.
    pub entries: BTreeMap<String, Details>,
    /// When those that are no more were deleted, as in `Details::changed`.
    deleted: BTreeMap<String, u64>,
}

/// What a merge brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Merged {
    /// Projects that the other side has created.
    pub new: Vec<String>,
    /// Projects that it has changed.
    pub changed: Vec<String>,
    /// Projects that it has deleted.
    pub gone: Vec<String>,
    /// There is something that the other side does not have.
    pub is_ahead: bool,
}

impl Created {
    /// Read the text of a projects file. People may write it too, so a checksum that does not fit
    /// does not spoil it, nor does one entry the others; what is wrong comes back.
    ///
    /// # Errors
    /// It is not one, or of a version we do not know.
    pub fn read(text: &str) -> Result<(Created, Vec<StoreFault>), StoreFault> {
        let file: ProjectsFile<serde_json::Value> = store::parse(text, &PROJECTS_VERSIONS)?;
        let mut faults = Vec::new();
        if !store::is_intact(text, file.checksum.as_deref()) {
            faults.push(StoreFault::damaged());
        }
        let mut created = Created { deleted: file.deleted, ..Created::default() };
        for (name, value) in file.projects {
            let details = check_project_name(&name)
                .and_then(|()| serde_json::from_value(value).map_err(|error| error.to_string()))
                .and_then(|details: Details| {
                    details.formerly.iter().try_for_each(|name| check_project_name(name))?;
                    let checked = check_texts(&details.dir, &details.icon, &details.display_name);
                    checked.map(|()| details).map_err(|error| error.message)
                });
            match details {
                Ok(mut details) => {
                    // Somebody has put it back by hand: that is newer than its deletion.
                    if let Some(deleted) = created.deleted.remove(&name) {
                        details.changed = details.changed.max(deleted.saturating_add(1));
                    }
                    created.entries.insert(name, details);
                }
                Err(message) => {
                    faults.push(StoreFault { line: 0, column: 0, message: format!("project {name:?}: {message}") });
                }
            }
        }
        Ok((created, faults))
    }

    /// The text of the file.
    #[must_use]
    pub fn to_text(&self) -> String {
        let checksum = Some(CHECKSUM_PLACE.to_string());
        let [.., version] = PROJECTS_VERSIONS;
        let (projects, deleted) = (self.entries.clone(), self.deleted.clone());
        let file = ProjectsFile { version, checksum, projects, deleted };
        seal(&serde_json::to_string_pretty(&file).expect("a projects file has string keys only"))
    }

    /// The time of the newest change.
    #[must_use]
    pub fn newest(&self) -> u64 {
        let changed = self.entries.values().map(|details| details.changed);
        changed.chain(self.deleted.values().copied()).max().unwrap_or(0)
    }

    /// Was one of this name deleted?
    #[must_use]
    pub fn was_deleted(&self, name: &str) -> bool {
        self.deleted.contains_key(name)
    }

    /// Take in what a file says: the newer change of each project wins. Of two that are equally old
    /// it is that of the file, which somebody may have changed by hand.
    pub fn merge(&mut self, found: Created) -> Merged {
        let is_ahead = self.entries.keys().any(|name| !found.entries.contains_key(name));
        let mut merged = Merged { is_ahead, ..Merged::default() };
        for (name, theirs) in found.entries {
            match self.entries.get(&name) {
                Some(ours) if *ours == theirs => {}
                Some(ours) if ours.changed > theirs.changed => merged.is_ahead = true,
                None if self.deleted.get(&name).is_some_and(|deleted| *deleted >= theirs.changed) => {
                    merged.is_ahead = true;
                }
                ours => {
                    let list = if ours.is_some() { &mut merged.changed } else { &mut merged.new };
                    list.push(name.clone());
                    self.deleted.remove(&name);
                    self.entries.insert(name, theirs);
                }
            }
        }
        for (name, deleted) in found.deleted {
            if self.entries.get(&name).is_some_and(|ours| ours.changed > deleted) {
                continue;
            }
            if self.entries.remove(&name).is_some() {
                merged.gone.push(name.clone());
            }
            self.trace(&name, deleted);
        }
        merged
    }

    /// Make a change, at this time.
    pub fn apply(&mut self, change: &StoreChange, time: u64) {
        match change {
            StoreChange::Create(create) => {
                let details = Details {
                    dir: create.dir.clone(),
                    icon: create.icon.clone(),
                    display_name: create.display_name.clone(),
                    formerly: Vec::new(),
                    changed: time,
                };
                self.put(create.name.clone(), details, time);
            }
            StoreChange::Update(update) => {
                if let Some(details) = self.entries.get_mut(&update.name) {
                    details.changed = time;
                    for (field, new) in [
                        (&mut details.dir, &update.dir),
                        (&mut details.icon, &update.icon),
                        (&mut details.display_name, &update.display_name),
                    ] {
                        if let Some(new) = new {
                            *field = Some(new.clone()).filter(|text| !text.is_empty());
                        }
                    }
                }
            }
            StoreChange::Delete(name) => {
                self.entries.remove(name);
                self.trace(name, time);
            }
            StoreChange::Rename(ProjectRename { name, to }) => {
                if let Some(mut details) = self.entries.remove(name) {
                    self.trace(name, time);
                    details.changed = time;
                    details.formerly.push(name.clone());
                    let excess = details.formerly.len().saturating_sub(FORMER_NAMES_MAX);
                    details.formerly.drain(..excess);
                    self.put(to.clone(), details, time);
                }
            }
        }
    }

    /// There is one of this name from now on, so no project had the name before.
    fn put(&mut self, name: String, details: Details, time: u64) {
        for other in self.entries.values_mut().filter(|other| other.formerly.contains(&name)) {
            other.formerly.retain(|former| *former != name);
            other.changed = time;
        }
        self.deleted.remove(&name);
        self.entries.insert(name, details);
    }

    /// One is no more.
    fn trace(&mut self, name: &str, time: u64) {
        let deleted = self.deleted.entry(name.to_string()).or_default();
        *deleted = time.max(*deleted);
        if self.deleted.len() > DELETED_PROJECTS_MAX {
            let oldest = self.deleted.iter().min_by_key(|(_, time)| **time).map(|(name, _)| name.clone());
            oldest.map(|name| self.deleted.remove(&name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::ProjectCreate;

    fn create(name: &str) -> StoreChange {
        StoreChange::Create(ProjectCreate { name: name.into(), ..ProjectCreate::default() })
    }

    fn names(created: &Created) -> Vec<&str> {
        created.entries.keys().map(String::as_str).collect()
    }

    fn with(changes: &[(StoreChange, u64)]) -> Created {
        let mut created = Created::default();
        changes.iter().for_each(|(change, time)| created.apply(change, *time));
        created
    }

    #[test]
    fn both_sides_keep_what_they_made_and_lose_what_either_deleted() {
        let common = with(&[(create("old"), 1), (create("doomed"), 2)]);
        let (mut ours, mut theirs) = (common.clone(), common);
        ours.apply(&create("ours"), 3);
        ours.apply(&StoreChange::Delete("doomed".into()), 4);
        theirs.apply(&create("theirs"), 3);
        let merged = ours.clone().merge(theirs.clone());
        assert_eq!((merged.new.as_slice(), merged.is_ahead), (&["theirs".to_string()][..], true));
        let merged = theirs.merge(ours.clone());
        assert_eq!((merged.new, merged.gone), (vec!["ours".to_string()], vec!["doomed".to_string()]));
        ours.merge(theirs.clone());
        assert_eq!(ours, theirs, "both end with the same");
        assert_eq!(names(&ours), ["old", "ours", "theirs"]);
    }

    #[test]
    fn the_newer_change_wins_in_either_direction() {
        let icon = |icon: &str, time| {
            let update = crate::api::ProjectUpdate { name: "p".into(), icon: Some(icon.into()), ..Default::default() };
            with(&[(create("p"), 1), (StoreChange::Update(update), time)])
        };
        let (mut older, mut newer) = (icon("o", 5), icon("n", 6));
        assert_eq!(older.merge(newer.clone()).changed, ["p"]);
        assert!(newer.merge(icon("o", 5)).is_ahead);
        assert_eq!((older.entries["p"].icon.as_deref(), &older), (Some("n"), &newer));
        // Made again after the deletion, it stays; deleted after the change, it is gone.
        let mut again = with(&[(create("p"), 1), (StoreChange::Delete("p".into()), 7), (create("p"), 8)]);
        again.merge(with(&[(create("p"), 1), (StoreChange::Delete("p".into()), 7)]));
        assert_eq!(names(&again), ["p"]);
        again.merge(with(&[(create("p"), 1), (StoreChange::Delete("p".into()), 9)]));
        assert_eq!(names(&again), [""; 0]);
    }

    #[test]
    fn files_without_times_are_merged_and_lose_nothing() {
        let (old, faults) = Created::read(r#"{"version": 1, "projects": {"a": {}, "b": {"icon": "B"}}}"#).unwrap();
        assert_eq!((faults, names(&old)), (vec![], vec!["a", "b"]));
        let mut ours = with(&[(create("c"), 1), (create("b"), 2), (StoreChange::Delete("a".into()), 3)]);
        ours.merge(old);
        assert_eq!(names(&ours), ["b", "c"], "deleted here, and there is no word of a newer one");
        // Put back by hand.
        let text = ours.to_text().replace("\"projects\": {", "\"projects\": {\"a\": {},");
        let (by_hand, faults) = Created::read(&text).unwrap();
        assert_eq!(faults, [StoreFault::damaged()]);
        assert_eq!(ours.merge(by_hand).new, ["a"]);
    }

    #[test]
    fn a_file_comes_back_and_the_oldest_traces_make_room() {
        let mut created = with(&[(create("a"), 1)]);
        for number in 0..=DELETED_PROJECTS_MAX {
            created.apply(&StoreChange::Delete(format!("p{number}")), 10 + number as u64);
        }
        assert_eq!(created.deleted.len(), DELETED_PROJECTS_MAX);
        assert!(!created.was_deleted("p0") && created.was_deleted("p1"));
        assert_eq!(Created::read(&created.to_text()), Ok((created, vec![])));
    }
}
