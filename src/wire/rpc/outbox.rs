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

    pub(super) fn written(&mut self, count: usize) {
        self.bytes.take(count);
        self.written += count as u64;
        while self.notice_ends.front().is_some_and(|end| *end <= self.written) {
            self.notice_ends.pop_front();
        }
    }
}
