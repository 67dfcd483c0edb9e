//! What users, programs and peers do to the daemon.

use std::time::Duration;

use fastrand::Rng;
use i3pm::api::{
    AppLaunch, Call, EventsRecent, IfOpen, ProjectClose, ProjectCreate, ProjectName, ProjectOpen, ProjectRename,
    ProjectUpdate, Subscribe, Take, Topic, WindowAssign, WindowFilter, WindowFocus, WindowId,
};
use i3pm::core::tree::mark::SCRATCH_WORKSPACE;
use i3pm::core::{Signal, WmKind};

use crate::fake_wm::{Client, NewWindow};
use crate::world::{Broken, Program, World};

/// The most windows that a user has open.
const WINDOWS_MAX: usize = 12;
/// The most peers at a time.
const PEERS_MAX: usize = 6;

const PROJECTS: [&str; 5] = ["a", "b", "c/x", "conf", "nobody"];
const WORKSPACES: [&str; 5] = ["1", "2", "3: \"x\"", "four", "5"];

/// A configuration file; one that does not parse if `broken`.
pub fn configuration(rng: &mut Rng, broken: bool) -> String {
    let mut text = "scratch = \"plain\"\n".to_owned();
    if rng.u8(..4) == 0 {
        text.push_str("unclaimed = \"global\"\n");
    }
    match rng.u8(..4) {
        0 => text.push_str("on_activate = \"summon\"\n"),
        1 => text.push_str("on_activate = \"notify\"\n"),
        _ => {}
    }
    match rng.u8(..4) {
        0 => text.push_str("on_newcomer = \"show\"\n"),
        1 => text.push_str("on_newcomer = \"notify\"\n"),
        _ => {}
    }
    if rng.u8(..3) == 0 {
        text.push_str("on_exit = \"keep\"\n");
    }
    if rng.bool() {
        let action = if rng.bool() { "project = \"conf\"" } else { "projects = [\"conf\", \"a\"]" };
        text.push_str(&format!(
            "[app.x]\ncommand = [\"x\"]\n[project.conf]\ndir = \"/srv\"\napps = [\"x\", \"x\"]\non_enter = [\"in\"]\n\
             on_leave = [\"out\"]\nhook_limit = 2\nworkspaces = [\"four\", 5]\n[[rule]]\nclass = \"Ruled\"\n{action}\n"
        ));
    }
    if rng.bool() {
        text.push_str("[[rule]]\nclass = \"Everywhere\"\nglobal = true\n");
    }
    if rng.u8(..4) == 0 {
        text.push_str("[[rule]]\nany = [{ class = \"Plain\" }, { app_id = \"Plain\" }]\nfollow = \"process\"\n");
    }
    // An application knows its windows by what they are, because none comes from its launches.

    text.push_str(
        "[app.plain]\ncommand = [\"plain\"]\nmatch = { any = [{ class = \"Plain\" }, { app_id = \"Plain\" }] }\n",
    );
    if rng.bool() {
        text.push_str("[[rule]]\nany = [{ class = \"Terminal\" }, { app_id = \"Terminal\" }]\nworkspace = \"four\"\nfloat = true\n");
    }
    if broken {
        text.push_str("[project.conf\n");
    }
    text
}

/// Something happens.
///
/// # Errors
/// A rule was broken.
pub fn operate(world: &mut World) -> Result<(), Broken> {
    let dice = world.rng.u32(..1000);
    let faults = world.faults;
    let mut limit = 0;
    let mut chance = |share: u32| {
        limit += share;
        dice < limit
    };
    if chance(faults.freeze) {
        world.freeze();
    } else if chance(faults.connection_lost) {
        world.lose_connection();
    } else if chance(faults.restart) {
        world.restart_wm();
    } else if chance(faults.exit) {
        world.exit_wm();
    } else if chance(faults.kill) {
        world.kill_daemon_soon();
    } else if chance(faults.terminate) {
        return world.signal(Signal::Terminate);
    } else if chance(faults.hold_up) {
        world.hold_up();
    } else if chance(faults.others) {
        world.write_as_another();
    } else if chance(faults.claim) {
        world.claim_for_another();
    } else if chance(8) {
        let signal = if world.rng.bool() { Signal::HangUp } else { Signal::User1 };
        return world.signal(signal);
    } else if chance(8) {
        return world.touch_config();
    } else if chance(400) {
        return peer(world);
    } else {
        user(world);
    }
    world.turn(Vec::new())
}

