//! What the window manager tells of windows, the census, and the marks on windows.

use std::collections::BTreeSet;

use crate::api::{self, Topic};
use crate::config::OnExit;
use crate::core::Core;
use crate::core::belonging::cause::Cause;
use crate::core::plan;
use crate::core::plan::tidy::{self, Tidying};
use crate::core::tree::mark::{self, PREFIX};
use crate::core::tree::vault::{is_free, misplaced_marks};
use crate::core::tree::{ContainerId, Node, View, WorkspaceNode};
use crate::core::turn::Turn;
use crate::core::windows::window::{Owner, WindowState};
use crate::core::words::command::Script;
use crate::core::words::deadline::{self, Deadline};
use crate::core::words::effect::Effect;
use crate::core::words::note::{Level, Note};
use crate::core::words::phase::Phase;
use crate::core::words::seeded::{self, Fault};
use crate::core::words::wm::{Purpose, WindowChange, WmEvent, WmKind, WmReply, WmRequest};

/// How often marks that the window manager refuses are tried again.
pub(in crate::core) const MARK_ATTEMPTS_MAX: usize = 3;
/// A message of marks that has this many bytes takes no more windows.
const MARKS_BYTES_MAX: usize = 8 * 1024;

impl Core {
    pub(in crate::core) fn wm_event(&mut self, turn: &mut Turn<'_>, event: WmEvent) {
        self.stage.link.heard = Some(turn.now);
        match event {
            WmEvent::Window { change, container } => self.window_event(turn, change, &container),
            WmEvent::Workspace { change, current, old } => {
                if let Some(workspace) = current {
                    if change == "focus" {
                        self.windows.focused.clone_from(&workspace.name);
                    }
                    if change == "empty" {
                        self.windows.names.remove(&workspace.id);
                    } else {
                        self.workspace_named(&change, &workspace);
                    }
                }
                // What our own commands pass through is not where the user was.
                if let Some(name) = old.and_then(|old| old.name).filter(|_| change == "focus" && !self.moves_about()) {
                    self.windows.previous = Some(name);
                }
                // What is shown now may have a wrapper on it.
                self.stage.census_wanted |= !self.windows.table.wrappers.is_empty() && self.stage.arrangement.is_none();
                self.places_changed(turn);
            }
            WmEvent::Output => self.places_changed(turn),
            WmEvent::Tick { first: true, .. } | WmEvent::Other => {}
            WmEvent::Tick { payload, .. } => self.tick(turn, &payload),
            WmEvent::Binding { command } => self.binding(turn, &command),
            WmEvent::Shutdown { change } => {
                turn.note(Level::Info, "wm.shutdown", format!("the window manager says: {change}"));
            }
        }
    }

    fn window_event(&mut self, turn: &mut Turn<'_>, change: WindowChange, node: &Node) {
        match change {
            WindowChange::Focus => self.hidden_focused(node.id),
            WindowChange::Move => self.container_moved(node),
            _ => {}
        }
        match change {
            WindowChange::Close => {
                self.forget(turn, node.id);
                self.places_changed(turn);
                return;
            }
            WindowChange::New if node.is_window() && !self.windows.table.windows.contains_key(&node.id) => {
                let focused = self.windows.focused.clone();
                let known = self.windows.workspaces.iter().find(|workspace| focused.as_ref() == Some(&workspace.name));
                let output = known.map(|workspace| workspace.output.clone());
                let window = self.windows.table.insert(node, true);
                window.workspace = focused;
                window.output = output;
                if window.owner == Owner::Pending {
                    self.belonging.placing.appeared(window.serial);
                }
                self.appeared(turn.now, node.id);
                self.stage.marks_refused = 0;
                self.places_changed(turn);
                self.decide_claims(turn);
                return;
            }
            WindowChange::Focus => {
                for window in self.windows.table.windows.values_mut() {
                    window.focused = false;
                }
            }
            WindowChange::FullscreenMode => {
                self.uncover_soon(turn.now);
                self.places_changed(turn);
            }
            WindowChange::Move | WindowChange::Floating => self.places_changed(turn),
            WindowChange::Mark
            | WindowChange::New
            | WindowChange::Title
            | WindowChange::Urgent
            | WindowChange::Other => {}
        }
        let commanding = self.is_commanding();
        let serial = self.windows.table.windows.get(&node.id).map(|window| window.serial);
        let ours = serial.is_some_and(|serial| self.moves_window(serial));
        let mut renamed = false;
        if let Some(window) = self.windows.table.windows.get_mut(&node.id) {
            let (was_focused, was_urgent) = (window.focused, window.urgent);
            renamed = window.is_renamed(node);
            window.update(node);
            if change == WindowChange::Floating {
                window.floating = node.says_floating();
            }
            window.by_hand |= matches!(change, WindowChange::Move | WindowChange::Floating) && !ours;
            turn.dirty.projects |= window.urgent != was_urgent;
            // We take urgent windows off it before we hide them. Those that come back lose this at the census.
            window.activated |= commanding && change == WindowChange::Urgent && was_urgent && !window.urgent;
            window.focused = match change {
                WindowChange::Focus => true,
                _ => was_focused,
            };
            turn.dirty.windows = true;
            if change == WindowChange::Mark {
                self.stage.marks_wanted = true;
                self.stage.marks_refused = 0;
            }
        }
        if renamed {
            self.look_again(turn, node.id);
        }
    }

