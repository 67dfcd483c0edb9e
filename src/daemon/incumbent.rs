//! Who answers at our path already. Whoever accepts there does not always serve: so it is asked,
//! before the loop begins.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::api::Call;
use crate::wire::rpc::{ServerMessage, decode_answer, encode_call};

/// The phases in which a daemon goes on serving; all others are on its way out.
const SERVING: [&str; 2] = ["starting", "running"];
/// The longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// What it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Incumbent {
    /// It serves, and goes on doing so.
    Serves,
    /// It is on its way out, or gone already.
    Leaving,
    /// It has not answered in time.
    Silent,
}

/// Ask whoever is at the other end, for `limit` at most.
#[must_use]
pub fn ask(stream: &mut UnixStream, limit: Duration) -> Incumbent {
    let until = Instant::now() + limit;
    let question = encode_call(1, &Call::Status);
    // It fits in the buffer of a socket that was just made. If it is closed on us, so will the
    // read be.
    let _ = stream.set_write_timeout(Some(limit)).and_then(|()| stream.write_all(question.as_bytes()));
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some(end) = answer.iter().position(|byte| *byte == b'\n') {
            return understand(&String::from_utf8_lossy(&answer[..end]));
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() || answer.len() > ANSWER_BYTES_MAX || stream.set_read_timeout(Some(left)).is_err() {
            return Incumbent::Silent;
        }
        match stream.read(&mut buffer) {
            Ok(0) => return Incumbent::Leaving,
            Ok(count) => answer.extend_from_slice(&buffer[..count]),
            Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => {}
            Err(_) => return Incumbent::Leaving,
        }
    }
}

fn understand(line: &str) -> Incumbent {
    match decode_answer(line) {
        Ok(ServerMessage::Answer { result: Ok(status), .. }) => match status.get("phase").and_then(Value::as_str) {
            Some(phase) if !SERVING.contains(&phase) => Incumbent::Leaving,
            _ => Incumbent::Serves,
        },
        Ok(ServerMessage::Answer { result: Err(error), .. }) if error.name() == Some("stopping") => Incumbent::Leaving,
        // It turns us away, or speaks as a daemon of another version does: so it serves.
        _ => Incumbent::Serves,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What we take somebody for who answers so, and then hangs up or does not.
    fn asked(answer: &str, hangs_up: bool) -> Incumbent {
        let (mut ours, mut theirs) = UnixStream::pair().unwrap();
        theirs.write_all(answer.as_bytes()).unwrap();
        let kept = (!hangs_up).then_some(theirs);
        let incumbent = ask(&mut ours, Duration::from_millis(50));
        drop(kept);
        incumbent
    }

    #[test]
    fn who_says_that_it_serves_does_and_who_is_stopping_leaves() {
        let status = |phase: &str| format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{{\"phase\":\"{phase}\"}}}}\n");
        for (phase, said) in [
            ("starting", Incumbent::Serves),
            ("running", Incumbent::Serves),
            ("draining", Incumbent::Leaving),
            ("restoring", Incumbent::Leaving),
            ("stopped", Incumbent::Leaving),
        ] {
            assert_eq!(asked(&status(phase), false), said, "{phase}");
        }
        let refusal = |code: &str| {
            let data = format!("{{\"code\":\"{code}\"}}");
            format!("{{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{{\"code\":-1,\"message\":\"x\",\"data\":{data}}}}}\n")
        };
        assert_eq!(asked(&refusal("stopping"), false), Incumbent::Leaving);
        assert_eq!(asked(&refusal("too_many_peers"), false), Incumbent::Serves, "it is full, not gone");
    }

    #[test]
    fn who_hangs_up_leaves_and_who_says_nothing_is_silent() {
        assert_eq!(asked("", true), Incumbent::Leaving);
        assert_eq!(asked("{\"half", true), Incumbent::Leaving);
        assert_eq!(asked("", false), Incumbent::Silent);
        assert_eq!(asked("{\"half", false), Incumbent::Silent);
    }
}
