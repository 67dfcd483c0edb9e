mod notices;
mod random;

use super::*;
use crate::api::{
    BATCH_CALLS_MAX, Change, DaemonState, ERROR_MESSAGE_BYTES_MAX, ID_BYTES_MAX, METHOD_BYTES_MAX, Ping, ProjectName,
};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A peer whose calls are answered by a test.
#[derive(Default)]
struct Peer {
    codec: PeerCodec,
    ids: CallIds,
}

impl Peer {
    fn calls(&mut self) -> Vec<(CallId, Call)> {
        std::iter::from_fn(|| self.codec.next(&mut self.ids)).filter_map(call_of).collect()
    }

    /// What the peer reads, line by line, each of them JSON.
    fn read(&mut self) -> Vec<Value> {
        let text = String::from_utf8(self.codec.output().to_vec()).unwrap();
        self.codec.written(text.len());
        assert!(text.is_empty() || text.ends_with('\n'), "half a line: {text:?}");
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Send a line; every call in it is answered by an echo of its project's name, or of nothing.
    fn ask(&mut self, line: &str) -> Vec<Value> {
        self.codec.receive(line.as_bytes());
        self.codec.receive(b"\n");
        loop {
            let calls = self.calls();
            if calls.is_empty() {
                break;
            }
            for (call, request) in calls {
                self.codec.answer(call, &echo(&request)).unwrap();
            }
        }
        self.read()
    }
}

fn call_of(incoming: Incoming) -> Option<(CallId, Call)> {
    match incoming {
        Incoming::Call { call, request } => Some((call, request)),
        Incoming::NoCall => None,
    }
}

fn echo(request: &Call) -> Result<Reply, ApiError> {
    let version = match request {
        Call::ProjectGet(ProjectName { name }) => name.clone(),
        _ => String::new(),
    };
    Ok(Reply::Ping(Ping { version, protocol: 1, epoch: "e".to_owned() }))
}

fn big(bytes: usize) -> Result<Reply, ApiError> {
    Ok(Reply::Ping(Ping { version: "v".repeat(bytes), protocol: 1, epoch: String::new() }))
}

fn notice() -> Notice {
    let state = DaemonState { phase: "running".to_owned(), config_error: None };
    Notice { seq: 1, epoch: "e".to_owned(), change: Change::Daemon(state) }
}

fn code(answer: &Value) -> i64 {
    answer["error"]["code"].as_i64().unwrap_or_else(|| panic!("no error: {answer}"))
}

/// (id, code) of each answer of a line; 0 is success.
fn outcomes(answer: &Value) -> Vec<(Value, i64)> {
    let answers = answer.as_array().cloned().unwrap_or_else(|| vec![answer.clone()]);
    answers
        .iter()
        .map(|answer| {
            assert_eq!(answer["jsonrpc"], "2.0");
            assert!(answer.get("result").is_some() != answer.get("error").is_some(), "{answer}");
            (answer["id"].clone(), answer["error"]["code"].as_i64().unwrap_or(0))
        })
        .collect()
}

/// Section 7 of the specification, with our methods where it supposes a method of its own.
#[test]
fn the_examples_of_the_specification() {
    let cases: [(&str, Option<Value>); 15] = [
        (r#"{"jsonrpc": "2.0", "method": "project.get", "params": {"name": "a"}, "id": 3}"#, Some(json!([[3, 0]]))),
        (r#"{"jsonrpc": "2.0", "method": "project.get", "params": ["a"], "id": 1}"#, Some(json!([[1, -32602]]))),
        (r#"{"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]}"#, None),
        (r#"{"jsonrpc": "2.0", "method": "ping"}"#, None),
        (r#"{"jsonrpc": "2.0", "method": "foobar", "id": "1"}"#, Some(json!([["1", -32601]]))),
        (r#"{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]"#, Some(json!([[null, -32700]]))),
        (r#"{"jsonrpc": "2.0", "method": 1, "params": "bar"}"#, Some(json!([[null, -32600]]))),
        (
            r#"[{"jsonrpc": "2.0", "method": "ping", "params": [], "id": "1"}, {"jsonrpc": "2.0", "method" ]"#,
            Some(json!([[null, -32700]])),
        ),
        ("[]", Some(json!([[null, -32600]]))),
        ("[1]", Some(json!([[null, -32600]]))),
        ("[1,2,3]", Some(json!([[null, -32600], [null, -32600], [null, -32600]]))),
        (
            r#"[{"jsonrpc": "2.0", "method": "ping", "id": "1"}, {"jsonrpc": "2.0", "method": "ping"}, {"jsonrpc": "2.0", "method": "status", "id": "2"},
                {"foo": "boo"}, {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"}, {"jsonrpc": "2.0", "method": "reload", "id": "9"}]"#,
            Some(json!([["1", 0], ["2", 0], [null, -32600], ["5", -32601], ["9", 0]])),
        ),
        (
            r#"[{"jsonrpc": "2.0", "method": "ping"}, {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]}]"#,
            None,
        ),
        ("3", Some(json!([[null, -32600]]))),
        ("", None),
    ];
    for (line, expected) in cases {
        let line = line.replace('\n', " ");
        let answers = Peer::default().ask(&line);
        let got = answers.first().map(|answer| {
            // A single answer is no array, and the answer to an empty batch is none either.
            assert_eq!(
                answer.is_array(),
                line.starts_with('[') && line != "[]" && !line.ends_with("\"method\" ]"),
                "{answer}"
            );
            json!(outcomes(answer))
        });
        assert!(answers.len() <= 1, "{line}: {answers:?}");
        assert_eq!(got, expected, "{line}");
    }
}

#[test]
fn who_sends_a_text_file_is_told_of_lines() {
    let message = |line: &str| Peer::default().ask(line)[0]["error"]["message"].as_str().unwrap().to_owned();
    assert!(message("{").ends_with("; one message a line, and all of it on that"));
    let marked = message("\u{feff}{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}");
    assert!(marked.contains("byte order mark") && marked.contains("one message a line"), "{marked}");
    assert!(!message("ping").contains("one message"));
}

#[test]
fn an_error_has_number_message_and_name() {
    let answers = Peer::default().ask(r#"{"jsonrpc":"2.0","id":"x","method":"project.get"}"#);
    let expected = json!([{"jsonrpc": "2.0", "id": "x", "error": {
        "code": -32602, "message": "project.get: missing field `name`", "data": {"code": "invalid_params"}}}]);
    assert_eq!(json!(answers), expected);
}

#[test]
fn ids_stay_as_they_are_written() {
    for id in ["1", "-7", "1.50", "1e3", "123456789012345678901234567890", "\"\"", "\"\\u00e9\\n\"", "null"] {
        let mut peer = Peer::default();
        peer.codec.receive(format!("{{\"jsonrpc\":\"2.0\",\"id\": {id} ,\"method\":\"ping\"}}\n").as_bytes());
        let (call, _) = peer.calls()[0];
        peer.codec.answer(call, &echo(&Call::Ping)).unwrap();
        let output = String::from_utf8(peer.codec.output().to_vec()).unwrap();
        assert!(output.ends_with(&format!("\"id\":{id}}}\n")), "{id}: {output}");
    }
    let long = format!("\"{}\"", "x".repeat(ID_BYTES_MAX));
    for id in ["true", "[1]", "{}", &long] {
        let answers = Peer::default().ask(&format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"ping\"}}"));
        assert_eq!(outcomes(&answers[0]), [(Value::Null, -32600)], "{id}");
    }
}

#[test]
fn hostile_lines_get_one_error_and_the_next_line_is_served() {
    let deep = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"ping","params":{}{}}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let name = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{}"}}"#, "m".repeat(METHOD_BYTES_MAX + 1));
    let field = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"subscribe","params":{{"{}":1}}}}"#, "f".repeat(500_000));
    let cases: [(&[u8], i64); 14] = [
        (b"\xff\xfe", -32700),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"pi\xe9ng\"}", -32700),
        (b"\0", -32700),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\0b\"}", -32700),
        (br#"{"jsonrpc":"2.0","id":1,"method":"ping""#, -32700),
        (br#"{"jsonrpc":"2.0","id":1,"method":"ping"} {}"#, -32700),
        (br#"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#, -32600),
        (br#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, -32600),
        (br#"{"jsonrpc":2.0,"id":1,"method":"ping"}"#, -32600),
        (br#"{"jsonrpc":"2.0","id":1,"method":"ping","params":7}"#, -32600),
        (br#"{"jsonrpc":"2.0","id":1,"method":"project.get","params":{"name":"\ud800"}}"#, -32602),
        (deep.as_bytes(), -32602),
        (name.as_bytes(), -32601),
        (field.as_bytes(), -32602),
    ];
    let mut peer = Peer::default();
    for (line, expected) in cases {
        let shown = line[..line.len().min(60)].escape_ascii();
        peer.codec.receive(line);
        peer.codec.receive(b"\n");
        assert_eq!(peer.calls(), [], "{shown}");
        assert!(peer.codec.output().len() < 2 * ERROR_MESSAGE_BYTES_MAX, "{shown}");
        let answers = peer.read();
        assert_eq!(answers.len(), 1, "{shown}");
        assert_eq!(code(&answers[0]), expected, "{shown}");
        assert_eq!(peer.ask(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#).len(), 1);
    }
    assert_eq!(peer.codec.closing(), None);
}

#[test]
fn a_line_of_100_megabytes_is_answered_once_skipped_and_the_last() {
    let mut peer = Peer::default();
    peer.codec.receive(b"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\"}\n");
    let chunk = [b'x'; 64 << 10];
    let mut answers = Vec::new();
    for _ in 0..1600 {
        assert!(peer.codec.wants_read());
        peer.codec.receive(&chunk);
        assert!(peer.codec.inbox_bytes() <= LINE_BYTES_MAX);
        for (call, request) in peer.calls() {
            peer.codec.answer(call, &echo(&request)).unwrap();
        }
        answers.extend(peer.read());
    }
    assert_eq!(peer.codec.inbox_bytes(), 0);
    assert_eq!(answers.iter().flat_map(outcomes).collect::<Vec<_>>(), [(json!(7), 0), (Value::Null, -32600)]);
    assert!(answers[1]["error"]["message"].as_str().unwrap().contains("1048576"), "{}", answers[1]);
    assert_eq!(peer.codec.closing(), None, "its end has not come");
    peer.codec.receive(b"xx\n{\"jsonrpc\":\"2.0\",\"id\":8,\"method\":\"ping\"}\n");
    assert!(peer.codec.closing().is_some());
    assert!(!peer.codec.wants_read() && !peer.codec.has_next());
    assert_eq!(peer.calls(), []);
    assert_eq!(peer.codec.output(), b"");
}

#[test]
fn a_line_without_end_is_not_skipped_for_ever() {
    let mut peer = Peer::default();
    let chunk = vec![b'x'; 1 << 20];
    let mut chunks = 0;
    while peer.codec.wants_read() {
        peer.codec.receive(&chunk);
        assert_eq!(peer.calls(), []);
        chunks += 1;
    }
    assert_eq!(chunks, 2 + (SKIPPED_BYTES_MAX >> 20) + 1);
    assert!(peer.codec.closing().is_some());
    assert_eq!(peer.read().len(), 1);
}

#[test]
fn the_longest_line_is_served_and_one_byte_more_is_not() {
    let head = r#"{"jsonrpc":"2.0","id":1,"method":"project.get","params":{"name":""#;
    let line = |bytes: usize| format!("{head}{}\"}}}}\n", "n".repeat(bytes - head.len() - 4));
    let mut peer = Peer::default();
    peer.codec.receive(line(LINE_BYTES_MAX).as_bytes());
    assert_eq!(peer.calls().len(), 1);
    let mut peer = Peer::default();
    peer.codec.receive(line(LINE_BYTES_MAX + 1).as_bytes());
    assert_eq!(peer.calls(), []);
    assert_eq!(code(&peer.read()[0]), -32600);
    assert!(peer.codec.closing().is_some());
}

fn batch(calls: usize) -> String {
    let calls: Vec<String> = (0..calls).map(|id| format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#)).collect();
    format!("[{}]", calls.join(","))
}

#[test]
fn a_line_that_is_no_call_and_a_wrong_part_of_a_batch_cost_as_much_as_a_call() {
    let mut peer = Peer::default();
    peer.codec.receive(b"{nonsense\n\n\n\n[1,{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\"}]\n");
    assert_eq!(peer.codec.next(&mut peer.ids), Some(Incoming::NoCall));
    assert_eq!(peer.read().len(), 1);
    assert_eq!(peer.codec.next(&mut peer.ids), Some(Incoming::NoCall), "the empty lines, all at once");
    assert_eq!(peer.codec.next(&mut peer.ids), Some(Incoming::NoCall), "the 1 of the batch");
    let Some(Incoming::Call { call, request: Call::Ping }) = peer.codec.next(&mut peer.ids) else { panic!("no call") };
    assert_eq!(peer.codec.next(&mut peer.ids), None);
    peer.codec.answer(call, &echo(&Call::Ping)).unwrap();
    assert_eq!(outcomes(&peer.read()[0]), [(Value::Null, -32600), (json!(7), 0)]);
}

#[test]
fn a_batch_has_at_most_so_many_calls_and_is_answered_as_one_in_its_order() {
    let mut peer = Peer::default();
    peer.codec.receive(batch(BATCH_CALLS_MAX).as_bytes());
    peer.codec.receive(b"\n");
    let mut calls = peer.calls();
    assert_eq!(calls.len(), BATCH_CALLS_MAX);
    let (last, _) = calls.swap_remove(5);
    for (call, _) in calls.into_iter().rev() {
        peer.codec.answer(call, &echo(&Call::Ping)).unwrap();
    }
    assert_eq!(peer.codec.output(), b"", "one is missing");
    assert!(peer.codec.outbox_bytes() > 0);
    peer.codec.answer(last, &echo(&Call::Ping)).unwrap();
    assert_eq!(peer.codec.outbox_bytes(), peer.codec.output().len());
    let answers = peer.read();
    let ids: Vec<i64> = answers[0].as_array().unwrap().iter().map(|answer| answer["id"].as_i64().unwrap()).collect();
    assert_eq!(ids, (0..32).collect::<Vec<_>>());

    let answers = peer.ask(&batch(BATCH_CALLS_MAX + 1));
    assert_eq!(outcomes(&answers[0]), [(Value::Null, -32600)]);
    assert!(!answers[0].is_array());
}

#[test]
fn a_peer_with_too_many_calls_in_flight_waits() {
    let mut peer = Peer::default();
    for id in 0..CALLS_IN_FLIGHT_MAX + 1 {
        peer.codec.receive(format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"ping\"}}\n").as_bytes());
    }
    let calls = peer.calls();
    assert_eq!(calls.len(), CALLS_IN_FLIGHT_MAX);
    assert!(!peer.codec.wants_read() && !peer.codec.has_next());
    peer.codec.answer(calls[9].0, &echo(&Call::Ping)).unwrap();
    assert!(peer.codec.wants_read() && peer.codec.has_next());
    assert_eq!(peer.calls().len(), 1);
}

#[test]
fn a_peer_that_does_not_take_its_answers_waits_until_it_does() {
    let mut peer = Peer::default();
    for _ in 0..10 {
        peer.codec.receive(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n");
    }
    let mut answered = 0;
    while let Some(Incoming::Call { call, .. }) = peer.codec.next(&mut peer.ids) {
        peer.codec.answer(call, &big(200_000)).unwrap();
        answered += 1;
    }
    assert_eq!(answered, 3);
    assert!(!peer.codec.wants_read());
    peer.codec.written(250_000);
    assert!(peer.codec.wants_read() && peer.codec.has_next());
}

#[test]
fn an_answer_larger_than_the_outbox_becomes_an_error() {
    let mut peer = Peer::default();
    let id = format!("\"{}\"", "i".repeat(ID_BYTES_MAX - 2));
    peer.codec.receive(format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"window.list\"}}\n").as_bytes());
    let (call, _) = peer.calls()[0];
    peer.codec.answer(call, &big(OUTBOX_BYTES_MAX)).unwrap();
    assert!(peer.codec.output().len() <= SMALL_ANSWER_BYTES_MAX, "{} bytes", peer.codec.output().len());
    let answers = peer.read();
    assert_eq!(answers[0]["error"]["data"]["code"], "answer_too_large");
    assert_eq!(peer.codec.closing(), None);

    // In a batch it takes the place of that one answer.
    peer.codec.receive(format!("{}\n", batch(3)).as_bytes());
    for (call, _) in peer.calls() {
        peer.codec.answer(call, &big(400_000)).unwrap();
    }
    let answers = peer.read();
    assert_eq!(outcomes(&answers[0]), [(json!(0), 0), (json!(1), 0), (json!(2), -32040)]);
    assert_eq!(peer.codec.outbox_bytes(), 0);
}

#[test]
fn every_call_in_flight_finds_room_for_an_error_when_the_outbox_is_full() {
    let mut peer = Peer::default();
    let id = "i".repeat(ID_BYTES_MAX - 4);
    for number in 0..CALLS_IN_FLIGHT_MAX {
        let line = format!("{{\"jsonrpc\":\"2.0\",\"id\":\"{id}{number:02}\",\"method\":\"ping\"}}\n");
        peer.codec.receive(line.as_bytes());
    }
    let calls = peer.calls();
    while peer.codec.notice(&notice()).is_ok() {}
    for (call, _) in calls {
        peer.codec.answer(call, &big(OUTBOX_BYTES_MAX / 4)).unwrap();
    }
    assert!(peer.codec.outbox_bytes() <= OUTBOX_BYTES_MAX);
}

#[test]
fn long_messages_are_cut_between_characters() {
    let mut peer = Peer::default();
    peer.codec.receive(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n");
    let (call, _) = peer.calls()[0];
    let message = format!("x{}", "é".repeat(ERROR_MESSAGE_BYTES_MAX));
    peer.codec.answer(call, &Err(ApiError::new(ErrorCode::StoreFailed, message))).unwrap();
    assert_eq!(peer.read()[0]["error"]["message"].as_str().unwrap().len(), ERROR_MESSAGE_BYTES_MAX - 1);
}

#[test]
fn what_the_client_encodes_the_daemon_decodes_and_back() {
    let name = ProjectName { name: "a \"b\"\n✓".to_owned() };
    let assign = crate::api::WindowAssign { id: Some(u64::MAX), project: Some("p".to_owned()), ..Default::default() };
    let subscribe = crate::api::Subscribe { topics: vec![crate::api::Topic::All] };
    let calls = [
        Call::Ping,
        Call::ProjectSwitch(name),
        Call::ProjectClear,
        Call::WindowList(crate::api::WindowFilter::default()),
        Call::WindowAssign(assign),
        Call::Subscribe(subscribe),
    ];
    let mut peer = Peer::default();
    for (id, call) in calls.into_iter().enumerate() {
        let line = encode_call(id as u64, &call);
        assert_eq!(line.find('\n'), Some(line.len() - 1), "one line: {line:?}");
        peer.codec.receive(line.as_bytes());
        let decoded = peer.calls();
        assert_eq!(decoded.len(), 1, "{line}: {:?}", peer.read());
        assert_eq!(decoded[0].1, call);
        peer.codec.answer(decoded[0].0, &echo(&call)).unwrap();
        let answer = decode_answer(&peer.read()[0].to_string()).unwrap();
        let ServerMessage::Answer { id: Some(answered), result: Ok(result) } = answer else { panic!("{answer:?}") };
        assert_eq!((answered, &result["protocol"]), (id as u64, &json!(1)));
    }
    let error = decode_answer(&peer.ask(&encode_call(9, &Call::Ping).replace("ping", "pong"))[0].to_string()).unwrap();
    let ServerMessage::Answer { id: Some(9), result: Err(error) } = error else { panic!("{error:?}") };
    assert_eq!((error.code, error.name()), (-32601, Some("method_not_found")));

    peer.codec.notice(&notice()).unwrap();
    let ServerMessage::Notice { params } = decode_answer(&peer.read()[0].to_string()).unwrap() else { panic!() };
    assert_eq!(ServerMessage::notice(&params).unwrap(), notice());

    let null = decode_answer(r#"{"jsonrpc":"2.0","id":4,"result":null}"#).unwrap();
    assert_eq!(null, ServerMessage::Answer { id: Some(4), result: Ok(Value::Null) });
    for line in ["", "[]", "{}", "{\"id\":\"x\"}", "{\"method\":\"other\"}", "nonsense"] {
        assert!(decode_answer(line).is_err(), "{line}");
    }
}

/// A line as a peer may send it: what each of its calls is to be answered.
#[derive(Debug, Clone)]
enum Sent {
    Call,
    Notification,
    Broken,
    Batch(Vec<Sent>),
}