    /// What is hidden returns to its workspace also under another name, and projects find it again. The event says only the new name; an id
    /// may be that of another workspace, which i3 says before it is renamed.
    fn workspace_named(&mut self, change: &str, workspace: &Node) {
        let Some(name) = &workspace.name else { return };
        let Some(old) = self.windows.names.insert(workspace.id, name.clone()) else { return };
        if change != "rename" || old == *name {
            return;
        }
        for container in self.windows.table.hidden.iter_mut().filter(|container| container.workspace == old) {
            container.workspace.clone_from(name);
        }
        for window in self.windows.table.windows.values_mut().filter(|window| window.workspace.as_deref() == Some(&old))
        {
            window.workspace = Some(name.clone());
        }
        for memory in self.windows.memories.values_mut() {
            memory.rename_workspace(&old, name);
        }
        self.stage.marks_wanted = true;
    }

    /// Something moved: our picture of who is where may be wrong. It is mended when somebody looks.
    fn places_changed(&mut self, turn: &mut Turn<'_>) {
        self.windows.stale = true;
        turn.dirty.windows = true;
        if self.has_subscribers(Topic::Windows) || self.has_subscribers(Topic::Workspaces) {
            self.deadlines.set_once(Deadline::Census, turn.now + deadline::CENSUS_DELAY);
        }
    }

    /// A window is gone.
    fn forget(&mut self, turn: &mut Turn<'_>, id: ContainerId) {
        if let Some(window) = self.windows.table.remove(id) {
            self.window_gone(turn, &window);
            self.stage.marks_wanted = true;
            turn.dirty.windows = true;
            turn.dirty.projects = true;
        }
    }

    /// Forget what is kept of a window that is gone, and say it where it closed as soon as it was hidden.
    fn window_gone(&mut self, turn: &mut Turn<'_>, window: &WindowState) {
        if self.stage.closings.iter().any(|closing| closing.asks(window.serial)) {
            self.windows.deaths.lets_go(std::iter::once(window.serial));
        }
        if let Some(closed) = self.windows.deaths.closed(turn.now, window) {
            let text = format!(
                "window {} {:?} closed {} ms after it was hidden: its program may have ended of it",
                window.id,
                window.title.as_deref().unwrap_or_default(),
                closed.after_ms
            );
            turn.note(Level::Warning, "window.closed_hidden", text);
        }
        let others =
            window.pid.is_some_and(|pid| self.windows.table.windows.values().any(|other| other.pid == Some(pid)));
        self.belonging.history.forget(window.serial);
        self.belonging.launches.forget(window.serial);
        self.belonging.placing.forget(window.serial);
        self.belonging.claims.forget(turn.now, window, others);
    }

    /// The first tree of a connection.
    pub(in crate::core) fn first_census(&mut self, turn: &mut Turn<'_>, tree: &Node) {
        let view = View::new(tree);
        if self.stage.link.kind == Some(WmKind::I3) {
            turn.push(Effect::WatchX11);
        }
        self.because(Cause::Start);
        self.stage.marks_refused = 0;
        self.stage.arrange_attempts = 0;
        self.stage.census_wanted = false;
        self.reconcile_with(turn, &view, false);
        self.take_handlings();
        self.decide_active(turn);
        self.arrange_if_needed();
        let text = format!("{} windows, {} of them hidden", self.windows.table.windows.len(), self.hidden_count());
        let note =
            Note::new(Level::Info, "census", text).with("project", self.projects.active.clone().unwrap_or_default());
        turn.log(note);
        self.answer_census_calls(turn);
        self.ready(turn);
    }

