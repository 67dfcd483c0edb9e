//! Opening a project: switch to it, then start its applications if it has no windows.
//!
//! The switch is one like any other, so a newer one takes its place, and then nothing is started.
//! Applications are started as by `app.launch`, all at once; one that fails does not keep the
//! others from it.

use std::sync::Arc;

use crate::api::{ApiError, AppLaunch, ErrorCode, Launched, Opened, OpenedApp, ProjectOpen, Reply, Switch};
use crate::core::belonging::launches::Launches;
use crate::core::model::Model;
use crate::core::programs::Programs;
use crate::core::programs::apps::{Begun, check_environment};
use crate::core::programs::opened::{Opening, Step};
use crate::core::stage::Stage;
use crate::core::turn::Turn;
use crate::core::words::ids::{Caller, LaunchId};
use crate::core::words::note::Level;
use crate::core::words::phase::Phase;

impl Programs {
    pub(in crate::core) fn project_open(
        &mut self,
        turn: &mut Turn<'_>,
        model: &mut Model,
        stage: &mut Stage,
        caller: Caller,
        open: ProjectOpen,
    ) {
        let ProjectOpen { name, environment } = open;
        let checked = check_environment("project.open", &environment).and_then(|()| {
            if !model.projects.known.contains(&name) {
                return Err(model.unknown_project(&name));
            }
            stage.link().check()
        });
        if let Err(error) = checked {
            return turn.answer(caller, Err(error));
        }
        self.remember_session(&environment);
        let caller = Some(caller);
        // One that nobody waits for any longer is done by this one.
        let forgotten = |opening: &Opening| opening.caller.is_none() && matches!(opening.step, Step::Switching);
        self.openings.retain(|opening| opening.project != name || !forgotten(opening));
        self.openings.push(Opening { project: name.clone(), environment, caller, step: Step::Switching });
        model.projects.end_walk();
        stage.switch(turn, model, Some(name), None);
    }

    /// A switch is made: what was to be opened by it is.
    pub(in crate::core) fn start_opened(
        &mut self,
        turn: &mut Turn<'_>,
        model: &mut Model,
        stage: &mut Stage,
        switch: &Switch,
    ) {
        if turn.phase > Phase::Running {
            return;
        }
        let is_there = |opening: &Opening| {
            matches!(opening.step, Step::Switching) && switch.project.as_ref() == Some(&opening.project)
        };
        let (there, others) = std::mem::take(&mut self.openings).into_iter().partition(is_there);
        self.openings = others;
        for opening in there {
            self.start_apps(turn, model, stage, opening, switch);
        }
        self.answer_opened(turn, &model.belonging.launches);
    }

    fn start_apps(
        &mut self,
        turn: &mut Turn<'_>,
        model: &mut Model,
        stage: &mut Stage,
        mut opening: Opening,
        switch: &Switch,
    ) {
        let config = Arc::clone(&turn.config);
        let windows = model.windows.table.windows.values().filter(|window| window.owner.has(&opening.project)).count();
        let named = config.project(&opening.project).filter(|_| windows == 0).map(|project| &project.apps);
        // Asked for twice in a moment it is meant once: what waits for its window stands for one of
        // the same name.
        let mut expected = model.belonging.launches.expected(&opening.project);
        let mut apps = Vec::new();
        for name in named.into_iter().flatten() {
            let waiting = expected.iter().position(|launched| launched.app == *name);
            let (launch, launched) = match waiting.map(|at| expected.remove(at)) {
                Some(launched) => (None, Ok(Some(launched))),
                None => {
                    let (project, environment) = (Some(opening.project.clone()), opening.environment.clone());
                    let request = AppLaunch { name: name.clone(), project, environment, ..AppLaunch::default() };
                    match self.launch(turn, model, stage, &request, None) {
                        Ok(Begun::Launch(launch)) => (Some(launch), Ok(None)),
                        Ok(Begun::There(launched)) => (None, Ok(Some(*launched))),
                        Ok(Begun::Underway) => (None, Ok(None)),
                        Err(error) => {
                            let text = format!("{name} was not started with project {}: {error}", opening.project);
                            turn.note(Level::Warning, "launch.failed", text);
                            (None, Err(error.message))
                        }
                    }
                }
            };
            let error = launched.as_ref().err().cloned();
            let launched = launched.unwrap_or_default();
            apps.push((launch, OpenedApp { app: name.clone(), launched, error }));
        }
        opening.step = Step::Starting { switch: Box::new(switch.clone()), windows, apps };
        self.openings.push(opening);
    }

