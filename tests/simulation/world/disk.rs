//! The disk, the worker that reads and writes it, one task after the other (slowly, wrongly, or
//! hanging until it is given up), and others who write the same files.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use i3pm::api::ConfigError;
use i3pm::config::Config;
use i3pm::core::keep::runtime::Runtime;
use i3pm::core::keep::state::LastingState;
use i3pm::core::windows::memory::ProjectMemory;
use i3pm::core::{Event, Fingerprint, JobId, StoreError, StoreFile, StoreTrouble};
use serde_json::{Value, json};

use super::{Broken, Happening, World};

const CONFIG_FILE: &str = "/config/i3pm/config.toml";
/// After this time the worker leaves a task to itself.
const GIVEN_UP_AFTER: Duration = Duration::from_secs(2);
/// Longer than the daemon waits after an edit.
const SLOW_READ: Duration = Duration::from_millis(700);
/// Nobody asks for the removal of these.
pub const KEPT: [&str; 2] = ["kept-1", "kept-2"];

/// What is on the disk, and what the worker has to do.
#[derive(Debug, Clone, Default)]
pub struct Disk {
    pub files: BTreeMap<StoreFile, String>,
    pub config: String,
    /// Its last reading failed, so the daemon may have an older one.
    config_unread: bool,
    /// Its next reading takes `SLOW_READ`; until that begins.
    is_slow: bool,
    edits: u32,
    queue: VecDeque<FileTask>,
    is_busy: bool,
    /// A write of these hangs half way.
    hanging: BTreeSet<StoreFile>,
    /// What each file must say for ever.
    witnesses: BTreeMap<StoreFile, BTreeSet<String>>,
    /// Projects that somebody else has deleted: they must not come back.
    gone: BTreeSet<String>,
    others: u32,
}

/// Something for the worker.
#[derive(Debug, Clone)]
pub enum FileTask {
    /// With its text as it is when the worker begins to read it.
    Config(String),
    Read(StoreFile),
    Write {
        job: JobId,
        file: StoreFile,
        text: String,
        made_from: Option<Fingerprint>,
        directory: Option<String>,
    },
}

/// How a task goes.
#[derive(Debug, Clone, Copy)]
pub enum How {
    Well,
    Badly,
    /// It hangs until nobody waits for it; then it is done after all, or not.
    Hangs(Option<Duration>),
}

impl FileTask {
    fn failed(&self, reason: &str) -> Event {
        match self {
            FileTask::Config(_) => {
                let (file, message) = (CONFIG_FILE.into(), reason.into());
                Event::ConfigRead(Err(ConfigError { file, line: 0, column: 0, message }))
            }
            FileTask::Read(file) => {
                Event::StoreRead { file: *file, result: Err(StoreTrouble::Unreadable(reason.into())) }
            }
            FileTask::Write { job, .. } => {
                Event::StoreWritten { job: *job, result: Err(StoreError::Write(reason.into())) }
            }
        }
    }
}

fn parsed(text: &str) -> Result<Config, ConfigError> {
    i3pm::config::parse(CONFIG_FILE, text, Some("/home/user"))
}

impl World {
    /// The user writes another configuration, which an application of its own tells from all
    /// others.
    pub(super) fn edit_config(&mut self, broken: bool) {
        self.disk.edits += 1;
        let edit = format!("[app.edit-{}]\ncommand = [\"edit\"]\n", self.disk.edits);
        self.disk.config = crate::operations::configuration(&mut self.rng, broken) + &edit;
    }

    /// The user edits the configuration, and once more while the daemon reads it.
    ///
    /// # Errors
    /// A rule was broken.
    pub fn edit_config_while_it_is_read(&mut self) -> Result<(), Broken> {
        self.disk.is_slow = true;
        self.touch_config()?;
        let end = self.now + GIVEN_UP_AFTER;
        while self.disk.is_slow && self.now < end {
            self.advance()?;
        }
        self.touch_config()
    }