    /// The windows that the daemon before this one knew something of have been found, or are gone: their numbers may be given again.
    fn take_handlings(&mut self) {
        for (serial, handling) in std::mem::take(&mut self.windows.table.handlings) {
            let unfloated = |window: &WindowState| window.hidden && !window.floating;
            if handling.floats && self.windows.table.by_serial(serial).is_some_and(unfloated) {
                self.belonging.placing.float_later(serial);
            }
        }
    }

    /// A tree that was asked for because of a doubt.
    pub(in crate::core) fn census(&mut self, turn: &mut Turn<'_>, tree: &Node) {
        let view = View::new(tree);
        self.reconcile(turn, &view);
        self.arrange_if_needed();
        self.answer_census_calls(turn);
        self.plan_tidying(&view);
    }

    /// What should be tidied up? Each thing is tried once.
    fn plan_tidying(&mut self, view: &View<'_>) {
        let Some(kind) = self.stage.link.kind else { return };
        // What will be moved first is tidied up after that.
        if self.arrange_is_wanted() || self.put_back_is_wanted() {
            return;
        }
        let traces = std::mem::take(&mut self.stage.traces);
        let situation =
            plan::Situation { kind, hides_in: self.stage.link.hides_in(kind), view, table: &self.windows.table };
        let Tidying { mut script, dissolved, roots_are_split } = tidy::tidy(&situation, &traces);
        if let Some(goal) = self.stage.goal.take() {
            script.extend(goal.once_more(&situation));
        }
        self.windows.table.wrappers.retain(|id, _| !dissolved.contains(id));
        self.windows.table.wrappers.extend(traces.floating_wrappers(view));
        self.windows.table.roots_are_split = roots_are_split.unwrap_or(self.windows.table.roots_are_split);
        // More than a message of it is not worth the trouble.
        self.stage.tidying = script.into_messages().into_iter().next();
    }

    /// Make the table agree with a tree.
    pub(in crate::core) fn reconcile(&mut self, turn: &mut Turn<'_>, view: &View<'_>) {
        self.reconcile_with(turn, view, true);
    }

    fn reconcile_with(&mut self, turn: &mut Turn<'_>, view: &View<'_>, opened: bool) {
        let Some(kind) = self.stage.link.kind else { return };
        let found = self.windows.table.reconcile(kind, view, opened);
        if self.windows.table.windows.values().any(WindowState::covers) {
            self.uncover_soon(turn.now);
        }
        // sway: what was made has its name only now, and whoever starts after us must know it.
        let (named, renamed) = (self.stage.traces.wrappers(view), self.stage.traces.renamed(view));
        self.keep.runtime_wanted |= !renamed.is_empty();
        self.windows.table.wrappers.extend(named);
        self.windows.table.rename_containers(&renamed);
        for window in &found.gone {
            self.window_gone(turn, window);
        }
        for id in &found.new {
            self.appeared(turn.now, *id);
        }
        for id in found.lost {
            let text =
                format!("nothing says where hidden container {id} belongs; it will return to the focused workspace");
            turn.log(Note::new(Level::Warning, "hidden.lost", text).with("window", id));
        }
        let focused = view.focused_workspace().map(|workspace| workspace.name().to_string());
        self.windows.focused.clone_from(&focused);
        if opened {
            for id in &found.new {
                let new = self.windows.table.windows.get(id).filter(|window| window.owner == Owner::Pending);
                if let Some(serial) = new.map(|window| window.serial) {
                    self.belonging.placing.appeared(serial);
                }
            }
        }
        self.windows.workspaces = view
            .workspaces
            .iter()
            .filter(|workspace| workspace.name() != mark::SCRATCH_WORKSPACE)
            .map(|workspace| api::Workspace {
                name: workspace.name().to_string(),
                output: workspace.output.to_string(),
                visible: workspace.visible,
                focused: focused.as_deref() == Some(workspace.name()),
            })
            .collect();
        let named = |workspace: &WorkspaceNode<'_>| (workspace.node.id, workspace.name().to_string());
        self.windows.names = view.workspaces.iter().map(named).collect();
        self.windows.stale = false;
        self.deadlines.clear(Deadline::Census);
        self.stage.marks_wanted = true;
        let idle = self.stage.arrangement.is_none();
        self.stage.strays = strays(view, &self.windows.table.places, idle);
        self.stage.empties_sought = idle;
        if let Some(before) = self.stage.empties_before.as_ref().filter(|_| idle) {
            // The window manager refused a command: an empty container that was not there before it is ours.
            let new = plan::empties_in_sight(view).into_iter().filter(|id| !before.contains(id));
            let new: Vec<ContainerId> = new.filter(|id| !self.stage.strays.contains(id)).collect();
            self.stage.strays.extend(new);
        }
        self.stage.misplaced = misplaced_marks(view);
        turn.dirty.windows = true;
        turn.dirty.workspaces = true;
        turn.dirty.projects = true;
        self.follow_names(turn);
        self.find_servers();
        self.decide_claims(turn);
    }

