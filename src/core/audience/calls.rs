//! Calls: what each method does. Every call gets exactly one answer, now or when what it waits for
//! is there.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::api::{
    ApiError, Assigned, Call, Claim, ErrorCode, Events, Launched, PROTOCOL, Ping, ProjectAnswer, ProjectList, Reply,
    Take, Window, WindowAssign, WindowChoice, WindowFilter, WindowFocus, WindowList,
};
use crate::config::{Matcher, WINDOW_PROJECTS_MAX};
use crate::core::Core;
use crate::core::audience::journal::NOTES_MAX;
use crate::core::belonging::launches::LAUNCH_ANSWER_DEADLINE;
use crate::core::stage::connection::LinkState;
use crate::core::stage::focus::FocusCaller;
use crate::core::tree::ContainerId;
use crate::core::turn::Turn;
use crate::core::waiting::{CensusWant, SettledWant, Wait, Want};
use crate::core::windows::described::{describe, unknown_window};
use crate::core::windows::window::{Owned, Owner, WindowState};
use crate::core::words::cause::Cause;
use crate::core::words::deadline;
use crate::core::words::ids::{Caller, PeerId};
use crate::core::words::note::{Level, Note};
use crate::core::words::phase::Phase;
use crate::core::words::store::StoreFile;
use crate::core::words::time::Time;

/// How many windows a note about an assignment names.
const NOTED_WINDOWS_MAX: usize = 16;

impl Core {
    /// Do what a call asks. What it needs is known (`early`).
    pub(in crate::core) fn serve_call(&mut self, turn: &mut Turn<'_>, caller: Caller, request: Call) {
        let (patience, want) = patience(&request);
        turn.waiting.add(caller, turn.now + patience, want);
        if self.life.phase > Phase::Running && !matches!(request, Call::Ping | Call::Status | Call::Metrics) {
            let error = ApiError::new(ErrorCode::Stopping, "the daemon is stopping");
            return turn.answer(caller, Err(error));
        }
        let result = match request {
            Call::Ping => {
                let (version, epoch) = (crate::VERSION.to_string(), self.settings.epoch.clone());
                Ok(Reply::Ping(Ping { version, protocol: PROTOCOL, epoch }))
            }
            Call::Status => Ok(Reply::Status(Box::new(self.status(turn)))),
            Call::Metrics => Ok(Reply::Metrics(Box::new(self.metrics(turn.now)))),
            Call::Reload => return self.reload(turn, Some(caller)),
            Call::ProjectList => {
                let projects = self.model.projects.all_described(&self.model.windows);
                let incomplete = self.model.keep.stores.left_alone(StoreFile::Projects).map(str::to_string);
                Ok(Reply::Projects(ProjectList {
                    projects,
                    active: self.model.projects.active().map(str::to_string),
                    incomplete,
                }))
            }
            Call::ProjectGet(name) => match self.model.projects.described(&self.model.windows, &name.name) {
                Some(project) => Ok(Reply::Project(ProjectAnswer { project: Some(project), taken: None })),
                None => Err(self.model.unknown_project(&name.name)),
            },
            Call::ProjectCurrent => {
                let project = self
                    .model
                    .projects
                    .active()
                    .and_then(|name| self.model.projects.described(&self.model.windows, name));
                Ok(Reply::Project(ProjectAnswer { project, taken: None }))
            }
            Call::ProjectSwitch(name) => return self.switch_called(turn, caller, &name.name),
            Call::ProjectClear => return self.switch_called(turn, caller, "none"),
            Call::ProjectCreate(create) => return self.model.project_create(turn, caller, create),
            Call::ProjectUpdate(update) => return self.model.project_update(turn, caller, update),
            Call::ProjectDelete(name) => return self.model.project_delete(turn, caller, name.name),
            Call::WindowList(filter) => return self.after_census(turn, caller, CensusWant::List(filter)),
            Call::WindowGet(window) => return self.after_census(turn, caller, CensusWant::Get(window.id)),
            Call::WindowAssign(assign) => {
                return match self.check_assign(&assign) {
                    Ok(()) => self.after_census(turn, caller, CensusWant::Assign(assign)),
                    Err(error) => turn.answer(caller, Err(error)),
                };
            }
            Call::WindowExplain(choice) => {
                return self.after_census(turn, caller, CensusWant::Explain(choice));
            }
            Call::StateDump => Ok(Reply::State(Box::new(self.dump(turn)))),
            Call::StateRepair => {
                return match self.stage.link().check() {
                    Ok(()) => {
                        self.begin_repair(turn);
                        self.after_census(turn, caller, CensusWant::Repair);
                    }
                    Err(error) => turn.answer(caller, Err(error)),
                };
            }
            Call::WindowFocus(focus) => {
                return match self.stage.link().check() {
                    Ok(()) => self.after_census(turn, caller, CensusWant::Focus(focus)),
                    Err(error) => turn.answer(caller, Err(error)),
                };
            }
            Call::AppList => Ok(Reply::Apps(self.facts(turn).app_list())),
            Call::AppGet(app) => self.facts(turn).app_get(&app.name).map(|answer| Reply::App(Box::new(answer))),
            Call::AppLaunch(launch) => {
                return self.programs.app_launch(turn, &mut self.model, &mut self.stage, caller, &launch);
            }
            Call::RuleTest(test) => match test.id {
                None => self.facts(turn).test_rules(&test).map(Reply::RuleTested),
                Some(_) => return self.after_census(turn, caller, CensusWant::RuleTest(test)),
            },
            Call::EventsRecent(recent) => Ok(Reply::Events(Events {
                events: self.audience.journal.recent(turn, recent.limit.unwrap_or(NOTES_MAX)),
            })),
            Call::Subscribe(subscribe) => return self.subscribe(turn, caller, &subscribe.topics),
            Call::Unsubscribe(subscribe) => return self.unsubscribe(turn, caller, &subscribe.topics),
            Call::ProjectOpen(open) => {
                return self.programs.project_open(turn, &mut self.model, &mut self.stage, caller, open);
            }
            Call::ProjectRename(rename) => return self.model.project_rename(turn, caller, rename),
            Call::ProjectClose(close) => return self.stage.project_close(turn, &mut self.model, caller, &close),
        };
        turn.answer(caller, result);
    }

