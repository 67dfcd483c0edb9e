//! What the window manager tells of windows and workspaces as it happens.

use crate::core::model::Model;
use crate::core::stage::Stage;
use crate::core::told::Told;
use crate::core::tree::{ContainerId, Node};
use crate::core::turn::Turn;
use crate::core::windows::changes::Hearing;
use crate::core::windows::window::Owner;
use crate::core::words::note::Level;
use crate::core::words::wm::{WindowChange, WmEvent, WorkspaceChange};

impl Stage {
    pub(in crate::core) fn wm_event(&mut self, turn: &mut Turn<'_>, model: &mut Model, event: WmEvent) {
        self.link.heard = Some(turn.now);
        match event {
            WmEvent::Window { change, container } => self.window_event(turn, model, change, &container),
            WmEvent::Workspace { change, current, old } => {
                if let Some(workspace) = current {
                    if change == WorkspaceChange::Focus {
                        model.windows.workspace_focused(workspace.name.as_deref());
                    }
                    if change == WorkspaceChange::Empty {
                        model.windows.workspace_emptied(workspace.id);
                    } else {
                        self.workspace_named(model, change, &workspace);
                    }
                }
                // What our own commands pass through is not where the user was.
                if let Some(name) =
                    old.and_then(|old| old.name).filter(|_| change == WorkspaceChange::Focus && !self.moves_about())
                {
                    model.windows.workspace_left(name);
                }
                // What is shown now may have a wrapper on it.
                self.census_wanted |= !model.windows.table.wrappers.is_empty() && self.arrangement.is_none();
                self.places_changed(turn, model);
            }
            WmEvent::Output => self.places_changed(turn, model),
            WmEvent::Tick { first: true, .. } | WmEvent::Other => {}
            WmEvent::Tick { payload, .. } => self.tick(turn, model, &payload),
            WmEvent::Binding { command } => self.binding(turn, model, &command),
            WmEvent::Shutdown { change } => {
                turn.note(Level::Info, "wm.shutdown", format!("the window manager says: {change}"));
            }
        }
    }

    pub(super) fn window_event(&mut self, turn: &mut Turn<'_>, model: &mut Model, change: WindowChange, node: &Node) {
        match change {
            WindowChange::Focus => self.hidden_focused(model, node.id),
            WindowChange::Move => self.container_moved(model, node),
            _ => {}
        }
        match change {
            WindowChange::Close => {
                self.forget(turn, model, node.id);
                self.places_changed(turn, model);
                return;
            }
            WindowChange::New if node.is_window() && !model.windows.table.windows.contains_key(&node.id) => {
                return self.window_opened(turn, model, node);
            }
            WindowChange::FullscreenMode => {
                self.uncover_soon(turn);
                self.places_changed(turn, model);
            }
            WindowChange::Move | WindowChange::Floating => self.places_changed(turn, model),
            WindowChange::Focus
            | WindowChange::Mark
            | WindowChange::New
            | WindowChange::Title
            | WindowChange::Urgent
            | WindowChange::Other => {}
        }
        let commanding = self.is_commanding();
        let serial = model.windows.table.windows.get(&node.id).map(|window| window.serial);
        let ours = serial.is_some_and(|serial| self.moves_window(model, serial));
        let hearing = Hearing {
            focuses: change == WindowChange::Focus,
            floats: change == WindowChange::Floating,
            by_hand: matches!(change, WindowChange::Move | WindowChange::Floating) && !ours,
            moves: node.visible.filter(|_| change == WindowChange::Move && !ours),
            unurged: change == WindowChange::Urgent && commanding,
        };
        let Some(heard) = model.windows.table.heard(node, hearing) else { return };
        turn.dirty.windows = true;
        turn.dirty.projects |= heard.urgency;
        if change == WindowChange::Mark {
            self.marks_wanted = true;
            self.marks_refused = 0;
        }
        if heard.renamed {
            let (belonging, mut desk) = self.desk(turn.phase, model);
            belonging.look_again(turn, &mut desk, node.id);
            self.heed(turn, model);
        }
    }

    fn window_opened(&mut self, turn: &mut Turn<'_>, model: &mut Model, node: &Node) {
        let on_screen = self.project_on_screen(&model.projects);
        let window = model.windows.opened(turn.now, node, on_screen);
        if window.owner == Owner::Pending {
            model.belonging.placing.appeared(window.serial);
        }
        self.marks_refused = 0;
        self.places_changed(turn, model);
        self.decide_claims(turn, model);
    }

    /// What is hidden returns to its workspace also under another name, and projects find it again.
    /// The event says only the new name; an id may be that of another workspace, which i3 says
    /// before it is renamed. Where it is we who rename it, what is hidden keeps the name it knows.
    pub(super) fn workspace_named(&mut self, model: &mut Model, change: WorkspaceChange, workspace: &Node) {
        let Some(name) = &workspace.name else { return };
        let Some(old) = model.windows.workspace_named(workspace.id, name) else { return };
        if change != WorkspaceChange::Rename || old == *name || self.moves_about() {
            return;
        }
        model.windows.rename_workspace(&old, name);
        self.marks_wanted = true;
    }

    /// Something moved: our picture of who is where may be wrong. It is mended when somebody looks.
    pub(super) fn places_changed(&mut self, turn: &mut Turn<'_>, model: &mut Model) {
        model.windows.doubt();
        turn.dirty.windows = true;
        turn.tell(Told::PlacesChanged);
    }

    /// A window is gone.
    pub(super) fn forget(&mut self, turn: &mut Turn<'_>, model: &mut Model, id: ContainerId) {
        if let Some(window) = model.windows.table.closed(id) {
            self.window_gone(turn, model, &window);
            self.marks_wanted = true;
            turn.dirty.windows = true;
            turn.dirty.projects = true;
        }
    }
}
