//! Applications: what is started for whom, with everything filled in, and which windows are an
//! application's own.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::api::{
    self, ApiError, AppAnswer, AppLaunch, AppList, AppStart, ErrorCode, IfOpen, LaunchState, Launched, Reply,
};
use crate::config::{
    APP_PLACES, ARGUMENTS_MAX, App, AppScope, OnActivate, VARIABLES_MAX, WhenNoProject, WorkspaceChoice,
    check_workspace, is_variable_name, nearest,
};
use crate::core::belonging::facts::Facts;
use crate::core::belonging::launch::program_name;
use crate::core::belonging::launched::class_like;
use crate::core::belonging::launches::{LAUNCHES_PENDING_MAX, LAUNCHES_RUNNING_MAX};
use crate::core::model::Model;
use crate::core::programs::Programs;
use crate::core::projects::projects_file::Details;
use crate::core::stage::Stage;
use crate::core::stage::connection::Link;
use crate::core::stage::focus::FocusCaller;
use crate::core::tree::ContainerId;
use crate::core::turn::Turn;
use crate::core::windows::window::{Owner, WindowState};
use crate::core::words::effect::{Effect, LaunchOrder};
use crate::core::words::ids::{Caller, LaunchId};

/// What a daemon has in its environment and a program that it starts must not have: what service
/// managers say to one service alone (sd_notify(3), sd_listen_fds(3), sd_watchdog_enabled(3),
/// systemd.exec(5)), and what a launch before this one said.
const NOT_FOR_PROGRAMS: [&str; 44] = [
    "NOTIFY_SOCKET",
    "LISTEN_PID",
    "LISTEN_FDS",
    "LISTEN_FDNAMES",
    "LISTEN_PIDFDID",
    "WATCHDOG_PID",
    "WATCHDOG_USEC",
    "INVOCATION_ID",
    "JOURNAL_STREAM",
    "SYSTEMD_EXEC_PID",
    "FDSTORE",
    "MAINPID",
    "MANAGERPID",
    "MEMORY_PRESSURE_WATCH",
    "MEMORY_PRESSURE_WRITE",
    "CREDENTIALS_DIRECTORY",
    "RUNTIME_DIRECTORY",
    "STATE_DIRECTORY",
    "CACHE_DIRECTORY",
    "LOGS_DIRECTORY",
    "CONFIGURATION_DIRECTORY",
    "DESKTOP_STARTUP_ID",
    "XDG_ACTIVATION_TOKEN",
    "I3PM_LOG",
    "I3PM_PROJECT",
    "I3PM_PROJECT_DIR",
    "I3PM_APP",
    "I3PM_LAUNCH",
    "I3PM_HOOK",
    "I3PM_PROJECT_BEFORE",
    "I3PM_PROJECT_AFTER",
    // The predecessor's names; its programs look at them still.
    "I3PM_APP_ID",
    "I3PM_APP_NAME",
    "I3PM_PROJECT_NAME",
    "I3PM_PROJECT_DISPLAY_NAME",
    "I3PM_PROJECT_ICON",
    "I3PM_SCOPE",
    "I3PM_ACTIVE",
    "I3PM_LAUNCH_TIME",
    "I3PM_LAUNCHER_PID",
    "I3PM_TARGET_WORKSPACE",
    "I3PM_EXPECTED_CLASS",
    "I3PM_APP_ID_OVERRIDE",
    "I3PM_WORKING_DIR",
];

/// What became of a request to start an application.
pub(in crate::core) enum Begun {
    /// Its program is being started.
    Launch(LaunchId),
    /// A window of it is there, and the caller hears of it when it has the focus or is put away.
    Underway,
    /// A window of it is there, or comes by itself, or none is wanted.
    There(Box<Launched>),
}

/// What there is to be filled in.
pub(in crate::core) struct Circumstances {
    /// The project it is started for, or that is active if it is global.
    project: Option<String>,
    details: Details,
    home: String,
    workspace: String,
}

