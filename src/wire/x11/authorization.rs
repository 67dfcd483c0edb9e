//! Where the X server of a display on this machine listens, and the cookie that lets us in.

use std::path::PathBuf;

/// What lets us in: a name and a cookie of the Xauthority file.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Authorization {
    /// `MIT-MAGIC-COOKIE-1`.
    pub name: Vec<u8>,
    /// The cookie.
    pub data: Vec<u8>,
}

impl std::fmt::Debug for Authorization {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Authorization({})", self.name.escape_ascii())
    }
}

/// The socket of a display and its number, if the display is on this machine: `:1`, `:1.0`,
/// `unix:1`.
#[must_use]
pub fn local_display(display: &str) -> Option<(PathBuf, u16)> {
    let number = display.strip_prefix("unix").unwrap_or(display).strip_prefix(':')?;
    let (number, screen) = number.split_once('.').unwrap_or((number, "0"));
    let (number, _): (u16, u16) = (number.parse().ok()?, screen.parse().ok()?);
    Some((PathBuf::from(format!("/tmp/.X11-unix/X{number}")), number))
}

/// The cookie for a local display out of the bytes of an Xauthority file; none if there is none.
#[must_use]
pub fn cookie(xauthority: &[u8], host_name: &[u8], display: u16) -> Option<Authorization> {
    const FAMILY_LOCAL: u16 = 256;
    const FAMILY_WILD: u16 = 65535;
    const COOKIE_NAME: &[u8] = b"MIT-MAGIC-COOKIE-1";
    let mut rest = xauthority;
    loop {
        let family = u16::from_be_bytes(*rest.split_off(..2)?.first_chunk()?);
        let [address, number, name, data] =
            [counted(&mut rest)?, counted(&mut rest)?, counted(&mut rest)?, counted(&mut rest)?];
        let is_ours = family == FAMILY_WILD || (family == FAMILY_LOCAL && address == host_name);
        let is_display = number.is_empty() || number == display.to_string().as_bytes();
        if is_ours && is_display && name == COOKIE_NAME {
            return Some(Authorization { name: name.to_vec(), data: data.to_vec() });
        }
    }
}

fn counted<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = u16::from_be_bytes(*rest.split_off(..2)?.first_chunk()?);
    rest.split_off(..usize::from(length))
}
