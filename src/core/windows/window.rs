//! What is known of one window, and to whom it belongs.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::api::Claim;
use crate::core::tree::mark::OwnerMark;
use crate::core::tree::{ContainerId, Node};
use crate::core::words::time::Time;

/// To whom a window belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// Not decided yet.
    Pending,
    /// Nobody; always shown.
    Global,
    /// These projects, one at least: it is shown while any of them is active.
    Projects(BTreeSet<String>),
}

impl Owner {
    /// Projects may have other names: `followed` makes the present one of any. Was one another?
    pub fn rename(&mut self, followed: impl Fn(String) -> String) -> bool {
        let Owner::Projects(names) = self else { return false };
        let before = std::mem::take(names);
        *names = before.iter().cloned().map(followed).collect();
        *names != before
    }

    /// One project.
    #[must_use]
    pub fn project(name: impl Into<String>) -> Owner {
        Owner::Projects(BTreeSet::from([name.into()]))
    }

    /// These projects; nobody if there are none.
    #[must_use]
    pub fn of(projects: BTreeSet<String>) -> Owner {
        if projects.is_empty() { Owner::Global } else { Owner::Projects(projects) }
    }

    /// The projects; none if it is global or not decided.
    pub fn projects(&self) -> impl Iterator<Item = &str> {
        match self {
            Owner::Projects(projects) => Some(projects),
            Owner::Pending | Owner::Global => None,
        }
        .into_iter()
        .flatten()
        .map(String::as_str)
    }

    /// Is this one of its projects?
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        matches!(self, Owner::Projects(projects) if projects.contains(name))
    }
}

/// What the program of a window says of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Client {
    /// Its X11 id.
    pub x11: Option<u32>,
    /// Its process.
    pub pid: Option<u32>,
    /// The X11 id of the leader of its group, if that was asked for.
    pub group: Option<u32>,
    /// The X server says that it is modal.
    pub modal: bool,
    /// WM_CLASS, class part.
    pub class: Option<String>,
    /// WM_CLASS, instance part.
    pub instance: Option<String>,
    /// Wayland application id.
    pub app_id: Option<String>,
    /// WM_WINDOW_ROLE.
    pub role: Option<String>,
    /// Title.
    pub title: Option<String>,
    /// Its window says that it is a dialog.
    pub dialog: bool,
    /// The X11 id of the window it belongs to.
    pub transient_for: Option<u32>,
}

/// How we came to know a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coming {
    /// It was there before we watched.
    Found,
    /// It opened while we watched.
    Opened,
}

/// How a window came.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Origin {
    /// It opened while we watched, so the active project may claim it.
    pub opened: bool,
    /// When it was seen first.
    pub seen: Time,
    /// The project that was the active one then.
    pub opened_in: Option<String>,
    /// The serial number of the window that had the focus when it opened.
    pub focused_before: Option<u64>,
}

/// A window.
#[derive(Debug, Clone, PartialEq)]
pub struct WindowState {
    /// Its container.
    pub id: ContainerId,
    /// Our number for it.
    pub serial: u64,
    /// To whom it belongs.
    pub owner: Owner,
    /// Why it belongs there.
    pub claim: Claim,
    /// What exactly claimed it.
    pub claimed_by: Option<String>,
    /// The user assigned it: stickiness and the scratchpad do not make it global.
    pub by_user: bool,
    /// The user moved it, or may have before we watched: rules that are enforced leave it where it
    /// is.
    pub by_hand: bool,
    /// It opened while its project was not the active one: it goes to where that project was left.
    pub away: bool,
    /// What its program says of it.
    pub client: Client,
    /// How it came.
    pub origin: Origin,
    /// Its marks, as last seen.
    pub marks: Vec<String>,
    /// The application of the configuration that it was launched as.
    pub app: Option<String>,
    /// It is the scratch window of its project.
    pub scratch: bool,
    /// The user put it away: it is hidden, whichever project is active, until it is asked for.
    pub stowed: bool,
    /// The workspace it is on, or returns to.
    pub workspace: Option<String>,
    /// The output of that workspace.
    pub output: Option<String>,
    /// It floats.
    pub floating: bool,
    /// It is on all workspaces of its output.
    pub sticky: bool,
    /// The user keeps it in the scratchpad: it is there, or was shown from there and floats.
    pub in_scratchpad: bool,
    /// sway: it went out of sight since the last tree, on the way to the scratchpad maybe.
    pub out_of_sight: bool,
    /// The output and workspace that it was on when the user took it to the scratchpad, until it is
    /// back in its project.
    pub home: Option<(String, String)>,
    /// We hid it.
    pub hidden: bool,
    /// It is fullscreen, with this mode of the IPC; 0 if it is not.
    pub fullscreen: u8,
    /// How often it was taken off fullscreen since it was hidden.
    pub uncovered: u8,
    /// It has the focus.
    pub focused: bool,
    /// It asks for attention.
    pub urgent: bool,
    /// It was activated while it was hidden and stayed so, or was urgent when it was hidden.
    pub activated: bool,
    /// It was hidden when it opened, and was not in sight since.
    pub unseen: bool,
}

