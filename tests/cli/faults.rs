//! What goes wrong, and the exit code and the words it gets.

use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::net::{AddressFamily, SocketAddrUnix, SocketType};
use serde_json::json;

use crate::server::{Answer, Ran, Server, command, run};

/// Longer than any deadline here, for a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(20);
const VERSION: &str = env!("CARGO_PKG_VERSION");

#[test]
fn no_daemon() {
    let directory = tempfile::tempdir().unwrap();
    let socket = directory.path().join("none");
    let message = run(&socket, &["ping"]).bad(3);
    // Nobody is sent to a service manager that is not there.
    assert!(message.contains("there is no such socket") && message.trim_end().ends_with("; run `i3pmd`"), "{message}");
    std::fs::write(directory.path().join("systemctl"), "").unwrap();
    let output = command(&socket, &["ping"]).env("PATH", directory.path()).output().unwrap();
    assert!(Ran::of(&output).bad(3).contains("systemctl --user start i3pm"));
    assert_eq!(run(&socket, &[]).code, 3);

    // A socket file whose daemon died.
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    let message = run(&socket, &["status"]).bad(3);
    assert!(message.contains("nobody listens on it") && message.contains("i3pmd"), "{message}");

    // The place is found by XDG_RUNTIME_DIR as well, and --socket wins over both.
    let output =
        command(&socket, &["ping"]).env_remove("I3PM_SOCKET").env("XDG_RUNTIME_DIR", "/run/x").output().unwrap();
    assert!(Ran::of(&output).bad(3).contains("/run/x/i3pm/ipc.sock"));
    assert!(run(&socket, &["ping", "--socket", "/nowhere"]).bad(3).contains("/nowhere"));
}

#[test]
fn errors_as_json() {
    let message = run(Path::new("/nowhere"), &["ping", "--json"]).bad(3);
    let error: serde_json::Value = serde_json::from_str(&message).unwrap();
    assert_eq!(error["error"]["code"], "no_daemon");
    let server = Server::new(|_, _| Answer::Error(-32000, "unknown_project", "no project \"x\"; i3pm project list"));
    let error: serde_json::Value =
        serde_json::from_str(&server.run(&["--json", "project", "show", "x"]).bad(1)).unwrap();
    assert_eq!(error, json!({"error": {"code": "unknown_project", "message": "no project \"x\"; i3pm project list"}}));
}

#[test]
fn wrong_usage() {
    let nowhere = Path::new("/nowhere");
    for arguments in [
        &["frobnicate"][..],
        &["project", "switch"],
        &["project", "create"],
        &["project", "create", "x", "--take", "all"],
        &["project", "update", "x"],
        &["window", "assign"],
        &["window", "assign", "x", "--global"],
        &["window", "assign", "x", "--window", "none"],
        &["subscribe", "weather"],
        &["ping", "--timeout", "0"],
        &["ping", "--timeout", "soon"],
        &["events", "--limit", "-1"],
    ] {
        assert!(run(nowhere, arguments).bad(2).contains("--help"), "{arguments:?}");
    }
    let long = format!("/{}", "x".repeat(120));
    assert!(run(Path::new(&long), &["ping"]).bad(2).contains("107 bytes"));
    for arguments in [&["--help"][..], &["--version"], &["project", "--help"]] {
        assert!(!run(nowhere, arguments).good().is_empty());
    }
}

#[test]
fn a_silent_daemon_is_waited_for_no_longer_than_said() {
    let server = Server::new(|_, _| Answer::Silence);
    let start = Instant::now();
    let message = server.run(&["status", "--timeout", "0.2"]).bad(4);
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(200) && took < PATIENCE, "{took:?}");
    assert!(message.contains("did not answer `status` within 0.2 s") && message.contains("--timeout"), "{message}");
}

