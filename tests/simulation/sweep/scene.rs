//! Scenes: windows of three projects and global ones on a few workspaces, drawn from a seed.

use fastrand::Rng;
use i3pm::core::WmKind;

use crate::fake_wm::{Client, NewWindow};
use crate::world::{Broken, Program, World};

/// A project for each class but the last, which is global.
const CLASSES: [&str; 4] = ["A", "B", "C", "G"];
const WORKSPACES: [&str; 3] = ["1", "2", "3: \"x\""];

const CONFIG: &str = r#"
on_exit = "restore"
[project.a]
dir = "/srv/a"
[project.b]
dir = "/srv/b"
[project.c]
dir = "/srv/c"
[[rule]]
class = "A"
project = "a"
[[rule]]
class = "B"
project = "b"
[[rule]]
class = "C"
project = "c"
[[rule]]
class = "G"
global = true
[[rule]]
app_id = "A"
project = "a"
[[rule]]
app_id = "B"
project = "b"
[[rule]]
app_id = "C"
project = "c"
[[rule]]
app_id = "G"
global = true
"#;

/// Who stands together on a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mixture {
    /// The tiling windows of a workspace belong to one project.
    Pure,
    /// Global windows and those of all projects stand among each other.
    Mixed,
}

/// Build the scene of a seed: the daemon runs, every window has its mark, no project is active.
///
/// # Errors
/// A rule was broken.
pub fn build(seed: u64, recording: bool) -> Result<World, Broken> {
    let kind = if seed.is_multiple_of(2) { WmKind::I3 } else { WmKind::Sway };
    let mut world = World::quiet(kind, Rng::with_seed(seed), recording);
    let mixture = if world.rng.u8(..3) == 0 { Mixture::Pure } else { Mixture::Mixed };
    world.configure(CONFIG);
    world.begin()?;
    world.come_to_rest()?;
    let workspaces = world.rng.usize(1..=WORKSPACES.len());
    for (number, name) in WORKSPACES.iter().take(workspaces).enumerate() {
        fill(&mut world, kind, mixture, name, number)?;
    }
    let back = crate::operations::quoted(kind, WORKSPACES[world.rng.usize(..workspaces)]);
    run(&mut world, &format!("workspace --no-auto-back-and-forth {back}"))?;
    Ok(world)
}

fn run(world: &mut World, command: &str) -> Result<(), Broken> {
    world.say(|| format!("scene: {command}"));
    world.wm.wm.run(command);
    world.wm_moves();
    world.come_to_rest()
}

fn fill(world: &mut World, kind: WmKind, mixture: Mixture, name: &str, number: usize) -> Result<(), Broken> {
    run(world, &format!("workspace --no-auto-back-and-forth {}", crate::operations::quoted(kind, name)))?;
    let owner = CLASSES[world.rng.usize(..3)];
    let count = world.rng.usize(1..=5);
    for window in 0..count {
        let class = match mixture {
            Mixture::Pure => owner,
            Mixture::Mixed => CLASSES[world.rng.usize(..CLASSES.len())],
        };
        open(world, kind, class, &format!("{class}{number}{window}"))?;
        shape(world)?;
    }
    if world.rng.u8(..3) == 0 {
        let class = CLASSES[world.rng.usize(..CLASSES.len())];
        open(world, kind, class, &format!("{class}{number}f"))?;
        run(world, "floating enable, resize set 500 px 300 px, move absolute position 100 px 100 px")?;
        if world.rng.u8(..3) == 0 {
            run(world, "sticky enable")?;
        }
        run(world, "focus tiling")?;
    }
    if world.rng.u8(..5) == 0 {
        run(world, "fullscreen enable")?;
    }
    Ok(())
}

fn shape(world: &mut World) -> Result<(), Broken> {
    let words =
        ["split h", "split v", "layout tabbed", "layout stacking", "move left", "move up", "focus parent", "nop"];
    for _ in 0..world.rng.u8(..3) {
        let word = words[world.rng.usize(..words.len())];
        run(world, word)?;
    }
    if world.rng.u8(..3) == 0 {
        run(world, "resize grow width 60 px")?;
    }
    Ok(())
}

fn open(world: &mut World, kind: WmKind, class: &str, title: &str) -> Result<(), Broken> {
    let number = 1 + u32::try_from(world.wm.wm.windows().len()).expect("few windows");
    // Each in a process of its own: windows of one process go together.
    let client = Client::new(kind, class, title.to_owned(), 300 + number, number);
    world.processes.insert(client.pid, Program { started: world.now, variables: Vec::new() });
    world.say(|| format!("scene: opens {title}"));
    world.wm.wm.open(&NewWindow { client, floating: false });
    world.wm_moves();
    world.come_to_rest()
}
