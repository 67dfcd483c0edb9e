//! A server that answers as the test says, and the `i3pm` that asks it.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use serde_json::{Value, json};

/// What the server does with a call.
pub enum Answer {
    /// Answers it with this result.
    Result(Value),
    /// Refuses it: number, name and sentence.
    Error(i32, &'static str, &'static str),
    /// Writes these bytes as they are.
    Bytes(Vec<u8>),
    /// Says nothing and keeps the connection.
    Silence,
    /// Closes the connection.
    Close,
}

/// A listening socket and the thread behind it. Connections are served one after the other.
pub struct Server {
    directory: tempfile::TempDir,
    calls: Arc<Mutex<Vec<Value>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Answer each call as `answer` says; it gets the method and the whole call.
    pub fn new(answer: impl Fn(&str, &Value) -> Answer + Send + 'static) -> Server {
        let directory = tempfile::tempdir().expect("a directory");
        let listener = UnixListener::bind(directory.path().join("s")).expect("a socket");
        let calls = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let thread = std::thread::spawn({
            let (calls, stop) = (Arc::clone(&calls), Arc::clone(&stop));
            move || {
                for stream in listener.incoming() {
                    if stop.load(Ordering::SeqCst) {
                        return;
                    }
                    serve(&stream.expect("a connection"), &calls, &answer);
                }
            }
        });
        Server { directory, calls, stop, thread: Some(thread) }
    }

    /// Answer every call with the same result.
    pub fn with_result(result: Value) -> Server {
        Server::new(move |_, _| Answer::Result(result.clone()))
    }

    pub fn socket(&self) -> PathBuf {
        self.directory.path().join("s")
    }

    /// Every call that came, without what all of them have.
    pub fn calls(&self) -> Vec<Value> {
        self.calls.lock().expect("no panic under the lock").clone()
    }

    /// Run `i3pm` against this server.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        run(&self.socket(), arguments)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = UnixStream::connect(self.socket());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(stream: &UnixStream, calls: &Mutex<Vec<Value>>, answer: &impl Fn(&str, &Value) -> Answer) {
    let mut writer = stream;
    for line in BufReader::new(stream).lines() {
        let Ok(line) = line else { return };
        let call: Value = serde_json::from_str(&line).expect("a call is JSON");
        assert_eq!(call["jsonrpc"], "2.0");
        let id = call["id"].clone();
        calls.lock().expect("no panic under the lock").push(match call.get("params") {
            Some(params) => json!([call["method"], params]),
            None => json!([call["method"]]),
        });
        let bytes = match answer(call["method"].as_str().expect("a method"), &call) {
            Answer::Result(result) => {
                format!("{}\n", json!({"jsonrpc": "2.0", "id": id, "result": result})).into_bytes()
            }
            Answer::Error(number, name, message) => {
                let error = json!({"code": number, "message": message, "data": {"code": name}});
                format!("{}\n", json!({"jsonrpc": "2.0", "id": id, "error": error})).into_bytes()
            }
            Answer::Bytes(bytes) => bytes,
            Answer::Silence => continue,
            Answer::Close => return,
        };
        // A client that has gone is not the server's concern.
        if writer.write_all(&bytes).is_err() {
            return;
        }
    }
}

/// What a run of `i3pm` brought.
#[derive(Debug, PartialEq, Eq)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    pub fn of(output: &Output) -> Ran {
        Ran {
            code: output.status.code().expect("no signal ended it"),
            stdout: String::from_utf8(output.stdout.clone()).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr.clone()).expect("UTF-8"),
        }
    }

    /// The output of a run that went well and had nothing to complain of.
    #[track_caller]
    pub fn good(self) -> String {
        assert_eq!((self.code, self.stderr.as_str()), (0, ""), "{}", self.stdout);
        self.stdout
    }

    /// The message of a run that went wrong this way and printed nothing else.
    #[track_caller]
    pub fn bad(self, code: i32) -> String {
        assert_eq!((self.code, self.stdout.as_str()), (code, ""), "{}", self.stderr);
        self.stderr
    }
}

/// An `i3pm` that knows of nothing but the socket.
pub fn command(socket: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_i3pm"));
    command.env_clear().env("I3PM_SOCKET", socket).env("HOME", "/home/ann").args(arguments).stdin(Stdio::null());
    command
}

pub fn run(socket: &Path, arguments: &[&str]) -> Ran {
    Ran::of(&command(socket, arguments).output().expect("i3pm runs"))
}
