//! Hidden containers that come to sight without us, and the focus that somebody asked for.
//!
//! sway hides in its scratchpad, so two things bring a hidden window up as a box over the project
//! at hand: its plain `scratchpad show`, which takes whatever is first in its list, and the focus
//! of a window by criteria or a taskbar. Both are events: the focus of a hidden window, and for
//! `scratchpad show` also a `move` of its container. The tree is read, and if it is so, the
//! container goes back at once. The tree is a barrier: by then all events of what brought the
//! container up have been heard, and its `move` tells the two apart. `scratchpad show` meant the
//! user's next window in the scratchpad, so that one is shown. A focus was meant for the window:
//! `on_activate` says what follows. i3 tells nothing when hidden windows are focused, and does
//! nothing. Who activates one says so to the X server, as all pickers and taskbars do: that is
//! heard there. For `[criteria] focus` on i3 `window.focus` is the way.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::api::{ApiError, Claim, ErrorCode, Launched, Reply};
use crate::config::OnActivate;
use crate::core::model::Model;
use crate::core::plan;
use crate::core::stage::Stage;
use crate::core::stage::focus::{FocusCaller, FocusRequest};
use crate::core::tree::{ContainerId, Node, NodeKind, View};
use crate::core::turn::Turn;
use crate::core::waiting::{SettledWant, Want};
use crate::core::windows::described::describe;
use crate::core::windows::hidden::HiddenContainer;
use crate::core::windows::surfaced::Surfaced;
use crate::core::windows::window::{Owned, Owner, WindowState};
use crate::core::words::cause::Cause;
use crate::core::words::command::{NO_BACK_AND_FORTH, Script, quote};
use crate::core::words::deadline;
use crate::core::words::ids::Caller;
use crate::core::words::note::Level;
use crate::core::words::phase::Phase;
use crate::core::words::wm::{CommandOutcome, Purpose, WmKind, WmReply, WmRequest};

/// How often sway may refuse to take containers back before we wait for the next event.
const PUT_BACK_ATTEMPTS_MAX: usize = 3;

/// For this long a newcomer that is hidden asks for the focus in vain.
const NEWCOMER_TIME: Duration = Duration::from_secs(2);

impl Stage {
    /// A hidden window has the focus.
    pub(in crate::core) fn hidden_focused(&mut self, model: &mut Model, id: ContainerId) {
        let Some(serial) =
            model.windows.table.windows.get(&id).filter(|window| window.hidden).map(|window| window.serial)
        else {
            return;
        };
        if let Some(surfaced) = self.surfaced(model, |container| container.windows.contains(&serial)) {
            surfaced.focused = Some(serial);
        }
    }

    /// A container moved.
    pub(in crate::core) fn container_moved(&mut self, model: &mut Model, node: &Node) {
        if let Some(surfaced) = self.surfaced(model, |container| container.id == node.id) {
            surfaced.moved |= !surfaced.sent;
        } else if !self.is_commanding() {
            // It may have been taken out of its hidden container, or moved to the scratchpad: that
            // counts beyond the moment.
            let hidden = model.windows.table.windows.get(&node.id).is_some_and(|window| window.hidden);
            self.census_wanted |= hidden || node.kind == NodeKind::FloatingCon;
        }
    }

