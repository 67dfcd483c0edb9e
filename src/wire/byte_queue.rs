//! Bytes that wait: appended at the end, taken from the front.
//!
//! Taking moves a cursor; what was taken is cut off when it is most of the buffer, so that each
//! byte is moved at most once on average. A buffer that grew for one big message is given back when
//! the message is gone.

/// Capacity that an empty queue may keep, in bytes: more than most messages have, and little enough
/// for each of 64 subscribers.
const KEPT_BYTES_MAX: usize = 16 << 10;

/// A queue of bytes. It has no limit of its own: its owner keeps one.
#[derive(Debug, Clone, Default)]
pub(super) struct ByteQueue {
    bytes: Vec<u8>,
    taken: usize,
}

impl ByteQueue {
    pub(super) fn len(&self) -> usize {
        self.bytes.len() - self.taken
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        &self.bytes[self.taken..]
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Forget the newest bytes beyond the first `length`.
    pub(super) fn truncate(&mut self, length: usize) {
        self.bytes.truncate(self.taken + length);
    }

    /// Take `count` bytes from the front.
    pub(super) fn take(&mut self, count: usize) {
        debug_assert!(count <= self.len(), "takes more than there is");
        self.taken = (self.taken + count).min(self.bytes.len());
        if self.taken == self.bytes.len() {
            self.taken = 0;
            if self.bytes.capacity() > KEPT_BYTES_MAX {
                // The whole buffer is given back: one that is only cut down stays at its place, and
                // splits the room that others leave.
                self.bytes = Vec::new();
            } else {
                self.bytes.clear();
            }
        } else if self.taken >= KEPT_BYTES_MAX && self.taken * 2 >= self.bytes.len() {
            self.bytes.drain(..self.taken);
            self.taken = 0;
        }
        if self.taken == 0 && self.bytes.capacity() > KEPT_BYTES_MAX && self.bytes.len() * 4 < self.bytes.capacity() {
            self.bytes.shrink_to(KEPT_BYTES_MAX);
        }
    }

    pub(super) fn clear(&mut self) {
        self.take(self.len());
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn gives_back_what_a_big_message_took() {
        let mut queue = ByteQueue::default();
        queue.push(&vec![1; 4 << 20]);
        queue.push(b"next");
        queue.take(4 << 20);
        assert_eq!(queue.as_slice(), b"next");
        assert!(queue.capacity() <= KEPT_BYTES_MAX, "{} bytes kept", queue.capacity());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn is_a_queue(steps in prop::collection::vec((0_usize..50_000, 0_usize..60_000), 0..20)) {
            let mut queue = ByteQueue::default();
            let mut model = std::collections::VecDeque::new();
            let mut next = 0_u8;
            for (pushed, taken) in steps {
                let bytes: Vec<u8> = (0..pushed).map(|_| { next = next.wrapping_add(1); next }).collect();
                queue.push(&bytes);
                model.extend(bytes);
                let taken = taken.min(queue.len());
                queue.take(taken);
                model.drain(..taken);
                prop_assert_eq!(queue.len(), model.len());
                prop_assert!(model.iter().eq(queue.as_slice()));
            }
        }
    }
}