    /// Ask for an arrangement where a window is hidden that should not be, or the other way round.
    pub(in crate::core) fn arrange_if_needed(&mut self) {
        if self.is_disarranged() {
            let restores = self.life.phase == Phase::Restoring && self.config.current.on_exit == OnExit::Restore;
            self.stage.arrange_wanted |= self.life.phase == Phase::Running || restores;
        } else {
            self.stage.arrange_attempts = 0;
            self.stage.arrange_cause = None;
        }
    }

    /// How many windows we hide.
    pub(in crate::core) fn hidden_count(&self) -> usize {
        self.windows.table.windows.values().filter(|window| window.hidden).count()
    }

    /// The marks of ours that a window should bear.
    pub(in crate::core) fn wanted_marks(&self, window: &WindowState) -> Vec<String> {
        let hidden = self.windows.table.hidden.iter().find(|container| container.anchor == window.serial);
        window.owner_mark().into_iter().chain(hidden.map(|container| container.mark())).collect()
    }

    /// Put right the marks of ours: those missing (a user's `mark` or `unmark` drops them too) and those that no longer hold.
    pub(in crate::core) fn send_marks(&mut self, turn: &mut Turn<'_>) {
        self.stage.marks_wanted = false;
        if std::mem::take(&mut self.stage.empties_sought) || self.stage.marks_refused >= MARK_ATTEMPTS_MAX {
            self.stage.empties_before = None;
        }
        // The tree of an arrangement, which found nothing to do, came between.
        self.stage.census_wanted |= self.stage.empties_before.is_some();
        if self.stage.marks_refused >= MARK_ATTEMPTS_MAX {
            return;
        }
        let mut script = Script::new();
        self.stage.marks_sent.clear();
        let strays = std::mem::take(&mut self.stage.strays);
        for id in strays.into_iter().filter(|_| !seeded::has(Fault::LeavePlaceholder)) {
            script.on(id, "kill");
        }
        for (id, mark) in std::mem::take(&mut self.stage.misplaced) {
            script.on(id, format_args!("unmark \"{mark}\""));
        }
        for window in self.windows.table.windows.values() {
            let wanted = self.wanted_marks(window);
            let ours: Vec<&String> = window.marks.iter().filter(|mark| mark.starts_with(PREFIX)).collect();
            let stale: Vec<String> = if window.owner == Owner::Pending {
                Vec::new()
            } else {
                ours.iter().filter(|mark| !wanted.contains(mark)).map(|mark| (*mark).clone()).collect()
            };
            let missing: Vec<String> = wanted.iter().filter(|mark| !window.marks.contains(mark)).cloned().collect();
            if stale.is_empty() && missing.is_empty() {
                continue;
            }
            if script.bytes() >= MARKS_BYTES_MAX {
                self.stage.marks_wanted = true;
                break;
            }
            for mark in stale.iter().skip(usize::from(seeded::has(Fault::ForgetToUnmark))) {
                script.on(window.id, format_args!("unmark \"{mark}\""));
            }
            for mark in missing.iter().skip(usize::from(seeded::has(Fault::DropMark))) {
                script.on(window.id, format_args!("mark --add \"{mark}\""));
            }
            self.stage.marks_sent.push((window.id, missing, stale));
        }
        if let Some(message) = script.into_messages().into_iter().next() {
            self.request(turn, Purpose::Marks, WmRequest::Command(message));
        }
    }

