use proptest::prelude::*;

use super::*;
use crate::core::tree::{Layout, Node, NodeKind};
use crate::core::{WindowChange, WorkspaceChange};

/// Messages that real window managers sent: i3 4.22 and sway 1.7. An event is a line of type, tab
/// and payload; a command is a line of text, tab and reply.
struct Fixture {
    tree: &'static [u8],
    version: &'static [u8],
    events: &'static [u8],
    commands: &'static [u8],
    subscribe: &'static [u8],
}

macro_rules! fixture {
    ($wm:literal) => {
        Fixture {
            tree: include_bytes!(concat!("../../../tests/fixtures/wm/", $wm, "-tree.json")),
            version: include_bytes!(concat!("../../../tests/fixtures/wm/", $wm, "-version.json")),
            events: include_bytes!(concat!("../../../tests/fixtures/wm/", $wm, "-events.jsonl")),
            commands: include_bytes!(concat!("../../../tests/fixtures/wm/", $wm, "-commands.jsonl")),
            subscribe: include_bytes!(concat!("../../../tests/fixtures/wm/", $wm, "-subscribe.jsonl")),
        }
    };
}

const I3: Fixture = fixture!("i3");
const SWAY: Fixture = fixture!("sway");

const COMMAND: u32 = CommandType::RunCommand as u32;
const TREE: u32 = CommandType::GetTree as u32;
const WINDOW_EVENT: u32 = EVENT_BIT | 3;
const WORKSPACE_EVENT: u32 = EVENT_BIT;
const TICK_EVENT: u32 = EVENT_BIT | 7;

/// A message as a window manager writes it.
pub(crate) fn frame(kind: u32, payload: &[u8]) -> Vec<u8> {
    [&MAGIC[..], &u32::try_from(payload.len()).unwrap().to_ne_bytes(), &kind.to_ne_bytes(), payload].concat()
}

/// The parts of a fixture's lines, before and after the tab.
fn lines(text: &'static [u8]) -> Vec<(&'static str, &'static [u8])> {
    text.split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| {
            let tab = line.iter().position(|byte| *byte == b'\t').unwrap();
            (std::str::from_utf8(&line[..tab]).unwrap(), &line[tab + 1..])
        })
        .collect()
}

fn events(fixture: &Fixture) -> Vec<Event> {
    let mut stream = WmStream::new();
    for (kind, payload) in lines(fixture.events) {
        stream.receive(&frame(EVENT_BIT | kind.parse::<u32>().unwrap(), payload));
    }
    drain(&mut stream)
}

fn drain(stream: &mut WmStream) -> Vec<Event> {
    std::iter::from_fn(|| stream.next().unwrap()).collect()
}

fn reply(request: &WmRequest, payload: &[u8]) -> WmReply {
    let mut stream = WmStream::new();
    let _ = stream.send(Ticket(1), request);
    stream.receive(&frame(u32::from(command_type(request)), payload));
    match stream.next() {
        Ok(Some(Event::WmReply { ticket: Ticket(1), reply })) => reply,
        other => panic!("{other:?}"),
    }
}

fn tree(fixture: &Fixture) -> Node {
    match reply(&WmRequest::Tree, fixture.tree) {
        WmReply::Tree(root) => *root,
        other => panic!("{other:?}"),
    }
}

fn event(kind: u32, payload: &[u8]) -> Event {
    let mut stream = WmStream::new();
    stream.receive(&frame(kind, payload));
    stream.next().unwrap().unwrap()
}

fn find<'a>(root: &'a Node, name: &str) -> &'a Node {
    root.walk().into_iter().find(|node| node.name.as_deref() == Some(name)).unwrap()
}