    /// The configuration on the disk, or why it is none; nothing if its last reading failed, so
    /// that the daemon may have an older one.
    pub fn config_on_disk(&self) -> Option<Result<Config, ConfigError>> {
        (!self.disk.config_unread).then(|| parsed(&self.disk.config))
    }

    /// Files of before, with entries that nobody asks to remove.
    pub fn bear_witness(&mut self) {
        let projects: BTreeMap<&str, Value> = KEPT.into_iter().map(|name| (name, json!({}))).collect();
        let mut runtime = Runtime::new(None, None);
        runtime.memories.extend(KEPT.map(|name| (name.to_owned(), ProjectMemory::default())));
        let texts = [
            (StoreFile::Projects, json!({"version": 1, "projects": projects}).to_string()),
            (StoreFile::State, LastingState::new(KEPT.map(str::to_owned).into()).to_text()),
            (StoreFile::Runtime, runtime.to_text()),
        ];
        for (file, text) in texts {
            self.disk.files.insert(file, text);
            self.disk.witnesses.insert(file, KEPT.map(str::to_owned).into());
        }
    }

    pub(super) fn submit(&mut self, task: FileTask) {
        self.disk.queue.push_back(task);
        self.work_on();
    }

    /// A new daemon has a new worker.
    pub(super) fn renew_worker(&mut self) {
        self.disk.queue.clear();
        self.disk.hanging.clear();
        self.disk.is_busy = false;
    }

    fn work_on(&mut self) {
        if self.disk.is_busy {
            return;
        }
        let Some(mut task) = self.disk.queue.pop_front() else { return };
        self.disk.is_busy = true;
        if let FileTask::Config(text) = &mut task {
            // This reading does not see what is written from here on.
            text.clone_from(&self.disk.config);
        }
        let disturbed = self.rng.u32(..1000) < self.faults.worker;
        let (how, delay) = match if disturbed { self.rng.u8(..4) } else { u8::MAX } {
            0 => {
                let late = self.rng.bool().then(|| Duration::from_millis(self.rng.u64(1..4000)));
                (How::Hangs(late), GIVEN_UP_AFTER)
            }
            1 => (How::Badly, self.micros(20_000)),
            _ if matches!(task, FileTask::Config(_)) && std::mem::take(&mut self.disk.is_slow) => {
                (How::Well, SLOW_READ)
            }
            2 | 3 => (How::Well, Duration::from_millis(self.rng.u64(100..1900))),
            _ => (How::Well, self.micros(10_000)),
        };
        let generation = self.generation;
        self.after(delay, Happening::Worked { generation, task, how });
    }

    /// A task is over, whether the daemon that asked for it still lives or not.
    pub(super) fn worked(&mut self, generation: u32, task: FileTask, how: How) -> Vec<Event> {
        let lives = generation == self.generation;
        if lives && matches!(task, FileTask::Config(_)) {
            self.disk.config_unread = !matches!(how, How::Well);
        }
        let event = match how {
            How::Well => self.do_task(task),
            How::Badly => task.failed("the disk does not answer"),
            How::Hangs(late) => {
                if let (Some(late), FileTask::Write { file, text, made_from, .. }, true) = (late, &task, lives)
                    && self.may_write(*file, text, *made_from).is_ok()
                {
                    self.disk.hanging.insert(*file);
                    self.after(late, Happening::Landed { generation, file: *file, text: text.clone() });
                }
                task.failed("it took too long")
            }
        };
        if !lives {
            return Vec::new();
        }
        self.disk.is_busy = false;
        self.work_on();
        vec![event]
    }

    /// A write that hung half way, and was given up, is done after all.
    pub(super) fn landed(&mut self, generation: u32, file: StoreFile, text: String) {
        if generation == self.generation && self.disk.hanging.remove(&file) {
            self.say(|| format!("{file:?} is written late"));
            self.put(file, text);
        }
    }

