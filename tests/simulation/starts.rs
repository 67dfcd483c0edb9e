//! Starts: calls, signals and others that write, at every instant of them, with a disk that is
//! slow, fails or hangs.
//!
//! What the files said must be in them for ever (`world::disk` looks at each write), and no call is
//! judged by or answered from a table that was not read yet. `START_SEEDS` says how many starts
//! there are, `START_SEED` where they begin.

use std::collections::BTreeMap;
use std::time::Duration;

use fastrand::Rng;
use i3pm::api::{AppLaunch, Call, ProjectCreate, ProjectName, ProjectRename, WindowAssign, WindowFilter};
use i3pm::core::{PeerId, Signal, WmKind};
use serde_json::Value;

use crate::fake_wm::{Client, NewWindow};
use crate::runs::environment;
use crate::world::disk::KEPT;
use crate::world::{Broken, Faults, World};

const SEEDS: u64 = 600;
/// What a call may be told of a daemon that could not read its files in time, or is on its way.
const EXCUSES: [&str; 8] = [
    "starting",
    "stopping",
    "store_failed",
    "wm_disconnected",
    "wm_timeout",
    "superseded",
    // The program, not the files; many programs at once.
    "launch_failed",
    "overloaded",
];

#[test]
fn no_start_loses_or_denies_what_the_files_say() {
    let (first, seeds) = (environment("START_SEED", 1), environment("START_SEEDS", SEEDS));
    let mut answered = 0;
    for seed in first..first + seeds {
        match start(seed, false) {
            Ok(count) => answered += count,
            Err(_) => {
                let told = start(seed, true).expect_err("it is the same run");
                panic!("START_SEED={seed} START_SEEDS=1:\n{told}");
            }
        }
    }
    assert!(answered > seeds, "{answered} good answers in {seeds} starts prove little");
}

/// One start, and what comes in it. Answers how many calls were done.
fn start(seed: u64, recording: bool) -> Result<u64, Broken> {
    let mut rng = Rng::with_seed(seed);
    let kind = if rng.bool() { WmKind::I3 } else { WmKind::Sway };
    let mut world = World::quiet(kind, rng, recording);
    world.faults = Faults { worker: [0, 300, 700][world.rng.usize(..3)], ..Faults::default() };
    world.configure("[project.declared]\n[app.term]\ncommand = [\"term\"]\nscope = \"global\"\n");
    world.bear_witness();
    let (i3, name) = (kind == WmKind::I3, || "Plain".to_owned());
    for x11 in 1..=2 {
        let client =
            Client { x11, pid: 200 + x11, class: i3.then(name), app_id: (!i3).then(name), ..Client::default() };
        world.wm.wm.open(&NewWindow { client, floating: false });
    }
    let mut waiting = BTreeMap::new();
    let mut done = 0;
    let result = play(&mut world, &mut waiting, &mut done);
    result.map(|()| done).map_err(|broken| format!("{}{broken}", world.record()))
}

fn play(world: &mut World, waiting: &mut BTreeMap<(PeerId, u64), Call>, done: &mut u64) -> Result<(), Broken> {
    world.begin()?;
    let end = world.now + Duration::from_secs(8);
    while world.now < end {
        match world.rng.u8(..40) {
            0..4 => {
                // In the turn of the connection the daemon may have gone.
                let peer = world.connect_peer()?;
                if let Some(peer) = peer.filter(|peer| world.peers.knows(*peer)) {
                    let call = call(world);
                    world.say(|| format!("{peer:?} asks {call:?}"));
                    waiting.insert((peer, world.peers.call(peer, call.clone())), call);
                }
            }
            4 => world.write_as_another(),
            5 if world.rng.u8(..4) == 0 => {
                let signal = [Signal::Terminate, Signal::HangUp][world.rng.usize(..2)];
                world.signal(signal)?;
            }
            6 if world.rng.u8(..8) == 0 => world.kill_daemon_soon(),
            7..20 => world.linger(),
            _ => {}
        }
        world.advance()?;
        for (key, call) in std::mem::take(waiting) {
            match world.peers.kept.remove(&key) {
                Some(answer) => *done += u64::from(judge(&call, &answer)?),
                None => drop(waiting.insert(key, call)),
            }
        }
    }
    Ok(())
}

fn call(world: &mut World) -> Call {
    let kept = KEPT[world.rng.usize(..KEPT.len())].to_owned();
    let name = if world.rng.u8(..4) == 0 { "declared".to_owned() } else { kept };
    match world.rng.u8(..12) {
        0 | 1 => Call::ProjectCreate(ProjectCreate {
            name: format!("new-{}", world.rng.u8(..9)),
            ..ProjectCreate::default()
        }),
        2 => Call::ProjectDelete(ProjectName { name: format!("new-{}", world.rng.u8(..9)) }),
        3 => Call::ProjectRename(ProjectRename {
            name: format!("new-{}", world.rng.u8(..9)),
            to: format!("new-{}", world.rng.u8(..9)),
        }),
        4 => Call::ProjectList,
        5 => Call::ProjectGet(ProjectName { name }),
        6 | 7 => Call::ProjectSwitch(ProjectName { name }),
        8 => Call::ProjectSwitch(ProjectName { name: ["-", "next", "prev"][world.rng.usize(..3)].into() }),
        9 => Call::WindowList(WindowFilter::default()),
        10 => Call::WindowAssign(WindowAssign {
            project: Some(name),
            class: Some("Plain".into()),
            ..WindowAssign::default()
        }),
        _ => Call::AppLaunch(AppLaunch { name: "term".into(), ..AppLaunch::default() }),
    }
}

/// Is the answer one that the files and the windows allow? Was the call done?
fn judge(call: &Call, answer: &Result<Value, String>) -> Result<bool, Broken> {
    let broken = || Err(format!("{call:?} is answered {answer:?}"));
    let value = match answer {
        Ok(value) => value,
        Err(error) => {
            let of_new = matches!(call, Call::ProjectCreate(_) | Call::ProjectDelete(_) | Call::ProjectRename(_));
            let excused = EXCUSES.iter().any(|code| error.contains(&format!("{code:?}")));
            // It could not be read, and that is said.
            let unreadable = error.contains("cannot be used") || error.contains("config");
            return if of_new || excused || unreadable { Ok(false) } else { broken() };
        }
    };
    match call {
        Call::ProjectList => {
            let has = |name: &&str| {
                value["projects"].as_array().is_some_and(|list| list.iter().any(|one| one["name"] == **name))
            };
            if KEPT.iter().all(has) || value["incomplete"].is_string() { Ok(true) } else { broken() }
        }
        Call::WindowList(_) if value["windows"].as_array().is_none_or(|windows| windows.len() != 2) => broken(),
        _ => Ok(true),
    }
}
