//! The witness: `swayipc`, a library by others, reads each message of a window manager that a test
//! gets, and must find in it what the program finds. The program never uses that library.
//!
//! The comparison is between the program's decoder (`wire::wm`) and the types of `swayipc`. Lists
//! of workspaces and outputs, which the program never asks for, are compared with the JSON that
//! tests read. Fields that only one side knows are left out.

use std::fmt::Debug;

use i3pm::core::tree::{Layout, Node, NodeKind, Rect};
use i3pm::core::{CommandOutcome, Event, Ticket, WmEvent, WmReply, WmRequest, WorkspaceChange};
use i3pm::wire::wm::WmStream;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use swayipc::{CommandType, NodeLayout, NodeType};

use super::framing::{self, EVENT_BIT};
use super::ipc::request;

/// The types of the events that need a word here.
const WORKSPACE_EVENT: u32 = EVENT_BIT;
const SHUTDOWN_EVENT: u32 = EVENT_BIT | 6;

/// Is this message, with its type, one of those?
type IsBeyond = fn(u32, &Value) -> bool;

/// The messages that swayipc-types 2.0.3 cannot decode, each with the reason. Every other message
/// must be decoded by both sides.
pub const BEYOND_SWAYIPC: [(&str, IsBeyond); 3] = [
    ("i3 tells no `make`, `model` and `serial` of an output", |kind, message| {
        let outputs = message.as_array().map_or(&[][..], Vec::as_slice);
        kind == request::OUTPUTS && outputs.iter().any(|output| output.get("make").is_none())
    }),
    ("i3 says `restored` of its workspaces after a restart in place", |kind, message| {
        kind == WORKSPACE_EVENT && message["change"] == "restored"
    }),
    ("i3 says `restart` before it restarts in place", |kind, message| {
        kind == SHUTDOWN_EVENT && message["change"] == "restart"
    }),
];

/// Read a message in both ways.
///
/// # Errors
/// The two disagree; each difference is named with both values.
pub fn check(kind: u32, payload: &[u8]) -> Result<(), String> {
    // A window may bring bytes that are no text; the program reads them in this way too.
    let text = String::from_utf8_lossy(payload);
    // sway says `NaN` of the share of a container without room: that is no JSON, and the program's
    // alone.
    let Ok(message) = serde_json::from_str::<Value>(&text) else { return Ok(()) };
    if BEYOND_SWAYIPC.iter().any(|(_, is_it)| is_it(kind, &message)) {
        return Ok(());
    }
    let differences = compare(kind, &text, &message).unwrap_or_else(|error| vec![error]);
    match differences.is_empty() {
        true => Ok(()),
        false => Err(format!("of a message of type {kind:#x}\n{}\nthe message: {text}", differences.join("\n"))),
    }
}

