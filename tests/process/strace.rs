//! strace, attached to all threads of a process.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::rig::wait_for;

/// It is attached until this ends.
pub struct Strace {
    strace: Child,
    output: PathBuf,
}

impl Strace {
    /// Attach to a process of ours; what it sees goes to the file `output`.
    pub fn attach(pid: u32, output: PathBuf, options: &[&str]) -> Strace {
        let mut command = Command::new("strace");
        command.args(["-f", "-p", &pid.to_string()]).args(options).arg("-o").arg(&output);
        let mut strace = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().expect("strace is installed");
        let mut reader = BufReader::new(strace.stderr.take().unwrap());
        let mut said = String::new();
        reader.read_line(&mut said).unwrap();
        assert!(said.contains("attached"), "strace cannot attach to a process of ours: {said}");
        // What it says later must find room.
        std::thread::spawn(move || std::io::copy(&mut reader, &mut std::io::sink()));
        for thread in fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten() {
            wait_for("strace at every thread", || {
                let status = fs::read_to_string(thread.path().join("status")).unwrap_or_default();
                (!status.contains("TracerPid:\t0\n")).then_some(())
            });
        }
        Strace { strace, output }
    }

    /// What it has seen so far, a line each.
    pub fn seen(&self) -> String {
        fs::read_to_string(&self.output).unwrap_or_default()
    }

    /// Let go of the process: what was seen.
    pub fn end(mut self) -> String {
        kill_process(Pid::from_child(&self.strace), Signal::INT).unwrap();
        self.strace.wait().unwrap();
        self.seen()
    }
}

impl Drop for Strace {
    /// Also where a test fails: nobody is traced on.
    fn drop(&mut self) {
        let _ = self.strace.kill();
        let _ = self.strace.wait();
    }
}
