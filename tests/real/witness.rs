//! `swayipc`, a library by others, beside the program's decoder and the tests' own client.

use std::os::unix::net::UnixStream;
use std::time::Duration;

use i3pm::core::tree::{Layout, Node, NodeKind};
use i3pm::wire::wm::decode_tree;
use serde_json::{Value, json};
use swayipc::{CommandType, Connection, Event, EventType};

use crate::support::framing::{self, EVENT_BIT};
use crate::support::ipc::request;
use crate::support::witness::{self, BEYOND_SWAYIPC};
use crate::support::{Kind, Options, Program, WindowManager};

on_both!(swayipc_sees_the_same);

/// The time that a window manager has for an answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);

/// Trees that real window managers sent.
const TREES: [&[u8]; 2] =
    [include_bytes!("../fixtures/wm/i3-tree.json"), include_bytes!("../fixtures/wm/sway-tree.json")];

/// A change of one field.
type Change = (&'static str, fn(&mut Node));

/// Each field that is compared, and a change of it.
const CHANGES: [Change; 27] = [
    ("id", |node| node.id += 1),
    ("type", |node| node.kind = NodeKind::Other),
    ("name", |node| node.name = Some("another name".into())),
    ("layout", |node| node.layout = Layout::Stacked),
    ("percent", |node| node.percent = Some(7.5)),
    ("rect", |node| node.rect.x += 1),
    ("rect", |node| node.rect.height += 1),
    ("window_rect", |node| node.window_rect.y += 1),
    ("deco_rect", |node| node.deco_rect.width += 1),
    ("marks", |node| node.marks.push("a mark".into())),
    ("focused", |node| node.focused = !node.focused),
    ("focus", |node| node.focus.push(7)),
    ("sticky", |node| node.sticky = !node.sticky),
    ("urgent", |node| node.urgent = !node.urgent),
    ("fullscreen_mode", |node| node.fullscreen_mode += 1),
    ("floating", |node| node.floating = Some("user_off".into())),
    ("scratchpad_state", |node| node.scratchpad_state = Some("changed".into())),
    ("visible", |node| node.visible = Some(node.visible != Some(true))),
    ("window", |node| node.window = Some(7)),
    ("app_id", |node| node.app_id = Some("another".into())),
    ("pid", |node| node.pid = Some(7)),
    ("window_properties.class", |node| node.window_properties.class = Some("Another".into())),
    ("window_properties.instance", |node| node.window_properties.instance = Some("another".into())),
    ("window_properties.window_role", |node| node.window_properties.window_role = Some("another".into())),
    ("window_properties.window_type", |node| node.window_properties.window_type = Some("dialog".into())),
    ("window_properties.transient_for", |node| node.window_properties.transient_for = Some(7)),
    ("nodes", |node| node.nodes.push(Node::default())),
];

#[test]
fn a_wrong_field_is_named_with_both_values() {
    for text in TREES {
        // One window of these has a name that is no UTF-8. swayipc itself loses the tree to it.
        let text = String::from_utf8_lossy(text);
        let theirs: swayipc::Node = serde_json::from_str(&text).expect("a tree");
        let ours = decode_tree(&text).expect("a tree");
        assert_eq!(witness::tree_differences(&ours, &theirs), [""; 0]);
        for (field, change) in CHANGES {
            let mut wrong = ours.clone();
            // Some container in the middle of the tree.
            let node = wrong.nodes.last_mut().expect("an output");
            change(node);
            let found = witness::tree_differences(&wrong, &theirs);
            let [found] = found.as_slice() else { panic!("{field}: {found:#?}") };
            assert!(found.contains(&format!("`{field}` is ")), "{field}: {found}");
            assert!(found.contains(" to the program and ") && found.ends_with(" to swayipc"), "{found}");
        }
    }
}

/// A message that leaves the list of exceptions is compared like any other.
#[test]
fn swayipc_cannot_read_what_is_listed() {
    let outputs =
        json!([{"name": "xroot-0", "active": false, "primary": false, "rect": {}, "current_workspace": null}]);
    let messages = [
        (request::OUTPUTS, outputs),
        (EVENT_BIT, json!({"change": "restored", "current": null, "old": null})),
        (EVENT_BIT | 6, json!({"change": "restart"})),
    ];
    assert_eq!(messages.len(), BEYOND_SWAYIPC.len());
    for ((kind, message), (reason, is_it)) in messages.iter().zip(BEYOND_SWAYIPC) {
        assert!(is_it(*kind, message), "{reason}: {message}");
        let payload = message.to_string().into_bytes();
        let is_read = match kind & EVENT_BIT {
            0 => CommandType::GetOutputs.decode::<Vec<swayipc::Output>>((*kind, payload)).is_ok(),
            _ => Event::decode((*kind, payload)).is_ok(),
        };
        assert!(!is_read, "swayipc reads it now: {reason}");
    }
}

fn connect(wm: &WindowManager) -> UnixStream {
    let stream = UnixStream::connect(wm.socket()).expect("the window manager accepts a connection");
    stream.set_read_timeout(Some(ANSWER_LIMIT)).expect("a limit");
    stream
}

/// The tree as bytes: a number that is printed and read again may be another.
fn tree(wm: &WindowManager) -> Box<Node> {
    use std::io::Write;
    let mut stream = connect(wm);
    stream.write_all(&framing::frame(request::TREE, b"")).expect("a request");
    let (_, payload) = framing::read(&mut stream).expect("a tree");
    decode_tree(&String::from_utf8_lossy(&payload)).expect("a tree")
}

fn swayipc_sees_the_same(kind: Kind) {
    let _machine = super::scene::among_others();
    let wm = WindowManager::start(kind, &Options { two_outputs: true, ..Options::default() });
    let mut program = Program::start(&wm);
    for title in ["one", "two", "three"] {
        program.open(&wm, title);
    }
    let mut ours = wm.connect();
    ours.ask(request::SUBSCRIBE, r#"["window","workspace","tick"]"#).expect("a subscription");
    let theirs = Connection::from(connect(&wm));
    let mut theirs =
        theirs.subscribe([EventType::Window, EventType::Workspace, EventType::Tick]).expect("a subscription");
    let mut rival = Connection::from(connect(&wm));

    let steps = [
        "[title=\"^one$\"] mark --add witness, focus",
        "split v; layout tabbed; [title=\"^two$\"] focus; layout stacking",
        "[title=\"^two$\"] floating enable, resize set 400 300, move position 50 60, sticky enable",
        "[title=\"^three$\"] fullscreen enable",
        "[title=\"^three$\"] fullscreen disable",
        "[title=\"^one$\"] move container to workspace 7",
        "workspace 7; rename workspace to \"7: seven\"",
        "[title=\"^two$\"] sticky disable, move scratchpad",
        "scratchpad show",
        "[con_mark=\"^witness$\"] focus; focus parent; splith",
    ];
    for step in steps {
        for outcome in rival.run_command(step).expect("outcomes") {
            outcome.unwrap_or_else(|error| panic!("{step}: {error}"));
        }
        wm.settle();
        // A program may draw late: both look at one and the same tree.
        let (ours, theirs) = loop {
            let before = tree(&wm);
            let theirs = rival.get_tree().expect("a tree");
            if tree(&wm) == before {
                break (before, theirs);
            }
        };
        let differences = witness::tree_differences(&ours, &theirs);
        assert!(differences.is_empty(), "{step}:\n{}", differences.join("\n"));
        let workspaces = rival.get_workspaces().expect("workspaces");
        let differences = witness::value_differences(&wm.ask(request::WORKSPACES, ""), &workspaces);
        assert!(differences.is_empty(), "{step}:\n{}", differences.join("\n"));
    }

    // i3 refuses without `parse_error`: swayipc takes that for a success, the program does not.
    let refused = "[con_mark=\"^nobody$\"] focus";
    let outcomes = rival.run_command(refused).expect("outcomes");
    assert_eq!(outcomes.iter().all(Result::is_ok), kind == Kind::I3, "{outcomes:?}");
    assert!(!wm.try_run(refused));

    assert!(rival.send_tick("the end").expect("an answer"));
    let ours = ours.take_events().expect("events");
    let events = ours.len();
    for (number, ours) in ours.iter().enumerate() {
        let theirs = theirs.next().expect("it never ends").expect("an event");
        let is_end = matches!(&theirs, Event::Tick(tick) if tick.payload == "the end");
        // swayipc names the event around it.
        let named = serde_json::to_value(&theirs).expect("a value of swayipc");
        let inner = named.as_object().and_then(|named| named.values().next()).unwrap_or(&Value::Null);
        let differences = witness::value_differences(ours, inner);
        assert!(differences.is_empty(), "of event {number}:\n{}", differences.join("\n"));
        assert_eq!(is_end, number + 1 == events, "the end is the last event of both: {theirs:?}");
    }
}
