//! The socket that the service manager passes.

use std::os::unix::net::UnixListener;

/// The names that the service manager may give our socket begin so.
const NAME_PREFIX: &str = "i3pm";

/// Our socket among those that the service manager passes; none if it passes nothing. This must be
/// called before any thread starts.
///
/// # Errors
/// A sentence: sockets are passed, and none of them is ours.
pub fn given() -> Result<Option<UnixListener>, String> {
    let mut passed = listenfd::ListenFd::from_env();
    if passed.len() == 0 {
        return Ok(None);
    }
    let names = std::env::var("LISTEN_FDNAMES").ok().filter(|names| !names.is_empty());
    let names: Option<Vec<&str>> = names.as_deref().map(|names| names.split(':').collect());
    for index in 0..passed.len() {
        let fits =
            names.as_ref().is_none_or(|names| names.get(index).is_some_and(|name| name.starts_with(NAME_PREFIX)));
        if fits && let Ok(Some(socket)) = passed.take_unix_listener(index) {
            return Ok(Some(socket));
        }
    }
    Err(format!(
        "of the {} sockets passed by the service manager none is a Unix stream socket with a name that begins with \
         {NAME_PREFIX:?}; a socket of our own serves",
        passed.len()
    ))
}
