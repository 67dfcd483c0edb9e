//! What is done about our files: they are read, set aside, written, and merged where somebody else
//! has written them too.
//!
//! What cannot be used is renamed to `NAME.bad` before anything is written in its place, and said
//! with its place in the text and the next step; what could not even be read is left alone and, but
//! for the runtime file, not written over. A write says what it was made from. Where there is
//! another content by now (a second machine with the same home, a file that was synchronised or
//! mounted late, or a write of ours that hung), nothing is written: both are merged, and that is
//! written. The runtime file is this session's own: its newest writer wins, which is a daemon that
//! has seen the windows.

use crate::api::{ApiError, ErrorCode};
use crate::core::keep::Keep;
use crate::core::keep::known::Write;
use crate::core::keep::runtime::Runtime;
use crate::core::keep::state::LastingState;
use crate::core::model::Model;
use crate::core::projects::projects_file::{Created, Merged};
use crate::core::told::Told;
use crate::core::turn::Turn;
use crate::core::words::deadline::{self, Deadline};
use crate::core::words::effect::Effect;
use crate::core::words::ids::JobId;
use crate::core::words::note::Level;
use crate::core::words::phase::{Phase, Source};
use crate::core::words::store::{Fingerprint, Standing, StoreError, StoreFault, StoreFile, StoreTrouble};

/// So often a file is written anew for one change, when somebody else has written it every time.
pub const STORE_ATTEMPTS_MAX: u32 = 8;
/// So many names a note about a merge tells of each kind.
const NOTED_NAMES_MAX: usize = 16;

impl Keep {
    fn leave_alone(&mut self, turn: &mut Turn<'_>, file: StoreFile, reason: &str) {
        let text = format!("{} cannot be used: {reason}; {}", file.name(), file.next_step_left());
        turn.note(Level::Warning, "store.unreadable", text.clone());
        self.stores.standings.insert(file, Standing::LeftAlone(text));
    }

    /// A file of the start did not come in time: what it says is not known, so it is not written
    /// over.
    pub(in crate::core) fn stores_overdue(&mut self, turn: &mut Turn<'_>) {
        let late = StoreFile::EACH.into_iter().filter(|file| self.files.awaits(Source::Store(*file)));
        for file in late.collect::<Vec<_>>() {
            self.leave_alone(turn, file, "it could not be read in time");
        }
    }

    /// Look again at the files: at those that could not be read, for which calls wait, and at what
    /// others may have written.
    pub(in crate::core) fn read_stores_again(&mut self, turn: &mut Turn<'_>) {
        if turn.phase != Phase::Running {
            return;
        }
        for file in [StoreFile::Projects, StoreFile::State] {
            if self.stores.left_alone(file).is_some() {
                self.files.await_again(Source::Store(file));
                turn.deadlines.set(Deadline::Loading, turn.now + deadline::READING_DEADLINE);
            }
            turn.push(Effect::ReadStore(file));
        }
    }

    /// Write a file, as made from what is known of it.
    pub(in crate::core) fn write_store(
        &mut self,
        turn: &mut Turn<'_>,
        file: StoreFile,
        text: String,
        required_directory: Option<String>,
    ) -> JobId {
        let job = JobId(self.next_job);
        self.next_job += 1;
        let made_from = self.stores.seen.get(&file).copied();
        if file != StoreFile::Runtime {
            let write = Write { file, fingerprint: Fingerprint::of(&text), forsaken: false };
            self.stores.writes.insert(job, write);
        }
        turn.push(Effect::WriteStore { job, file, text, made_from, required_directory });
        job
    }

    /// What no call waits for was written, or not.
    fn told_of_write(&mut self, turn: &mut Turn<'_>, result: Result<(), StoreError>) {
        match result {
            Ok(()) => self.stores.failure = None,
            Err(StoreError::Directory(text) | StoreError::Write(text)) => {
                let text = format!("{text}; make room or mend its directory: it is written again at the next change");
                self.store_failed(turn, text);
            }
            Err(StoreError::Changed(_)) => {}
        }
    }

