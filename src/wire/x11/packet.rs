//! The packets of an X server: how long they are, what kind they are of, and what can be wrong.

use x11rb_protocol::protocol::xproto::SetupFailed;
use x11rb_protocol::x11_utils::TryParse;

/// The longest reply to any of our requests, in bytes.
pub const REPLY_BYTES_MAX: usize = 64 << 10;
/// The longest text of the server that is repeated in an error, in bytes.
const REASON_BYTES_MAX: usize = 200;

const SETUP_HEADER_BYTES: usize = 8;
const PACKET_BYTES: usize = 32;
pub(super) const ERROR_PACKET: u8 = 0;
pub(super) const REPLY_PACKET: u8 = 1;
pub(super) const GENERIC_EVENT_PACKET: u8 = 35;

/// Why an X11 connection cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum X11Error {
    /// The server does not let us in.
    #[error("the X server refuses the connection: {reason}; is XAUTHORITY set?")]
    Refused {
        /// In its words, escaped.
        reason: String,
    },
    /// What it sends is not what was asked.
    #[error("the X server's stream is out of step: {reason}")]
    OutOfStep {
        /// What is wrong.
        reason: String,
    },
}

/// How long the greeting of the server at the front is; none if that cannot be seen yet.
pub(super) fn greeting_length(bytes: &[u8]) -> Option<usize> {
    let header = bytes.get(..SETUP_HEADER_BYTES)?;
    Some(SETUP_HEADER_BYTES + 4 * usize::from(u16::from_ne_bytes([header[6], header[7]])))
}

/// How long the packet at the front is; none if that cannot be seen yet.
pub(super) fn packet_length(bytes: &[u8]) -> Result<Option<usize>, X11Error> {
    let Some(header) = bytes.get(..PACKET_BYTES) else { return Ok(None) };
    let more = match header[0] & 0x7f {
        REPLY_PACKET | GENERIC_EVENT_PACKET => {
            u32::from_ne_bytes([header[4], header[5], header[6], header[7]]) as usize
        }
        _ => 0,
    };
    let length = PACKET_BYTES.saturating_add(more.saturating_mul(4));
    if length > REPLY_BYTES_MAX {
        return Err(out_of_step(format!("a message of {length} bytes; the limit is {REPLY_BYTES_MAX}")));
    }
    Ok(Some(length))
}

/// A reply; none if the server answered with an error.
pub(super) fn reply<T: TryParse>(packet: &[u8]) -> Result<Option<T>, X11Error> {
    if packet[0] == ERROR_PACKET {
        return Ok(None);
    }
    match T::try_parse(packet) {
        Ok((reply, _)) => Ok(Some(reply)),
        Err(error) => Err(out_of_step(format!("a reply that cannot be read: {error}"))),
    }
}

/// Why the server does not let us in.
pub(super) fn refusal(packet: &[u8]) -> X11Error {
    let reason = match SetupFailed::try_parse(packet) {
        Ok((failed, _)) if packet[0] == 0 => failed.reason,
        _ => b"it asks for more authentication".to_vec(),
    };
    let reason = reason.trim_ascii();
    X11Error::Refused { reason: reason[..reason.len().min(REASON_BYTES_MAX)].escape_ascii().to_string() }
}

pub(super) fn out_of_step(reason: String) -> X11Error {
    X11Error::OutOfStep { reason }
}