    fn switch_called(&mut self, turn: &mut Turn<'_>, caller: Caller, name: &str) {
        match self
            .stage
            .destination(&mut self.model, name)
            .and_then(|target| self.stage.link().check().map(|()| target))
        {
            Ok(target) => self.stage.switch(turn, &mut self.model, target, Some(caller)),
            Err(error) => turn.answer(caller, Err(error)),
        }
    }

    fn check_assign(&self, assign: &WindowAssign) -> Result<(), ApiError> {
        let invalid = |text: &str| Err(ApiError::new(ErrorCode::InvalidParams, text));
        match (&assign.project, assign.global) {
            (None, false) => return invalid("window.assign: give either project or global"),
            (Some(_), true) => return invalid("window.assign: give either project or global, not both"),
            (Some(name), false) if !self.model.projects.known.contains(name) => {
                return Err(self.model.unknown_project(name));
            }
            _ => {}
        }
        if assign.also && assign.global {
            return invalid("window.assign: a global window belongs to no project; leave out `also` or `global`");
        }
        self.stage.link().check()
    }

    /// Serve a call now, or after a census where places are in doubt.
    fn after_census(&mut self, turn: &mut Turn<'_>, caller: Caller, wants: CensusWant) {
        if self.model.windows.stale && self.stage.link().state == LinkState::Up && !self.stage.link().stale {
            let until = turn.now + deadline::CENSUS_CALLS_DEADLINE;
            turn.waiting.add(caller, until, Want::Census(wants));
            turn.wants.census = true;
        } else {
            self.serve(turn, caller, wants);
        }
    }

    /// Serve the calls that waited for a census: it is done, or will not come.
    pub(in crate::core) fn answer_census_calls(&mut self, turn: &mut Turn<'_>) {
        for (caller, want) in turn.waiting.take(|wait| matches!(wait.want, Want::Census(_))) {
            if let Want::Census(wants) = want {
                self.serve(turn, caller, wants);
            }
        }
    }

