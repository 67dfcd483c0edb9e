//! Files into which people and other programs may put anything. The daemon and the command line
//! read only regular ones, and each only up to a limit.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use rustix::fs::OFlags;

/// The largest file that the daemon keeps for itself, in bytes.
pub const STORE_BYTES_MAX: usize = 16 << 20;

/// The bytes of a regular file (or of one of the kernel's) that has no more than `limit` of them.
/// This may wait for a disk.
///
/// # Errors
/// What the kernel says; or the file is no regular one, or too large.
pub fn read(path: &Path, limit: usize) -> io::Result<Vec<u8>> {
    // Without O_NONBLOCK the opening of a FIFO waits for its writer.
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or(0);
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(io::Error::other("it is a directory"));
    }
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(limit).min(limit));
    file.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > limit {
        return Err(io::Error::new(ErrorKind::FileTooLarge, format!("it is larger than {limit} bytes")));
    }
    Ok(bytes)
}

/// The same for callers without a worker: a disk that does not answer is given up. The thread that
/// waits for it is left behind.
///
/// # Errors
/// As `read`, and if it took longer than `patience`.
pub fn read_within(path: &Path, limit: usize, patience: Duration) -> io::Result<Vec<u8>> {
    within(patience, {
        let path = path.to_owned();
        move || read(&path, limit)
    })
}

fn within<T: Send + 'static>(
    patience: Duration,
    job: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let (sender, receiver) = mpsc::channel();
    std::thread::Builder::new().spawn(move || drop(sender.send(job())))?;
    receiver.recv_timeout(patience).unwrap_or_else(|_| {
        let text = format!("its disk has not answered within {} s", patience.as_secs_f64());
        Err(io::Error::new(ErrorKind::TimedOut, text))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_regular_files_within_the_limit_are_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        std::fs::write(&path, "12345").unwrap();
        assert_eq!(read(&path, 5).unwrap(), b"12345");
        assert_eq!(read(&path, 4).unwrap_err().kind(), ErrorKind::FileTooLarge);
        assert!(read(directory.path(), 5).unwrap_err().to_string().contains("directory"));
        assert!(read(Path::new("/dev/null"), 5).unwrap_err().to_string().contains("regular"));
        assert_eq!(read(&path.join("below"), 5).unwrap_err().kind(), ErrorKind::NotADirectory);
        let fifo = directory.path().join("fifo");
        rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        assert!(read_within(&fifo, 5, Duration::from_secs(5)).unwrap_err().to_string().contains("regular"));
        assert_eq!(read_within(&path, 5, Duration::from_secs(5)).unwrap(), b"12345");
    }

    #[test]
    fn what_does_not_come_is_given_up() {
        let (sender, receiver) = mpsc::channel::<io::Result<()>>();
        let error = within(Duration::from_millis(20), move || receiver.recv().unwrap()).unwrap_err();
        assert_eq!((error.kind(), error.to_string().contains("0.02 s")), (ErrorKind::TimedOut, true));
        drop(sender);
    }
}