impl Circumstances {
    /// What stands for one of `APP_PLACES`.
    pub(in crate::core) fn value(&self, place: usize) -> String {
        match APP_PLACES[place] {
            "dir" => self.dir(),
            "name" => self.name(),
            "icon" => self.icon(),
            // tmux itself makes these of `.` and `:`.
            "session" => self.project().replace(['.', ':', '/'], "_"),
            "home" => self.home.clone(),
            "workspace" => self.workspace.clone(),
            _ => self.project(),
        }
    }

    fn project(&self) -> String {
        self.project.clone().unwrap_or_default()
    }

    fn name(&self) -> String {
        self.details.display_name.clone().unwrap_or_else(|| self.project())
    }

    fn icon(&self) -> String {
        self.details.icon.clone().unwrap_or_default()
    }

    pub(in crate::core) fn dir(&self) -> String {
        self.details.dir.clone().unwrap_or_else(|| self.home.clone())
    }
}

impl Programs {
    /// Start an application, or go to the window of a single one.
    pub(in crate::core) fn app_launch(
        &mut self,
        turn: &mut Turn<'_>,
        model: &mut Model,
        stage: &mut Stage,
        caller: Caller,
        request: &AppLaunch,
    ) {
        match self.launch(turn, model, stage, request, Some(caller)) {
            Ok(Begun::Launch(_) | Begun::Underway) => {}
            Ok(Begun::There(launched)) => turn.answer(caller, Ok(Reply::Launched(launched))),
            Err(error) => turn.answer(caller, Err(error)),
        }
    }

    /// Start an application, or do with a window of it what `if_open` says. Whoever calls for a
    /// launch is answered when its program runs or cannot be run; if nobody does, that is told
    /// to `opening_heard`.
    pub(in crate::core) fn launch(
        &mut self,
        turn: &mut Turn<'_>,
        model: &mut Model,
        stage: &mut Stage,
        request: &AppLaunch,
        caller: Option<Caller>,
    ) -> Result<Begun, ApiError> {
        let config = Arc::clone(&turn.config);
        let token = model.belonging.launches.next_token(&self.epoch);
        let name = match &config.scratch {
            Some(scratch) if request.scratch && request.name.is_empty() => scratch,
            None if request.scratch && request.name.is_empty() => return Err(stage.facts(turn, model).no_scratch()),
            _ => &request.name,
        };
        let app = config.app(name).ok_or_else(|| stage.facts(turn, model).unknown_app(name))?;
        check_request(request)?;
        self.remember_session(&request.environment);
        if let Some(name) = request.project.as_ref().filter(|name| !model.projects.known.contains(name)) {
            return Err(model.unknown_project(name));
        }
        let start = stage.facts(turn, model).start_of(app, request, &token)?;
        let if_open = request.if_open.unwrap_or(if app.single { IfOpen::Focus } else { IfOpen::Start });
        if if_open != IfOpen::Start && !request.check {
            let owner = start.project.as_ref().map_or(Owner::Global, Owner::project);
            let window = stage
                .facts(turn, model)
                .windows_of_app(app, start.project.as_deref(), request.scratch)
                .first()
                .copied();
            let there = without_start(app, &start, window);
            if let Some(id) = window {
                stage.link().check()?;
                return Ok(self.use_window(turn, model, stage, caller, (id, there), if_open));
            }
            let instead = match if_open {
                IfOpen::Hide => Some(there),
                _ => model.belonging.launches.awaited(turn.now, &app.name, &owner, request.scratch),
            };
            if let Some(launched) = instead {
                return Ok(Begun::There(Box::new(launched)));
            }
        }
        let (pending, running) = (model.belonging.launches.pending(), model.belonging.launches.running());
        if pending >= LAUNCHES_PENDING_MAX || running >= LAUNCHES_RUNNING_MAX {
            let text = format!(
                "{pending} programs that were started have no window yet, and {running} run; the limits are {LAUNCHES_PENDING_MAX} and \
                 {LAUNCHES_RUNNING_MAX}: wait for some of them"
            );
            return Err(ApiError::new(ErrorCode::Overloaded, text));
        }
        let launch = model.belonging.launches.add(turn.now, app, request, &start, token.clone(), caller);
        model.belonging.launches.arm(turn);
        let order = order(stage.link(), launch, app, &token, start, request.check);
        turn.push(Effect::Launch(Box::new(order)));
        Ok(Begun::Launch(launch))
    }

