//! Where notes go: to journald with their fields when stderr is the journal, to stderr as lines of
//! text otherwise.
//!
//! Both may block (a full journal socket, a terminal that is stopped), so a thread of slog-async
//! does the writing; what does not fit its queue is dropped and counted. When stderr is gone, lines
//! are counted and nothing else happens.

use std::fmt::Write;
use std::io;
use std::os::linux::fs::MetadataExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use slog::{Drain, KV, Logger, Never, OwnedKVList, Record, Serializer, o};

use crate::api::LogStatus;
use crate::core::{Level, Note};

/// Lines that may wait to be written.
const LINES_MAX: usize = 512;
/// The longest text of a line or a field, in bytes; what is beyond is cut.
const TEXT_BYTES_MAX: usize = 8 * 1024;

/// The log.
pub struct Log {
    logger: Logger,
    level: Level,
    journal: bool,
    lost: Arc<AtomicU64>,
    guard: Option<slog_async::AsyncGuard>,
}

impl Log {
    /// The log of this process, for notes of at least this level.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn open(level: Level) -> io::Result<Log> {
        // slog-async panics if it gets none.
        let trial = std::thread::Builder::new().name("log".into()).spawn(|| ())?;
        let _ = trial.join();
        let lost = Arc::new(AtomicU64::new(0));
        let journal = stderr_is_the_journal();
        let (drain, guard) = if journal {
            // Its own CODE_ fields would say that every line was written here.
            queue(slog_journald::JournaldDrain::default().emit_code_fields(false), &lost)
        } else {
            let decorator = slog_term::PlainSyncDecorator::new(std::io::stderr());
            queue(slog_term::FullFormat::new(decorator).use_original_order().build(), &lost)
        };
        let logger = Logger::root(Counting { drain, lost: Arc::clone(&lost) }, o!());
        Ok(Log { logger, level, journal, lost, guard: Some(guard) })
    }

    /// Write a note, if it matters enough.
    pub fn note(&self, note: &Note) {
        if note.level < self.level {
            return;
        }
        // journald's priorities are one finer than slog's levels; shifted by one, ours come out
        // under their own names.
        let level = match (note.level, self.journal) {
            (Level::Debug, true) => slog::Level::Trace,
            (Level::Debug, false) | (Level::Info, true) => slog::Level::Debug,
            (Level::Info, false) => slog::Level::Info,
            (Level::Warning, _) => slog::Level::Warning,
            (Level::Error, _) => slog::Level::Error,
        };
        let fields = Fields { note, journal: self.journal };
        let place = slog::record_static!(level, "");
        let text = printable(&note.text);
        self.logger.log(&Record::new(&place, &format_args!("{text}"), slog::BorrowedKV(&fields)));
    }

    /// Write a line without fields.
    #[track_caller]
    pub fn line(&self, level: Level, kind: &'static str, text: impl Into<String>) {
        if level >= self.level {
            self.note(&Note::new(level, kind, text));
        }
    }

    /// Where lines go, and how many could not be written.
    #[must_use]
    pub fn status(&self) -> LogStatus {
        let sink = if self.journal { "journal" } else { "stderr" };
        LogStatus { sink: sink.to_owned(), lost: self.lost.load(Ordering::Relaxed) }
    }

    /// Write what waits, for at most `limit`: a log that is stuck must not keep the process alive.
    pub fn close(mut self, limit: Duration) {
        let Some(guard) = self.guard.take() else { return };
        let (done, finished) = mpsc::channel::<Never>();
        // The guard waits without a limit, so a thread that nobody waits for drops it.
        let waiter = std::thread::Builder::new().name("log-close".into()).spawn(move || {
            drop(guard);
            drop(done);
        });
        if waiter.is_ok() {
            let _ = finished.recv_timeout(limit);
        }
    }
}

impl std::fmt::Debug for Log {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Log").field("level", &self.level).field("journal", &self.journal).finish()
    }
}

/// The text with its control characters escaped, and cut if it is too long.
#[must_use]
pub fn printable(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for character in text.chars() {
        if result.len() >= TEXT_BYTES_MAX {
            result.push('…');
            break;
        }
        // Beside the control characters, those that turn the direction of text around.
        if character.is_control() || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') {
            result.extend(character.escape_default());
        } else {
            result.push(character);
        }
    }
    result
}