#[test]
fn a_daemon_that_drips_is_waited_for_no_longer_than_said() {
    // Bytes that keep coming must not push the deadline out.
    let directory = tempfile::tempdir().unwrap();
    let socket = directory.path().join("s");
    let listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let server = std::thread::spawn(move || {
        use std::io::Write;
        let (mut stream, _) = listener.accept().unwrap();
        while stream.write_all(b" ").is_ok() {
            std::thread::sleep(Duration::from_millis(10));
        }
    });
    let start = Instant::now();
    assert!(run(&socket, &["ping", "--timeout", "0.2"]).bad(4).contains("within 0.2 s"));
    assert!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
    server.join().unwrap();
}

#[test]
fn a_full_backlog_times_out() {
    let directory = tempfile::tempdir().unwrap();
    let socket = directory.path().join("s");
    let fd = rustix::net::socket(AddressFamily::UNIX, SocketType::STREAM, None).unwrap();
    rustix::net::bind(&fd, &SocketAddrUnix::new(&socket).unwrap()).unwrap();
    rustix::net::listen(&fd, 0).unwrap();
    let _waiting = UnixStream::connect(&socket).unwrap();
    let start = Instant::now();
    let message = run(&socket, &["ping", "--timeout", "0.2"]).bad(4);
    assert!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
    assert!(message.contains("does not accept connections"), "{message}");
}

#[test]
fn a_daemon_that_closes() {
    let server = Server::new(|_, _| Answer::Close);
    assert!(server.run(&["status"]).bad(3).contains("closed the connection"));
    // It says why before it closes, and not as the answer to the call.
    let server = Server::new(|_, _| {
        let error = json!({"code": -32041, "message": "64 peers are served already", "data": {"code": "overloaded"}});
        Answer::Bytes(format!("{}\n", json!({"jsonrpc": "2.0", "id": null, "error": error})).into_bytes())
    });
    assert_eq!(server.run(&["status"]).bad(1), "i3pm: 64 peers are served already\n");
}

#[test]
fn something_else_on_the_socket() {
    for bytes in [&b"HTTP/1.1 400 Bad Request\r\n"[..], b"\xff\xfe\n", b"{}\n", b"[]\n", b"{\"id\":[]}\n"] {
        let server = Server::new(move |_, _| Answer::Bytes(bytes.to_vec()));
        let message = server.run(&["status"]).bad(1);
        assert!(message.contains("does not speak as i3pmd does"), "{message}");
    }
    let server = Server::new(|_, _| Answer::Bytes(vec![b'x'; (16 << 20) + 1]));
    assert!(server.run(&["status", "--timeout", "20"]).bad(1).contains("longer than 16777216 bytes"));
}

#[test]
fn answers_to_others_are_passed_over() {
    let server = Server::new(|_, call| {
        let (id, other) = (&call["id"], 99);
        let lines = [
            json!({"jsonrpc": "2.0", "method": "notice", "params": {"seq": 1, "epoch": "e", "topic": "new"}}),
            json!({"jsonrpc": "2.0", "id": other, "result": {"version": "9", "protocol": 9, "epoch": "x"}}),
            json!({"jsonrpc": "2.0", "id": id, "result": {"version": VERSION, "protocol": 1, "epoch": "x", "new": 1}}),
        ];
        Answer::Bytes(lines.iter().map(|line| format!("{line}\n")).collect::<String>().into_bytes())
    });
    assert_eq!(server.run(&["ping"]).good(), format!("i3pmd {VERSION} answers, protocol 1\n"));
}

#[test]
fn a_refusal_is_told_as_it_came() {
    let server = Server::new(|_, _| Answer::Error(-32000, "unknown_project", "no project \"x\x1b[2J\"; see"));
    assert_eq!(server.run(&["project", "switch", "x"]).bad(1), "i3pm: no project \"x\\u{1b}[2J\"; see\n");
    let server = Server::new(|_, _| Answer::Error(-32011, "wm_timeout", "i3 did not answer"));
    assert_eq!(server.run(&["project", "switch", "x"]).bad(4), "i3pm: i3 did not answer\n");
}