    /// This window of an application is there: give it the focus, bring it here, or put it away. A
    /// caller is answered when that is done.
    fn use_window(
        &mut self,
        turn: &mut Turn<'_>,
        model: &mut Model,
        stage: &mut Stage,
        caller: Option<Caller>,
        (id, mut launched): (ContainerId, Launched),
        if_open: IfOpen,
    ) -> Begun {
        let has_focus = model.windows.table.windows.get(&id).is_some_and(|window| window.focused && !window.hidden);
        let how = match if_open {
            IfOpen::Hide => None,
            IfOpen::Toggle | IfOpen::Summon if has_focus => None,
            IfOpen::Summon => Some((LaunchState::Summoned, OnActivate::Summon)),
            IfOpen::Start | IfOpen::Focus | IfOpen::Toggle => Some((LaunchState::Focused, OnActivate::Switch)),
        };
        launched.state = how.map_or(LaunchState::Hidden, |(state, _)| state);
        let launched = Box::new(launched);
        match (how, caller) {
            (None, Some(caller)) => stage.put_away(turn, model, caller, id, launched),
            (Some((_, how)), Some(caller)) => {
                let caller = FocusCaller { caller, launched: Some(launched) };
                stage.bring_and_focus(turn, model, id, how, Some(caller));
            }
            // Nobody asked to see it, only that it is there.
            (_, None) => return Begun::There(launched),
        }
        Begun::Underway
    }
}

impl<'a> Facts<'a> {
    pub(in crate::core) fn app_list(self) -> AppList {
        AppList { apps: self.config.apps.iter().map(|app| self.describe_app(app)).collect() }
    }

    pub(in crate::core) fn app_get(self, name: &str) -> Result<AppAnswer, ApiError> {
        let app = self.config.app(name).ok_or_else(|| self.unknown_app(name))?;
        let request = AppLaunch { name: name.to_string(), ..AppLaunch::default() };
        let start = self.start_of(app, &request, "NEW");
        let refused = start.as_ref().err().map(|error| error.message.clone());
        let menu = self.config.menu.iter().map(|part| part.fill(|_| String::new())).collect();
        Ok(AppAnswer { app: self.describe_app(app), start: start.ok(), refused, menu })
    }

    fn no_scratch(self) -> ApiError {
        let text = format!(
            "no application is named for it; name one, or write scratch = \"NAME\" at the top of {}, where NAME is that of an [app.NAME]",
            self.config.file
        );
        ApiError::new(ErrorCode::UnknownApp, text)
    }

    fn unknown_app(self, name: &str) -> ApiError {
        let names = || self.config.apps.iter().map(|app| app.name.as_str());
        let advice = match nearest(name, names()) {
            Some(near) => format!("did you mean {near:?}?"),
            None if self.config.apps.is_empty() => {
                format!("{} declares none; write [app.NAME] with a command", self.config.file)
            }
            None => format!("the applications are {}", names().take(20).collect::<Vec<_>>().join(", ")),
        };
        ApiError::new(ErrorCode::UnknownApp, format!("no application {name:?}; {advice}"))
    }

