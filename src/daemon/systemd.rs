//! The service manager: datagrams to `NOTIFY_SOCKET`, never waiting. Without the variable
//! everything here does nothing.

use std::collections::VecDeque;
use std::env;
use std::ffi::OsString;
use std::io::{self, ErrorKind};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use sd_notify::NotifyState;

use crate::core::{Systemd, Time};

/// The most datagrams that wait for a service manager that does not read.
const DATAGRAMS_MAX: usize = 16;
/// How long to wait before a datagram that found the socket full is sent again.
const RETRY: Duration = Duration::from_millis(100);

/// The connection to the service manager.
#[derive(Debug)]
pub struct ServiceManager {
    address: Option<OsString>,
    socket: Option<UnixDatagram>,
    waiting: VecDeque<String>,
    retry_at: Option<Time>,
}

impl ServiceManager {
    /// The one that `NOTIFY_SOCKET` names, if any.
    #[must_use]
    pub fn from_environment() -> ServiceManager {
        ServiceManager::at(env::var_os("NOTIFY_SOCKET").filter(|address| !address.is_empty()))
    }

    fn at(address: Option<OsString>) -> ServiceManager {
        ServiceManager { address, socket: None, waiting: VecDeque::new(), retry_at: None }
    }

    /// Tell it something.
    ///
    /// # Errors
    /// The socket is not there. If the socket is full, the datagram is kept and sent again. By then
    /// a ping or a status is worth nothing any more: it is dropped if too many wait.
    pub fn tell(&mut self, now: Time, message: &Systemd) -> io::Result<()> {
        if self.address.is_none() {
            return Ok(());
        }
        if self.waiting.len() >= DATAGRAMS_MAX {
            if matches!(message, Systemd::Watchdog | Systemd::Status(_)) {
                return Ok(());
            }
            self.waiting.pop_front();
        }
        self.waiting.push_back(datagram(now, message));
        self.flush(now)
    }

    /// Send what waits, as far as it goes.
    ///
    /// # Errors
    /// The socket is not there; what waited is dropped.
    pub fn flush(&mut self, now: Time) -> io::Result<()> {
        self.retry_at = None;
        while !self.waiting.is_empty() {
            let socket = match self.socket.take().map_or_else(|| self.connect(), Ok) {
                Ok(socket) => socket,
                Err(error) => {
                    self.waiting.clear();
                    return Err(error);
                }
            };
            let Some(text) = self.waiting.front() else { return Ok(()) };
            match socket.send(text.as_bytes()) {
                Ok(_) => {
                    self.socket = Some(socket);
                    self.waiting.pop_front();
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => self.socket = Some(socket),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.socket = Some(socket);
                    self.retry_at = Some(now + RETRY);
                    return Ok(());
                }
                Err(error) => {
                    // The manager was started anew, or is gone: the next message connects again.
                    self.waiting.clear();
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// When `flush` has to be called again.
    #[must_use]
    pub fn deadline(&self) -> Option<Time> {
        self.retry_at
    }

    fn connect(&mut self) -> io::Result<UnixDatagram> {
        let Some(address) = &self.address else { return Err(ErrorKind::NotFound.into()) };
        let address = match address.as_bytes() {
            [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
            _ => SocketAddr::from_pathname(address)?,
        };
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        socket.connect_addr(&address)?;
        Ok(socket)
    }
}

/// The watchdog interval that the service manager asks of this process.
#[must_use]
pub fn watchdog() -> Option<Duration> {
    sd_notify::watchdog_enabled().filter(|interval| !interval.is_zero())
}

fn datagram(now: Time, message: &Systemd) -> String {
    match message {
        Systemd::Ready => NotifyState::Ready.to_string(),
        // A line feed would begin an assignment of its own.
        Systemd::Status(text) => NotifyState::Status(&super::log::printable(text)).to_string(),
        // systemd refuses a reload whose two assignments come in two datagrams.
        Systemd::Reloading => {
            let clock = NotifyState::MonotonicUsec(i128::from(now.nanos() / 1_000));
            format!("{}\n{clock}", NotifyState::Reloading)
        }
        Systemd::Stopping => NotifyState::Stopping.to_string(),
        Systemd::Watchdog => NotifyState::Watchdog.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(socket: &UnixDatagram) -> String {
        let mut buffer = [0; 256];
        let length = socket.recv(&mut buffer).unwrap();
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    }

    #[test]
    fn without_a_service_manager_nothing_happens() {
        let mut manager = ServiceManager::at(None);
        manager.tell(Time::default(), &Systemd::Ready).unwrap();
        assert_eq!(manager.deadline(), None);
    }

    #[test]
    fn every_message_is_one_datagram() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        let mut manager = ServiceManager::at(Some(path.clone().into()));
        let now = Time::from_nanos(5_000_000);
        for (message, text) in [
            (Systemd::Ready, "READY=1"),
            (Systemd::Status("two\nREADY=1".into()), "STATUS=two\\nREADY=1"),
            (Systemd::Reloading, "RELOADING=1\nMONOTONIC_USEC=5000"),
            (Systemd::Watchdog, "WATCHDOG=1"),
            (Systemd::Stopping, "STOPPING=1"),
        ] {
            manager.tell(now, &message).unwrap();
            assert_eq!(read(&socket), text);
        }
        // Started anew under the same name: one message is lost with an error, the next arrives.
        drop(socket);
        std::fs::remove_file(&path).unwrap();
        let socket = UnixDatagram::bind(&path).unwrap();
        assert!(manager.tell(now, &Systemd::Watchdog).is_err());
        manager.tell(now, &Systemd::Ready).unwrap();
        assert_eq!(read(&socket), "READY=1");
    }

    #[test]
    fn a_full_socket_is_tried_again_and_ready_is_not_lost() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        let mut manager = ServiceManager::at(Some(path.into()));
        let mut sent = 0;
        while manager.deadline().is_none() {
            manager.tell(Time::default(), &Systemd::Watchdog).unwrap();
            sent += 1;
            assert!(sent < 100_000, "the socket never fills");
        }
        for _ in 0..2 * DATAGRAMS_MAX {
            manager.tell(Time::default(), &Systemd::Watchdog).unwrap();
        }
        manager.tell(Time::default(), &Systemd::Ready).unwrap();
        assert!(manager.waiting.len() <= DATAGRAMS_MAX);
        socket.set_nonblocking(true).unwrap();
        let mut buffer = [0; 64];
        let mut last = Vec::new();
        loop {
            while let Ok(length) = socket.recv(&mut buffer) {
                last = buffer[..length].to_vec();
            }
            if manager.waiting.is_empty() {
                break;
            }
            manager.flush(Time::default()).unwrap();
        }
        assert_eq!(last, b"READY=1");
    }
}
