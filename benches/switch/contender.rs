//! Three ways to switch between two projects. Each has a window manager of its own, with the same
//! windows in the same layout.

use std::os::unix::net::UnixStream;
use std::thread;
use std::time::{Duration, Instant};

use i3pm::core::CommandOutcome;
use i3pm::core::tree::mark::{Mark, PREFIX};
use serde_json::Value;
use swayipc::{Connection, NodeType};

use crate::REST;
use crate::replay::{Message, translate};
use crate::support::ipc::request;
use crate::support::tree::{list, number, text, walk};
use crate::support::{Daemon, Kind, Options, Program, Relay, Snapshot, Window, WindowManager, wait_for};

/// The projects, and the class of their windows.
pub const PROJECTS: [&str; 2] = ["a", "b"];
/// The windows of each project are on so many workspaces.
const WORKSPACES: usize = 4;
/// So many windows stand in a column.
const COLUMN: usize = 5;

/// A window manager with windows.
pub struct Stage {
    pub wm: WindowManager,
    programs: Vec<Program>,
}

impl Stage {
    pub fn new(kind: Kind) -> Stage {
        Stage { wm: WindowManager::start(kind, &Options::default()), programs: Vec::new() }
    }

    /// Open the windows of a project: columns of five on four workspaces.
    pub fn open(&mut self, project: &str, count: usize) {
        let mut program = Program::start_bare(&self.wm);
        // Nobody listens later: the events would cost time, and a window manager drops a client
        // that does not read them.
        let mut events = self.wm.connect();
        events.ask(request::SUBSCRIBE, "[\"window\"]").expect("a subscription");
        for workspace in 0..WORKSPACES {
            self.wm.show_workspace(&(workspace + 1).to_string(), None);
            let here = count / WORKSPACES + usize::from(workspace < count % WORKSPACES);
            for number in 0..here {
                let new_column = number % COLUMN == 0;
                if new_column && number > 0 {
                    self.wm.run("focus parent");
                }
                let name = format!("{project}-{}-{number:03}", workspace + 1);
                program.request(&self.wm, &Window { title: name, class: project.into(), ..Window::default() });
                while events.next_event().expect("an event")["change"] != "new" {}
                if new_column {
                    self.wm.run("split v");
                }
            }
        }
        self.programs.push(program);
        self.wm.settle();
    }
}

/// i3pm, through its socket.
pub struct Managed {
    pub stage: Stage,
    daemon: Daemon,
    relay: Option<Relay>,
}

/// The parts of a switch.
#[derive(Debug, Clone, Default)]
pub struct Made {
    pub messages: Vec<Message>,
    /// Containers that were hidden or returned.
    pub containers: usize,
}

impl Managed {
    /// A daemon behind a relay that records tells the commands; a daemon without one tells the
    /// time.
    pub fn new(kind: Kind, recorded: bool) -> Managed {
        let stage = Stage::new(kind);
        let relay = recorded.then(|| Relay::start(&stage.wm));
        let mut daemon = match &relay {
            Some(relay) => Daemon::start_through(&stage.wm, relay.socket()),
            None => Daemon::start(&stage.wm),
        };
        daemon.create_projects(&PROJECTS);
        daemon.switch(PROJECTS[0]);
        Managed { stage, daemon, relay }
    }

    pub fn open(&mut self, project: &str, count: usize) {
        self.stage.open(project, count);
        wait_for("every window to be decided", || {
            let known = self.daemon.windows();
            let of_project = known.iter().filter(|window| list(&window["projects"]).iter().any(|name| name == project));
            (of_project.count() == count).then_some(())
        });
        self.wait_idle();
    }

    /// Wait until nothing is asked of the window manager: the census after a switch and its
    /// consequences are over.
    fn wait_idle(&mut self) {
        wait_for("the daemon to rest", || {
            let status = self.daemon.status();
            (status["wm"]["request"].is_null() && status["switch"]["in_flight"].is_null()).then_some(())
        });
    }

    /// The time from the call to its answer, and the part of it in which the daemon waited for the
    /// window manager.
    pub fn switch(&mut self, project: &str) -> (Duration, Duration) {
        let start = Instant::now();
        let answer = self.daemon.switch(project);
        let took = start.elapsed();
        assert_eq!(answer["refused"], serde_json::json!([]), "the window manager refused commands");
        self.wait_idle();
        (took, Duration::from_secs_f64(answer["wm_milliseconds"].as_f64().expect("a number") / 1e3))
    }

    fn containers_hidden(&self) -> usize {
        let tree = self.stage.wm.tree();
        let marks = walk(&tree).into_iter().flat_map(|node| list(&node["marks"])).map(text);
        marks.filter(|mark| mark.starts_with(PREFIX) && matches!(Mark::parse(mark), Some(Mark::Hidden(_)))).count()
    }

    /// The commands since the last time: those of the switch, and those that came after its answer.
    fn take_commands(&self, of_switch: usize) -> (Vec<Message>, Vec<Message>) {
        let relay = self.relay.as_ref().expect("recorded");
        let sent = relay.sent();
        relay.forget();
        let commands = sent.into_iter().filter(|sent| sent.kind == request::COMMAND);
        let mut all: Vec<Message> = commands.map(|sent| Message { text: sent.payload, tree: sent.tree }).collect();
        let after = all.split_off(of_switch.min(all.len()));
        (all, after)
    }
}