    fn do_task(&mut self, task: FileTask) -> Event {
        match task {
            FileTask::Config(text) => Event::ConfigRead(parsed(&text).map(Arc::new)),
            FileTask::Read(file) => Event::StoreRead { file, result: Ok(self.disk.files.get(&file).cloned()) },
            FileTask::Write { job, file, text, made_from, directory } => {
                let result = match directory.filter(|directory| directory.contains("missing")) {
                    Some(directory) => Err(StoreError::Directory(format!("{directory} is no directory"))),
                    None => self.may_write(file, &text, made_from),
                };
                if result.is_ok() {
                    self.put(file, text);
                }
                Event::StoreWritten { job, result }
            }
        }
    }

    fn may_write(&self, file: StoreFile, text: &str, made_from: Option<Fingerprint>) -> Result<(), StoreError> {
        match self.disk.files.get(&file) {
            _ if self.disk.hanging.contains(&file) => Err(StoreError::Write("an earlier change hangs".into())),
            Some(found) if found != text && made_from != Some(Fingerprint::of(found)) => {
                Err(StoreError::Changed(Ok(found.clone())))
            }
            _ => Ok(()),
        }
    }

    /// A file is this from now on. Nothing may be lost by that.
    pub(super) fn put(&mut self, file: StoreFile, text: String) {
        let value: Value = serde_json::from_str(&text).expect("what we write is JSON");
        let has = |name: &str| match file {
            StoreFile::Projects => value["projects"].get(name).is_some(),
            StoreFile::State => value["order_of_use"].as_array().is_some_and(|names| names.contains(&json!(name))),
            StoreFile::Runtime => value["memories"].get(name).is_some(),
        };
        let lost = self.disk.witnesses.get(&file).into_iter().flatten().find(|name| !has(name));
        let back = self.disk.gone.iter().find(|name| file == StoreFile::Projects && has(name));
        let broken = lost.map(|name| format!("{name} is lost from {file:?}, which is {text} now"));
        let broken = broken.or(back.map(|name| format!("{name} is back in {file:?}, which is {text} now")));
        self.disk.files.insert(file, text);
        if let Some(broken) = broken {
            self.break_rule(broken);
        }
    }

    /// Another machine with the same home writes a file, as its own daemon would.
    pub fn write_as_another(&mut self) {
        self.disk.others += 1;
        let name = format!("far-{}", self.disk.others);
        let projects = self.rng.bool();
        let file = if projects { StoreFile::Projects } else { StoreFile::State };
        if self.disk.hanging.contains(&file) {
            return;
        }
        let witnesses = self.disk.witnesses.entry(file).or_default();
        let text = self.disk.files.get(&file).cloned().unwrap_or_default();
        let text = if projects {
            let mut value: Value = serde_json::from_str(&text).unwrap_or(json!({"version": 2, "projects": {}}));
            let time = 1_700_000_000_000 + self.now.nanos() / 1_000_000;
            let far = witnesses.iter().find(|name| name.starts_with("far-")).cloned();
            match far.filter(|_| self.rng.u8(..3) == 0) {
                Some(far) => {
                    value["projects"].as_object_mut().expect("projects").remove(&far);
                    value["deleted"][&far] = json!(time + 10_000);
                    witnesses.remove(&far);
                    self.disk.gone.insert(far);
                }
                None => {
                    value["projects"][&name] = json!({"changed": time});
                    witnesses.insert(name);
                }
            }
            value["version"] = json!(2);
            value.as_object_mut().expect("a file").remove("checksum");
            value.to_string()
        } else {
            let mut order = LastingState::from_text(&text).unwrap_or_default().order_of_use;
            order.insert(0, name.clone());
            witnesses.insert(name);
            LastingState::new(order).to_text()
        };
        self.say(|| format!("another machine writes {file:?}: {text}"));
        self.put(file, text);
    }
}