    pub(in crate::core) fn serve(&mut self, turn: &mut Turn<'_>, caller: Caller, wants: CensusWant) {
        // Of windows that were never read nothing can be said.
        let tells = matches!(wants, CensusWant::List(_) | CensusWant::Get(_) | CensusWant::Explain(_));
        let is_unread = !self.model.projects.is_decided() && self.model.windows.table.windows.is_empty();
        if tells
            && is_unread
            && let Err(error) = self.stage.link().check()
        {
            return turn.answer(caller, Err(error));
        }
        match wants {
            CensusWant::List(filter) => {
                let windows = self.windows().into_iter().filter(|window| passes(&filter, window)).collect();
                turn.answer(caller, Ok(Reply::Windows(WindowList { windows })));
            }
            CensusWant::Get(id) => {
                let result = match self.model.windows.table.windows.get(&id) {
                    Some(window) => Ok(Reply::Window(Box::new(describe(window)))),
                    None => Err(unknown_window(format!("no window with id {id}"))),
                };
                turn.answer(caller, result);
            }
            CensusWant::Explain(choice) => {
                let result = self.chosen_window(&choice).map(|window| self.facts(turn).explain(turn.now, window));
                turn.answer(caller, result.map(|explanation| Reply::Explanation(Box::new(explanation))));
            }
            CensusWant::RuleTest(test) => {
                let result = self.facts(turn).test_rules(&test).map(Reply::RuleTested);
                turn.answer(caller, result);
            }
            CensusWant::Repair => {
                turn.wants.marks = true;
                self.stage.write_runtime(turn, &mut self.model, None);
                turn.waiting.add(caller, turn.now + deadline::SETTLED_DEADLINE, Want::Settled(SettledWant::Repaired));
            }
            CensusWant::Assign(assign) => {
                let owners = self.assigned_windows(&assign).and_then(|windows| self.assigned_owners(&assign, &windows));
                match owners {
                    Ok(owners) => self.assign(turn, caller, owners, None),
                    Err(error) => turn.answer(caller, Err(error)),
                }
            }
            CensusWant::Focus(focus) => match self.window_to_focus(&focus) {
                Ok(id) => {
                    let caller = FocusCaller { caller, launched: None };
                    self.stage.bring_and_focus(
                        turn,
                        &mut self.model,
                        id,
                        self.config.current.on_activate,
                        Some(caller),
                    );
                }
                Err(error) => turn.answer(caller, Err(error)),
            },
            CensusWant::Take(name, take, until) => {
                let windows = self.taken_windows(take);
                let owners = windows.into_iter().map(|id| (id, Owner::project(&name))).collect();
                self.assign(turn, caller, owners, Some((name, until)));
            }
        }
    }

    /// A project was created and takes windows that are open.
    pub(in crate::core) fn take_windows(
        &mut self,
        turn: &mut Turn<'_>,
        caller: Caller,
        (name, until): (String, Time),
        take: Take,
    ) {
        self.after_census(turn, caller, CensusWant::Take(name, take, until));
    }

    fn assign(
        &mut self,
        turn: &mut Turn<'_>,
        caller: Caller,
        owners: Vec<(ContainerId, Owner)>,
        created: Option<(String, Time)>,
    ) {
        self.note_assigned(turn, caller.peer, &owners);
        let windows: Vec<ContainerId> = owners.iter().map(|(id, _)| *id).collect();
        for (id, owner) in owners {
            self.stage.own(turn, &mut self.model, id, Owned { owner, claim: Claim::User, by: None });
            self.stage.unstow(turn, &mut self.model, id);
        }
        self.model.belonging.find_servers(&self.model.windows);
        turn.wants.arrangement(Cause::Assigned);
        let mut by = turn.now + deadline::SETTLED_DEADLINE;
        let wants = match created {
            Some((name, until)) => {
                by = by.min(until);
                SettledWant::Created(name, windows.len())
            }
            None => SettledWant::Assigned(windows),
        };
        turn.waiting.add(caller, by, Want::Settled(wants));
    }

    fn note_assigned(&mut self, turn: &mut Turn<'_>, peer: PeerId, owners: &[(ContainerId, Owner)]) {
        let [(first, owner), ..] = owners else { return };
        let projects = owner.projects().collect::<Vec<_>>().join(", ");
        let whose = if projects.is_empty() { "global".to_string() } else { format!("of {projects}") };
        let text = match owners.len() {
            1 => format!("window {first} is {whose}"),
            count => format!("{count} windows, {first} the first, are {whose}"),
        };
        let mut note = Note::new(Level::Info, "window.assigned", text).with("project", projects);
        for (id, _) in owners.iter().take(NOTED_WINDOWS_MAX) {
            note = note.with("window", id);
        }
        if let Some(subscriber) = self.audience.peers.get(&peer) {
            note = note.of_peer(&subscriber.process);
        }
        turn.log(note);
    }

