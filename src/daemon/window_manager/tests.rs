use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::time::Duration;

use mio::{Events, Poll};

use super::super::wm_claim::Tokens;
use super::*;
use crate::core::WmEvent;
use crate::wire::wm::encode;
use crate::wire::wm::tests::frame;

const TOKEN: Token = Token(1);

fn rig(runtime: &Path) -> (Poll, WindowManager) {
    let uid = rustix::process::getuid().as_raw();
    let environment = Environment { display: Some(":0".into()), uid, ..Environment::default() };
    let claims = Claims::new(Tokens { waiting: Token(2), holder: Token(3) }, "/run/i3pm/ipc.sock".into());
    (Poll::new().unwrap(), WindowManager::new(environment, runtime.to_owned(), TOKEN, claims))
}

/// Where a window manager of its own listens, below the directory.
const SOCKET: &str = "i3/ipc-socket.7";

/// One that is connected to it. The directory is gone with it.
struct Served {
    directory: tempfile::TempDir,
    listener: UnixListener,
    poll: Poll,
    wm: WindowManager,
}

fn served() -> Served {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("i3")).unwrap();
    let listener = UnixListener::bind(directory.path().join(SOCKET)).unwrap();
    let (poll, mut wm) = rig(directory.path());
    assert!(matches!(wm.connect(poll.registry(), Time::default(), None), Some(Event::WmConnected { .. })));
    Served { directory, listener, poll, wm }
}

fn next(poll: &mut Poll, wm: &mut WindowManager) -> Event {
    let mut events = Events::with_capacity(4);
    loop {
        if let Some(event) = wm.next(poll.registry()) {
            return event;
        }
        poll.poll(&mut events, Some(Duration::from_secs(5))).unwrap();
        assert!(!events.is_empty(), "nothing comes");
        for event in &events {
            wm.stir(event);
            assert!(wm.flush(poll.registry()).is_none());
        }
    }
}

#[test]
fn candidates_are_tried_in_order_until_one_accepts() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("i3")).unwrap();
    let path = |pid: u32| directory.path().join(format!("i3/ipc-socket.{pid}"));
    drop(UnixListener::bind(path(70)).unwrap());
    let (poll, mut wm) = rig(directory.path());
    assert_eq!(wm.connect(poll.registry(), Time::default(), None), None);
    assert!(wm.asks_others() && !wm.asks_others(), "others are asked once");
    let Some(Event::WmUnavailable { reason }) = wm.told(poll.registry(), Time::default(), vec![path(70)]) else {
        panic!()
    };
    assert!(reason.contains("ipc-socket.70"), "{reason}");

    let listeners: Vec<_> = (80..82).map(|pid| UnixListener::bind(path(pid)).unwrap()).collect();
    let Some(Event::WmConnected { socket, pid }) = wm.connect(poll.registry(), Time::default(), Some(80)) else {
        panic!()
    };
    assert_eq!((socket.as_str(), pid), (path(80).to_str().unwrap(), Some(std::process::id())));
    let Some(Event::WmConnected { socket, .. }) = wm.try_next(poll.registry(), Time::default()) else { panic!() };
    assert_eq!(socket, path(81).to_str().unwrap());
    drop(listeners);
    assert_eq!(wm.try_next(poll.registry(), Time::default()), None);
    assert!(wm.asks_others());
    let Some(Event::WmUnavailable { reason }) = wm.told(poll.registry(), Time::default(), Vec::new()) else { panic!() };
    assert!([70, 80, 81].iter().all(|pid| reason.contains(&format!("ipc-socket.{pid}: "))), "{reason}");
    assert!(!wm.is_connected());
}

#[test]
fn what_others_tell_is_tried_when_nothing_else_answers() {
    let directory = tempfile::tempdir().unwrap();
    let (poll, mut wm) = rig(&directory.path().join("run"));
    let told = directory.path().join("odd.sock");
    let _listener = UnixListener::bind(&told).unwrap();
    assert_eq!(wm.connect(poll.registry(), Time::default(), None), None);
    assert_eq!(wm.told(poll.registry(), Time::default(), vec![told.clone()]), None, "nobody was asked yet");
    assert!(wm.asks_others());
    let Some(Event::WmConnected { socket, .. }) = wm.told(poll.registry(), Time::default(), vec![told.clone()]) else {
        panic!()
    };
    assert_eq!(socket, told.to_str().unwrap());
}

#[test]
fn the_one_that_was_served_is_waited_for_as_long_as_it_lives() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("i3")).unwrap();
    let us = std::process::id();
    let ours = directory.path().join(format!("i3/ipc-socket.{us}"));
    let listener = UnixListener::bind(&ours).unwrap();
    let (poll, mut wm) = rig(directory.path());
    let connect = |wm: &mut WindowManager, served| wm.connect(poll.registry(), Time::default(), served);
    assert!(matches!(connect(&mut wm, None), Some(Event::WmConnected { .. })));
    // It restarts in place: for a while it has no socket.
    drop(listener);
    fs::remove_file(&ours).unwrap();
    assert_eq!(connect(&mut wm, Some(us)), None);
    assert!(wm.asks_others());
    let Some(Event::WmUnavailable { reason }) = wm.told(poll.registry(), Time::default(), Vec::new()) else { panic!() };
    assert!(reason.contains(&format!("waiting for process {us}")), "{reason}");
    assert!(wm.previous.excludes(Some(1)) && !wm.previous.excludes(Some(us)));
    let _listener = UnixListener::bind(&ours).unwrap();
    assert!(matches!(connect(&mut wm, Some(us)), Some(Event::WmConnected { .. })));
    // Nobody ever read it: then it is a window manager like any other.
    assert!(matches!(connect(&mut wm, None), Some(Event::WmConnected { .. })));
    assert!(!wm.previous.excludes(Some(1)));
}