    /// What is started for this request.
    fn start_of(self, app: &App, request: &AppLaunch, token: &str) -> Result<AppStart, ApiError> {
        let project = request.project.clone().or_else(|| self.scene.target.map(str::to_string));
        if project.is_none() && app.scope == AppScope::Project {
            let refuse = |next: &str| {
                let text = format!("{:?} is an application of projects, and no project is active; {next}", app.name);
                Err(ApiError::new(ErrorCode::NoProject, text))
            };
            match app.when_no_project {
                WhenNoProject::Home => {}
                WhenNoProject::Ask => return refuse("say for which with --project NAME"),
                WhenNoProject::Refuse => return refuse("switch to one first, or say for which with --project NAME"),
            }
        }
        let focused = self.windows.workspaces.iter().find(|workspace| workspace.focused);
        let asked = request.workspace.as_deref().map(WorkspaceChoice::from);
        let workspace =
            asked.as_ref().or(app.placement.workspace.as_ref()).map(|choice| self.windows.workspace_name(choice));
        let workspace = workspace.or_else(|| focused.map(|workspace| workspace.name.clone()));
        let circumstances = self.circumstances(project, workspace.unwrap_or_default());
        let value = |place| circumstances.value(place);
        let terminal = self.config.terminal.iter().filter(|_| app.terminal);
        let command = terminal.chain(&app.command).map(|template| template.fill(value));
        let mut environment = request.environment.clone();
        environment.extend(app.env.iter().map(|(name, template)| (name.clone(), template.fill(value))));
        environment.extend(our_variables(app, &circumstances, request, token));
        let project = circumstances.project.clone().filter(|_| app.scope == AppScope::Project);
        Ok(AppStart {
            global: project.is_none(),
            project,
            command: command.chain(request.args.iter().cloned()).collect(),
            cwd: app.cwd.as_ref().map_or_else(|| circumstances.dir(), |cwd| cwd.fill(value)),
            environment,
        })
    }

    pub(in crate::core) fn circumstances(self, project: Option<String>, workspace: String) -> Circumstances {
        Circumstances {
            details: project.as_deref().and_then(|name| self.projects.known.details(name)).cloned().unwrap_or_default(),
            home: self.config.home.clone().unwrap_or_else(|| "/".to_string()),
            workspace,
            project,
        }
    }

    fn describe_app(self, app: &App) -> api::App {
        api::App {
            name: app.name.clone(),
            title: app.title.clone(),
            icon: app.icon.clone(),
            scope: app.scope.name().to_string(),
            command: app.command.iter().map(|part| part.fill(|place| format!("{{{}}}", APP_PLACES[place]))).collect(),
            terminal: app.terminal,
            single: app.single,
            when_no_project: app.when_no_project.name().to_string(),
            declared: format!("{}:{}", self.config.file, app.line),
            windows: self.windows_of_app(app, None, false),
        }
    }

    /// The windows of this application, of one project if one is named: those that were launched
    /// as it, and those that look like it and were launched as nothing. First the one with the
    /// focus, then those in sight. The scratch window is no window among others.
    fn windows_of_app(self, app: &App, project: Option<&str>, scratch: bool) -> Vec<ContainerId> {
        let is_of_app = |window: &'a WindowState| match &window.app {
            Some(name) => *name == app.name,
            None => !scratch && self.looks_like(app, window),
        };
        let mut found: Vec<&WindowState> = self
            .windows
            .table
            .windows
            .values()
            .filter(|window| window.scratch == scratch && is_of_app(window))
            .filter(|window| project.is_none_or(|project| window.owner.has(project)))
            .collect();
        found.sort_by_key(|window| (!window.focused, window.hidden, window.serial));
        found.into_iter().map(|window| window.id).collect()
    }

    /// Is this what `match` asks for? Without one, a window is known by the name of a program that
    /// stands for itself: with arguments, or in a terminal, the same program may be anything.
    pub(in crate::core) fn looks_like(self, app: &App, window: &'a WindowState) -> bool {
        if !app.condition.is_empty() {
            return app.condition.matches(&self.subject(window));
        }
        let [program] = app.command.as_slice() else { return false };
        let program = program.fill(|_| String::new());
        !app.terminal && class_like(window, &program_name(&program)).is_some()
    }
}

/// What is answered if nothing is started.
fn without_start(app: &App, start: &AppStart, window: Option<ContainerId>) -> Launched {
    Launched {
        app: app.name.clone(),
        state: LaunchState::Absent,
        launch: None,
        project: start.project.clone(),
        global: start.global,
        pid: None,
        program: None,
        window,
    }
}

