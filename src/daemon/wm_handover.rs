//! From one connection to sway to a new one that hears less, and no key or tick is lost or heard
//! twice on the way.
//!
//! A subscription ends with its connection only. The new one subscribes to what must always be
//! heard, and has sway send a tick that both are told. What comes before that tick is taken from
//! the old one, what comes after it from the new one. Then the old one is closed, and the commands
//! go out on the new one.

use mio::Registry;

use super::wm_connection::Connection;
use crate::core::{Event, Ticket, WmEvent, WmReply, WmRequest};

/// The ticket of what we ask for here. The core never hears of the answers.
const OWN: Ticket = Ticket(0);

/// A connection that is about to take over.
#[derive(Debug)]
pub struct Handover {
    /// The new connection.
    pub new: Connection,
    /// What is sent on it then.
    pub ticket: Ticket,
    /// The same.
    pub request: WmRequest,
    /// The text of the tick.
    tick: String,
    /// The new one has been told it, and is not read any further.
    new_is_there: bool,
    /// So is the old one.
    old_is_there: bool,
}

impl Handover {
    /// Begin: subscribe to what is to be `heard` on the new connection. `number` is another one each
    /// time.
    ///
    /// # Errors
    /// The new connection is of no use.
    pub fn begin(
        registry: &Registry,
        mut new: Connection,
        heard: &'static [&'static str],
        number: u64,
        ticket: Ticket,
        request: &WmRequest,
    ) -> Result<Handover, String> {
        new.send(registry, OWN, &WmRequest::Subscribe(heard))?;
        let tick = format!("i3pm-handover-{}-{number}", std::process::id());
        Ok(Handover { new, ticket, request: request.clone(), tick, new_is_there: false, old_is_there: false })
    }

    /// True if another turn would get on without waiting, where the old connection would if
    /// `old_is_ready`.
    #[must_use]
    pub fn is_ready(&self, old_is_ready: bool) -> bool {
        (!self.old_is_there && old_is_ready) || (!self.new_is_there && self.new.is_ready())
    }

    /// Read the new connection up to the tick, or as far as there is something.
    ///
    /// # Errors
    /// The new connection is of no use.
    pub fn advance(&mut self, registry: &Registry, buffer: &mut Vec<u8>) -> Result<(), String> {
        self.new.flush(registry)?;
        while !self.new_is_there {
            let Some(event) = self.new.next(buffer)? else { return Ok(()) };
            match event {
                Event::WmReply { reply: WmReply::Subscribed(true), .. } => {
                    self.new.send(registry, OWN, &WmRequest::Tick(self.tick.clone()))?;
                }
                // The tick comes right before this.
                Event::WmReply { reply: WmReply::Ticked(true), .. } => self.new_is_there = true,
                Event::WmReply { .. } => return Err("the window manager refuses what it granted before".into()),
                // The old one is told this, too.
                _ => {}
            }
        }
        Ok(())
    }

    /// The old connection tells this. Is it the tick? Then the old one is not read any further.
    pub fn old_tells(&mut self, event: &Event) -> bool {
        self.old_is_there = matches!(event, Event::WmEvent(WmEvent::Tick { payload, .. }) if *payload == self.tick);
        self.old_is_there
    }

    /// May the old connection be read?
    #[must_use]
    pub fn reads_old(&self) -> bool {
        !self.old_is_there
    }

    /// Both have come to the tick.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.new_is_there && self.old_is_there
    }
}
