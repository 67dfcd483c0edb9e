use super::packet::GENERIC_EVENT_PACKET;
use super::*;
use x11rb_protocol::protocol::res::{ClientIdValue, QueryVersionReply};
use x11rb_protocol::protocol::xproto::{ClientMessageData, GetInputFocusReply, Screen};
use x11rb_protocol::x11_utils::Serialize;

const XRES_OPCODE: u8 = 150;
const PID_ATOM: u32 = 300;
const STATE_ATOM: u32 = 301;
const MODAL_ATOM: u32 = 302;
const ACTIVATE_ATOM: u32 = 303;
const ATTENTION_ATOM: u32 = 304;
const ROOT: u32 = 77;

fn setup(status: u8, body: &[u8]) -> Vec<u8> {
    let words = u16::try_from(body.len().div_ceil(4)).unwrap();
    let mut bytes = vec![status, u8::try_from(body.len().min(255)).unwrap(), 11, 0, 0, 0];
    bytes.extend(words.to_ne_bytes());
    bytes.extend(body);
    bytes.resize(8 + usize::from(words) * 4, 0);
    bytes
}

/// A server as far as we need one: it reads what the session writes and answers by its own tables.
#[derive(Default)]
struct Server {
    sequence: u16,
    seen: Vec<u8>,
    /// XRes is there, and has QueryClientIds.
    xres: Option<bool>,
    /// Windows and what each way of asking tells.
    windows: Vec<(u32, Option<u32>, Option<u32>)>,
    /// The groups of windows.
    groups: Vec<(u32, u32)>,
    modal: Vec<u32>,
}

impl Server {
    fn answer(&mut self, mut requests: &[u8]) -> Vec<u8> {
        let mut replies = Vec::new();
        while !requests.is_empty() {
            let length = 4 * usize::from(u16::from_ne_bytes([requests[2], requests[3]]));
            let (request, rest) = requests.split_at(length);
            requests = rest;
            self.sequence = self.sequence.wrapping_add(1);
            self.seen.push(request[0]);
            replies.extend(self.answer_one(request));
        }
        replies
    }

    fn answer_one(&self, request: &[u8]) -> Vec<u8> {
        let sequence = self.sequence;
        let number = |at: usize| u32::from_ne_bytes(request[at..at + 4].try_into().unwrap());
        let window = |id: u32| self.windows.iter().find(|(window, ..)| *window == id).copied();
        let mut bytes = match (request[0], request[1]) {
            (98, _) => {
                assert_eq!(&request[8..18], b"X-Resource");
                QueryExtensionReply {
                    sequence,
                    length: 0,
                    present: self.xres.is_some(),
                    major_opcode: if self.xres.is_some() { XRES_OPCODE } else { 0 },
                    first_event: 0,
                    first_error: 0,
                }
                .serialize()
                .to_vec()
            }
            (2 | 25, _) => return Vec::new(),
            (43, _) => GetInputFocusReply { sequence, ..GetInputFocusReply::default() }.serialize().to_vec(),
            (16, _) => {
                let atom = match &request[8..] {
                    name if name.starts_with(b"_NET_WM_PID") => PID_ATOM,
                    name if name.starts_with(b"_NET_WM_STATE_MODAL") => MODAL_ATOM,
                    name if name.starts_with(b"_NET_WM_STATE_DEMANDS_ATTENTION") => ATTENTION_ATOM,
                    name if name.starts_with(b"_NET_WM_STATE") => STATE_ATOM,
                    name => {
                        assert!(name.starts_with(b"_NET_ACTIVE_WINDOW"));
                        ACTIVATE_ATOM
                    }
                };
                InternAtomReply { sequence, length: 0, atom }.serialize().to_vec()
            }
            (XRES_OPCODE, 0) if self.xres == Some(true) => {
                QueryVersionReply { sequence, length: 0, server_major: 1, server_minor: 2 }.serialize().to_vec()
            }
            (XRES_OPCODE, 4) if self.xres == Some(true) => {
                let client = number(8);
                let pid = window(client).and_then(|(_, pid, _)| pid);
                let spec = ClientIdSpec { client: client & 0xfff0_0000, mask: ClientIdMask::LOCAL_CLIENT_PID };
                let ids: Vec<ClientIdValue> =
                    pid.into_iter().map(|pid| ClientIdValue { spec, value: vec![pid] }).collect();
                let mut bytes = QueryClientIdsReply { sequence, length: 4 * ids.len() as u32, ids }.serialize();
                bytes.resize(bytes.len().max(32), 0);
                bytes
            }
            (20, _) => {
                let (id, property) = (number(4), number(8));
                let group = self.groups.iter().find(|(window, _)| *window == id).map(|(_, group)| *group);
                match (property, window(id)) {
                    (PID_ATOM, Some((_, _, pid))) => property_reply(sequence, &Vec::from_iter(pid)),
                    (STATE_ATOM, Some(_)) => {
                        let states: &[u32] = if self.modal.contains(&id) { &[9, MODAL_ATOM] } else { &[9] };
                        property_reply(sequence, states)
                    }
                    // WM_HINTS, a predefined atom.
                    (35, Some(_)) => {
                        let flags = if group.is_some() { HAS_GROUP } else { 0 };
                        property_reply(sequence, &[flags, 0, 0, 0, 0, 0, 0, 0, group.unwrap_or(5)])
                    }
                    (_, None) => vec![0, 3],
                    (other, _) => panic!("property {other}"),
                }
            }
            _ => vec![0, 1],
        };
        bytes.resize(bytes.len().max(32), 0);
        bytes[2..4].copy_from_slice(&sequence.to_ne_bytes());
        bytes
    }
}

