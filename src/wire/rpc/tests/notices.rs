//! Notices that nobody takes, and the end of a peer.

use super::*;

#[test]
fn notices_overflow_by_number_and_by_bytes() {
    let mut peer = Peer::default();
    for _ in 0..OUTBOX_NOTICES_MAX {
        peer.codec.notice(&notice()).unwrap();
    }
    let overflow = peer.codec.notice(&notice()).unwrap_err();
    assert_eq!(overflow.notices, OUTBOX_NOTICES_MAX + 1);
    // Half a notice is one that waits.
    let line = peer.codec.output().len() / OUTBOX_NOTICES_MAX;
    peer.codec.written(line - 1);
    assert_eq!(peer.codec.outbox_notices(), OUTBOX_NOTICES_MAX);
    peer.codec.written(1);
    peer.codec.notice(&notice()).unwrap();

    let mut peer = Peer::default();
    let state = DaemonState { phase: "p".repeat(200_000), config_error: None };
    let large = Notice { seq: 1, epoch: String::new(), change: Change::Daemon(state) };
    let sent = (0..10).take_while(|_| peer.codec.notice(&large).is_ok()).count();
    assert_eq!(sent, 5);
    // There is room for the reason, as the last line.
    let overflow = peer.codec.notice(&large).unwrap_err();
    peer.codec.close(&ApiError::new(ErrorCode::Overloaded, overflow.to_string()));
    assert_eq!(peer.codec.closing().unwrap().message, overflow.to_string());
    peer.codec.notice(&notice()).unwrap();
    let lines = peer.read();
    assert_eq!(lines.len(), 6);
    assert_eq!(lines[0]["method"], "notice");
    assert_eq!(code(&lines[5]), i64::from(ErrorCode::Overloaded.number()));
}

#[test]
fn a_closing_peer_still_gets_the_answers_it_waits_for() {
    let mut peer = Peer::default();
    peer.codec.receive(
        b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"ping\"}\n",
    );
    let Some(Incoming::Call { call, .. }) = peer.codec.next(&mut peer.ids) else { panic!("no call") };
    peer.codec.close(&ApiError::new(ErrorCode::Stopping, "bye"));
    assert_eq!(peer.calls(), []);
    peer.codec.answer(call, &echo(&Call::Ping)).unwrap();
    assert_eq!(peer.read().iter().flat_map(outcomes).collect::<Vec<_>>(), [(Value::Null, -32021), (json!(1), 0)]);
}

#[test]
fn one_that_lags_reads_whole_lines_and_why_and_nothing_after_it() {
    for (half_written, lines_kept) in [(0, 0), (1, 1), (60, 1), (100_000, 2)] {
        let mut peer = Peer::default();
        peer.codec.receive(&b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n".repeat(2));
        let calls = peer.calls();
        let state = DaemonState { phase: "p".repeat(90_000), config_error: None };
        let large = Notice { seq: 1, epoch: String::new(), change: Change::Daemon(state) };
        while peer.codec.notice(&large).is_ok() {}
        let overflow = peer.codec.notice(&large).unwrap_err();
        let mut read = peer.codec.output()[..half_written].to_vec();
        peer.codec.written(half_written);
        peer.codec.lag(overflow);
        assert_eq!(peer.codec.closing().map(|error| error.code), Some(ErrorCode::Lagged));
        assert!(peer.codec.outbox_notices() <= 1 && peer.codec.outbox_bytes() < 200_000);
        peer.codec.answer(calls[0].0, &echo(&Call::Ping)).unwrap();
        peer.codec.notice(&notice()).unwrap();
        read.extend_from_slice(peer.codec.output());
        let lines: Vec<Value> = read
            .split_inclusive(|byte| *byte == b'\n')
            .map(|line| serde_json::from_slice(line).expect("every line is whole"))
            .collect();
        let (last, before) = lines.split_last().unwrap();
        assert_eq!(last["error"]["code"], -32042, "{last}");
        assert_eq!(before.len(), lines_kept);
    }
}
