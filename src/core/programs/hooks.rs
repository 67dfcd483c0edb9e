//! Hooks: what a project has run when it is entered and when it is left.
//!
//! They are started when a switch is done, never before, and nothing waits for them: first
//! `on_leave` of the project that was left, then `on_enter` of the one that was entered. No window
//! is expected of them; what they open belongs to their project by their environment. A hook that
//! runs longer than its limit is asked to end with all that it started, and a second later it is
//! ended.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::api::{SESSION_VARIABLES, START_VARIABLES, Switch};
use crate::core::model::Model;
use crate::core::programs::Programs;
use crate::core::programs::apps::{left_out, project_variables};
use crate::core::programs::hook::{Hook, Step, When};
use crate::core::stage::Stage;
use crate::core::turn::Turn;
use crate::core::words::deadline::Deadline;
use crate::core::words::effect::{Effect, Ending, LaunchOrder};
use crate::core::words::ids::LaunchId;
use crate::core::words::note::Level;
use crate::core::words::phase::Phase;

/// The most hooks that run at a time: each holds a file descriptor.
pub const HOOKS_RUNNING_MAX: usize = 64;
/// What a hook that was asked to end may take for it.
pub const HOOK_GRACE: Duration = Duration::from_secs(1);

impl Programs {
    /// A switch is done: run the hooks of the projects that were left and entered.
    pub(in crate::core) fn run_hooks(
        &mut self,
        turn: &mut Turn<'_>,
        model: &mut Model,
        stage: &Stage,
        switch: &Switch,
    ) {
        if turn.phase > Phase::Running || switch.previous == switch.project {
            return;
        }
        for (project, when) in [(&switch.previous, When::Leave), (&switch.project, When::Enter)] {
            if let Some(name) = project {
                self.run_hook(turn, model, stage, name, when, switch);
            }
        }
    }

    fn run_hook(
        &mut self,
        turn: &mut Turn<'_>,
        model: &mut Model,
        stage: &Stage,
        name: &str,
        when: When,
        switch: &Switch,
    ) {
        let config = Arc::clone(&turn.config);
        let Some(project) = config.project(name) else { return };
        let command = when.command(project);
        if command.is_empty() {
            return;
        }
        let place = format!("{}:{}", config.file, project.line);
        let limit = Duration::from_secs(u64::from(project.hook_limit));
        let hook = Hook { project: name.to_string(), when, place, limit, step: Step::Runs(turn.now + limit) };
        if self.hooks.0.values().any(|other| other.project == name && other.when == when) {
            let note = hook.note(Level::Info, "hook.skipped", "runs still, and is not run once more");
            return turn.log(note);
        }
        if self.hooks.0.len() >= HOOKS_RUNNING_MAX {
            let what = format!("is not run: {HOOKS_RUNNING_MAX} hooks run already, which is the limit");
            return turn.log(hook.note(Level::Warning, "hook.skipped", &what));
        }
        let circumstances = stage.facts(turn, model).circumstances(Some(name.to_string()), String::new());
        let mut set = self.session.clone();
        let wm_socket = stage.link().socket_variable();
        set.extend(wm_socket.clone().map(|(name, socket)| (name.to_string(), socket)));
        set.extend(project_variables(name, &circumstances));
        let of = |project: &Option<String>| project.clone().unwrap_or_default();
        set.extend(
            [
                ("I3PM_HOOK", when.key().to_string()),
                ("I3PM_PROJECT_BEFORE", of(&switch.previous)),
                ("I3PM_PROJECT_AFTER", of(&switch.project)),
            ]
            .map(|(name, value)| (name.to_string(), value)),
        );
        let launch = model.belonging.launches.next_id();
        // systemd has a hyphen within a part of a name written `\x2d`.
        let unit = format!("app-i3pm-{}-{}\\x2d{}", when.key(), self.epoch.replace('-', "\\x2d"), launch.0);
        turn.push(Effect::Launch(Box::new(LaunchOrder {
            launch,
            unit,
            description: format!("{} of project {name}", when.key()),
            command: command.iter().map(|part| part.fill(|place| circumstances.value(place))).collect(),
            cwd: circumstances.dir(),
            wm: stage.link().pid,
            wm_socket,
            unset: left_out(&set),
            set: set.into_iter().collect(),
            check: false,
            may_fork: false,
        })));
        self.hooks.0.insert(launch, hook);
        self.arm_hooks(turn);
    }