fn property_reply(sequence: u16, numbers: &[u32]) -> Vec<u8> {
    let value: Vec<u8> = numbers.iter().flat_map(|number| number.to_ne_bytes()).collect();
    let words = numbers.len() as u32;
    let format = if words == 0 { 0 } else { 32 };
    GetPropertyReply { format, sequence, length: words, type_: 6 * words, bytes_after: 0, value_len: words, value }
        .serialize()
}

fn told(pid: Option<u32>) -> X11Window {
    X11Window { pid, ..X11Window::default() }
}

/// Let both talk, split into pieces, until neither has anything to say.
fn talk(session: &mut X11Session, server: &mut Server, piece: usize) -> Vec<(u32, X11Window)> {
    loop {
        let requests = session.output().to_vec();
        session.written(requests.len());
        if requests.is_empty() {
            return std::iter::from_fn(|| session.next()).collect();
        }
        for bytes in server.answer(&requests).chunks(piece) {
            session.receive(bytes).unwrap();
        }
    }
}

/// A session that was let in.
fn session() -> X11Session {
    let mut session = X11Session::new(&Authorization::default());
    session.written(session.output().len());
    session.receive(&setup(1, &[0; 400])).unwrap();
    session
}

#[test]
fn the_first_bytes_carry_the_cookie() {
    let cookie = Authorization { name: b"MIT-MAGIC-COOKIE-1".to_vec(), data: vec![7; 16] };
    let session = X11Session::new(&cookie);
    let output = session.output();
    assert_eq!(output[0], if cfg!(target_endian = "little") { b'l' } else { b'B' });
    assert_eq!(&output[12..30], b"MIT-MAGIC-COOKIE-1");
    assert_eq!(&output[32..48], [7; 16]);
    assert!(!format!("{cookie:?}").contains('7'), "a cookie is not to be logged");
}

#[test]
fn the_server_is_asked_first_and_the_window_where_it_does_not_know() {
    for piece in [1, 7, 31, 32, 33, 10_000] {
        let windows = vec![(0x20_0001, Some(41), Some(1)), (0x40_0001, None, Some(42)), (0x60_0001, None, None)];
        let mut server = Server { xres: Some(true), windows, ..Server::default() };
        let mut session = session();
        for window in [0x20_0001, 0x40_0001, 0x60_0001, 0x80_0001, 0x20_0001] {
            session.look_up(window);
        }
        assert_eq!(session.open_questions(), 5);
        let mut answers = talk(&mut session, &mut server, piece);
        answers.sort_unstable();
        let expected =
            [(0x20_0001, Some(41)), (0x20_0001, Some(41)), (0x40_0001, Some(42)), (0x60_0001, None), (0x80_0001, None)];
        let expected = expected.map(|(window, pid)| (window, told(pid)));
        assert_eq!(answers, expected, "in pieces of {piece}");
        assert_eq!(session.open_questions(), 0);
    }
}

#[test]
fn without_xres_or_with_an_old_one_the_window_is_asked() {
    for xres in [None, Some(false)] {
        let mut server = Server { xres, windows: vec![(1, Some(41), Some(42))], ..Server::default() };
        let mut session = session();
        session.look_up(1);
        assert_eq!(talk(&mut session, &mut server, 50), [(1, told(Some(42)))], "{xres:?}");
    }
}