impl WindowState {
    /// A window of which nothing is known.
    #[must_use]
    pub fn unknown() -> WindowState {
        WindowState {
            id: 0,
            serial: 0,
            owner: Owner::Pending,
            claim: Claim::Pending,
            claimed_by: None,
            by_user: false,
            by_hand: false,
            away: false,
            client: Client::default(),
            origin: Origin::default(),
            marks: Vec::new(),
            app: None,
            scratch: false,
            stowed: false,
            workspace: None,
            output: None,
            floating: false,
            sticky: false,
            in_scratchpad: false,
            out_of_sight: false,
            home: None,
            fullscreen: 0,
            uncovered: 0,
            hidden: false,
            focused: false,
            urgent: false,
            activated: false,
            unseen: false,
        }
    }

    /// Does it ask for attention, or did it before it was hidden, or somebody for it since?
    #[must_use]
    pub fn wants_attention(&self) -> bool {
        self.urgent || (self.hidden && self.activated)
    }

    /// It appeared, while the windows of this project were on the screen. Whose it is may be known
    /// later, and the user may have gone elsewhere by then.
    pub fn appeared(&mut self, now: Time, on_screen: Option<&str>) {
        self.origin.seen = now;
        self.origin.opened_in = on_screen.map(str::to_string);
    }

    /// Was it hidden when it opened, and has nobody seen it yet?
    #[must_use]
    pub fn is_news(&self) -> bool {
        self.hidden && self.unseen
    }

    /// The projects that decide whether it is shown: none if stickiness or the scratchpad make it
    /// global.
    #[must_use]
    pub fn effective_projects(&self) -> Option<&BTreeSet<String>> {
        match &self.owner {
            Owner::Projects(projects) if self.by_user || !(self.sticky || self.in_scratchpad) => Some(projects),
            _ => None,
        }
    }

    /// Is this one of the projects that decide whether it is shown?
    #[must_use]
    pub fn belongs_to(&self, name: &str) -> bool {
        self.effective_projects().is_some_and(|projects| projects.contains(name))
    }

    /// The owner mark it should bear.
    #[must_use]
    pub fn owner_mark(&self) -> Option<String> {
        let projects = match &self.owner {
            Owner::Pending => return None,
            Owner::Global => BTreeSet::new(),
            Owner::Projects(projects) => projects.clone(),
        };
        Some(OwnerMark { serial: self.serial, by_user: self.by_user, projects }.to_string())
    }

    /// Does a node say another title or class than we know?
    #[must_use]
    pub fn is_renamed(&self, node: &Node) -> bool {
        let properties = &node.window_properties;
        self.client.title != node.name
            || self.client.class != properties.class
            || self.client.instance != properties.instance
            || self.client.app_id != node.app_id
            || self.client.role != properties.window_role
    }

    /// Take over what the node says of the window itself, but not where it is.
    pub fn update(&mut self, node: &Node) {
        self.client.title.clone_from(&node.name);
        self.client.class.clone_from(&node.window_properties.class);
        self.client.instance.clone_from(&node.window_properties.instance);
        self.client.app_id.clone_from(&node.app_id);
        self.client.role.clone_from(&node.window_properties.window_role);
        self.client.dialog = node.is_dialog();
        self.client.transient_for = node.window_properties.transient_for;
        self.client.x11 = node.window;
        if node.pid.is_some() {
            self.client.pid = node.pid;
        }
        self.marks.clone_from(&node.marks);
        self.urgent = node.urgent;
        self.fullscreen = node.fullscreen_mode;
        self.focused = node.focused;
    }
}

/// Whose a window is, and why.
#[derive(Debug)]
pub struct Owned {
    /// Whose.
    pub owner: Owner,
    /// By which claim.
    pub claim: Claim,
    /// What said so, for people.
    pub by: Option<String>,
}

/// What is known of a window from what was done with it, and no mark says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Handling {
    /// The application that it was launched as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// It is the scratch window of its project.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub scratch: bool,
    /// The user put it away.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub stowed: bool,
    /// It must float when it is shown.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub floats: bool,
    /// The output and workspace that it was on when the user took it to the scratchpad.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub home: Option<(String, String)>,
    /// It was hidden when it opened, and was not in sight since.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unseen: bool,
}