#[test]
fn requests_are_one_buffer() {
    assert_eq!(encode(&WmRequest::Tree), frame(TREE, b""));
    assert_eq!(encode(&WmRequest::Version), frame(7, b""));
    assert_eq!(encode(&WmRequest::Command("nop é".to_owned())), frame(COMMAND, "nop é".as_bytes()));
    assert_eq!(encode(&WmRequest::Subscribe(&["window", "tick"])), frame(2, br#"["window","tick"]"#));
}

#[test]
fn the_tree_of_i3_with_a_latin_1_class() {
    assert!(std::str::from_utf8(I3.tree).is_err(), "the fixture has lost its Latin-1");
    let root = tree(&I3);
    assert_eq!(root.kind, NodeKind::Root);
    let class = |node: &Node| node.window_properties.class.clone();
    let classes: Vec<_> = root.walk().into_iter().filter(|node| node.window.is_some()).map(class).collect();
    assert_eq!(classes.len(), 4);
    assert!(classes.contains(&Some("Caf\u{fffd}".to_owned())), "{classes:?}");
    let three = find(&root, "three");
    assert_eq!(three.marks, ["_i3pm1:abc"]);
    assert_eq!((three.rect.x, three.rect.y, three.rect.width, three.rect.height), (960, 18, 960, 1062));
    assert_eq!(find(&root, "2: \"web\"").kind, NodeKind::Workspace);
    let workspace = find(&root, "1");
    assert_eq!(workspace.nodes[1].layout, Layout::Tabbed);
    assert_eq!(workspace.floating_nodes[0].kind, NodeKind::FloatingCon);
    assert_eq!(workspace.nodes[0].percent, Some(0.5));
    assert_eq!(workspace.focus.len(), 3);
}

#[test]
fn the_tree_of_sway() {
    let root = tree(&SWAY);
    assert_eq!(root.windows().len(), 4);
    let four = find(&root, "four");
    assert_eq!((four.kind, four.app_id.as_deref(), four.pid.is_some()), (NodeKind::FloatingCon, Some("Beta"), true));
    assert_eq!(find(&root, "zwei ünïcödé \"q\" \\ ✓").app_id.as_deref(), Some("Café"));
    assert_eq!(find(&root, "HEADLESS-1").current_workspace.as_deref(), Some("2: web"));
}

/// The derived reader of `Node` is strict and ours is lenient; they agree on what is well-formed.
#[test]
fn both_readers_of_a_node_agree() {
    for fixture in [&I3, &SWAY] {
        let derived: Node = serde_json::from_str(&String::from_utf8_lossy(fixture.tree)).unwrap();
        assert_eq!(tree(fixture), derived);
    }
}

#[test]
fn versions_tell_the_kind() {
    let kind = |payload: &[u8]| match reply(&WmRequest::Version, payload) {
        WmReply::Version { kind, human_readable } => (kind, human_readable),
        other => panic!("{other:?}"),
    };
    assert_eq!(kind(I3.version), (WmKind::I3, "4.22 (2023-01-02)".to_owned()));
    assert_eq!(kind(SWAY.version), (WmKind::Sway, "1.7".to_owned()));
    assert_eq!(kind(br#"{"human_readable":"sway version 1.5"}"#).0, WmKind::Sway);
    assert_eq!(kind(b"{}"), (WmKind::I3, String::new()));
    assert!(matches!(reply(&WmRequest::Version, b"[]"), WmReply::Undecodable(_)));
}

#[test]
fn shares_that_are_no_numbers_are_unknown() {
    let tree = r#"{"id":1,"type":"root","rect":{"x":0,"y":-2147483648,"width":1e2,"height":3},"nodes":[
        {"id":2,"type":"con","name":"a \"NaN\" \\","percent":-NaN,"marks":["NaN"]},{"id":3,"type":"con","percent":Infinity},
        {"id":4,"type":"con","percent":0.5,"urgent":true}]}"#;
    let WmReply::Tree(tree) = reply(&WmRequest::Tree, tree.as_bytes()) else { panic!("a tree") };
    let told: Vec<_> = tree.nodes.iter().map(|node| (node.id, node.percent)).collect();
    assert_eq!(told, [(2, None), (3, None), (4, Some(0.5))]);
    assert_eq!(tree.nodes[0].name.as_deref(), Some("a \"NaN\" \\"));
    assert_eq!(tree.nodes[0].marks, ["NaN"]);
    assert!(tree.nodes[2].urgent);
    assert!(matches!(reply(&WmRequest::Tree, b"{\"id\":NaN"), WmReply::Undecodable(_)));
}

#[test]
fn outcomes_of_commands_are_the_words_of_the_window_manager() {
    for fixture in [&I3, &SWAY] {
        let successes: Vec<(&str, Vec<bool>)> = lines(fixture.commands)
            .into_iter()
            .map(|(text, payload)| match reply(&WmRequest::Command(text.to_owned()), payload) {
                WmReply::Command(outcomes) => {
                    for outcome in &outcomes {
                        assert_eq!(outcome.success, outcome.error.is_none(), "{text}: {outcome:?}");
                    }
                    (text, outcomes.into_iter().map(|outcome| outcome.success).collect())
                }
                other => panic!("{other:?}"),
            })
            .collect();
        let of = |text: &str| successes.iter().find(|(command, _)| *command == text).unwrap().1.clone();
        assert_eq!(of("mark --add _i3pm1:abc; split h"), [true, true]);
        // It has no `parse_error`, so the types of swayipc take it for a success.
        assert_eq!(of("[con_id=12345] focus"), [false]);
        assert_eq!(of("workspace 2: \"web\", x; workspace 1"), [true, false]);
        assert_eq!(of(""), [false; 0]);
    }
    let command = WmRequest::Command("x".to_owned());
    let odd = reply(&command, br#"[{"success":true},null,{"success":"yes"}]"#);
    let WmReply::Command(outcomes) = odd else { panic!("{odd:?}") };
    assert_eq!(outcomes.iter().map(|outcome| outcome.success).collect::<Vec<_>>(), [true, false, false]);
    assert!(matches!(reply(&command, b"{\"success\":true}"), WmReply::Undecodable(_)));
}

#[test]
fn subscriptions_are_granted_or_refused() {
    let subscribe = WmRequest::Subscribe(&["window"]);
    let granted = |payload: &[u8]| reply(&subscribe, payload) == WmReply::Subscribed(true);
    let of = |fixture: &Fixture| fixture.subscribe.split(|byte| *byte == b'\n').map(granted).collect::<Vec<_>>();
    // The second asked for an event that does not exist; the third is the end of the file.
    assert_eq!(of(&I3), [true, true, false]);
    assert_eq!(of(&SWAY), [true, false, false]);
}

#[test]
fn events_of_both() {
    for fixture in [&I3, &SWAY] {
        let events = events(fixture);
        assert!(events.iter().all(|event| matches!(event, Event::WmEvent(_))), "{events:?}");
        assert_eq!(events[0], Event::WmEvent(WmEvent::Tick { first: true, payload: String::new() }));
        let tick = WmEvent::Tick { first: false, payload: "project:switch:nixos".to_owned() };
        assert!(events.contains(&Event::WmEvent(tick)));
        let opened = events
            .iter()
            .filter(|event| matches!(event, Event::WmEvent(WmEvent::Window { change: WindowChange::New, .. })));
        assert_eq!(opened.count(), 4);
        let marks: Vec<_> = events
            .iter()
            .filter_map(|event| match event {
                Event::WmEvent(WmEvent::Window { change: WindowChange::Mark, container }) => Some(&container.marks[..]),
                _ => None,
            })
            .collect();
        assert_eq!(marks, [["_i3pm1:abc"]]);
        let Some(Event::WmEvent(WmEvent::Workspace { change, current, old })) =
            events.iter().find(|event| matches!(event, Event::WmEvent(WmEvent::Workspace { old: Some(_), .. })))
        else {
            panic!("{events:?}")
        };
        let (current, old) = (current.as_ref().unwrap(), old.as_ref().unwrap());
        assert_eq!(
            (*change, current.kind, old.name.as_deref()),
            (WorkspaceChange::Focus, NodeKind::Workspace, Some("1"))
        );
        assert!(old.nodes.is_empty() && old.floating_nodes.is_empty(), "children are not read");
        assert_eq!(old.focus.len(), 3);
        let reload = WmEvent::Workspace { change: WorkspaceChange::Other, current: None, old: None };
        assert_eq!(events.last(), Some(&Event::WmEvent(reload)));
    }
    let binding = WmEvent::Binding { command: "nop i3pm ping".to_owned() };
    assert!(events(&I3).contains(&Event::WmEvent(binding)));
}

#[test]
fn events_that_are_newer_than_us() {
    let newer = event(
        WINDOW_EVENT,
        br#"{"change":"teleport","container":{"id":7,"type":"hologram","layout":"spiral","border":"neon"}}"#,
    );
    let Event::WmEvent(WmEvent::Window { change: WindowChange::Other, container }) = newer else { panic!("{newer:?}") };
    assert_eq!((container.id, container.kind, container.layout), (7, NodeKind::Other, Layout::Other));
    assert_eq!(event(EVENT_BIT | 1, b"not even JSON"), Event::WmEvent(WmEvent::Output));
    for kind in [2, 4, 20, 21, 99, 0x7fff_ffff] {
        assert_eq!(event(EVENT_BIT | kind, b"\xff"), Event::WmEvent(WmEvent::Other), "{kind}");
    }
    let restart = event(EVENT_BIT | 6, br#"{"change":"restart"}"#);
    assert_eq!(restart, Event::WmEvent(WmEvent::Shutdown { change: "restart".to_owned() }));
}

#[test]
fn values_of_wrong_types_take_their_defaults() {
    let node = decode_tree(
        r#"{"id":18446744073709551615,"type":null,"name":7,"layout":[],"percent":"x","rect":null,"window_rect":{"width":7},"deco_rect":{"x":1.6,"y":"a","width":4294967296,"height":-3},
        "marks":["a",1,null,"b"],"focused":1,"focus":[1,-2,"x",3],"sticky":{},"fullscreen_mode":300,"window":-1,"pid":1e10,"window_properties":[{}],"app_id":{"a":[1]},
        "nodes":[null,{"id":1},3],"floating_nodes":{}}"#,
    )
    .unwrap();
    let expected = Node {
        id: u64::MAX,
        window_rect: crate::core::tree::Rect { width: 7, ..Default::default() },
        deco_rect: crate::core::tree::Rect { x: 2, y: 0, width: 0, height: -3 },
        marks: vec!["a".to_owned(), "b".to_owned()],
        focus: vec![1, 3],
        nodes: vec![Node { id: 1, ..Node::default() }],
        ..Node::default()
    };
    assert_eq!(*node, expected);
}

#[test]
fn an_undecodable_event_or_reply_does_not_break_the_link() {
    let mut stream = WmStream::new();
    let bodies: [&[u8]; 6] =
        [b"", b"{", b"[]", b"{\"change\":\"new\"}", b"{\"container\":{}}", b"{\"container\":{\"id\":\"\\ud800\"}}"];
    for payload in bodies {
        stream.receive(&frame(WINDOW_EVENT, payload));
        let event = stream.next().unwrap().unwrap();
        assert!(matches!(&event, Event::WmUndecodable { what } if what.starts_with("Window event: ")), "{event:?}");
    }
    let _ = stream.send(Ticket(4), &WmRequest::Tree);
    stream.receive(&frame(TREE, b"{\"id\":1"));
    let event = stream.next().unwrap().unwrap();
    assert!(matches!(event, Event::WmReply { ticket: Ticket(4), reply: WmReply::Undecodable(_) }), "{event:?}");
    let _ = stream.send(Ticket(5), &WmRequest::Tree);
    stream.receive(&frame(TREE, I3.tree));
    assert!(matches!(stream.next(), Ok(Some(Event::WmReply { ticket: Ticket(5), reply: WmReply::Tree(_) }))));
}

#[test]
fn a_subscription_goes_with_commands_that_are_unheard() {
    let unheard = WmRequest::Unheard { text: "nop".to_owned(), unheard: &["window", "workspace"], heard: &["tick"] };
    let subscribe = encode(&WmRequest::Subscribe(&["window", "workspace"]));
    assert_eq!(encode(&unheard), [frame(COMMAND, b"nop"), subscribe].concat());

    let mut stream = WmStream::new();
    let _ = stream.send(Ticket(1), &unheard);
    stream.receive(&frame(COMMAND, br#"[{"success":true}]"#));
    let event = stream.next().unwrap().unwrap();
    assert!(matches!(event, Event::WmReply { ticket: Ticket(1), reply: WmReply::Command(_) }), "{event:?}");
    // The next request is on its way before the subscription is answered.
    let _ = stream.send(Ticket(2), &WmRequest::Version);
    stream.receive(&frame(2, br#"{"success":true}"#));
    assert_eq!(stream.next(), Ok(None), "nobody waits for that");
    stream.receive(&frame(TICK_EVENT, br#"{"first":true,"payload":""}"#));
    assert!(matches!(stream.next(), Ok(Some(Event::WmEvent(_)))));
    stream.receive(&frame(7, br#"{"human_readable":"sway version 1.7"}"#));
    assert!(matches!(stream.next(), Ok(Some(Event::WmReply { ticket: Ticket(2), .. }))));

    // Nothing would be heard any more.
    let _ = stream.send(Ticket(3), &unheard);
    stream.receive(&frame(COMMAND, b"[]"));
    assert!(matches!(stream.next(), Ok(Some(Event::WmReply { ticket: Ticket(3), .. }))));
    stream.receive(&frame(2, br#"{"success":false}"#));
    assert_eq!(stream.next(), Err(WmStreamError::Unsubscribed));
}

#[test]
fn a_stream_out_of_step_ends() {
    let error = |sent: Option<&WmRequest>, bytes: &[u8]| {
        let mut stream = WmStream::new();
        if let Some(request) = sent {
            let _ = stream.send(Ticket(1), request);
        }
        stream.receive(bytes);
        let error = stream.next().unwrap_err();
        stream.receive(&frame(TICK_EVENT, b"{}"));
        assert_eq!(stream.next(), Err(error.clone()), "it does not recover");
        assert_eq!(stream.inbox_bytes(), 0);
        error
    };
    assert_eq!(error(None, b"i3-x"), WmStreamError::BadMagic { found: "i3-x".to_owned() });
    assert_eq!(error(None, &frame(COMMAND, b"[]")), WmStreamError::UnexpectedReply { kind: 0 });
    assert_eq!(
        error(Some(&WmRequest::Tree), &frame(COMMAND, b"[]")),
        WmStreamError::WrongReply { expected: 4, got: 0 }
    );
    let mut long = frame(TICK_EVENT, b"");
    long[6..10].copy_from_slice(&u32::try_from(FRAME_BYTES_MAX + 1).unwrap().to_ne_bytes());
    assert_eq!(error(None, &long[..10]), WmStreamError::FrameTooLarge { bytes: FRAME_BYTES_MAX + 1 });
}

#[test]
fn the_longest_frame_passes_and_its_memory_is_given_back() {
    let mut payload = b"{\"first\":true,\"x\":\"".to_vec();
    payload.resize(FRAME_BYTES_MAX - 2, b'x');
    payload.extend_from_slice(b"\"}");
    let mut stream = WmStream::new();
    for piece in frame(TICK_EVENT, &payload).chunks(64 << 10) {
        assert_eq!(stream.next(), Ok(None));
        stream.receive(piece);
    }
    assert_eq!(stream.next(), Ok(Some(Event::WmEvent(WmEvent::Tick { first: true, payload: String::new() }))));
    assert!(stream.inbox.capacity() <= 64 << 10, "{} bytes kept", stream.inbox.capacity());
}

fn nested(levels: usize) -> String {
    let open: String = (0..levels).map(|id| format!("{{\"id\":{id},\"nodes\":[")).collect();
    open + &"]}".repeat(levels)
}

/// The thread has 2 MiB, a quarter of what the daemon's loop has. A debug build ends at 340 levels
/// in it.
#[test]
fn the_deepest_tree_passes_and_one_level_more_is_told() {
    let thread = std::thread::Builder::new().stack_size(2 << 20);
    let check = || {
        let root = decode_tree(&nested(CONTAINER_LEVELS_MAX)).unwrap();
        assert_eq!(root.walk().len(), CONTAINER_LEVELS_MAX);
        let deeper = nested(CONTAINER_LEVELS_MAX + 1);
        assert!(decode_tree(&deeper).unwrap_err().contains("200 containers"));
        let undecodable = event(WINDOW_EVENT, format!("{{\"container\":{deeper}}}").as_bytes());
        assert!(matches!(undecodable, Event::WmUndecodable { .. }), "{undecodable:?}");
        // A value that is not read may be as deep as it likes.
        let deep = nested(100_000);
        let ignored =
            format!(r#"{{"id":1,"x":{deep},"marks":{deep},"rect":{{"x":{deep}}},"window_properties":{deep}}}"#);
        assert_eq!(*decode_tree(&ignored).unwrap(), Node { id: 1, ..Node::default() });
        let children = format!(r#"{{"change":"init","current":{{"id":1,"nodes":[{deep}]}}}}"#);
        let workspace = event(WORKSPACE_EVENT, children.as_bytes());
        assert!(matches!(workspace, Event::WmEvent(WmEvent::Workspace { .. })), "{workspace:?}");
    };
    thread.spawn(check).unwrap().join().unwrap();
}

/// Events and replies in turn as they come from a real i3, and the requests: each is sent right
/// before its reply.
fn conversation() -> (Vec<u8>, Vec<WmRequest>) {
    let mut bytes = Vec::new();
    let mut requests = Vec::new();
    for (number, (kind, payload)) in lines(I3.events).into_iter().enumerate().skip(6).take(4) {
        bytes.extend(frame(EVENT_BIT | kind.parse::<u32>().unwrap(), payload));
        let (text, outcomes) = lines(I3.commands)[number];
        bytes.extend(frame(COMMAND, outcomes));
        requests.push(WmRequest::Command(text.to_owned()));
    }
    bytes.extend(frame(7, I3.version));
    requests.push(WmRequest::Version);
    (bytes, requests)
}

fn converse<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Event> {
    let (_, requests) = conversation();
    let mut requests = requests.iter().zip(1..).map(|(request, ticket)| (Ticket(ticket), request));
    let mut stream = WmStream::new();
    let mut events = Vec::new();
    let mut send = |stream: &mut WmStream| requests.next().map(|(ticket, request)| stream.send(ticket, request));
    send(&mut stream);
    for piece in pieces {
        stream.receive(piece);
        while let Some(event) = stream.next().unwrap() {
            if matches!(event, Event::WmReply { .. }) {
                send(&mut stream);
            }
            events.push(event);
        }
    }
    assert_eq!((stream.inbox_bytes(), stream.in_flight()), (0, None));
    events
}

#[test]
fn framing_is_exact_wherever_the_stream_is_split() {
    let (bytes, _) = conversation();
    let whole = converse([&bytes[..]]);
    assert_eq!(whole.len(), 9);
    for at in 0..=bytes.len() {
        let (first, second) = bytes.split_at(at);
        assert!(converse([first, second]) == whole, "split at {at}");
    }
    assert!(converse(bytes.chunks(1)) == whole, "byte by byte");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn framing_is_exact_in_any_pieces(lengths in prop::collection::vec(1_usize..3000, 1..40)) {
        let (bytes, _) = conversation();
        let mut rest = &bytes[..];
        let mut pieces = Vec::new();
        for length in lengths.into_iter().cycle() {
            if rest.is_empty() {
                break;
            }
            pieces.push(rest.split_off(..length.min(rest.len())).unwrap());
        }
        prop_assert_eq!(converse(pieces), converse([&bytes[..]]));
    }

    /// Every frame brings exactly one event, whatever payload it has.
    #[test]
    fn no_payload_breaks_the_link(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..30),
        cut in any::<prop::sample::Index>(),
    ) {
        for (kind, payload) in lines(SWAY.events).into_iter().chain(lines(I3.events)).step_by(3).chain([("3", SWAY.tree)]) {
            let mut payload = payload.to_vec();
            for (index, byte) in &changes {
                let index = index.index(payload.len());
                payload[index] = *byte;
            }
            payload.truncate(cut.index(payload.len() * 4) + 1);
            let mut stream = WmStream::new();
            stream.receive(&frame(EVENT_BIT | kind.parse::<u32>().unwrap(), &payload));
            stream.receive(&frame(TICK_EVENT, b"{}"));
            prop_assert_eq!(drain(&mut stream).len(), 2);
            let _ = decode_tree(&String::from_utf8_lossy(&payload));
        }
    }
}