    /// The one window that is asked about.
    fn chosen_window(&self, choice: &WindowChoice) -> Result<&WindowState, ApiError> {
        let any = choice.id.is_none() && choice.class.is_none() && choice.title.is_none();
        let fits = |window: &&WindowState| {
            (!any || window.focused)
                && choice.id.is_none_or(|id| window.id == id)
                && choice.class.as_ref().is_none_or(|class| {
                    [&window.client.class, &window.client.app_id].into_iter().flatten().any(|found| found == class)
                })
                && choice
                    .title
                    .as_ref()
                    .is_none_or(|part| window.client.title.as_ref().is_some_and(|title| title.contains(part)))
        };
        let found: Vec<&WindowState> = self.model.windows.table.windows.values().filter(fits).collect();
        match found.as_slice() {
            [window] => Ok(window),
            [] if any => Err(unknown_window("no window has the focus; name one by its id, class or title".to_string())),
            [] => Err(unknown_window("no such window; `i3pm windows` lists them".to_string())),
            several => {
                let ids: Vec<String> = several.iter().take(10).map(|window| window.id.to_string()).collect();
                let text = format!("{} windows fit; name one by its id: {}", several.len(), ids.join(", "));
                Err(unknown_window(text))
            }
        }
    }

    /// The window that is meant: of several one that is shown, else one of the project that was
    /// used last.
    fn window_to_focus(&self, focus: &WindowFocus) -> Result<ContainerId, ApiError> {
        let matcher = |name: &str, text: &Option<String>| match text.as_deref().map(Matcher::new) {
            None => Ok(None),
            Some(Ok(matcher)) => Ok(Some(matcher)),
            Some(Err(error)) => {
                Err(ApiError::new(ErrorCode::InvalidParams, format!("window.focus: the {name} does not do: {error}")))
            }
        };
        let (class, title) = (matcher("class", &focus.class)?, matcher("title", &focus.title)?);
        if focus.id.is_none() && class.is_none() && title.is_none() {
            return Err(ApiError::new(ErrorCode::InvalidParams, "window.focus: give one of id, class and title"));
        }
        let fits = |matcher: &Option<Matcher>, texts: [&Option<String>; 2]| {
            matcher.as_ref().is_none_or(|matcher| texts.into_iter().flatten().any(|text| matcher.matches(text)))
        };
        let used = |window: &WindowState| {
            let order = self.model.projects.order_of_use().iter().position(|name| window.owner.has(name));
            (window.hidden, order.unwrap_or(usize::MAX), window.id)
        };
        let windows = self.model.windows.table.windows.values().filter(|window| {
            focus.id.is_none_or(|id| window.id == id)
                && fits(&class, [&window.client.class, &window.client.app_id])
                && fits(&title, [&window.client.title, &None])
        });
        windows
            .min_by_key(|window| used(window))
            .map(|window| window.id)
            .ok_or_else(|| unknown_window("no window matches; `i3pm windows` lists them".to_string()))
    }

    fn assigned_windows(&self, assign: &WindowAssign) -> Result<Vec<ContainerId>, ApiError> {
        if let Some(id) = assign.id {
            return match self.model.windows.table.windows.get(&id) {
                Some(window) => Ok(vec![window.id]),
                None => Err(unknown_window(format!("no window with id {id}; `i3pm windows` lists them"))),
            };
        }
        if assign.workspace.is_none() && assign.class.is_none() {
            return match self.model.windows.table.windows.values().find(|window| window.focused) {
                Some(window) => Ok(vec![window.id]),
                None => Err(unknown_window("no window has the focus; name one with --window".to_string())),
            };
        }
        let found: Vec<ContainerId> = self
            .model
            .windows
            .table
            .windows
            .values()
            .filter(|window| assign.workspace.is_none() || window.workspace == assign.workspace)
            .filter(|window| {
                assign.class.is_none() || window.client.class == assign.class || window.client.app_id == assign.class
            })
            .map(|window| window.id)
            .collect();
        if found.is_empty() {
            return Err(unknown_window("no window matches; `i3pm windows` lists them".to_string()));
        }
        Ok(found)
    }

    /// To whom each of these windows will belong.
    fn assigned_owners(
        &self,
        assign: &WindowAssign,
        windows: &[ContainerId],
    ) -> Result<Vec<(ContainerId, Owner)>, ApiError> {
        let owner = |id: &ContainerId| {
            let mut projects: BTreeSet<String> = assign.project.iter().cloned().collect();
            if assign.also
                && let Some(window) = self.model.windows.table.windows.get(id)
            {
                projects.extend(window.owner.projects().map(str::to_string));
            }
            if projects.len() > WINDOW_PROJECTS_MAX {
                let text = format!(
                    "window {id} belongs to {WINDOW_PROJECTS_MAX} projects already, which is the most; assign it to \
                     one without `also` first"
                );
                return Err(ApiError::new(ErrorCode::Overloaded, text));
            }
            Ok((*id, Owner::of(projects)))
        };
        windows.iter().map(owner).collect()
    }