/// The very commands of i3pm on a plain connection: a recorded i3pm makes each switch first, then a
/// twin without a daemon is told the same, with the ids of the same containers.
pub struct Bare {
    recorded: Managed,
    twin: Stage,
}

impl Bare {
    pub fn new(kind: Kind) -> Bare {
        let recorded = Managed::new(kind, true);
        recorded.take_commands(0);
        Bare { recorded, twin: Stage::new(kind) }
    }

    pub fn open(&mut self, project: &str, count: usize) {
        self.recorded.open(project, count);
        self.twin.open(project, count);
        let (_, marks) = self.recorded.take_commands(0);
        self.replay(&marks);
    }

    /// The time of the twin for the commands alone, and the commands.
    pub fn switch(&mut self, project: &str) -> (Duration, Made) {
        let before = self.recorded.containers_hidden();
        let answer = self.recorded.daemon.switch(project);
        self.recorded.wait_idle();
        let containers = before + self.recorded.containers_hidden();
        let of_switch = usize::try_from(number(&answer["messages"])).expect("a count");
        let (messages, after) = self.recorded.take_commands(of_switch);
        // The X server and the programs of the recorded side still have work, which would count as
        // the twin's.
        thread::sleep(REST);
        let took = self.replay(&messages);
        self.replay(&after);
        self.assert_twins();
        (took, Made { messages, containers })
    }

    /// Say the same to the twin. Messages that were planned on one tree are translated together.
    /// Only the saying is timed.
    fn replay(&self, messages: &[Message]) -> Duration {
        let mut took = Duration::ZERO;
        for planned in messages.chunk_by(Message::same_tree) {
            let now = (self.recorded.stage.wm.tree(), self.twin.wm.tree());
            let translated: Vec<String> = planned.iter().map(|message| translate(message, &now.0, &now.1)).collect();
            for text in translated {
                let start = Instant::now();
                let answer = self.twin.wm.ask(request::COMMAND, &text);
                took += start.elapsed();
                let refused = list(&answer).iter().find_map(|item| outcome(item).refusal());
                assert!(refused.is_none(), "the twin refuses ({refused:?}): {text}");
            }
        }
        took
    }

    /// The two that are compared must have done the same work.
    fn assert_twins(&self) {
        let [recorded, twin] = [&self.recorded.stage.wm, &self.twin.wm].map(Snapshot::take);
        recorded.assert_same(&twin, "the twin that was told the same commands");
    }
}

/// A script as others write them: it moves each window by itself, in one message, with the library
/// that scripts in Rust have for i3 and sway.
pub struct OneByOne {
    stage: Stage,
    connection: Connection,
    /// Id, workspace and project of each window.
    windows: Vec<(i64, String, String)>,
}

impl OneByOne {
    pub fn new(kind: Kind) -> OneByOne {
        let stage = Stage::new(kind);
        // `Connection::new` would look for the window manager of the user.
        let stream = UnixStream::connect(stage.wm.socket()).expect("the window manager accepts a connection");
        OneByOne { stage, connection: stream.into(), windows: Vec::new() }
    }

    pub fn open(&mut self, project: &str, count: usize) {
        self.stage.open(project, count);
        let tree = self.connection.get_tree().expect("a tree");
        for workspace in tree.iter().filter(|node| node.node_type == NodeType::Workspace) {
            let name = workspace.name.as_deref().expect("a workspace has a name");
            let windows = workspace.iter().filter(|node| node.window.is_some() || node.app_id.is_some());
            let of_project = windows.filter(|node| node.name.as_deref().is_some_and(|name| name.starts_with(project)));
            self.windows.extend(of_project.map(|node| (node.id, name.to_owned(), project.to_owned())));
        }
    }

    pub fn switch(&mut self, project: &str) -> Duration {
        let mut commands = Vec::new();
        for (id, _, _) in self.windows.iter().filter(|window| window.2 != project) {
            commands.push(format!("[con_id={id}] move scratchpad"));
        }
        for (id, workspace, _) in self.windows.iter().filter(|window| window.2 == project) {
            commands.push(format!("[con_id={id}] move container to workspace {workspace}, floating disable"));
        }
        let message = commands.join("; ");
        let start = Instant::now();
        let outcomes = self.connection.run_command(&message).expect("outcomes");
        let took = start.elapsed();
        // swayipc takes a refusal of i3 for a success; what is shown in the end tells.
        outcomes.into_iter().for_each(|outcome| outcome.expect("the window manager does it"));
        let expected = self.windows.iter().filter(|window| window.2 == project).count();
        let shown = Snapshot::titles(&self.stage.wm);
        assert!(
            shown.len() == expected && shown.iter().all(|title| title.starts_with(project)),
            "it did its work: {shown:?}"
        );
        took
    }
}

/// The outcome of one command as i3pm would hear it: a refusal that it expects is none.
fn outcome(item: &Value) -> CommandOutcome {
    CommandOutcome { success: item["success"] == true, error: item["error"].as_str().map(str::to_owned) }
}