/// The variables by which a program, and who looks at it, knows what it was started for. Nothing of
/// them is a secret.
fn our_variables(
    app: &App,
    circumstances: &Circumstances,
    request: &AppLaunch,
    token: &str,
) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    let mut set = |name: &str, value: &str| {
        variables.insert(name.to_string(), value.to_string());
    };
    let project = circumstances.project.as_deref().filter(|_| app.scope == AppScope::Project);
    set("I3PM_APP", &app.name);
    set("I3PM_APP_NAME", &app.name);
    set("I3PM_LAUNCH", token);
    set("I3PM_APP_ID", &format!("{}-{}-{token}", app.name, project.unwrap_or("global")));
    set("I3PM_SCOPE", if project.is_some() { "scoped" } else { "global" });
    set("I3PM_ACTIVE", if project.is_some() { "true" } else { "false" });
    if let Some(workspace) = &request.workspace {
        set("I3PM_TARGET_WORKSPACE", workspace);
    }
    variables.extend(project.into_iter().flat_map(|project| project_variables(project, circumstances)));
    variables
}

/// Those that tell the project.
pub(in crate::core) fn project_variables(project: &str, circumstances: &Circumstances) -> [(String, String); 5] {
    [
        ("I3PM_PROJECT", project.to_string()),
        ("I3PM_PROJECT_NAME", project.to_string()),
        ("I3PM_PROJECT_DIR", circumstances.dir()),
        ("I3PM_PROJECT_DISPLAY_NAME", circumstances.name()),
        ("I3PM_PROJECT_ICON", circumstances.icon()),
    ]
    .map(|(name, value)| (name.to_string(), value))
}

/// What the daemon may have in its environment and a program with these variables must not have.
pub(in crate::core) fn left_out(set: &BTreeMap<String, String>) -> Vec<&'static str> {
    NOT_FOR_PROGRAMS.into_iter().filter(|name| !set.contains_key(*name)).collect()
}

fn order(link: &Link, launch: LaunchId, app: &App, token: &str, start: AppStart, check: bool) -> LaunchOrder {
    // systemd's form is app-LAUNCHER-APPLICATION-RANDOM (its DESKTOP_ENVIRONMENTS.md), where a
    // hyphen within a part is written `\x2d`.
    let part = |text: &str| text.replace('-', "\\x2d");
    LaunchOrder {
        launch,
        unit: format!("app-i3pm-{}-{}", part(&app.name), part(token)),
        description: app.title.clone().unwrap_or_else(|| app.name.clone()),
        command: start.command,
        cwd: start.cwd,
        wm: link.pid,
        wm_socket: link.socket_variable(),
        unset: left_out(&start.environment),
        set: start.environment.into_iter().collect(),
        check,
        may_fork: true,
    }
}

fn check_request(request: &AppLaunch) -> Result<(), ApiError> {
    let invalid = |text: String| Err(ApiError::new(ErrorCode::InvalidParams, text));
    if request.args.len() > ARGUMENTS_MAX {
        return invalid(format!("app.launch: {} arguments; the limit is {ARGUMENTS_MAX}", request.args.len()));
    }
    check_environment("app.launch", &request.environment)?;
    if let Some(Err(message)) = request.workspace.as_deref().map(check_workspace) {
        return invalid(format!("app.launch: {message}"));
    }
    match request.args.iter().find(|text| text.contains('\0')) {
        Some(text) => invalid(format!("app.launch: {text:?} holds a NUL character")),
        None => Ok(()),
    }
}

/// Are these variables that a caller of this method may hand on?
pub(in crate::core) fn check_environment(method: &str, environment: &BTreeMap<String, String>) -> Result<(), ApiError> {
    let invalid = |text: String| Err(ApiError::new(ErrorCode::InvalidParams, format!("{method}: {text}")));
    if environment.len() > VARIABLES_MAX {
        return invalid(format!("{} variables; the limit is {VARIABLES_MAX}", environment.len()));
    }
    if let Some(name) = environment.keys().find(|name| !is_variable_name(name) || name.starts_with("I3PM_")) {
        return invalid(format!("{name:?} cannot be the name of a variable of the environment"));
    }
    match environment.values().find(|text| text.contains('\0')) {
        Some(text) => invalid(format!("{text:?} holds a NUL character")),
        None => Ok(()),
    }
}