    fn arm_hooks(&mut self, turn: &mut Turn<'_>) {
        match self.hooks.0.values().filter_map(Hook::due).min() {
            Some(time) => turn.deadlines.set(Deadline::Hook, time),
            None => turn.deadlines.clear(Deadline::Hook),
        }
    }

    /// The program of a hook runs.
    pub(in crate::core) fn hook_started(&mut self, turn: &mut Turn<'_>, id: LaunchId, pid: u32, program: &str) {
        let Some(hook) = self.hooks.0.get(&id) else { return };
        let note = hook.note(Level::Debug, "hook.started", &format!("runs: {program}, process {pid}"));
        if !matches!(hook.step, Step::Runs(_)) {
            // It took so long to be started that its time is over.
            turn.push(Effect::EndProgram { launch: id, ending: Ending::Killed });
        }
        turn.log(note);
    }

    /// A hook could not be run.
    pub(in crate::core) fn hook_failed(&mut self, turn: &mut Turn<'_>, id: LaunchId, reason: &str) {
        let Some(hook) = self.hooks.0.remove(&id) else { return };
        let what = format!("could not be run: {reason} ({})", hook.place);
        turn.log(hook.note(Level::Warning, "hook.failed", &what));
        self.arm_hooks(turn);
    }

    /// A hook has ended.
    pub(in crate::core) fn hook_ended(&mut self, turn: &mut Turn<'_>, id: LaunchId, succeeded: bool, outcome: &str) {
        let Some(hook) = self.hooks.0.remove(&id) else { return };
        let level = if succeeded { Level::Debug } else { Level::Warning };
        turn.log(hook.note(level, "hook.ended", &format!("has ended ({outcome}; {})", hook.place)));
        self.arm_hooks(turn);
    }

    /// Hooks run longer than they may.
    pub(in crate::core) fn hooks_overdue(&mut self, turn: &mut Turn<'_>) {
        let now = turn.now;
        let mut notes = Vec::new();
        for (launch, hook) in self.hooks.0.iter_mut().filter(|(_, hook)| hook.due().is_some_and(|due| due <= now)) {
            let ending = if matches!(hook.step, Step::Ending(_)) { Ending::Killed } else { Ending::Asked };
            turn.push(Effect::EndProgram { launch: *launch, ending });
            if ending == Ending::Killed {
                hook.step = Step::Ended;
                notes.push(hook.note(Level::Debug, "hook.killed", "had its time to end: what is left of it is killed"));
            } else {
                hook.step = Step::Ending(turn.now + HOOK_GRACE);
                let seconds = hook.limit.as_secs();
                let what = format!(
                    "has run for {seconds} s, its hook_limit: it is ended with all that it started ({})",
                    hook.place
                );
                notes.push(hook.note(Level::Warning, "hook.overdue", &what));
            }
        }
        for note in notes {
            turn.log(note);
        }
        self.arm_hooks(turn);
    }

    /// Somebody in the user's session asks for something, and hands on what is known of it there:
    /// hooks that are run because of a key have it, too.
    pub(in crate::core) fn remember_session(&mut self, environment: &BTreeMap<String, String>) {
        let lasts = |name: &str| SESSION_VARIABLES.contains(&name) && !START_VARIABLES.contains(&name);
        let handed_on = environment.iter().filter(|(name, _)| lasts(name));
        self.session.extend(handed_on.map(|(name, value)| (name.clone(), value.clone())));
    }
}