#[test]
fn thousands_of_windows_go_in_portions_over_the_end_of_the_sequence_numbers() {
    let mut server = Server { xres: Some(true), windows: vec![(5, Some(9), None)], ..Server::default() };
    let mut session = session();
    for _ in 0..20 {
        for _ in 0..LOOK_UPS_MAX {
            session.look_up(5);
        }
        assert!(session.output().len() <= REQUESTS_IN_FLIGHT_MAX * 32);
        let answers = talk(&mut session, &mut server, 4096);
        assert_eq!(answers.len(), LOOK_UPS_MAX);
        assert!(answers.iter().all(|answer| *answer == (5, told(Some(9)))));
    }
    assert!(server.seen.len() > 65_536);
}

#[test]
fn more_windows_than_may_wait_are_answered_at_once() {
    let mut session = X11Session::new(&Authorization::default());
    for window in 0..u32::try_from(LOOK_UPS_MAX).unwrap() {
        session.look_up(window);
    }
    assert_eq!(session.next(), None);
    session.look_up(77);
    assert_eq!(session.next(), Some((77, told(None))));
}

#[test]
fn events_between_the_replies_are_skipped() {
    let mut server = Server { xres: Some(true), windows: vec![(5, Some(9), None)], ..Server::default() };
    let mut session = session();
    session.look_up(5);
    let mut mapping_notify = [0; 32];
    mapping_notify[0] = 34;
    let mut generic = [0; 40];
    generic[0] = GENERIC_EVENT_PACKET;
    generic[4..8].copy_from_slice(&2_u32.to_ne_bytes());
    session.receive(&mapping_notify).unwrap();
    session.receive(&generic).unwrap();
    assert_eq!(talk(&mut session, &mut server, 100), [(5, told(Some(9)))]);
}

#[test]
fn a_refusal_is_told_and_every_question_answered() {
    let mut session = X11Session::new(&Authorization::default());
    session.look_up(1);
    session.look_up(2);
    let error = session.receive(&setup(0, b"No protocol\nspecified")).unwrap_err();
    assert_eq!(error, X11Error::Refused { reason: "No protocol\\nspecified".to_owned() });
    session.look_up(3);
    assert_eq!(std::iter::from_fn(|| session.next()).collect::<Vec<_>>(), [1, 2, 3].map(|window| (window, told(None))));
    assert_eq!((session.open_questions(), session.output().len()), (0, 0));
    session.receive(&[0; 100]).unwrap();
}

#[test]
fn a_stream_out_of_step_ends_the_session() {
    let reply = |sequence: u16, words: u32| {
        let mut packet = [0_u8; 32];
        packet[0] = REPLY_PACKET;
        packet[2..4].copy_from_slice(&sequence.to_ne_bytes());
        packet[4..8].copy_from_slice(&words.to_ne_bytes());
        packet
    };
    for (packet, what) in [(reply(2, 0), "sequence 2"), (reply(1, u32::MAX), "limit"), (reply(1, 0x4000), "limit")] {
        let mut session = session();
        session.look_up(1);
        let error = session.receive(&packet).unwrap_err();
        assert!(error.to_string().contains(what), "{error}");
        assert_eq!(session.next(), Some((1, told(None))));
    }
    let mut session = session();
    talk(&mut session, &mut Server::default(), 32);
    assert!(session.receive(&reply(3, 0)).is_err(), "nothing was asked");
}

#[test]
fn displays_of_this_machine() {
    let path = |display| local_display(display).map(|(path, number)| (path.to_str().unwrap().to_owned(), number));
    for display in [":12", ":12.0", "unix:12"] {
        assert_eq!(path(display), Some(("/tmp/.X11-unix/X12".to_owned(), 12)), "{display}");
    }
    for display in ["", ":", "host:0", ":x", ":0.x", ":-1", ":99999", "/x/y:0"] {
        assert_eq!(path(display), None, "{display}");
    }
}

#[test]
fn the_cookie_of_the_display() {
    let entry = |family: u16, parts: [&[u8]; 4]| {
        let mut bytes = family.to_be_bytes().to_vec();
        for part in parts {
            bytes.extend(u16::try_from(part.len()).unwrap().to_be_bytes());
            bytes.extend(part);
        }
        bytes
    };
    let name: &[u8] = b"MIT-MAGIC-COOKIE-1";
    let file = [
        entry(256, [b"other", b"0", name, b"wrong host"]),
        entry(0, [b"desk", b"0", name, b"not local"]),
        entry(256, [b"desk", b"0", b"XDM-AUTHORIZATION-1", b"wrong kind"]),
        entry(256, [b"desk", b"1", name, b"one"]),
        entry(65535, [b"", b"", name, b"any"]),
    ]
    .concat();
    let data = |display| cookie(&file, b"desk", display).map(|cookie| cookie.data);
    assert_eq!(data(1), Some(b"one".to_vec()));
    assert_eq!(data(0), Some(b"any".to_vec()));
    for length in 0..file.len() {
        let found = cookie(&file[..length], b"desk", 7);
        assert_eq!(found, None, "cut at {length}");
    }
}