#[test]
fn versions_that_differ() {
    let server = Server::with_result(json!({"version": "9.9.9", "protocol": 1, "epoch": "x"}));
    let ran = server.run(&["ping"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "i3pmd 9.9.9 answers, protocol 1\n"));
    assert!(ran.stderr.contains(&format!("this is i3pm {VERSION}, and the daemon is i3pmd 9.9.9")), "{}", ran.stderr);

    // A refusal that may come of the difference says so; one that cannot does not.
    for (number, name, hinted) in
        [(-32601, "method_not_found", true), (-32602, "invalid_params", true), (-32000, "unknown_project", false)]
    {
        let server = Server::new(move |method, _| match method {
            "ping" => Answer::Result(json!({"version": "9.9.9", "protocol": 1, "epoch": "x"})),
            _ => Answer::Error(number, name, "no"),
        });
        let message = server.run(&["project", "switch", "web"]).bad(1);
        assert_eq!(message.contains("the daemon is i3pmd 9.9.9"), hinted, "{message}");
    }

    // So does an answer that this version does not understand.
    let server = Server::new(|method, _| match method {
        "ping" => Answer::Result(json!({"version": "9.9.9", "protocol": 2, "epoch": "x"})),
        _ => Answer::Result(json!({"projects": 3})),
    });
    let message = server.run(&["project", "list"]).bad(1);
    assert!(message.contains("does not understand") && message.contains("9.9.9"), "{message}");
}

#[test]
fn a_reader_that_has_gone_is_no_fault() {
    let windows: Vec<_> = (0..20_000).map(|id| json!({"id": id, "title": "x".repeat(50)})).collect();
    let server = Server::with_result(json!({"windows": windows}));
    let (reader, writer) = rustix::pipe::pipe().unwrap();
    drop(reader);
    let output = command(&server.socket(), &["windows", "--json"]).stdout(writer).output().unwrap();
    // It ends as programs of pipes do.
    assert_eq!((output.status.signal(), output.stderr.as_slice()), (Some(13), &[][..]));
}

#[test]
fn a_full_disk_is_one() {
    let server = Server::with_result(json!({"projects": []}));
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = command(&server.socket(), &["project", "list", "--json"]).stdout(full).output().unwrap();
    assert!(Ran::of(&output).bad(1).contains("cannot write the answer"));
}

#[test]
fn rescue_without_a_window_manager() {
    let directory = tempfile::tempdir().unwrap();
    let rescue = |arguments: &[&str]| {
        let output = command(Path::new("/nowhere"), &[&["rescue"], arguments].concat())
            .env("XDG_RUNTIME_DIR", directory.path())
            .env("SWAYSOCK", directory.path().join("sway.sock"))
            .output();
        Ran::of(&output.unwrap()).bad(1)
    };
    // Only what was named is tried: what lies in /tmp of this machine is none of this test.
    let message = rescue(&["--wm-socket", "/nowhere/i3.sock"]);
    assert!(message.contains("no window manager answers: /nowhere/i3.sock: "), "{message}");
    assert!(message.contains("/nowhere/i3.sock") && !message.contains("sway.sock"), "{message}");
}

#[test]
fn a_daemon_that_starts_or_stops_is_asked_again_once_and_one_that_is_gone_only_what_changes_nothing() {
    let counted = |first: fn() -> Answer| {
        let count = std::sync::atomic::AtomicUsize::new(0);
        Server::new(move |_, _| match count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
            0 => first(),
            _ => Answer::Error(-32014, "superseded", "a newer one came"),
        })
    };
    let stopping = || Answer::Error(-32021, "stopping", "the daemon is stopping");
    let starting = || Answer::Error(-32020, "starting", "the daemon is still reading its files");
    for (first, arguments, calls) in [
        (stopping as fn() -> Answer, ["project", "current"], 2),
        (stopping, ["project", "clear"], 2),
        (starting, ["project", "current"], 2),
        (starting, ["project", "clear"], 2),
        (|| Answer::Close, ["project", "current"], 2),
        (|| Answer::Close, ["project", "clear"], 1),
    ] {
        let server = counted(first);
        let ran = server.run(&arguments);
        assert_eq!(server.calls().len(), calls, "{arguments:?}: {ran:?}");
    }
    let server = Server::new(move |_, _| stopping());
    assert!(server.run(&["project", "current"]).bad(1).contains("is stopping"));
    assert_eq!(server.calls().len(), 2);
}
