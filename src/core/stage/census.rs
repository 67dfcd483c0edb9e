//! The census: a whole tree is read, and what is known made to agree with it.

use std::collections::BTreeSet;

use crate::config::OnExit;
use crate::core::model::Model;
use crate::core::plan;
use crate::core::plan::tidy::{self, Tidying};
use crate::core::stage::Stage;
use crate::core::told::Told;
use crate::core::tree::vault::{is_free, misplaced_marks};
use crate::core::tree::{ContainerId, Node, View, mark};
use crate::core::turn::Turn;
use crate::core::waiting::{CensusWant, Wait, Want};
use crate::core::windows::window::{Coming, Owner, WindowState};
use crate::core::words::cause::Cause;
use crate::core::words::deadline::Deadline;
use crate::core::words::effect::Effect;
use crate::core::words::note::{Level, Note};
use crate::core::words::phase::Phase;
use crate::core::words::wm::WmKind;

impl Stage {
    /// Forget what is kept of a window that is gone, and say it if it closed as soon as it was
    /// hidden.
    pub(super) fn window_gone(&mut self, turn: &mut Turn<'_>, model: &mut Model, window: &WindowState) {
        if self.closings.iter().any(|closing| closing.asks(window.serial)) {
            model.windows.deaths.lets_go(std::iter::once(window.serial));
        }
        if let Some(closed) = model.windows.deaths.closed(turn.now, window) {
            let text = format!(
                "window {} {:?} closed {} ms after it was hidden: its program may have ended of it",
                window.id,
                window.client.title.as_deref().unwrap_or_default(),
                closed.after_ms
            );
            turn.note(Level::Warning, "window.closed_hidden", text);
        }
        let others = window
            .client
            .pid
            .is_some_and(|pid| model.windows.table.windows.values().any(|other| other.client.pid == Some(pid)));
        model.belonging.history.forget(window.serial);
        model.belonging.launches.forget(window.serial);
        model.belonging.placing.forget(window.serial);
        model.belonging.claims.forget(turn.now, window, others);
    }

    /// The first tree of a connection.
    pub(in crate::core) fn first_census(&mut self, turn: &mut Turn<'_>, model: &mut Model, tree: &Node) {
        let view = View::new(tree);
        if self.link.kind == Some(WmKind::I3) {
            turn.push(Effect::WatchX11);
        }
        self.because(Cause::Start);
        self.marks_refused = 0;
        self.arrange_attempts = 0;
        self.census_wanted = false;
        self.reconcile_with(turn, model, &view, Coming::Found);
        self.take_handlings(model);
        let all_known = model.keep.files.tell_projects();
        model.projects.decide(&model.windows, all_known);
        turn.dirty.projects = true;
        self.arrange_if_needed(turn, model);
        let text =
            format!("{} windows, {} of them hidden", model.windows.table.windows.len(), self.hidden_count(model));
        let note = Note::new(Level::Info, "census", text).with("project", model.projects.active().unwrap_or_default());
        turn.log(note);
        turn.tell(Told::TreeRead);
        turn.tell(Told::FirstTree);
    }

    /// The windows that the daemon before this one knew something of have been found, or are gone:
    /// their numbers may be given again.
    fn take_handlings(&mut self, model: &mut Model) {
        for (serial, handling) in model.windows.table.take_handlings() {
            let unfloated = |window: &WindowState| window.hidden && !window.floating;
            if handling.floats && model.windows.table.by_serial(serial).is_some_and(unfloated) {
                model.belonging.placing.float_later(serial);
            }
        }
    }

    /// A tree that was asked for because of a doubt.
    pub(in crate::core) fn census(&mut self, turn: &mut Turn<'_>, model: &mut Model, tree: &Node) {
        let view = View::new(tree);
        self.reconcile(turn, model, &view);
        self.arrange_if_needed(turn, model);
        turn.tell(Told::TreeRead);
        let moves = |wait: &Wait| {
            matches!(&wait.want, Want::Census(CensusWant::Assign(_) | CensusWant::Focus(_) | CensusWant::Take(..)))
        };
        if turn.waiting.any(moves) {
            // They are served when this is done, and may want windows to be moved first.
            self.census_wanted = true;
        } else {
            self.plan_tidying(turn, model, &view);
        }
    }

