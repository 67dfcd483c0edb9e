//! One question to an X server: a property of the root window, by its name. No I/O happens here.

use x11rb_protocol::connect::Connect;
use x11rb_protocol::protocol::xproto::{
    AtomEnum, GetPropertyReply, GetPropertyRequest, InternAtomReply, InternAtomRequest, Setup,
};
use x11rb_protocol::x11_utils::{Request, TryParse};

use super::authorization::Authorization;
use super::packet::{
    ERROR_PACKET, REPLY_PACKET, X11Error, greeting_length, out_of_step, packet_length, refusal, reply,
};
use crate::wire::byte_queue::ByteQueue;

/// The longest value that is asked for, in units of four bytes.
const VALUE_UNITS_MAX: u32 = 1024;

/// The question, and how far it is answered.
#[derive(Debug)]
pub struct RootProperty {
    name: Vec<u8>,
    step: Step,
    root: u32,
    inbox: ByteQueue,
    output: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Setup,
    Atom,
    Value,
    Done(Option<Vec<u8>>),
}

impl RootProperty {
    /// Ask for the property of this name on the first screen.
    #[must_use]
    pub fn new(authorization: &Authorization, name: &[u8]) -> RootProperty {
        let Authorization { name: kind, data } = authorization.clone();
        let (_, output) = Connect::with_authorization(kind, data);
        RootProperty { name: name.to_vec(), step: Step::Setup, root: 0, inbox: ByteQueue::default(), output }
    }

    /// The bytes to be written now.
    #[must_use]
    pub fn take_output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.output)
    }

    /// The answer once it is there: the value, or none if there is no such property.
    #[must_use]
    pub fn answer(&self) -> Option<Option<Vec<u8>>> {
        match &self.step {
            Step::Done(value) => Some(value.clone()),
            _ => None,
        }
    }

    /// Bytes came, split anywhere.
    ///
    /// # Errors
    /// The server does not let us in, or sends what was not asked.
    pub fn receive(&mut self, bytes: &[u8]) -> Result<(), X11Error> {
        self.inbox.push(bytes);
        loop {
            let is_greeting = self.step == Step::Setup;
            let bytes = self.inbox.as_slice();
            let length = if is_greeting { greeting_length(bytes) } else { packet_length(bytes)? };
            let Some(length) = length else { return Ok(()) };
            let Some(packet) = bytes.get(..length) else { return Ok(()) };
            let packet = packet.to_vec();
            self.inbox.take(length);
            // Anything else is an event.
            if is_greeting || matches!(packet[0], ERROR_PACKET | REPLY_PACKET) {
                self.step(&packet)?;
            }
        }
    }

    fn step(&mut self, packet: &[u8]) -> Result<(), X11Error> {
        self.step = match self.step {
            Step::Setup => {
                if packet[0] != 1 {
                    return Err(refusal(packet));
                }
                let (setup, _) = Setup::try_parse(packet)
                    .map_err(|error| out_of_step(format!("a greeting that cannot be read: {error}")))?;
                let screen = setup.roots.first().ok_or_else(|| out_of_step("a server without a screen".to_owned()))?;
                self.root = screen.root;
                let name = self.name.as_slice();
                self.ask(InternAtomRequest { only_if_exists: true, name: name.to_vec().into() });
                Step::Atom
            }
            Step::Atom => match reply::<InternAtomReply>(packet)?.map(|reply| reply.atom).filter(|atom| *atom != 0) {
                Some(property) => {
                    self.ask(GetPropertyRequest {
                        delete: false,
                        window: self.root,
                        property,
                        type_: AtomEnum::ANY.into(),
                        long_offset: 0,
                        long_length: VALUE_UNITS_MAX,
                    });
                    Step::Value
                }
                None => Step::Done(None),
            },
            Step::Value => {
                let value =
                    reply::<GetPropertyReply>(packet)?.filter(|reply| reply.format == 8 && !reply.value.is_empty());
                Step::Done(value.map(|reply| reply.value))
            }
            Step::Done(_) => return Err(out_of_step("an answer to what was not asked".to_owned())),
        };
        Ok(())
    }

    fn ask(&mut self, request: impl Request) {
        let (bytes, _) = request.serialize(0);
        self.output.extend_from_slice(&bytes);
    }
}