fn peer(world: &mut World) -> Result<(), Broken> {
    let dice = world.rng.u8(..100);
    let Some(peer) = world.peers.any(&mut world.rng) else {
        return world.connect_peer().map(drop);
    };
    match dice {
        0..8 if world.peers.count() < PEERS_MAX => return world.connect_peer().map(drop),
        8..12 => return world.vanish_peer(peer),
        12..14 => world.peers.stop_reading(peer),
        14..17 => {
            let rubbish =
                ["nonsense\n", "{\"jsonrpc\":\"2.0\",\"method\":\"nothing\"}\n", "[]\n", "{\"half\"", "\u{fffd}\n"];
            let text = rubbish[world.rng.usize(..rubbish.len())];
            world.peers.rubbish(peer, text);
        }
        // Somebody who changes his mind.
        17..20 => {
            let name = PROJECTS[world.rng.usize(..PROJECTS.len())].to_owned();
            world.say(|| format!("{peer:?} asks for {name} and deletes it"));
            world.peers.call(peer, Call::ProjectSwitch(ProjectName { name: name.clone() }));
            world.peers.call(peer, Call::ProjectDelete(ProjectName { name }));
        }
        _ => {
            let call = call(world);
            world.say(|| format!("{peer:?} asks {call:?}"));
            world.peers.call(peer, call);
        }
    }
    world.turn(Vec::new())
}

fn call(world: &mut World) -> Call {
    let ids: Vec<u64> = world.wm.wm.windows().into_iter().map(|(id, _)| id).collect();
    let rng = &mut world.rng;
    let name = PROJECTS[rng.usize(..PROJECTS.len())].to_owned();
    let id = if ids.is_empty() || rng.u8(..10) == 0 { 5 } else { ids[rng.usize(..ids.len())] };
    match rng.u8(..48) {
        0 => Call::Ping,
        1 => Call::Status,
        2 => Call::Reload,
        3 => Call::ProjectList,
        4 => Call::ProjectGet(ProjectName { name }),
        5 => Call::ProjectCurrent,
        6..=12 => Call::ProjectSwitch(ProjectName { name }),
        13 | 14 => Call::ProjectSwitch(ProjectName { name: ["-", "next", "prev"][rng.usize(..3)].into() }),
        15 | 16 => Call::ProjectClear,
        17..=21 => Call::ProjectCreate(ProjectCreate {
            name,
            dir: match rng.u8(..8) {
                0 => Some("/missing".into()),
                1 => Some("/srv".into()),
                _ => None,
            },
            take: [None, Some(Take::Workspace), Some(Take::Visible), Some(Take::Focused)][rng.usize(..4)],
            ..ProjectCreate::default()
        }),
        22 => Call::ProjectUpdate(ProjectUpdate { name, icon: Some("x".into()), ..ProjectUpdate::default() }),
        23 => Call::ProjectDelete(ProjectName { name }),
        24..=27 => Call::WindowList(WindowFilter::default()),
        28 => Call::WindowGet(WindowId { id }),
        29..=34 => {
            let global = rng.u8(..5) == 0;
            let also = !global && rng.u8(..3) == 0;
            let mut assign =
                WindowAssign { project: (!global).then_some(name), global, also, ..WindowAssign::default() };
            match rng.u8(..5) {
                0 => assign.workspace = Some(WORKSPACES[rng.usize(..WORKSPACES.len())].into()),
                1 => assign.class = Some("Plain".into()),
                2 => {}
                _ => assign.id = Some(id),
            }
            Call::WindowAssign(assign)
        }
        35 if rng.bool() => Call::WindowFocus(WindowFocus { id: Some(id), ..WindowFocus::default() }),
        35 => Call::EventsRecent(EventsRecent { limit: Some(10) }),
        36 | 37 => Call::Subscribe(Subscribe { topics: vec![Topic::All] }),
        39 => Call::ProjectOpen(ProjectOpen { name, ..ProjectOpen::default() }),
        40 => Call::ProjectOpen(ProjectOpen { name: "conf".into(), ..ProjectOpen::default() }),
        41 => Call::ProjectClose(ProjectClose { name, wait_ms: [None, Some(300)][rng.usize(..2)] }),
        42 => Call::ProjectRename(ProjectRename { name, to: PROJECTS[rng.usize(..PROJECTS.len())].into() }),
        43..=46 => Call::AppLaunch(AppLaunch {
            name: "plain".into(),
            project: (rng.u8(..3) == 0).then_some(name),
            if_open: [IfOpen::Focus, IfOpen::Toggle, IfOpen::Toggle, IfOpen::Summon, IfOpen::Hide]
                .get(rng.usize(..5))
                .copied(),
            scratch: rng.u8(..6) == 0,
            ..AppLaunch::default()
        }),
        38 => Call::Subscribe(Subscribe { topics: vec![Topic::Windows] }),
        _ => Call::Unsubscribe(Subscribe { topics: vec![Topic::Windows] }),
    }
}