#[test]
fn groups_and_modal_windows_are_told() {
    let windows = (1..=4).map(|window| (window, Some(40 + window), None)).collect();
    let mut server =
        Server { xres: Some(true), windows, groups: vec![(2, 20), (3, 30)], modal: vec![3, 4], ..Server::default() };
    let mut session = session();
    (1..=4).for_each(|window| session.look_up(window));
    let mut answers = talk(&mut session, &mut server, 50);
    answers.sort_unstable();
    let expected = [(None, false), (Some(20), false), (Some(30), true), (None, true)];
    let expected = expected.into_iter().zip(1..);
    let expected =
        expected.map(|((group, modal), window)| (window, X11Window { pid: Some(40 + window), group, modal }));
    assert_eq!(answers, expected.collect::<Vec<_>>());
}

/// A session that was let in by a server with one screen.
fn session_with_a_root() -> X11Session {
    // The first eight bytes of what is serialized are those that `setup` writes.
    let screen = Screen { root: ROOT, ..Screen::default() };
    let body = Setup { status: 1, protocol_major_version: 11, roots: vec![screen], ..Setup::default() }.serialize();
    let mut session = X11Session::new(&Authorization::default());
    session.written(session.output().len());
    session.receive(&setup(1, &body[8..])).unwrap();
    session
}

#[test]
fn a_window_asks_for_attention() {
    let mut session = session_with_a_root();
    session.demand_attention(5);
    let mut server = Server { xres: Some(true), windows: vec![(5, Some(9), None)], ..Server::default() };
    talk(&mut session, &mut server, 64);
    assert!(!server.seen.contains(&25), "not before the server has told its names");
    session.demand_attention(5);
    let request = session.output().to_vec();
    assert_eq!((request[0], &request[4..8]), (25, &ROOT.to_ne_bytes()[..]), "an event is sent to the root");
    let (event, _) = ClientMessageEvent::try_parse(&request[12..44]).unwrap();
    assert_eq!((event.window, event.type_), (5, STATE_ATOM));
    assert_eq!(event.data.as_data32()[..2], [STATE_ADD, ATTENTION_ATOM]);
    // Those that are not answered do not pile up.
    for _ in 0..3 * REQUESTS_IN_FLIGHT_MAX {
        session.demand_attention(5);
        talk(&mut session, &mut server, 64);
    }
    session.look_up(5);
    assert_eq!(talk(&mut session, &mut server, 64), [(5, told(Some(9)))]);
    // A server that does not answer is not told for ever.
    for _ in 0..3 * REQUESTS_IN_FLIGHT_MAX {
        session.demand_attention(5);
    }
    assert!(session.output().len() < 48 * REQUESTS_IN_FLIGHT_MAX, "{} bytes", session.output().len());
}

#[test]
fn activations_on_the_root_are_heard() {
    let mut session = session_with_a_root();
    assert_eq!((session.output()[0], &session.output()[4..8]), (2, &ROOT.to_ne_bytes()[..]), "the root is listened to");
    let mut server = Server { xres: Some(true), windows: vec![(5, Some(9), None)], ..Server::default() };
    session.look_up(5);
    assert_eq!(talk(&mut session, &mut server, 64), [(5, told(Some(9)))], "what is not answered counts, too");
    for (kind, window) in [(ACTIVATE_ATOM, 5), (STATE_ATOM, 6), (ACTIVATE_ATOM, 7)] {
        let data = ClientMessageData::from([1, 0, 0, 0, 0]);
        let mut event = ClientMessageEvent::new(32, window, kind, data).serialize();
        // A client sent it.
        event[0] |= 0x80;
        session.receive(&event).unwrap();
    }
    assert_eq!(std::iter::from_fn(|| session.next_activated()).collect::<Vec<_>>(), [5, 7]);
    let mut refused = [0_u8; 32];
    refused[2] = 1;
    assert!(session.receive(&refused).is_err(), "a refusal comes in its turn, or is none of ours");
}
