//! Random calls, in random pieces: each has one answer.

use super::*;

fn sent() -> impl Strategy<Value = Sent> {
    let one = prop_oneof![4 => Just(Sent::Call), 1 => Just(Sent::Notification), 1 => Just(Sent::Broken)];
    prop_oneof![3 => one.clone(), 1 => prop::collection::vec(one, 1..8).prop_map(Sent::Batch)]
}

/// Write a request down; a call's id is also the project that it names, so that an answer tells for
/// which call it is.
fn write_down(sent: &Sent, next_id: &mut u64, nulls: &mut usize) -> String {
    match sent {
        Sent::Call => {
            *next_id += 1;
            format!(r#"{{"jsonrpc":"2.0","id":"{next_id}","method":"project.get","params":{{"name":"{next_id}"}}}}"#)
        }
        Sent::Notification => r#"{"jsonrpc":"2.0","method":"project.get","params":{"name":"n"}}"#.to_owned(),
        Sent::Broken => {
            *nulls += 1;
            r#"{"foo":"boo"}"#.to_owned()
        }
        Sent::Batch(items) => {
            let items: Vec<String> = items.iter().map(|item| write_down(item, next_id, nulls)).collect();
            format!("[{}]", items.join(","))
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_answer_is_lost_or_doubled(lines in prop::collection::vec(sent(), 1..40), seed in any::<u64>()) {
        let mut random = fastrand::Rng::with_seed(seed);
        let (mut last_id, mut nulls, mut arrays, mut text) = (0, 0, 0, String::new());
        for line in &lines {
            if let Sent::Batch(items) = line {
                arrays += usize::from(items.iter().any(|item| !matches!(item, Sent::Notification)));
            }
            text += &write_down(line, &mut last_id, &mut nulls);
            text.push('\n');
        }
        let mut unsent = text.as_bytes();
        let mut peer = Peer::default();
        let mut open: Vec<(CallId, Call)> = Vec::new();
        let mut received = Vec::new();
        while !unsent.is_empty() || peer.codec.has_next() || !open.is_empty() || !peer.codec.output().is_empty() {
            if peer.codec.wants_read() {
                let (piece, rest) = unsent.split_at(random.usize(..=unsent.len().min(300)));
                peer.codec.receive(piece);
                unsent = rest;
            }
            for _ in 0..random.usize(..4) {
                open.extend(peer.codec.next(&mut peer.ids).and_then(call_of));
            }
            for _ in 0..random.usize(..4).min(open.len()) {
                let (call, request) = open.swap_remove(random.usize(..open.len()));
                prop_assert!(peer.codec.answer(call, &echo(&request)).is_ok());
            }
            let count = random.usize(..=peer.codec.output().len());
            received.extend_from_slice(&peer.codec.output()[..count]);
            peer.codec.written(count);
        }
        prop_assert_eq!(peer.codec.outbox_bytes() + peer.codec.calls_in_flight() + peer.codec.inbox_bytes(), 0);
        let (mut ids, mut null_answers, mut array_answers) = (Vec::new(), 0, 0);
        for line in String::from_utf8(received).unwrap().lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            array_answers += usize::from(line.is_array());
            let answers = line.as_array().cloned().unwrap_or_else(|| vec![line.clone()]);
            for answer in answers {
                if answer["id"].is_null() {
                    null_answers += 1;
                } else {
                    prop_assert_eq!(&answer["id"], &answer["result"]["version"]);
                    ids.push(answer["id"].as_str().unwrap().parse::<u64>().unwrap());
                }
            }
        }
        ids.sort_unstable();
        prop_assert_eq!(ids, (1..=last_id).collect::<Vec<_>>());
        prop_assert_eq!((null_answers, array_answers), (nulls, arrays));
    }

    /// Requests with bytes changed at random: each line gets at most one line, and nothing breaks.
    #[test]
    fn nothing_that_a_peer_sends_breaks_it(
        lines in prop::collection::vec(sent(), 1..10),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..20),
    ) {
        let mut bytes: Vec<u8> = lines.iter().flat_map(|line| (write_down(line, &mut 0, &mut 0) + "\n").into_bytes()).collect();
        for (index, byte) in changes {
            let index = index.index(bytes.len());
            bytes[index] = byte;
        }
        let line_count = bytes.iter().filter(|byte| **byte == b'\n').count();
        let mut peer = Peer::default();
        peer.codec.receive(&bytes);
        let mut answers = peer.read().len();
        for _ in 0..100 {
            for (call, request) in peer.calls() {
                prop_assert!(peer.codec.answer(call, &echo(&request)).is_ok());
            }
            answers += peer.read().len();
        }
        prop_assert!(answers <= line_count);
        prop_assert!(!peer.codec.has_next());
        prop_assert_eq!(peer.codec.calls_in_flight() + peer.codec.outbox_bytes(), 0);
    }
}