#[test]
fn what_another_daemon_serves_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("i3")).unwrap();
    let listener = UnixListener::bind(directory.path().join("i3/ipc-socket.7")).unwrap();
    let ((first_poll, mut first), (poll, mut second)) = (rig(directory.path()), rig(directory.path()));
    assert!(matches!(first.connect(first_poll.registry(), Time::default(), None), Some(Event::WmConnected { .. })));
    assert_eq!(second.connect(poll.registry(), Time::default(), None), None);
    assert!(!second.is_connected() && !second.asks_others());
    let (_served, _) = listener.accept().unwrap();
    let (mut looked_at, _) = listener.accept().unwrap();
    assert_eq!(looked_at.read(&mut [0; 16]).unwrap(), 0, "something was sent");
}

#[test]
fn the_end_of_the_stream_is_an_event() {
    let Served { directory: _directory, listener, mut poll, mut wm } = served();
    drop(listener.accept().unwrap());
    assert!(matches!(next(&mut poll, &mut wm), Event::WmLost { .. }));
    assert!(!wm.is_ready());
}

#[test]
fn commands_that_are_unheard_go_out_on_a_connection_that_has_taken_over() {
    let Served { directory, listener, mut poll, mut wm } = served();
    let unheard = WmRequest::Unheard { text: "nop".into(), unheard: &["window"], heard: &["tick"] };
    let done: &[u8] = b"{\"success\":true}";
    let answers = [frame(0, b"[{\"success\":true}]"), frame(2, done)].concat();
    let told = |text: &str| frame(1 << 31 | 7, format!("{{\"first\":false,\"payload\":\"{text}\"}}").as_bytes());
    let asks = |from: &mut std::os::unix::net::UnixStream, request: &WmRequest| {
        let expected = encode(request);
        let mut bytes = vec![0; expected.len()];
        from.read_exact(&mut bytes).unwrap();
        assert_eq!(bytes, expected);
    };
    let settle = |poll: &mut Poll, wm: &mut WindowManager| {
        let mut events = Events::with_capacity(4);
        poll.poll(&mut events, Some(Duration::from_secs(5))).unwrap();
        events.iter().for_each(|event| wm.stir(event));
        wm.next(poll.registry())
    };
    let ticked = |text: &str| Event::WmEvent(WmEvent::Tick { first: false, payload: text.to_owned() });

    let (mut old, _) = listener.accept().unwrap();
    assert!(wm.send(poll.registry(), Ticket(1), &unheard).is_none());
    let (mut new, _) = listener.accept().unwrap();
    asks(&mut new, &WmRequest::Subscribe(&["tick"]));
    new.write_all(&[frame(2, done), told("both")].concat()).unwrap();
    assert_eq!(settle(&mut poll, &mut wm), None);
    let mark = format!("i3pm-handover-{}-1", std::process::id());
    asks(&mut new, &WmRequest::Tick(mark.clone()));
    new.write_all(&[told(&mark), frame(10, done), told("new")].concat()).unwrap();
    old.write_all(&[told("both"), told(&mark), told("new")].concat()).unwrap();
    assert_eq!(next(&mut poll, &mut wm), ticked("both"));
    assert_eq!(next(&mut poll, &mut wm), ticked("new"));
    assert_eq!(old.read(&mut [0; 16]).unwrap(), 0, "the old one is still there");
    asks(&mut new, &unheard);
    new.write_all(&answers).unwrap();
    assert!(matches!(next(&mut poll, &mut wm), Event::WmReply { ticket: Ticket(1), .. }));

    // A new one that ends is none, and so is one that is not to be had.
    assert!(wm.send(poll.registry(), Ticket(2), &unheard).is_none());
    drop(listener.accept().unwrap());
    assert_eq!(settle(&mut poll, &mut wm), None);
    asks(&mut new, &unheard);
    new.write_all(&answers).unwrap();
    assert!(matches!(next(&mut poll, &mut wm), Event::WmReply { ticket: Ticket(2), .. }));
    drop(listener);
    fs::remove_file(directory.path().join(SOCKET)).unwrap();
    assert!(wm.send(poll.registry(), Ticket(3), &unheard).is_none());
    asks(&mut new, &unheard);
    new.write_all(&answers).unwrap();
    assert!(matches!(next(&mut poll, &mut wm), Event::WmReply { ticket: Ticket(3), .. }));
    drop(new);
    assert!(matches!(next(&mut poll, &mut wm), Event::WmLost { .. }));
}

#[test]
fn a_request_arrives_whole_also_when_the_socket_is_small() {
    let Served { directory: _directory, listener, mut poll, mut wm } = served();
    rustix::net::sockopt::set_socket_send_buffer_size(wm.connection.as_ref().unwrap().parts().0, 4096).unwrap();
    let (mut server, _) = listener.accept().unwrap();
    let text = "nop ".repeat(50_000);
    assert!(wm.send(poll.registry(), Ticket(1), &WmRequest::Command(text.clone())).is_none());
    assert!(wm.connection.as_ref().unwrap().parts().1 > 0, "it went out at once");
    let server = std::thread::spawn(move || {
        let mut message = vec![0; 14 + 200_000];
        server.read_exact(&mut message).unwrap();
        server.write_all(&frame(0, b"[{\"success\":true}]")).unwrap();
        (message, server)
    });
    let event = next(&mut poll, &mut wm);
    assert!(matches!(event, Event::WmReply { ticket: Ticket(1), .. }), "{event:?}");
    let (message, _server) = server.join().unwrap();
    assert_eq!(&message[14..], text.as_bytes());
}