/// The user or a program does something to the window manager.
fn user(world: &mut World) {
    if !world.wm.up || world.wm.frozen {
        return;
    }
    let dying = world.wm.wm.dying();
    if let Some(id) = dying.first() {
        world.say(|| format!("window {id} closes as asked"));
        world.wm.wm.close(*id);
        world.wm_moves();
        return;
    }
    let windows = world.wm.wm.windows();
    let dice = world.rng.u8(..100);
    if windows.is_empty() || (dice < 22 && windows.len() < WINDOWS_MAX) {
        open(world);
    } else if dice < 30 {
        let id = windows[world.rng.usize(..windows.len())].0;
        world.say(|| format!("window {id} closes"));
        world.wm.wm.close(id);
    } else if dice < 34 {
        let id = windows[world.rng.usize(..windows.len())].0;
        world.say(|| format!("window {id} changes its title"));
        world.wm.wm.set_title(id, "another title");
    } else if dice < 38 {
        let project = PROJECTS[world.rng.usize(..PROJECTS.len())];
        if world.rng.bool() {
            world.say(|| format!("binding: switch {project}"));
            world.wm.wm.binding(&format!("nop i3pm switch {project}"));
        } else {
            let tick = [format!("project:switch:{project}"), "project:clear".into(), "i3pm:reload-config".into()];
            let tick = tick[world.rng.usize(..tick.len())].clone();
            world.say(|| format!("tick: {tick}"));
            world.wm.wm.tick(&tick);
        }
    } else {
        command(world);
    }
    world.wm_moves();
}

