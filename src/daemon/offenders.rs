//! Who has been named in the log for what: whoever does it again and again is counted, and not
//! named again.

use std::collections::VecDeque;

use super::peers::Closure;

/// How many are remembered; the oldest is forgotten first.
const OFFENDERS_MAX: usize = 64;

/// Processes that were named, each with what it did.
#[derive(Debug, Default)]
pub struct Offenders {
    named: VecDeque<(Option<u32>, Closure)>,
}

impl Offenders {
    /// True if this process is to be named: it has not been named for this yet, as far back as
    /// we remember.
    pub fn is_news(&mut self, pid: Option<u32>, closure: Closure) -> bool {
        if self.named.contains(&(pid, closure)) {
            return false;
        }
        if self.named.len() == OFFENDERS_MAX {
            self.named.pop_front();
        }
        self.named.push_back((pid, closure));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_named_once_for_each_fault_and_the_oldest_is_forgotten() {
        let mut offenders = Offenders::default();
        assert!(offenders.is_news(Some(1), Closure::Lagged));
        assert!(!offenders.is_news(Some(1), Closure::Lagged));
        assert!(offenders.is_news(Some(1), Closure::Line));
        for pid in 0..OFFENDERS_MAX as u32 {
            assert!(offenders.is_news(Some(100 + pid), Closure::Lagged));
        }
        assert_eq!(offenders.named.len(), OFFENDERS_MAX);
        assert!(offenders.is_news(Some(1), Closure::Lagged));
    }
}