    /// A program of an opened project runs, or cannot be run.
    pub(in crate::core) fn opening_heard(
        &mut self,
        turn: &mut Turn<'_>,
        launches: &Launches,
        id: LaunchId,
        result: Result<Launched, ApiError>,
    ) {
        let starting = self.openings.iter_mut().filter_map(|opening| match &mut opening.step {
            Step::Switching => None,
            Step::Starting { apps, .. } => Some(apps),
        });
        let Some((launch, app)) = starting.flatten().find(|(launch, _)| *launch == Some(id)) else { return };
        *launch = None;
        app.error = result.as_ref().err().map(|error| error.message.clone());
        app.launched = result.ok();
        self.answer_opened(turn, launches);
    }

    /// Answer for those of whose applications all is known.
    fn answer_opened(&mut self, turn: &mut Turn<'_>, launches: &Launches) {
        let is_done = |opening: &Opening| match &opening.step {
            Step::Switching => false,
            Step::Starting { apps, .. } => apps.iter().all(|(launch, _)| launch.is_none()),
        };
        let (done, others) = std::mem::take(&mut self.openings).into_iter().partition(is_done);
        self.openings = others;
        for opening in done {
            self.answer_opening(turn, launches, opening);
        }
    }

    /// Answer with what is known of one that is being started.
    fn answer_opening(&mut self, turn: &mut Turn<'_>, launches: &Launches, opening: Opening) {
        let (Some(caller), Step::Starting { switch, windows, apps }) = (opening.caller, opening.step) else {
            return;
        };
        let known = apps.into_iter().map(|(launch, app)| match launch {
            Some(launch) => OpenedApp { launched: launches.describe(launch), ..app },
            None => app,
        });
        let opened = Opened { switch: *switch, windows, apps: known.collect() };
        turn.answer(caller, Ok(Reply::Opened(Box::new(opened))));
    }

    /// A caller has waited long enough.
    pub(in crate::core) fn opening_overdue(&mut self, turn: &mut Turn<'_>, launches: &Launches, caller: Caller) {
        let openings = &mut self.openings;
        let Some(at) = openings.iter().position(|opening| opening.caller == Some(caller)) else { return };
        match &mut openings[at] {
            Opening { step: Step::Starting { .. }, .. } => {
                let opening = openings.remove(at);
                self.answer_opening(turn, launches, opening);
            }
            opening => {
                opening.caller = None;
                let text = "the window manager did not finish the switch in time; when it answers the switch is completed, and \
                            the applications of the project are started";
                turn.answer(caller, Err(ApiError::new(ErrorCode::WmTimeout, text)));
            }
        }
    }

    /// A switch will not be made: what was to be opened by it will not be.
    pub(in crate::core) fn fail_openings(
        &mut self,
        turn: &mut Turn<'_>,
        stage: &Stage,
        target: Option<&String>,
        code: ErrorCode,
        message: &str,
    ) {
        // Another switch goes there.
        if stage.switch_target().is_some_and(|switch| switch.target.as_ref() == target) {
            return;
        }
        let fails = |opening: &Opening| matches!(opening.step, Step::Switching) && Some(&opening.project) == target;
        let (failed, others) = std::mem::take(&mut self.openings).into_iter().partition::<Vec<_>, _>(fails);
        self.openings = others;
        for caller in failed.into_iter().filter_map(|opening| opening.caller) {
            turn.answer(caller, Err(ApiError::new(code, message)));
        }
    }
}
