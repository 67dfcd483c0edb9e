//! What is fuzzed: each function takes any bytes, and panics where something does not hold that must hold for all of them. cargo-fuzz
//! looks for such bytes (`make fuzz`); an ordinary test run gives them the corpora and what comes of small changes to them.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::mem::discriminant;

use i3pm::api::{ApiError, ErrorCode, LINE_BYTES_MAX, OUTBOX_BYTES_MAX};
use i3pm::config;
use i3pm::core::keep::runtime::Runtime;
use i3pm::core::keep::state::LastingState;
use i3pm::core::plan::{self, Before, Hiding, Situation};
use i3pm::core::tree::View;
use i3pm::core::tree::mark::Mark;
use i3pm::core::windows::unwanted::Unwanted;
use i3pm::core::words::wm::HidingPlace;

use i3pm::core::windows::hidden::HiddenContainer;
use i3pm::core::windows::table::Table;
use i3pm::core::windows::window::Coming;
use i3pm::core::{Event, StoreFile, Ticket, WmKind, WmRequest, store_faults};
use i3pm::wire::rpc::{CallIds, Incoming, PeerCodec};
use i3pm::wire::wm::{WmStream, WmStreamError, decode_tree};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::play;

/// A function that takes any bytes.
pub type Target = fn(&[u8]);

/// All of them, by their names.
pub const TARGETS: [(&str, Target); 7] = [
    ("wm_frames", wm_frames),
    ("rpc_lines", rpc_lines),
    ("config_text", config_text),
    ("state_file", state_file),
    ("marks", marks),
    ("core_events", core_events),
    ("trees", trees),
];

/// The first byte says what was asked and in what pieces the others come. In whatever pieces they come, the same is read.
pub fn wm_frames(data: &[u8]) {
    let Some((choice, bytes)) = data.split_first() else { return };
    let request = [
        WmRequest::Tree,
        WmRequest::Config,
        WmRequest::Version,
        WmRequest::Command("nop".into()),
        WmRequest::Subscribe(&["window"]),
        WmRequest::Unheard { text: "nop".into(), unheard: &["window"], heard: &["tick"] },
        WmRequest::Tick(String::new()),
    ][usize::from(choice % 7)]
    .clone();
    let read = |piece: usize| -> (Vec<Event>, Option<WmStreamError>) {
        let mut stream = WmStream::new();
        let _ = stream.send(Ticket(1), &request);
        let (mut events, mut failed) = (Vec::new(), None);
        for piece in bytes.chunks(piece.max(1)) {
            stream.receive(piece);
            loop {
                match stream.next() {
                    Ok(Some(event)) => events.push(event),
                    Ok(None) => break,
                    Err(error) => {
                        assert_eq!(stream.next().as_ref(), Err(&error), "what failed has failed");
                        failed = Some(error);
                        break;
                    }
                }
            }
        }
        (events, failed)
    };
    let ((whole, end), (pieces, end_of_pieces)) = (read(bytes.len()), read(usize::from(choice / 4)));
    assert_same(&whole, &pieces);
    // A wrong beginning is told at its first wrong byte, with those that were there.
    assert_eq!(end.map(|error| discriminant(&error)), end_of_pieces.map(|error| discriminant(&error)));
}

/// `f64`s that are no numbers are not equal to themselves, but look alike.
fn assert_same<T: Debug + PartialEq>(one: &T, other: &T) {
    assert!(one == other || format!("{one:?}") == format!("{other:?}"), "{one:?}\n{other:?}");
}

/// What every answer has. An id comes back as it was written, even a number that is none for most programs.
#[derive(Debug, Deserialize)]
struct Answer<'a> {
    jsonrpc: &'a str,
    #[serde(borrow, rename = "id")]
    _id: &'a RawValue,
}

