//! Brings every hidden container back without a daemon: it may be dead, wedged, or never installed.
//!
//! The marks on windows say where each container returns to; nothing else is needed. One blocking
//! connection of our own, each step bounded by a deadline. What comes back stands at the root of
//! its workspace. On i3 the vault is taken down too.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::core::plan::{self, Before, Hiding, Situation, Traces};
use crate::core::tree::vault::{berths, is_free_place, vault_slots};
use crate::core::tree::{Node, View};
use crate::core::windows::hidden::HiddenContainer;
use crate::core::windows::table::Table;
use crate::core::windows::window::Coming;
use crate::core::words::command::{Script, not_executed, refusals};
use crate::core::words::wm::HidingPlace;
use crate::core::{Event, Ticket, WmKind, WmReply, WmRequest};
use crate::wire::wm::WmStream;

/// How long the window manager may take for one answer. Longer than the daemon's: nobody else is
/// kept waiting.
const ANSWER_DEADLINE: Duration = Duration::from_secs(10);

/// What a rescue did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The socket it spoke to.
    pub socket: PathBuf,
    /// Containers that were hidden.
    pub containers: usize,
    /// Windows in them.
    pub windows: usize,
    /// What the window manager refused, in its words.
    pub refused: Vec<String>,
    /// Windows that are hidden still.
    pub still_hidden: usize,
}

/// Bring everything back, through the first of `sockets` that answers.
///
/// # Errors
/// None answers, or one that answered stopped doing so.
pub fn rescue(sockets: &[PathBuf]) -> anyhow::Result<Report> {
    let mut tried = Vec::new();
    for socket in sockets {
        match Connection::open(socket, ANSWER_DEADLINE) {
            Ok((connection, kind)) => return rescue_through(connection, kind, socket),
            Err(error) => tried.push(format!("{}: {error:#}", socket.display())),
        }
    }
    if tried.is_empty() {
        bail!("no socket of i3 or sway was found; name one with --wm-socket");
    }
    bail!("no window manager answers: {}", tried.join("; "))
}

fn rescue_through(mut connection: Connection, kind: WmKind, socket: &Path) -> anyhow::Result<Report> {
    let tree = connection.tree()?;
    let mut report =
        Report { socket: socket.to_path_buf(), containers: 0, windows: 0, refused: Vec::new(), still_hidden: 0 };
    let Restoration { script, containers, windows, traces } = restoration(kind, &tree);
    report.containers = containers;
    report.windows = windows;
    report.refused.extend(connection.run(kind, script)?);
    let tree = connection.tree()?;
    report.refused.extend(connection.run(kind, demolition(kind, &tree))?);
    report.refused.extend(connection.run(kind, tidying(kind, &tree, &traces))?);
    report.still_hidden = hidden(kind, &tree).1;
    Ok(report)
}

/// How what is hidden comes back.
struct Restoration {
    script: Script,
    containers: usize,
    windows: usize,
    traces: Traces,
}

fn restoration(kind: WmKind, tree: &Node) -> Restoration {
    let view = View::new(tree);
    let (table, windows) = hidden(kind, tree);
    let situation = Situation { kind, hides_in: HidingPlace::of(kind), view: &view, table: &table };
    let bare: Vec<HiddenContainer> = table.hidden.iter().map(|container| table.without_shell(container)).collect();
    let returning: Vec<&HiddenContainer> = bare.iter().collect();
    let mut before = Before::new(&view);
    let mut script = plan::prepare(&situation, &[], &returning, &mut before);
    let mut hiding = Hiding::default();
    let restoring = plan::restore(&situation, &returning, &mut hiding, None, &before);
    let urgent_again = restoring.ask_again(before.focused);
    script.extend(restoring.script);
    script.extend(restoring.measure.clone());
    script.extend(restoring.late);
    script.extend(restoring.orders);
    script.extend(restoring.measure);
    for (id, mode) in &before.fullscreen_off {
        script.on(*id, plan::fullscreen_command(*mode));
    }
    if !returning.is_empty() {
        script.extend(plan::final_focus(&situation, &before.visible, before.focused, |_| plan::Presence::Occupied));
    }
    script.extend(urgent_again);
    for stand_in in &hiding.stand_ins {
        script.push(format!("[{}] kill", stand_in.criteria));
    }
    Restoration { script, containers: returning.len(), windows, traces: restoring.traces }
}

