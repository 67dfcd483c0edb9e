//! The record of a run: what happened, for people, and a hash of all of it.

use i3pm::core::{Effect, Event, WmEvent, WmReply};

use super::{Broken, RECORD_LINE_CHARACTERS_MAX, RECORD_LINES_MAX, World};

impl World {
    pub fn say(&mut self, text: impl FnOnce() -> String) {
        if !self.recording {
            return;
        }
        let mut line = text();
        for byte in line.bytes() {
            self.trace = (self.trace ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        let whole = self.record_lines_max > RECORD_LINES_MAX;
        if let Some((end, _)) = line.char_indices().nth(RECORD_LINE_CHARACTERS_MAX).filter(|_| !whole) {
            line.truncate(end);
        }
        if self.record.len() as u64 >= self.record_lines_max {
            self.record.pop_front();
        }
        self.record.push_back(format!("{:>12.6} {line}", self.now.nanos() as f64 / 1e9));
    }

    pub fn record(&self) -> String {
        self.record.iter().map(|line| format!("{line}\n")).collect()
    }

    pub fn break_rule(&mut self, text: impl Into<String>) {
        let text = text.into();
        self.broken.get_or_insert(text);
    }

    pub(super) fn verdict(&mut self) -> Result<(), Broken> {
        self.broken.take().map_or(Ok(()), Err)
    }
}

/// An event as a line of the record.
pub(super) fn told_event(event: &Event) -> String {
    match event {
        Event::WmReply { ticket, reply: WmReply::Tree(_) } => format!("> tree {ticket:?}"),
        Event::WmReply { ticket, reply: WmReply::Command(outcomes) } => {
            let refused: Vec<_> = outcomes.iter().enumerate().filter(|(_, outcome)| !outcome.success).collect();
            format!("> {} commands done {ticket:?}, refused {refused:?}", outcomes.len())
        }
        Event::WmEvent(WmEvent::Window { change, container }) => {
            format!("> window {change:?} {} {:?}", container.id, container.marks)
        }
        Event::WmEvent(WmEvent::Workspace { change, current, old }) => {
            let name = |node: &Option<Box<i3pm::core::tree::Node>>| {
                node.as_ref().and_then(|node| node.name.clone()).unwrap_or_default()
            };
            format!("> workspace {change:?} {:?} old {:?}", name(current), name(old))
        }
        event => format!("> {event:?}"),
    }
}

/// An effect as a line of the record.
pub(super) fn told_effect(effect: &Effect) -> String {
    match effect {
        Effect::Notify { peer, notice } => {
            let topic = format!("{:?}", notice.change);
            let topic = topic.split('(').next().unwrap_or_default();
            format!("  < notice {} of {topic} to {peer:?}", notice.seq)
        }
        effect => format!("  < {effect:?}"),
    }
}
