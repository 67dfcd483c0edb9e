//! The framing of the i3 IPC, once for all tests: the magic, the length of the payload, the type,
//! the payload.
//!
//! It shares nothing with the program, so the program cannot agree with its own mistakes here. A
//! test that needs a broken message breaks one of these.

use std::io::{self, Read};

const MAGIC: &[u8; 6] = b"i3-ipc";
/// The length of a header.
pub const HEADER_BYTES: usize = MAGIC.len() + 4 + 4;
/// The bit that is set in the type of an event.
pub const EVENT_BIT: u32 = 1 << 31;

/// One message.
///
/// # Panics
/// The payload has more than 4 GiB.
#[must_use]
pub fn frame(kind: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short payload");
    [MAGIC, &length.to_ne_bytes()[..], &kind.to_ne_bytes(), payload].concat()
}

/// The type and the length, header included, of the message at the beginning, if all of it is
/// there.
#[must_use]
pub fn whole(bytes: &[u8]) -> Option<(u32, usize)> {
    let header = bytes.get(..HEADER_BYTES).filter(|header| header.starts_with(MAGIC))?;
    let length = HEADER_BYTES + word(header, MAGIC.len()) as usize;
    (bytes.len() >= length).then(|| (word(header, MAGIC.len() + 4), length))
}

/// Read one message: its type and its payload.
///
/// # Errors
/// The stream ends or fails; `InvalidData` if there is something else than a message.
pub fn read(stream: &mut impl Read) -> io::Result<(u32, Vec<u8>)> {
    let mut header = [0; HEADER_BYTES];
    stream.read_exact(&mut header)?;
    if !header.starts_with(MAGIC) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("not a message: {}", header.escape_ascii())));
    }
    let mut payload = vec![0; word(&header, MAGIC.len()) as usize];
    stream.read_exact(&mut payload)?;
    Ok((word(&header, MAGIC.len() + 4), payload))
}

fn word(header: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
}