    pub(in crate::core) fn marks_reply(&mut self, turn: &mut Turn<'_>, reply: WmReply) {
        let WmReply::Command(outcomes) = reply else {
            self.unexpected(turn, &reply);
            self.stage.marks_refused += 1;
            return;
        };
        if outcomes.iter().all(|outcome| outcome.success) {
            self.stage.marks_refused = 0;
            for (id, missing, stale) in std::mem::take(&mut self.stage.marks_sent) {
                if let Some(window) = self.windows.table.windows.get_mut(&id) {
                    window.marks.retain(|mark| !stale.contains(mark));
                    for mark in missing {
                        if !window.marks.contains(&mark) {
                            window.marks.push(mark);
                        }
                    }
                }
            }
        } else {
            self.stage.marks_refused += 1;
            self.stage.census_wanted = true;
        }
    }

    /// A tick: the predecessor's way to command its daemon.
    fn tick(&mut self, turn: &mut Turn<'_>, payload: &str) {
        match payload {
            "project:clear" | "project:none" => self.command_switch(turn, "none", "tick"),
            "i3pm:reload-config" | "project:reload" => self.reload(turn, None),
            _ => {
                if let Some(name) = payload.strip_prefix("project:switch:") {
                    self.command_switch(turn, name, "tick");
                }
            }
        }
    }

    /// A binding: `nop i3pm switch NAME`, `next`, `prev` or `clear`, alone or among other commands.
    fn binding(&mut self, turn: &mut Turn<'_>, command: &str) {
        for part in command.split([';', ',']) {
            let Some(rest) = part.trim().strip_prefix("nop") else { continue };
            let words = rest.trim().trim_matches('"');
            let Some(words) = words.strip_prefix("i3pm ") else { continue };
            match words.trim().split_once(char::is_whitespace) {
                Some(("switch", name)) => {
                    self.command_switch(turn, name.trim().trim_matches(['"', '\'']), "binding");
                }
                None if matches!(words.trim(), "next" | "prev") => {
                    self.command_switch(turn, words.trim(), "binding");
                }
                None if words.trim() == "clear" => self.command_switch(turn, "none", "binding"),
                None if words.trim() == "reload" => self.reload(turn, None),
                _ => {
                    let text = format!(
                        "a binding says `nop i3pm {words}`: i3pm knows switch NAME, next, prev, clear and reload"
                    );
                    turn.note(Level::Warning, "binding.unknown", text);
                }
            }
        }
    }

    /// A switch that nobody waits for.
    fn command_switch(&mut self, turn: &mut Turn<'_>, name: &str, source: &str) {
        match self.switch_destination(name) {
            Ok(target) => self.switch(turn, target, None),
            Err(error) => {
                let text = format!("a {source} wants to switch to {name:?}: {error}");
                turn.note(Level::Warning, "switch.unknown", text);
            }
        }
    }
}

/// The empty containers of ours that were left in sight: a container that was to come back has closed, or was floated, before it
/// could be swapped with its placeholder; or the making of a vault was cut off (looked for only where `idle`).
#[must_use]
pub fn strays(view: &View<'_>, places: &BTreeSet<ContainerId>, idle: bool) -> Vec<ContainerId> {
    let placeholder =
        |node: &Node| places.contains(&node.id) || node.marks.iter().any(|mark| mark.starts_with(mark::PLACEHOLDER));
    let mut strays = Vec::new();
    for workspace in &view.workspaces {
        let temporary = idle && workspace.name() == mark::SCRATCH_WORKSPACE;
        let below = workspace.node.walk().into_iter().skip(1);
        strays.extend(below.filter(|node| is_free(node) && (temporary || placeholder(node))));
    }
    // In the tiling layer of the scratchpad placeholders are free places of the vault.
    for floating in view.scratchpad.iter().flat_map(|scratchpad| &scratchpad.floating_nodes) {
        let free: Vec<&Node> = floating.walk().into_iter().filter(|node| is_free(node)).collect();
        // Half a vault would come up at the user's next `scratchpad show`.
        let half_made = idle && free.len() >= plan::PLACES_MIN && floating.windows().is_empty();
        strays.extend(free.into_iter().filter(|node| half_made || placeholder(node)));
    }
    strays.into_iter().map(|node| node.id).collect()
}