/// The commands that tidy up after that.
fn tidying(kind: WmKind, tree: &Node, traces: &Traces) -> Script {
    let view = View::new(tree);
    let mut table = Table::default();
    table.reconcile(kind, &view, Coming::Found);
    table.wrappers = traces.wrappers(&view);
    plan::tidy::tidy(&Situation { kind, hides_in: HidingPlace::of(kind), view: &view, table: &table }, traces).script
}

fn hidden(kind: WmKind, tree: &Node) -> (Table, usize) {
    let mut table = Table::default();
    table.reconcile(kind, &View::new(tree), Coming::Found);
    let windows = table.windows.values().filter(|window| window.hidden).count();
    (table, windows)
}

/// i3: take the vault down. A container disappears with its last child.
fn demolition(kind: WmKind, tree: &Node) -> Script {
    let mut script = Script::new();
    if kind == WmKind::I3 {
        let view = View::new(tree);
        let places = vault_slots(&view).into_iter().filter(|slot| is_free_place(slot));
        for free in places.chain(berths(&view)) {
            script.on(free.id, "kill");
        }
    }
    script
}

/// A blocking connection to a window manager.
pub struct Connection {
    socket: UnixStream,
    stream: WmStream,
    tickets: u64,
    patience: Duration,
    version: String,
}

impl Connection {
    /// Connect, and see who is there. Each answer may take as long as `patience`.
    ///
    /// # Errors
    /// Nobody listens, or whoever does is no window manager.
    pub fn open(path: &Path, patience: Duration) -> anyhow::Result<(Connection, WmKind)> {
        let socket = UnixStream::connect(path)?;
        let mut connection =
            Connection { socket, stream: WmStream::new(), tickets: 0, patience, version: String::new() };
        match connection.ask(&WmRequest::Version)? {
            WmReply::Version { kind, human_readable } => {
                connection.version = human_readable;
                Ok((connection, kind))
            }
            _ => bail!("it does not answer like i3 or sway"),
        }
    }

    /// What it calls itself.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The whole tree.
    ///
    /// # Errors
    /// It does not answer, or not with a tree.
    pub fn tree(&mut self) -> anyhow::Result<Node> {
        match self.ask(&WmRequest::Tree)? {
            WmReply::Tree(tree) => Ok(*tree),
            WmReply::Undecodable(reason) => bail!("its tree cannot be read: {reason}"),
            _ => bail!("it answered a request for the tree with something else"),
        }
    }

    /// The text of its configuration.
    ///
    /// # Errors
    /// It does not answer, or not with a text.
    pub fn configuration(&mut self) -> anyhow::Result<String> {
        match self.ask(&WmRequest::Config)? {
            WmReply::Config(text) => Ok(text),
            _ => bail!("its configuration cannot be read"),
        }
    }

    /// Run a script; the refusals come back.
    fn run(&mut self, kind: WmKind, script: Script) -> anyhow::Result<Vec<String>> {
        let mut refused = Vec::new();
        let mut messages: VecDeque<String> = script.into_messages().into();
        while let Some(message) = messages.pop_front() {
            if let WmReply::Command(outcomes) = self.ask(&WmRequest::Command(message.clone()))? {
                refused.extend(refusals(&message, &outcomes));
                if let Some(rest) = not_executed(kind, &message, &outcomes) {
                    messages.push_front(rest);
                }
            }
        }
        Ok(refused)
    }

    fn ask(&mut self, request: &WmRequest) -> anyhow::Result<WmReply> {
        let until = Instant::now() + self.patience;
        let bytes = self.stream.send(Ticket(self.tickets), request);
        self.tickets += 1;
        self.socket.set_write_timeout(Some(self.patience))?;
        self.socket.write_all(&bytes).context("sending to it failed")?;
        let mut buffer = [0; 16 * 1024];
        loop {
            while let Some(event) = self.stream.next()? {
                if let Event::WmReply { reply, .. } = event {
                    return Ok(reply);
                }
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                bail!("it did not answer in {} s", self.patience.as_secs_f64());
            }
            self.socket.set_read_timeout(Some(left))?;
            match self.socket.read(&mut buffer) {
                Ok(0) => bail!("it closed the connection"),
                Ok(count) => self.stream.receive(&buffer[..count]),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                    bail!("it did not answer in {} s", self.patience.as_secs_f64());
                }
                Err(error) => return Err(error).context("reading from it failed"),
            }
        }
    }
}