    fn taken_windows(&self, take: Take) -> Vec<ContainerId> {
        let on = |window: &WindowState, wanted: &dyn Fn(&crate::api::Workspace) -> bool| {
            !window.hidden
                && self
                    .model
                    .windows
                    .workspaces
                    .iter()
                    .any(|workspace| wanted(workspace) && window.workspace.as_ref() == Some(&workspace.name))
        };
        self.model
            .windows
            .table
            .windows
            .values()
            .filter(|window| match take {
                Take::Focused => window.focused,
                Take::Workspace => on(window, &|workspace| workspace.focused),
                Take::Visible => on(window, &|workspace| workspace.visible),
            })
            .map(|window| window.id)
            .collect()
    }

    /// Answer calls that waited until their windows were hidden or shown, if all is done.
    pub(in crate::core) fn settle(&mut self, turn: &mut Turn<'_>) {
        let is_settling = |wait: &Wait| matches!(wait.want, Want::Settled(_));
        if turn.waiting.any(is_settling) && self.is_settled(turn) {
            for (caller, want) in turn.waiting.take(is_settling) {
                if let Want::Settled(wants) = want {
                    self.answer_settled(turn, caller, wants);
                }
            }
        }
    }

    /// All is done, or the time is over.
    pub(in crate::core) fn answer_settled(&mut self, turn: &mut Turn<'_>, caller: Caller, wants: SettledWant) {
        let result = match wants {
            SettledWant::Repaired => Ok(Reply::State(Box::new(self.dump(turn)))),
            SettledWant::Created(name, windows) => Ok(Reply::Project(ProjectAnswer {
                project: self.model.projects.described(&self.model.windows, &name),
                taken: Some(windows),
            })),
            SettledWant::Assigned(windows) => {
                let windows = windows.iter().filter_map(|id| self.model.windows.table.windows.get(id));
                Ok(Reply::Assigned(Assigned { windows: windows.map(describe).collect() }))
            }
            SettledWant::PutAway(launched) => self.is_put_away(&launched).map(|()| Reply::Launched(launched)),
        };
        turn.answer(caller, result);
    }

    /// Was a window put away, as was asked?
    fn is_put_away(&self, launched: &Launched) -> Result<(), ApiError> {
        let window = launched.window.and_then(|id| self.model.windows.table.windows.get(&id));
        match window {
            None => Err(ApiError::new(ErrorCode::UnknownWindow, "the window closed")),
            Some(window) if window.hidden || window.workspace.is_none() => Ok(()),
            Some(_) => {
                let text = "the window manager did not hide it in time; it is hidden when it answers";
                Err(ApiError::new(ErrorCode::WmTimeout, text))
            }
        }
    }

    /// All windows as others see them: those on the screen by workspace, then hidden ones.
    pub(in crate::core) fn windows(&self) -> Vec<Window> {
        let mut windows: Vec<Window> = self.model.windows.table.windows.values().map(describe).collect();
        windows
            .sort_by(|a, b| (a.hidden, &a.output, &a.workspace, a.id).cmp(&(b.hidden, &b.output, &b.workspace, b.id)));
        windows
    }
}

/// How long a call may wait for its answer, and for what, as far as it says so itself.
fn patience(request: &Call) -> (Duration, Want) {
    match request {
        Call::Reload => (deadline::CONFIG_READ_DEADLINE, Want::Reload),
        Call::ProjectSwitch(_) | Call::ProjectClear => (deadline::SWITCH_DEADLINE, Want::Switch),
        Call::ProjectCreate(_) | Call::ProjectUpdate(_) | Call::ProjectDelete(_) | Call::ProjectRename(_) => {
            (deadline::STORE_CALL_DEADLINE, Want::Store)
        }
        Call::AppLaunch(_) => (LAUNCH_ANSWER_DEADLINE, Want::Launch),
        Call::ProjectOpen(_) => (deadline::OPEN_DEADLINE, Want::Open),
        Call::ProjectClose(close) => (close.wait_ms.map_or(deadline::CLOSE_WAIT, Duration::from_millis), Want::Close),
        _ => (deadline::SETTLED_DEADLINE, Want::Done),
    }
}

fn passes(filter: &WindowFilter, window: &Window) -> bool {
    filter.project.as_ref().is_none_or(|project| window.projects.contains(project))
        && filter.hidden.is_none_or(|hidden| window.hidden == hidden)
}