/// The journal says which device and inode its stream has; stderr may have been pointed elsewhere
/// since.
fn stderr_is_the_journal() -> bool {
    let Ok(stream) = std::env::var("JOURNAL_STREAM") else { return false };
    let Some((device, inode)) = stream.split_once(':') else { return false };
    let Ok(stderr) = std::fs::metadata("/proc/self/fd/2") else { return false };
    device.parse() == Ok(stderr.st_dev()) && inode.parse() == Ok(stderr.st_ino())
}

fn queue<D>(drain: D, lost: &Arc<AtomicU64>) -> (slog_async::AsyncCore, slog_async::AsyncGuard)
where
    D: Drain<Ok = ()> + Send + 'static,
{
    // `AsyncCore` says when the queue is full; `Async` itself would keep that number to itself.
    slog_async::AsyncCore::custom(Counting { drain, lost: Arc::clone(lost) })
        .chan_size(LINES_MAX)
        .thread_name("log".into())
        .build_with_guard()
}

/// Counts what the drain inside refuses; slog's own `fuse` would panic.
struct Counting<D> {
    drain: D,
    lost: Arc<AtomicU64>,
}

impl<D: Drain> Drain for Counting<D> {
    type Ok = ();
    type Err = Never;

    fn log(&self, record: &Record<'_>, values: &OwnedKVList) -> Result<(), Never> {
        if self.drain.log(record, values).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
}

struct Fields<'a> {
    note: &'a Note,
    journal: bool,
}

impl KV for Fields<'_> {
    fn serialize(&self, _record: &Record<'_>, serializer: &mut dyn Serializer) -> slog::Result {
        // slog-async hands them on from the last to the first.
        for (name, value) in self.note.fields.iter().rev() {
            let mut value = printable(value);
            if !self.journal && (value.is_empty() || value.contains([' ', ',', ':'])) {
                // A reader of a line of text must see where a value ends.
                let bare = std::mem::take(&mut value);
                let _ = write!(value, "{bare:?}");
            }
            serializer.emit_str(name, &value)?;
        }
        serializer.emit_str("kind", self.note.kind)?;
        if !self.journal {
            return Ok(());
        }
        if let Some(phase) = self.note.phase {
            serializer.emit_str("phase", phase)?;
        }
        if let Some(id) = super::catalog::message_id(self.note.kind) {
            serializer.emit_str("MESSAGE_ID", id)?;
        }
        serializer.emit_str("CODE_FILE", self.note.place.file())?;
        serializer.emit_u32("CODE_LINE", self.note.place.line())?;
        serializer.emit_str("SYSLOG_IDENTIFIER", "i3pmd")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_do_not_reach_a_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\nc\u{202e}d é"), "a\\u{1b}[2Jb\\nc\\u{202e}d é");
    }

    #[test]
    fn a_long_text_is_cut() {
        let text = printable(&"x".repeat(3 * TEXT_BYTES_MAX));
        assert_eq!(text.len(), TEXT_BYTES_MAX + '…'.len_utf8());
    }

    /// A drain that takes nothing, for ever.
    struct Stuck(std::sync::Mutex<mpsc::Receiver<()>>);

    impl Drain for Stuck {
        type Ok = ();
        type Err = Never;
        fn log(&self, _: &Record<'_>, _: &OwnedKVList) -> Result<(), Never> {
            let _ = self.0.lock().map(|receiver| receiver.recv());
            Ok(())
        }
    }

    #[test]
    fn a_stuck_log_neither_blocks_nor_keeps_the_process() {
        let (_never, receiver) = mpsc::channel();
        let lost = Arc::new(AtomicU64::new(0));
        let (drain, guard) = queue(Stuck(std::sync::Mutex::new(receiver)), &lost);
        let logger = Logger::root(Counting { drain, lost: Arc::clone(&lost) }, o!());
        let log = Log { logger, level: Level::Info, journal: false, lost, guard: Some(guard) };
        let start = std::time::Instant::now();
        for _ in 0..3 * LINES_MAX {
            log.line(Level::Info, "test", "text");
        }
        log.line(Level::Debug, "test", "below the level");
        // One is in the hands of the writer, or none yet.
        let lost = log.status().lost as usize;
        assert!((2 * LINES_MAX - 1..=2 * LINES_MAX).contains(&lost), "{lost} lines are said to be lost");
        log.close(Duration::from_millis(50));
        assert!(start.elapsed() < Duration::from_secs(5));
    }
}