    /// What should be tidied up? Each thing is tried once.
    fn plan_tidying(&mut self, turn: &Turn<'_>, model: &mut Model, view: &View<'_>) {
        let Some(kind) = self.link.kind else { return };
        // What will be moved first is tidied up after that.
        if self.arrange_is_wanted(turn) || self.put_back_is_wanted(model) {
            return;
        }
        let traces = std::mem::take(&mut self.traces);
        let situation = plan::Situation { kind, hides_in: self.link.hides_in(kind), view, table: &model.windows.table };
        let Tidying { mut script, dissolved, roots_are_split } = tidy::tidy(&situation, &traces);
        if let Some(goal) = self.goal.take() {
            script.extend(goal.once_more(&situation));
        }
        let table = &mut model.windows.table;
        table.dissolved(&dissolved);
        table.wrapped(traces.floating_wrappers(view));
        if let Some(are_split) = roots_are_split {
            table.found_roots(are_split);
        }
        // More than a message of it is not worth the trouble.
        self.tidying = script.into_messages().into_iter().next();
    }

    /// Make the table agree with a tree.
    pub(in crate::core) fn reconcile(&mut self, turn: &mut Turn<'_>, model: &mut Model, view: &View<'_>) {
        self.reconcile_with(turn, model, view, Coming::Opened);
    }

    fn reconcile_with(&mut self, turn: &mut Turn<'_>, model: &mut Model, view: &View<'_>, coming: Coming) {
        let Some(kind) = self.link.kind else { return };
        let found = model.windows.table.reconcile(kind, view, coming);
        if model.windows.table.windows.values().any(WindowState::covers) {
            self.uncover_soon(turn);
        }
        // sway: what was made has its name only now, and whoever starts after us must know it.
        let (named, renamed) = (self.traces.wrappers(view), self.traces.renamed(view));
        model.keep.runtime_wanted |= !renamed.is_empty();
        model.windows.table.wrapped(named);
        model.windows.table.rename_containers(&renamed);
        for window in &found.gone {
            self.window_gone(turn, model, window);
        }
        for id in &found.new {
            let on_screen = self.project_on_screen(&model.projects);
            model.windows.appeared(turn.now, *id, on_screen);
        }
        for id in found.lost {
            let text =
                format!("nothing says where hidden container {id} belongs; it will return to the focused workspace");
            turn.log(Note::new(Level::Warning, "hidden.lost", text).with("window", id));
        }
        if coming == Coming::Opened {
            for id in &found.new {
                let new = model.windows.table.windows.get(id).filter(|window| window.owner == Owner::Pending);
                if let Some(serial) = new.map(|window| window.serial) {
                    model.belonging.placing.appeared(serial);
                }
            }
        }
        model.windows.see_workspaces(view);
        turn.deadlines.clear(Deadline::Census);
        self.marks_wanted = true;
        let idle = self.arrangement.is_none();
        self.strays = strays(view, &model.windows.table.places, idle);
        self.empties_sought = idle;
        if let Some(before) = self.empties_before.as_ref().filter(|_| idle) {
            // The window manager refused a command: an empty container that was not there before it
            // is ours.
            let new = plan::empties_in_sight(view).into_iter().filter(|id| !before.contains(id));
            let new: Vec<ContainerId> = new.filter(|id| !self.strays.contains(id)).collect();
            self.strays.extend(new);
        }
        self.misplaced = misplaced_marks(view);
        turn.dirty.windows = true;
        turn.dirty.workspaces = true;
        turn.dirty.projects = true;
        self.follow_names(turn, model);
        let came_home = |window: &&WindowState| {
            window.home.is_some() && !window.in_scratchpad && !window.hidden && window.owner != Owner::Pending
        };
        let away = model.windows.table.windows.values().filter(came_home);
        let facts = self.facts(turn, model);
        let active = model.projects.active();
        let home = away.filter(|window| facts.unwanted(active, window).is_none()).map(|window| window.id);
        let home: Vec<ContainerId> = home.collect();
        model.windows.table.home_again(&home);
        model.belonging.find_servers(&model.windows);
        self.decide_claims(turn, model);
    }

    /// Ask for an arrangement if a window is hidden that should not be, or the other way round.
    pub(in crate::core) fn arrange_if_needed(&mut self, turn: &Turn<'_>, model: &mut Model) {
        if self.is_disarranged(turn, model) {
            let restores = turn.phase == Phase::Restoring && turn.config.on_exit == OnExit::Restore;
            self.arrange_wanted |= turn.phase == Phase::Running || restores;
        } else {
            self.arrange_attempts = 0;
            self.arrange_cause = None;
        }
    }

    /// How many windows we hide.
    pub(in crate::core) fn hidden_count(&self, model: &Model) -> usize {
        model.windows.table.windows.values().filter(|window| window.hidden).count()
    }
}

/// The empty containers of ours that were left in sight: a container that was to come back has
/// closed, or was floated, before it could be swapped with its placeholder; or the making of a
/// vault was cut off (looked for only where `idle`).
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