    /// Said once until a write succeeds: a full disk would be told at every switch.
    fn store_failed(&mut self, turn: &mut Turn<'_>, text: String) {
        if self.stores.failure.as_ref() != Some(&text) {
            turn.note(Level::Warning, "store.failed", text.clone());
            self.stores.failure = Some(text);
        }
    }
}

impl Model {
    pub(in crate::core) fn store_read(
        &mut self,
        turn: &mut Turn<'_>,
        file: StoreFile,
        result: Result<Option<String>, StoreTrouble>,
    ) {
        let before = self.keep.stores.seen.get(&file).copied();
        let is_ahead = self.take_over(turn, file, result);
        let is_first = self.keep.files.read(Source::Store(file));
        match file {
            StoreFile::Projects => {
                if is_first || self.keep.stores.seen.get(&file).copied() != before {
                    turn.tell(Told::ProjectsChanged);
                }
                if is_ahead && self.keep.stores.standing(file).is_none() {
                    self.rewrite_projects(turn);
                }
                self.store_next(turn);
            }
            // What was used while the file could not be read is still to be saved.
            StoreFile::State if self.projects.has_fresh_uses() => {
                turn.deadlines.set_once(Deadline::Save, turn.now + deadline::SAVE_DELAY);
            }
            StoreFile::State | StoreFile::Runtime => {}
        }
        turn.tell(Told::FileRead);
    }

    /// Take in what a file is. Do we know something that it does not say?
    fn take_over(
        &mut self,
        turn: &mut Turn<'_>,
        file: StoreFile,
        result: Result<Option<String>, StoreTrouble>,
    ) -> bool {
        let mut is_ahead = false;
        let faults = match result {
            Ok(None) => {
                self.keep.stores.seen.remove(&file);
                Vec::new()
            }
            Ok(Some(text)) => {
                let fingerprint = Fingerprint::of(&text);
                let before = self.keep.stores.seen.insert(file, fingerprint);
                if before == Some(fingerprint) && self.keep.stores.standing(file).is_none() {
                    return false;
                }
                match self.take_store(turn, file, &text) {
                    Ok((faults, ahead)) => {
                        is_ahead = ahead;
                        faults
                    }
                    Err(fault) => vec![fault],
                }
            }
            Err(StoreTrouble::Unusable(fault)) => vec![fault],
            Err(StoreTrouble::Unreadable(reason)) => {
                let is_known =
                    !self.keep.files.awaits(Source::Store(file)) && self.keep.stores.standing(file).is_none();
                match is_known {
                    // What was read of it before holds; a write will say more.
                    true => self.keep.store_failed(turn, reason),
                    false => self.keep.leave_alone(turn, file, &reason),
                }
                return false;
            }
        };
        if faults.is_empty() {
            self.keep.stores.standings.remove(&file);
        } else {
            self.keep.stores.standings.insert(file, Standing::SettingAside(faults));
            turn.push(Effect::SetStoreAside { file });
        }
        is_ahead
    }

    /// Take over what a file says. Faults that do not spoil the whole come back, and whether we
    /// know more than it says.
    fn take_store(
        &mut self,
        turn: &mut Turn<'_>,
        file: StoreFile,
        text: &str,
    ) -> Result<(Vec<StoreFault>, bool), StoreFault> {
        let is_first = self.keep.files.awaits(Source::Store(file));
        match file {
            StoreFile::Projects => {
                let (found, faults) = Created::read(text)?;
                let merged = self.projects.known.created.merge(found);
                let is_ahead = merged.is_ahead;
                if !is_first {
                    self.projects_merged(turn, &merged);
                }
                return Ok((faults, is_ahead));
            }
            StoreFile::State => {
                self.projects.merge_order_of_use(LastingState::from_text(text)?.order_of_use);
                self.follow_names(turn);
                if !is_first {
                    let text = "state.json was written by somebody else; both orders of use are merged";
                    turn.note(Level::Info, "store.merged", text);
                }
            }
            StoreFile::Runtime => {
                let runtime = Runtime::from_text(text)?;
                // What came too late to be used at the start is of the past.
                if turn.phase == Phase::Starting {
                    self.take_runtime(runtime);
                }
            }
        }
        Ok((Vec::new(), false))
    }

