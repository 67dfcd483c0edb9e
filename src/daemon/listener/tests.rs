use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream as StdStream;

use super::*;
use crate::api::BACKLOG_MAX;

fn listen(path: &Path) -> Result<Listener, ListenError> {
    Listener::bind_patiently(path, |_| {})
}

#[test]
fn the_socket_is_for_us_alone_and_leaves_with_us() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("i3pm/ipc.sock");
    let listener = listen(&path).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    drop(listener);
    assert!(!path.exists());
}

#[test]
fn a_dead_daemon_is_replaced_and_somebody_elses_socket_is_not_removed_with_us() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ipc.sock");
    let dead = StdListener::bind(&path).unwrap();
    drop(dead);
    let living = listen(&path).unwrap();
    fs::remove_file(&path).unwrap();
    let _usurper = StdListener::bind(&path).unwrap();
    drop(living);
    assert!(path.exists());
}

/// Somebody at `path` who answers each question with the next of these phases, and is gone
/// after the last.
fn incumbent(path: &Path, phases: &'static [&'static str]) -> std::thread::JoinHandle<()> {
    use std::io::{BufRead, BufReader, Write};
    let listener = StdListener::bind(path).unwrap();
    let path = path.to_owned();
    std::thread::spawn(move || {
        for phase in phases {
            let mut peer = BufReader::new(listener.accept().unwrap().0);
            peer.read_line(&mut String::new()).unwrap();
            let answer = format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{{\"phase\":\"{phase}\"}}}}\n");
            peer.get_mut().write_all(answer.as_bytes()).unwrap();
        }
        fs::remove_file(path).unwrap();
    })
}

#[test]
fn who_serves_is_left_alone_and_who_is_stopping_waited_for() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ipc.sock");
    let serving = incumbent(&path, &["running"]);
    let Err(ListenError::Occupied { other }) = listen(&path) else { panic!("stolen") };
    assert_eq!(other.pid, Some(std::process::id()));
    serving.join().unwrap();

    let stopping = incumbent(&path, &["draining", "restoring", "flushing"]);
    let mut told = Vec::new();
    let listener = Listener::bind_patiently(&path, |text| told.push(text)).unwrap();
    stopping.join().unwrap();
    assert!(listener.place.as_ref().unwrap().is_ours());
    assert!(told.len() == 1 && told[0].contains("is stopping"), "{told:?}");
}

fn restored(listener: &mut Listener, poll: &mio::Poll, now: Time) -> Option<String> {
    // Those who wait at the old socket are taken first.
    while matches!(listener.accept(now), Accepted::Peer(..)) {}
    listener.stir_place();
    let tokens = Tokens { peers: Token(1), place: Token(2) };
    listener.keep_place(poll.registry(), tokens, now)
}

#[test]
fn a_path_that_was_taken_away_is_bound_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("i3pm/ipc.sock");
    let poll = mio::Poll::new().unwrap();
    let mut listener = listen(&path).unwrap();
    listener.register(poll.registry(), Tokens { peers: Token(1), place: Token(2) }).unwrap();
    let now = Time::default();
    assert_eq!(restored(&mut listener, &poll, now), None);
    for _ in 0..2 {
        fs::remove_dir_all(path.parent().unwrap()).unwrap();
        assert!(restored(&mut listener, &poll, now).unwrap().contains("made again"));
        assert_eq!((restored(&mut listener, &poll, now), listener.place_deadline()), (None, None));
        let _peer = StdStream::connect(&path).unwrap();
        listener.readable = true;
        assert!(matches!(listener.accept(now), Accepted::Peer(..)));
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
    }
}

#[test]
fn who_took_our_path_is_left_there_and_it_is_ours_again_when_he_is_gone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ipc.sock");
    let poll = mio::Poll::new().unwrap();
    let mut listener = listen(&path).unwrap();
    listener.register(poll.registry(), Tokens { peers: Token(1), place: Token(2) }).unwrap();
    fs::remove_file(&path).unwrap();
    let usurper = StdListener::bind(&path).unwrap();
    let told = restored(&mut listener, &poll, Time::default()).unwrap();
    assert!(told.contains(&format!("pid {}", std::process::id())), "{told}");
    let again = listener.place_deadline().unwrap();
    assert_eq!(restored(&mut listener, &poll, again), None, "it is said once");
    drop(usurper);
    let again = listener.place_deadline().unwrap();
    assert!(restored(&mut listener, &poll, again).unwrap().contains("made again"));
    drop(listener);
    assert!(!path.exists());
}

#[test]
fn what_is_no_socket_is_not_removed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ipc.sock");
    fs::write(&path, "precious").unwrap();
    let Err(ListenError::Failed(sentence)) = listen(&path) else { panic!("replaced") };
    assert!(sentence.contains("ipc.sock"), "{sentence}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
}

#[test]
fn who_connects_without_end_waits_behind_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ipc.sock");
    let _listener = listen(&path).unwrap();
    let connect = || {
        let flags = rustix::net::SocketFlags::NONBLOCK;
        let kind = rustix::net::SocketType::STREAM;
        let socket = rustix::net::socket_with(rustix::net::AddressFamily::UNIX, kind, flags, None).unwrap();
        rustix::net::connect(&socket, &rustix::net::SocketAddrUnix::new(&path).unwrap()).map(|()| socket)
    };
    let waiting: Vec<_> = std::iter::from_fn(|| connect().ok()).take(2 * BACKLOG_MAX).collect();
    assert!((BACKLOG_MAX..=BACKLOG_MAX + 1).contains(&waiting.len()), "{}", waiting.len());
    assert_eq!(connect().unwrap_err(), Errno::AGAIN);
}

#[test]
fn peers_are_taken_until_none_waits() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ipc.sock");
    let mut listener = listen(&path).unwrap();
    let _one = std::os::unix::net::UnixStream::connect(&path).unwrap();
    let Accepted::Peer(_, process) = listener.accept(Time::default()) else { panic!("nobody") };
    assert_eq!(process.pid, Some(std::process::id()));
    assert!(listener.is_ready());
    assert!(matches!(listener.accept(Time::default()), Accepted::None));
    assert!(!listener.is_ready());
}