/// Every call is answered once, every line that goes out is JSON-RPC, and no queue is longer than it may be.
pub fn rpc_lines(data: &[u8]) {
    let Some((choice, bytes)) = data.split_first() else { return };
    let (mut codec, mut ids) = (PeerCodec::new(), CallIds::new());
    let mut output = Vec::new();
    for piece in bytes.chunks(usize::from(*choice).max(1)) {
        codec.receive(piece);
        while let Some(incoming) = codec.next(&mut ids) {
            if let Incoming::Call { call, .. } = incoming {
                codec.answer(call, &Err(ApiError::new(ErrorCode::Stopping, "no"))).expect("room for a small answer");
            }
            assert!(codec.outbox_bytes() <= OUTBOX_BYTES_MAX && codec.inbox_bytes() <= LINE_BYTES_MAX + piece.len());
            output.extend_from_slice(codec.output());
            codec.written(codec.output().len());
        }
    }
    output.extend_from_slice(codec.output());
    for line in output.split_inclusive(|byte| *byte == b'\n') {
        let each: Vec<Answer> = match line[0] {
            b'[' => serde_json::from_slice(line),
            _ => serde_json::from_slice(line).map(|answer| vec![answer]),
        }
        .expect("an answer");
        assert!(!each.is_empty() && each.iter().all(|answer| answer.jsonrpc == "2.0"), "{each:?}");
    }
}

/// Each fault has a place that is in the text. What can be read has none.
pub fn config_text(data: &[u8]) {
    let text = match config::decode("fuzz.toml", data) {
        Ok(text) => text,
        Err(fault) => return assert!(fault.line > 0, "{fault}"),
    };
    let checked = config::check("fuzz.toml", text, Some("/home/ann"));
    for fault in &checked.faults {
        let line =
            text.split('\n').nth(fault.line.saturating_sub(1)).unwrap_or_else(|| panic!("no such line: {fault}"));
        // One past the end is where something is missing.
        assert!(fault.column <= line.chars().count() + 1, "no such column: {fault} in {line:?}");
        assert!(!fault.message.is_empty() && !fault.message.contains('\0'), "{fault:?}");
    }
    assert_eq!(config::parse("fuzz.toml", text, Some("/home/ann")).is_ok(), checked.faults.is_empty());
}

/// What is read is what would be written.
pub fn state_file(data: &[u8]) {
    for file in [StoreFile::Projects, StoreFile::State, StoreFile::Runtime] {
        let faults = store_faults(file, data.to_vec());
        assert!(faults.iter().all(|fault| !fault.at("x").is_empty()));
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(runtime) = Runtime::from_text(text) {
        assert_eq!(Runtime::from_text(&runtime.clone().to_text()), Ok(runtime));
    }
    if let Ok(state) = LastingState::from_text(text) {
        let again = LastingState::from_text(&state.clone().to_text()).expect("what we wrote");
        assert_eq!(again.order_of_use, state.order_of_use);
    }
}

/// A mark that is read says the same when it is written and read again.
pub fn marks(data: &[u8]) {
    let Some(mark) = std::str::from_utf8(data).ok().and_then(Mark::parse) else { return };
    let text = match &mark {
        Mark::Owner(owner) => owner.to_string(),
        Mark::Hidden(hidden) => hidden.to_string(),
    };
    assert_eq!(Mark::parse(&text), Some(mark), "{text}");
}

/// Whatever happens, every call has one answer, nothing is asked twice at a time, and SIGTERM ends it in time.
pub fn core_events(data: &[u8]) {
    play::play(&String::from_utf8_lossy(data));
}

/// Whatever tree a window manager says, the table takes it, twice the same, each window has a number of its own, and what is hidden in it
/// can be brought back, as `i3pm rescue` does.
pub fn trees(data: &[u8]) {
    let Ok(tree) = decode_tree(&String::from_utf8_lossy(data)) else { return };
    let view = View::new(&tree);
    for kind in [WmKind::I3, WmKind::Sway] {
        let mut table = Table::default();
        table.reconcile(kind, &view, Coming::Found);
        let once = table.clone();
        table.reconcile(kind, &view, Coming::Opened);
        assert_eq!(once.windows.len(), table.windows.len(), "a tree is read the same twice");
        let serials: BTreeSet<u64> = table.windows.values().map(|window| window.serial).collect();
        assert_eq!(serials.len(), table.windows.len(), "two windows share a number");
        let situation = Situation { kind, hides_in: HidingPlace::of(kind), view: &view, table: &table };
        let returning: Vec<&HiddenContainer> = table.hidden.iter().collect();
        let mut before = Before::new(&view);
        let _ = plan::prepare(&situation, &[], &returning, &mut before);
        let _ = plan::restore(&situation, &returning, &mut Hiding::default(), None, &before);
        let hides = plan::find_hides(&situation, &|window| Some(Unwanted::Stowed(window.serial)));
        let _ = plan::vault_step(&situation, &hides, &before, Some("/layout.json"));
        let _ = plan::hide(&situation, &hides, false, &before, None, &|_| None);
    }
}