/// The differences in one message.
fn compare(kind: u32, text: &str, message: &Value) -> Result<Vec<String>, String> {
    let mut found = Differences::default();
    match kind {
        request::COMMAND => {
            let theirs: Vec<swayipc::CommandOutcome> = theirs(CommandType::RunCommand, text)?;
            let WmReply::Command(ours) = reply(WmRequest::Command(String::new()), kind, text) else {
                return Err("the program finds no outcomes of commands".to_owned());
            };
            found.outcomes(&ours, &theirs);
        }
        request::TREE => {
            let theirs: swayipc::Node = theirs(CommandType::GetTree, text)?;
            match reply(WmRequest::Tree, kind, text) {
                WmReply::Tree(ours) => found.trees(&ours, &theirs),
                other => return Err(format!("the program finds no tree: {other:?}")),
            }
        }
        request::VERSION => {
            let theirs: swayipc::Version = theirs(CommandType::GetVersion, text)?;
            match reply(WmRequest::Version, kind, text) {
                WmReply::Version { human_readable, .. } => {
                    found.same("the version", "human_readable", &human_readable, &theirs.human_readable);
                }
                other => return Err(format!("the program finds no version: {other:?}")),
            }
        }
        request::SUBSCRIBE => {
            let theirs: swayipc::Success = theirs(CommandType::Subscribe, text)?;
            let ours = reply(WmRequest::Subscribe(&[]), kind, text);
            found.same("the subscription", "success", &ours, &WmReply::Subscribed(theirs.success));
        }
        request::WORKSPACES => {
            let theirs: Vec<swayipc::Workspace> = theirs(CommandType::GetWorkspaces, text)?;
            found.0 = value_differences(message, &theirs);
        }
        request::OUTPUTS => {
            let theirs: Vec<swayipc::Output> = theirs(CommandType::GetOutputs, text)?;
            found.0 = value_differences(message, &theirs);
        }
        _ if kind & EVENT_BIT != 0 => {
            let theirs = swayipc::Event::decode((kind, text.as_bytes().to_vec()))
                .map_err(|error| format!("swayipc cannot decode it: {error}"))?;
            found.events(&event(kind, text)?, &theirs);
        }
        _ => {}
    }
    Ok(found.0)
}

/// The reply as swayipc reads it.
fn theirs<T: DeserializeOwned>(command: CommandType, text: &str) -> Result<T, String> {
    let reply = command.decode((command.into(), text.as_bytes().to_vec()));
    reply.map_err(|error| format!("swayipc cannot decode it: {error}"))
}

/// The reply as the program reads it.
fn reply(request: WmRequest, kind: u32, text: &str) -> WmReply {
    let mut stream = WmStream::new();
    let _ = stream.send(Ticket(1), &request);
    stream.receive(&framing::frame(kind, text.as_bytes()));
    match stream.next() {
        Ok(Some(Event::WmReply { reply, .. })) => reply,
        other => WmReply::Undecodable(format!("{other:?}")),
    }
}

/// The event as the program reads it.
fn event(kind: u32, text: &str) -> Result<WmEvent, String> {
    let mut stream = WmStream::new();
    stream.receive(&framing::frame(kind, text.as_bytes()));
    match stream.next() {
        Ok(Some(Event::WmEvent(event))) => Ok(event),
        other => Err(format!("the program cannot decode it: {other:?}")),
    }
}

/// The differences between the two readings of a tree.
#[must_use]
pub fn tree_differences(ours: &Node, theirs: &swayipc::Node) -> Vec<String> {
    let mut found = Differences::default();
    found.trees(ours, theirs);
    found.0
}

/// The differences between the JSON of a test and a value of swayipc, in the fields that both have.
///
/// # Panics
/// The value is none that JSON can hold.
#[must_use]
pub fn value_differences<T: Serialize>(ours: &Value, theirs: &T) -> Vec<String> {
    let mut found = Differences::default();
    found.values("the message", "", ours, &serde_json::to_value(theirs).expect("a value of swayipc"));
    found.0
}

/// The differences between the two readings, one a line.
#[derive(Debug, Default)]
struct Differences(Vec<String>);

impl Differences {
    fn same<T: Debug + PartialEq + ?Sized>(&mut self, place: &str, field: &str, ours: &T, theirs: &T) {
        if ours != theirs {
            self.0.push(format!("{place}: `{field}` is {ours:?} to the program and {theirs:?} to swayipc"));
        }
    }

    fn outcomes(&mut self, ours: &[CommandOutcome], theirs: &[swayipc::CommandOutcome]) {
        self.same("the reply", "outcomes", &ours.len(), &theirs.len());
        for (number, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
            let place = format!("command {number}");
            self.same(&place, "success", &ours.success, &theirs.success);
            // swayipc finds no error if there is no `parse_error`.
            if let Some(error) = &theirs.error {
                self.same(&place, "error", ours.error.as_deref().unwrap_or_default(), &error.message);
            }
        }
    }

