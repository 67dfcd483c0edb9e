//! Layouts made by a user's commands, drawn from a seed.

use fastrand::Rng;

use super::windows::{Program, Window};
use super::wm::WindowManager;

/// What a generated layout may hold.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The names of the workspaces to fill, each with the output it is on.
    pub workspaces: Vec<(String, Option<String>)>,
    /// The most windows on one of them; at least one is opened.
    pub windows_max: usize,
    /// Some windows float.
    pub floating: bool,
}

/// Fill workspaces with windows whose class is `class`, by commands a user might give. Answers the titles.
/// The same seed gives the same commands.
pub fn generate(wm: &WindowManager, random: &mut Rng, program: &mut Program, class: &str, plan: &Plan) -> Vec<String> {
    let mut titles = Vec::new();
    for (workspace, output) in &plan.workspaces {
        wm.show_workspace(workspace, output.as_deref());
        if random.u8(..10) < 3 {
            try_one_of(wm, random, &["layout tabbed", "layout splitv", "layout stacking", "split v"]);
        }
        let mut here = Vec::new();
        for _ in 0..random.usize(1..=plan.windows_max) {
            let title = format!("{class}-{}", titles.len());
            let window = Window { title: title.clone(), class: class.into(), ..Window::default() };
            here.push(program.open_window(wm, &window));
            titles.push(title);
            rearrange(wm, random, &here, plan.floating);
        }
    }
    titles
}

fn rearrange(wm: &WindowManager, random: &mut Rng, here: &[u64], floating: bool) {
    match random.u8(..100) {
        0..25 => try_one_of(wm, random, &["split h"]),
        25..50 => try_one_of(wm, random, &["split v"]),
        50..60 => try_one_of(wm, random, &["layout tabbed"]),
        60..65 => try_one_of(wm, random, &["layout stacking"]),
        65..72 if floating => try_one_of(wm, random, &["floating toggle"]),
        85.. => try_one_of(wm, random, &["focus parent"]),
        _ => {}
    }
    for (percent, commands) in [
        (20, &["resize grow width 40 px"][..]),
        (12, &["move left", "move right", "move up", "move down"]),
        (15, &["resize grow height 37 px"]),
        (5, &["focus parent; layout toggle split"]),
    ] {
        if random.u8(..100) < percent {
            try_one_of(wm, random, commands);
        }
    }
    if random.u8(..100) < 30 {
        let window = here[random.usize(..here.len())];
        wm.try_run(&format!("[con_id={window}] focus"));
    }
}

/// Users give commands that do not fit where they are; the window manager refuses and nothing happens.
fn try_one_of(wm: &WindowManager, random: &mut Rng, commands: &[&str]) {
    let command = commands[random.usize(..commands.len())];
    wm.try_run(command);
}
