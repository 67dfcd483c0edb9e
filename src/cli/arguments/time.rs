//! Times, as they are written in arguments: seconds, with decimals.

use std::time::Duration;

use crate::api::CLOSE_WAIT_MAX_MS;

/// The longest `--timeout`, in seconds.
pub const TIMEOUT_SECONDS_MAX: f64 = 86_400.0;

/// How long the daemon is waited for.
///
/// # Errors
/// A sentence that says what may be written.
pub fn parse_timeout(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "write a number of seconds, such as 2 or 0.5".to_owned())?;
    if !(seconds > 0.0 && seconds <= TIMEOUT_SECONDS_MAX) {
        return Err(format!("it must be more than 0 and at most {TIMEOUT_SECONDS_MAX} seconds"));
    }
    Ok(Duration::from_secs_f64(seconds).max(Duration::from_millis(1)))
}

/// How long the windows of a project may take to close.
///
/// # Errors
/// A sentence that says what may be written.
pub fn parse_wait(text: &str) -> Result<Duration, String> {
    let longest = Duration::from_millis(CLOSE_WAIT_MAX_MS);
    match parse_timeout(text)? {
        wait if wait <= longest => Ok(wait),
        _ => Err(format!("it must be at most {} seconds", longest.as_secs())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts() {
        assert_eq!(parse_timeout("0.25"), Ok(Duration::from_millis(250)));
        assert_eq!(parse_timeout("0.0000001"), Ok(Duration::from_millis(1)), "the socket knows no less");
        for text in ["0", "-1", "x", "inf", "nan", "1e9", ""] {
            assert!(parse_timeout(text).is_err(), "{text}");
        }
    }
}