    /// Of objects, only the fields that both have are compared.
    fn values(&mut self, place: &str, field: &str, ours: &Value, theirs: &Value) {
        match (ours, theirs) {
            (Value::Object(ours), Value::Object(theirs)) => {
                for (name, ours) in ours {
                    if let Some(theirs) = theirs.get(name) {
                        self.values(place, &format!("{field}.{name}"), ours, theirs);
                    }
                }
            }
            (Value::Array(ours), Value::Array(theirs)) if ours.len() == theirs.len() => {
                for (number, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
                    self.values(place, &format!("{field}[{number}]"), ours, theirs);
                }
            }
            // swayipc makes a share of one out of 1.
            (Value::Number(ours), Value::Number(theirs)) if ours.is_f64() || theirs.is_f64() => {
                self.same(place, field, &ours.as_f64(), &theirs.as_f64());
            }
            _ => self.same(place, field, ours, theirs),
        }
    }

    fn events(&mut self, ours: &WmEvent, theirs: &swayipc::Event) {
        match (ours, theirs) {
            (WmEvent::Window { change, container }, swayipc::Event::Window(theirs)) => {
                // The names of the variants are the same.
                self.same("the event", "change", &format!("{change:?}"), &format!("{:?}", theirs.change));
                self.trees(container, &theirs.container);
            }
            (WmEvent::Workspace { change, current, old }, swayipc::Event::Workspace(theirs)) => {
                // What does not matter to us has no name of its own.
                let theirs_is = match theirs.change {
                    swayipc::WorkspaceChange::Focus => WorkspaceChange::Focus,
                    swayipc::WorkspaceChange::Empty => WorkspaceChange::Empty,
                    swayipc::WorkspaceChange::Rename => WorkspaceChange::Rename,
                    _ => WorkspaceChange::Other,
                };
                self.same("the event", "change", change, &theirs_is);
                for (field, ours, theirs) in [("current", current, &theirs.current), ("old", old, &theirs.old)] {
                    self.same("the event", field, &ours.is_some(), &theirs.is_some());
                    if let (Some(ours), Some(theirs)) = (ours, theirs) {
                        // The program skips the children of a workspace in an event.
                        self.nodes(ours, theirs);
                    }
                }
            }
            (WmEvent::Tick { first, payload }, swayipc::Event::Tick(theirs)) => {
                self.same("the event", "first", first, &theirs.first);
                self.same("the event", "payload", payload, &theirs.payload);
            }
            (WmEvent::Binding { command }, swayipc::Event::Binding(theirs)) => {
                self.same("the event", "binding.command", command, &theirs.binding.command);
            }
            (WmEvent::Shutdown { change }, swayipc::Event::Shutdown(theirs)) => {
                self.same("the event", "change", &Some(change.clone()), &word(Some(theirs.change)));
            }
            (WmEvent::Output, swayipc::Event::Output(_)) => {}
            (
                WmEvent::Other,
                swayipc::Event::Mode(_)
                | swayipc::Event::BarConfigUpdate(_)
                | swayipc::Event::BarStateUpdate(_)
                | swayipc::Event::Input(_),
            ) => {}
            _ => self.0.push(format!("it is {ours:?} to the program and {theirs:?} to swayipc")),
        }
    }

    fn trees(&mut self, ours: &Node, theirs: &swayipc::Node) {
        self.nodes(ours, theirs);
        let lists =
            [("nodes", &ours.nodes, &theirs.nodes), ("floating_nodes", &ours.floating_nodes, &theirs.floating_nodes)];
        for (field, ours_below, theirs_below) in lists {
            self.same(&format!("container {}", ours.id), field, &ours_below.len(), &theirs_below.len());
            for (ours, theirs) in ours_below.iter().zip(theirs_below) {
                self.trees(ours, theirs);
            }
        }
    }

