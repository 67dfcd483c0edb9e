//! What waits to be written to a peer: whole lines, and how many of them are notices.

use std::collections::VecDeque;

use crate::wire::byte_queue::ByteQueue;

/// The lines that wait. The limits are its owner's business.
#[derive(Debug, Clone, Default)]
pub(super) struct Outbox {
    bytes: ByteQueue,
    /// Bytes written since the connection began.
    written: u64,
    /// Where each waiting notice ends, counted from the beginning of the connection.
    notice_ends: VecDeque<u64>,
    /// The first line that waits is half written.
    inside_line: bool,
}

impl Outbox {
    pub(super) fn as_slice(&self) -> &[u8] {
        self.bytes.as_slice()
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn notices(&self) -> usize {
        self.notice_ends.len()
    }

    pub(super) fn push_line(&mut self, message: &[u8]) {
        self.bytes.push(message);
        self.bytes.push(b"\n");
    }

    pub(super) fn push_notice(&mut self, message: &[u8]) {
        self.push_line(message);
        self.notice_ends.push_back(self.written + self.bytes.len() as u64);
    }

    /// One line with an array of messages.
    pub(super) fn push_array(&mut self, messages: &[Vec<u8>]) {
        let mut separator: &[u8] = b"[";
        for message in messages {
            self.bytes.push(separator);
            self.bytes.push(message);
            separator = b",";
        }
        self.bytes.push(b"]\n");
    }

    /// Forget all lines but one that is half written: what follows it would be read as its end.
    pub(super) fn drop_lines(&mut self) {
        let end = self.bytes.as_slice().iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        self.bytes.truncate(if self.inside_line { end } else { 0 });
        let kept = self.written + self.bytes.len() as u64;
        self.notice_ends.retain(|end| *end <= kept);
    }

    pub(super) fn written(&mut self, count: usize) {
        if let Some(last) = count.checked_sub(1).and_then(|last| self.bytes.as_slice().get(last)) {
            self.inside_line = *last != b'\n';
        }
        self.bytes.take(count);
        self.written += count as u64;
        while self.notice_ends.front().is_some_and(|end| *end <= self.written) {
            self.notice_ends.pop_front();
        }
    }
}