fn open(world: &mut World) {
    let number = world.rng.u32(1..u32::MAX);
    let pid = world.rng.u32(200..208);
    let class = ["Plain", "Plain", "Terminal", "Ruled", "Everywhere"][world.rng.usize(..5)];
    let has_windows = world.wm.wm.windows().iter().any(|(_, client)| client.pid == pid);
    // A number is used again, now and then.
    if !world.processes.contains_key(&pid) || (!has_windows && world.rng.u8(..4) == 0) {
        let started = world.now - Duration::from_secs(world.rng.u64(..60));
        let variables = match world.rng.u8(..5) {
            0 => vec![("I3PM_PROJECT".to_owned(), PROJECTS[world.rng.usize(..PROJECTS.len())].to_owned())],
            _ => Vec::new(),
        };
        world.processes.insert(pid, Program { started, variables });
    }
    let others: Vec<u32> = world.wm.wm.windows().into_iter().map(|(_, client)| client.x11).collect();
    let i3 = world.wm.wm.kind() == WmKind::I3;
    let dialog = i3 && world.rng.u8(..8) == 0;
    let transient_for = (dialog && !others.is_empty()).then(|| others[world.rng.usize(..others.len())]);
    let group = if i3 && world.rng.bool() { pid } else { 0 };
    let modal = i3 && world.rng.u8(..8) == 0;
    let title = format!("window {number}");
    let client = Client { transient_for, group, modal, ..Client::new(world.wm.wm.kind(), class, title, pid, number) };
    world.say(|| format!("opens {client:?}"));
    world.wm.wm.open(&NewWindow { client, floating: dialog });
    // Now and then two windows each say that they are the dialog of the other.
    if let Some(other) = transient_for.filter(|_| number.is_multiple_of(4)) {
        world.say(|| format!("window {other} becomes a dialog of {number}"));
        world.wm.wm.set_transient(other, number);
    }
}

/// A workspace's name as a word of a command.
pub fn quoted(kind: WmKind, workspace: &str) -> String {
    i3pm::core::words::command::quote(kind, workspace).expect("a name that can be said")
}

fn command(world: &mut World) {
    // Nobody sees the temporary workspace for long enough to do something there.
    let (shown, hidden) = world.wm.wm.containers(SCRATCH_WORKSPACE);
    let i3 = world.wm.wm.kind() == WmKind::I3;
    let rng = &mut world.rng;
    let words = [
        "focus",
        "focus",
        "focus",
        "focus",
        "split h",
        "split v",
        "layout tabbed",
        "layout stacking",
        "layout splith",
        "layout toggle split",
        "move left",
        "move right",
        "move up",
        "move down",
        "floating toggle",
        "floating enable",
        "floating disable",
        "move scratchpad",
        "fullscreen toggle",
        "fullscreen disable",
        "sticky toggle",
        "mark --add mine",
        "mark x",
        "unmark",
        "unmark mine",
        "kill",
        "resize grow right 50 px",
        "resize set 500 px 300 px",
        "move absolute position 100 px 100 px",
        "focus parent",
    ];
    let word = words[rng.usize(..words.len())].to_owned();
    let workspace = WORKSPACES[rng.usize(..WORKSPACES.len())];
    let quoted = quoted(if i3 { WmKind::I3 } else { WmKind::Sway }, workspace);
    let pick = |rng: &mut Rng, list: &[u64]| (!list.is_empty()).then(|| list[rng.usize(..list.len())]);
    let text = match rng.u8(..20) {
        0..=4 => format!("workspace {quoted}"),
        5 | 6 => match pick(rng, &shown) {
            Some(id) => format!("[con_id={id}] move container to workspace {quoted}"),
            None => format!("move container to workspace {quoted}"),
        },
        7 => "scratchpad show".to_owned(),
        // A player goes on to the next film, and its window may be hidden.
        13 => match pick(rng, &hidden) {
            Some(id) => format!("[con_id={id}] fullscreen toggle"),
            None => "nop".to_owned(),
        },
        // A window picker or a link: the window may be hidden.
        8 => match pick(rng, &hidden) {
            Some(id) => format!("[con_id={id}] focus"),
            None => "nop".to_owned(),
        },
        9 => match (pick(rng, &shown), pick(rng, &shown)) {
            (Some(one), Some(two)) => format!("[con_id={one}] swap container with con_id {two}"),
            _ => "nop".to_owned(),
        },
        10..=12 => word,
        _ => match pick(rng, &shown) {
            Some(id) => format!("[con_id={id}] {word}"),
            None => "nop".to_owned(),
        },
    };
    world.say(|| format!("user: {text}"));
    world.wm.wm.run(&text);
}