    /// One container, without what is in it.
    fn nodes(&mut self, ours: &Node, theirs: &swayipc::Node) {
        let place = &format!("container {}", ours.id);
        self.same(place, "id", &Some(ours.id), &u64::try_from(theirs.id).ok());
        self.same(place, "type", &ours.kind, &node_kind(theirs.node_type));
        self.same(place, "name", &ours.name, &theirs.name);
        self.same(place, "layout", &ours.layout, &layout(theirs.layout));
        self.same(place, "percent", &ours.percent, &theirs.percent);
        self.same(place, "rect", &ours.rect, &rect(theirs.rect));
        self.same(place, "window_rect", &ours.window_rect, &rect(theirs.window_rect));
        self.same(place, "deco_rect", &ours.deco_rect, &rect(theirs.deco_rect));
        self.same(place, "marks", &ours.marks, &theirs.marks);
        self.same(place, "focused", &ours.focused, &theirs.focused);
        let focus: Vec<u64> = theirs.focus.iter().filter_map(|id| u64::try_from(*id).ok()).collect();
        self.same(place, "focus", &ours.focus, &focus);
        self.same(place, "sticky", &ours.sticky, &theirs.sticky);
        self.same(place, "urgent", &ours.urgent, &theirs.urgent);
        self.same(place, "fullscreen_mode", &ours.fullscreen_mode, &theirs.fullscreen_mode.unwrap_or_default());
        self.same(place, "floating", &ours.floating, &word(theirs.floating));
        self.same(place, "scratchpad_state", &ours.scratchpad_state, &word(theirs.scratchpad_state));
        self.same(place, "visible", &ours.visible, &theirs.visible);
        self.same(place, "window", &ours.window.map(i64::from), &theirs.window);
        self.same(place, "app_id", &ours.app_id, &theirs.app_id);
        self.same(place, "pid", &ours.pid, &theirs.pid.and_then(|pid| u32::try_from(pid).ok()));
        let (ours, theirs) = (&ours.window_properties, theirs.window_properties.as_ref());
        let of = |field: fn(&swayipc::WindowProperties) -> &Option<String>| theirs.and_then(|all| field(all).clone());
        self.same(place, "window_properties.class", &ours.class, &of(|all| &all.class));
        self.same(place, "window_properties.instance", &ours.instance, &of(|all| &all.instance));
        self.same(place, "window_properties.window_role", &ours.window_role, &of(|all| &all.window_role));
        self.same(place, "window_properties.window_type", &ours.window_type, &of(|all| &all.window_type));
        let transient_for = theirs.and_then(|all| u32::try_from(all.transient_for?).ok());
        self.same(place, "window_properties.transient_for", &ours.transient_for, &transient_for);
    }
}

/// The word that the protocol has for a value of swayipc.
fn word<T: Serialize>(value: Option<T>) -> Option<String> {
    let value = serde_json::to_value(value?).expect("a value of swayipc");
    value.as_str().map(str::to_owned)
}

fn rect(theirs: swayipc::Rect) -> Rect {
    Rect { x: theirs.x, y: theirs.y, width: theirs.width, height: theirs.height }
}

fn node_kind(theirs: NodeType) -> NodeKind {
    match theirs {
        NodeType::Root => NodeKind::Root,
        NodeType::Output => NodeKind::Output,
        NodeType::Workspace => NodeKind::Workspace,
        NodeType::Con => NodeKind::Con,
        NodeType::FloatingCon => NodeKind::FloatingCon,
        NodeType::Dockarea => NodeKind::Dockarea,
        _ => NodeKind::Other,
    }
}

/// The program calls every layout that no command gives `Other`.
fn layout(theirs: NodeLayout) -> Layout {
    match theirs {
        NodeLayout::SplitH => Layout::Splith,
        NodeLayout::SplitV => Layout::Splitv,
        NodeLayout::Tabbed => Layout::Tabbed,
        NodeLayout::Stacked => Layout::Stacked,
        _ => Layout::Other,
    }
}