    /// The account of a hidden container that came to sight, unless it is a command of ours that
    /// moves it.
    fn surfaced<'m>(
        &mut self,
        model: &'m mut Model,
        which: impl Fn(&HiddenContainer) -> bool,
    ) -> Option<&'m mut Surfaced> {
        if self.link.kind != Some(WmKind::Sway) || self.is_commanding() {
            return None;
        }
        let id = model.windows.table.hidden.iter().find(|container| which(container))?.id;
        self.put_back_refused = 0;
        Some(model.windows.table.surfaced(id))
    }

    /// Must a container go back before anything else is done?
    pub(in crate::core) fn put_back_is_wanted(&self, model: &Model) -> bool {
        !model.windows.table.surfaced.is_empty()
            && self.put_back_refused < PUT_BACK_ATTEMPTS_MAX
            && !self.is_commanding()
    }

    /// Look whether it is so.
    pub(in crate::core) fn put_back(&mut self, turn: &mut Turn<'_>) {
        self.request(turn, Purpose::PutBack, WmRequest::Tree);
    }

    pub(in crate::core) fn put_back_reply(&mut self, turn: &mut Turn<'_>, model: &mut Model, reply: WmReply) {
        match reply {
            WmReply::Tree(tree) => self.put_back_now(turn, model, &tree),
            WmReply::Command(outcomes) => self.is_put_back(turn, model, &outcomes),
            other => {
                self.put_back_refused += 1;
                self.unexpected(turn, &other);
            }
        }
    }

    fn put_back_now(&mut self, turn: &mut Turn<'_>, model: &mut Model, tree: &Node) {
        self.census_wanted = false;
        self.census(turn, model, tree);
        let view = View::new(tree);
        let mut script = self.link.kind.map(|kind| plan::uncover(kind, &view)).unwrap_or_default();
        for container in model.windows.table.sends_back() {
            script.on(container, "fullscreen disable, move scratchpad");
        }
        if model.windows.table.surfaced.iter().any(|surfaced| surfaced.moved)
            && let Some(id) = self.next_own(model, &view)
        {
            script.on(id, "scratchpad show");
        }
        if let Some(message) = script.into_messages().into_iter().next() {
            self.request(turn, Purpose::PutBack, WmRequest::Command(message));
        }
    }

    fn is_put_back(&mut self, turn: &mut Turn<'_>, model: &mut Model, outcomes: &[CommandOutcome]) {
        self.census_wanted = true;
        if outcomes.iter().all(|outcome| outcome.success) {
            self.put_back_refused = 0;
        } else {
            self.put_back_refused += 1;
        }
        for surfaced in model.windows.table.went_back() {
            if surfaced.moved {
                let text =
                    format!("`scratchpad show` came upon hidden container {}; it is hidden again", surfaced.container);
                turn.note(Level::Debug, "scratchpad.guarded", text);
            } else if let Some(serial) = surfaced.focused {
                self.activated(turn, model, serial);
            }
        }
    }

    /// The first container of the user's own in the scratchpad, which sway lists in the order in
    /// which it shows them; else one that is shown on another workspace, which sway brings along.
    fn next_own(&self, model: &Model, view: &View<'_>) -> Option<ContainerId> {
        let hidden: BTreeSet<ContainerId> = model.windows.table.hidden.iter().map(|container| container.id).collect();
        let mut containers = view.scratchpad?.floating_nodes.iter();
        let own = |node: &&Node| !hidden.contains(&node.id) && !node.windows().is_empty();
        let here = view.focused_workspace().map(|workspace| workspace.name());
        let mut windows = model.windows.table.windows.values();
        containers.find(own).map(|node| node.id).or_else(|| {
            windows.find(|window| window.in_scratchpad && window.workspace.as_deref() != here).map(|window| window.id)
        })
    }

    /// i3: somebody wants an X11 window to have the focus. It sees to those in sight.
    pub(in crate::core) fn x11_activated(&mut self, turn: &mut Turn<'_>, model: &mut Model, x11: u32) {
        // Toolkits ask for the focus of each window that they open. That one is hidden was said
        // then.
        let is_new = |window: &WindowState| window.unseen && turn.now.since(window.origin.seen) < NEWCOMER_TIME;
        let is_meant = |window: &&WindowState| window.client.x11 == Some(x11) && window.hidden && !is_new(window);
        let serial = model.windows.table.windows.values().find(is_meant).map(|window| window.serial);
        if let Some(serial) = serial.filter(|_| turn.phase == Phase::Running) {
            self.activated(turn, model, serial);
        }
    }

    /// Somebody wanted to see a hidden window, which is hidden again.
    fn activated(&mut self, turn: &mut Turn<'_>, model: &mut Model, serial: u64) {
        let Some(window) = model.windows.table.by_serial(serial) else { return };
        let (id, title) = (window.id, window.client.title.clone().unwrap_or_default());
        let done = match turn.config.on_activate {
            OnActivate::Switch => "going to its project",
            OnActivate::Summon => "it comes to the active project",
            OnActivate::Notify => "it stays hidden and asks for attention",
        };
        turn.note(Level::Info, "activated", format!("hidden window {id} {title:?} was activated: {done}"));
        if turn.config.on_activate == OnActivate::Notify {
            model.windows.table.activated(id);
            turn.dirty.windows = true;
            turn.dirty.projects = true;
        } else {
            self.bring_and_focus(turn, model, id, turn.config.on_activate, None);
        }
    }

    /// Give a window the focus, wherever it is. A hidden one is brought to sight first: by a switch
    /// to its project, or into the active one. One that is summoned by name comes to the focused
    /// workspace, too.
    pub(in crate::core) fn bring_and_focus(
        &mut self,
        turn: &mut Turn<'_>,
        model: &mut Model,
        id: ContainerId,
        how: OnActivate,
        caller: Option<FocusCaller>,
    ) {
        self.unstow(turn, model, id);
        self.arrange_attempts = 0;
        let Some(window) = model.windows.table.windows.get(&id) else { return };
        let serial = window.serial;
        let projects: BTreeSet<String> = window.owner.projects().map(str::to_string).collect();
        let active = self.target(&model.projects).map(str::to_string);
        let elsewhere = self.facts(turn, model).unwanted(active.as_deref(), window).is_some();
        let by_name = caller.as_ref().is_some_and(|caller| caller.launched.is_some());
        let here = model.windows.focused.clone().filter(|_| by_name && how == OnActivate::Summon);
        self.drop_focus_request(turn, ErrorCode::Superseded, "another window was to have the focus before this one");
        if let Some(FocusCaller { caller, .. }) = &caller {
            turn.waiting.add(*caller, turn.now + deadline::SWITCH_DEADLINE, Want::Focus);
        }
        self.focus_request = Some(FocusRequest { serial, here, sent: false, caller });
        match active.filter(|_| how == OnActivate::Summon) {
            _ if !elsewhere => self.arrange_if_needed(turn, model),
            Some(active) => {
                let owner = Owner::Projects(&projects | &BTreeSet::from([active]));
                let owned = Owned { owner, claim: Claim::User, by: None };
                self.own(turn, model, id, owned);
                self.heed(turn, model);
                self.arrange_if_needed(turn, model);
            }
            None => {
                let known = |name: &&String| projects.contains(*name) && model.projects.known.contains(name);
                let latest =
                    model.projects.order_of_use().iter().find(known).or_else(|| projects.iter().find(known)).cloned();
                if let Some(project) = latest {
                    model.windows.leave_focus_on(&project, id);
                    model.projects.end_walk();
                    self.switch(turn, model, Some(project), None);
                }
            }
        }
    }

    /// Put a window away until it is asked for again; answer when that is done.
    pub(in crate::core) fn put_away(
        &mut self,
        turn: &mut Turn<'_>,
        model: &mut Model,
        caller: Caller,
        id: ContainerId,
        launched: Box<Launched>,
    ) {
        model.windows.table.stow(id);
        model.keep.runtime_wanted = true;
        self.arrange_attempts = 0;
        self.because(Cause::PutAway);
        self.arrange_if_needed(turn, model);
        let by = turn.now + deadline::SETTLED_DEADLINE;
        turn.waiting.add(caller, by, Want::Settled(SettledWant::PutAway(launched)));
    }

    /// A window is put away no longer.
    pub(in crate::core) fn unstow(&mut self, turn: &mut Turn<'_>, model: &mut Model, id: ContainerId) {
        if model.windows.table.unstow(id) {
            turn.dirty.windows = true;
            model.keep.runtime_wanted = true;
        }
    }

    pub(in crate::core) fn focus_is_wanted(&self, turn: &Turn<'_>) -> bool {
        self.focus_request.is_some() && turn.phase == Phase::Running
    }

    /// What had to be done before is done.
    pub(in crate::core) fn focus(&mut self, turn: &mut Turn<'_>, model: &mut Model) {
        let request = self.focus_request.as_ref();
        let window = request.and_then(|request| model.windows.table.by_serial(request.serial));
        match window.map(|window| (window.id, window.hidden)) {
            None => self.drop_focus_request(turn, ErrorCode::UnknownWindow, "the window closed"),
            Some((_, true)) => {
                self.drop_focus_request(
                    turn,
                    ErrorCode::Superseded,
                    "the window was hidden again before it had the focus",
                );
            }
            Some((id, false)) => {
                let here = request.and_then(|request| request.here.as_deref());
                let here = here.filter(|here| window.is_some_and(|window| window.workspace.as_deref() != Some(*here)));
                let mut script = Script::new();
                if let Some(name) = here.and_then(|name| quote(self.link.kind?, name)) {
                    script.on(id, format!("move {NO_BACK_AND_FORTH} container to workspace {name}"));
                }
                script.on(id, "focus");
                // Where the arrangement before it meant to end counts no longer.
                self.goal = None;
                if let Some(request) = &mut self.focus_request {
                    request.sent = true;
                }
                self.request(turn, Purpose::Focus, WmRequest::Command(script.into_messages().concat()));
            }
        }
    }

    pub(in crate::core) fn focus_reply(&mut self, turn: &mut Turn<'_>, model: &mut Model, reply: &WmReply) {
        // Another window was asked for since: its own command comes next.
        if !self.focus_request.as_ref().is_some_and(|request| request.sent) {
            return;
        }
        let refusal = match reply {
            WmReply::Command(outcomes) => outcomes.iter().find_map(CommandOutcome::refusal),
            _ => None,
        };
        if let Some(refusal) = refusal {
            let text = format!("the window manager refused: {refusal}");
            return self.drop_focus_request(turn, ErrorCode::WmRefused, &text);
        }
        let Some(request) = self.focus_request.take() else { return };
        let window = model.windows.table.by_serial(request.serial).map(describe);
        if let Some(FocusCaller { caller, launched }) = request.caller {
            let gone = || ApiError::new(ErrorCode::UnknownWindow, "the window closed");
            let window = window.map(Box::new).ok_or_else(gone);
            let reply = window.map(|window| launched.map_or(Reply::Window(window), Reply::Launched));
            turn.answer(caller, reply);
        }
    }

    /// The window will not get the focus.
    pub(in crate::core) fn drop_focus_request(&mut self, turn: &mut Turn<'_>, code: ErrorCode, text: &str) {
        if let Some(FocusCaller { caller, .. }) = self.focus_request.take().and_then(|request| request.caller) {
            turn.answer(caller, Err(ApiError::new(code, text)));
        }
    }
}