    /// Somebody else has written the projects file too: say so, and let go of what is no more.
    fn projects_merged(&self, turn: &mut Turn<'_>, merged: &Merged) {
        turn.tell(Told::Renamed);
        for name in merged.gone.iter().filter(|name| !self.projects.known.contains(name)) {
            turn.tell(Told::ProjectGone(name.clone()));
        }
        let told: Vec<String> = [("new", &merged.new), ("changed", &merged.changed), ("deleted", &merged.gone)]
            .into_iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(what, names)| {
                let more = names.len().saturating_sub(NOTED_NAMES_MAX);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                let names: Vec<&str> = names.iter().take(NOTED_NAMES_MAX).map(String::as_str).collect();
                format!("{what}: {}{more}", names.join(", "))
            })
            .collect();
        let told = if told.is_empty() { "nothing in it is newer".to_string() } else { told.join("; ") };
        let text = format!("projects.json was written by somebody else; it is merged with what is known here; {told}");
        turn.note(Level::Info, "store.merged", text);
    }

    /// A file that could not be used was renamed, or not.
    pub(in crate::core) fn store_set_aside(
        &mut self,
        turn: &mut Turn<'_>,
        file: StoreFile,
        result: Result<String, String>,
    ) {
        let Some(Standing::SettingAside(faults)) = self.keep.stores.standings.remove(&file) else { return };
        match result {
            Ok(path) => {
                let named: Vec<String> = faults.iter().map(|fault| fault.at(&path)).collect();
                let text = format!("{}; it is kept as {path}.bad; {}", named.join("; "), file.next_step_aside());
                turn.note(Level::Warning, "store.set_aside", text.clone());
                self.keep.stores.standings.insert(file, Standing::SetAside(text));
                self.keep.stores.seen.remove(&file);
                if file == StoreFile::Projects {
                    self.rewrite_projects(turn);
                }
            }
            Err(reason) => {
                let faults: Vec<String> = faults.iter().map(StoreFault::to_string).collect();
                self.keep.leave_alone(turn, file, &format!("{}; {reason}", faults.join("; ")));
            }
        }
        if file == StoreFile::Projects {
            self.store_next(turn);
        }
    }

    /// A file was written, or not.
    pub(in crate::core) fn store_written(
        &mut self,
        turn: &mut Turn<'_>,
        job: JobId,
        mut result: Result<(), StoreError>,
    ) {
        let write = self.keep.stores.writes.remove(&job);
        let file = write.as_ref().map_or(StoreFile::Runtime, |write| write.file);
        if let Some(write) = &write {
            if write.forsaken {
                // Late, it was done all the same: what it changed is looked at like the change of
                // anybody else.
                if result.is_ok() {
                    turn.push(Effect::ReadStore(file));
                }
                return;
            }
            match &result {
                Ok(()) => {
                    self.keep.stores.seen.insert(file, write.fingerprint);
                    self.keep.stores.attempts.remove(&file);
                }
                Err(StoreError::Changed(_)) => result = self.changed_meanwhile(turn, file, result),
                Err(_) => {
                    self.keep.stores.attempts.remove(&file);
                }
            }
        }
        match file {
            StoreFile::Projects => self.projects_written(turn, job, result),
            StoreFile::State => self.order_written(turn, job, result),
            StoreFile::Runtime => self.keep.told_of_write(turn, result),
        }
    }

    /// Somebody else has written the file: take that in. After some attempts it is a failure.
    fn changed_meanwhile(
        &mut self,
        turn: &mut Turn<'_>,
        file: StoreFile,
        result: Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let Err(StoreError::Changed(found)) = result else { return result };
        self.take_over(turn, file, found.clone().map(Some));
        if file == StoreFile::Projects {
            turn.tell(Told::ProjectsChanged);
        }
        let attempts = self.keep.stores.attempts.entry(file).or_default();
        *attempts += 1;
        if *attempts < STORE_ATTEMPTS_MAX {
            return Err(StoreError::Changed(found));
        }
        self.keep.stores.attempts.remove(&file);
        Err(StoreError::Write(format!(
            "{} could not be written: somebody else has written it {STORE_ATTEMPTS_MAX} times meanwhile",
            file.name()
        )))
    }

    fn projects_written(&mut self, turn: &mut Turn<'_>, job: JobId, result: Result<(), StoreError>) {
        if self.keep.changes.front().is_some_and(|request| request.is_written_by(job)) {
            self.change_written(turn, result);
        } else {
            let is_changed = matches!(result, Err(StoreError::Changed(_)));
            self.keep.told_of_write(turn, result);
            if is_changed && self.keep.changes.is_empty() {
                self.rewrite_projects(turn);
            }
        }
        self.store_next(turn);
    }

    fn order_written(&mut self, turn: &mut Turn<'_>, job: JobId, result: Result<(), StoreError>) {
        let again = std::mem::take(&mut self.keep.stores.save_again) || matches!(result, Err(StoreError::Changed(_)));
        if result.is_ok() {
            self.projects.order_was_written(job.0);
        }
        self.keep.told_of_write(turn, result);
        let next = if again { self.save_order_of_use(turn) } else { None };
        turn.tell(Told::Saved { job, next });
    }

    /// Write the order of use, unless what is there is not known.
    pub(in crate::core) fn save_order_of_use(&mut self, turn: &mut Turn<'_>) -> Option<JobId> {
        turn.deadlines.clear(Deadline::Save);
        if self.keep.stores.left_alone(StoreFile::State).is_some()
            || self.keep.files.awaits(Source::Store(StoreFile::State))
        {
            return None;
        }
        if let Some(job) = self.keep.stores.job_of(StoreFile::State) {
            self.keep.stores.save_again = true;
            return Some(job);
        }
        let text = LastingState::new(self.projects.order_of_use().to_vec()).to_text();
        Some(self.keep.write_store(turn, StoreFile::State, text, None))
    }

    /// Go on where the daemon before this one stopped.
    fn take_runtime(&mut self, runtime: Runtime) {
        self.projects.resume(runtime.active, runtime.intent.map(|intent| intent.project));
        self.windows.resume(runtime.memories, runtime.fullscreen_owed);
        let wrappers = runtime.wrappers.iter().map(|wrapper| (wrapper.id, wrapper.stands_for)).collect();
        self.windows.table.resume(runtime.hidden, wrappers, runtime.windows, runtime.workspaces);
        self.belonging.launches.records_of_before = runtime.launches;
    }

    /// There is no project of this name, as far as is known.
    pub(in crate::core) fn unknown_project(&self, name: &str) -> ApiError {
        match self.keep.stores.left_alone(StoreFile::Projects) {
            // It may be one of those that could not be read.
            Some(text) => ApiError::new(ErrorCode::UnknownProject, format!("project {name:?} is not known: {text}")),
            None => self.projects.unknown(name),
        }
    }

    /// There is no project to go to, as far as is known.
    pub(in crate::core) fn no_other_project(&self, text: &str) -> ApiError {
        // There may be some in what could not be read.
        let unread = [StoreFile::Projects, StoreFile::State];
        let unread = unread.into_iter().filter_map(|file| self.keep.stores.left_alone(file));
        let text = [text].into_iter().chain(unread).collect::<Vec<_>>().join("; ");
        ApiError::new(ErrorCode::NoOtherProject, text)
    }
}
