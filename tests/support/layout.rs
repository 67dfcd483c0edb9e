//! Layouts made by a user's commands, and configurations of the window manager, drawn from a seed.

use fastrand::Rng;

use super::windows::{Program, Window};
use super::wm::{Kind, Options, WindowManager};

/// What a generated layout may hold.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The names of the workspaces to fill, each with the output it is on.
    pub workspaces: Vec<(String, Option<String>)>,
    /// The most windows on one of them; at least one is opened.
    pub windows_max: usize,
    /// Some windows float, some of them sticky; some are fullscreen in the end.
    pub floating: bool,
}

/// The options of a window manager as its user might have set them: one or two outputs, layouts,
/// borders, gaps, the pointer.
#[must_use]
pub fn draw_options(kind: Kind, random: &mut Rng) -> Options {
    let mut config = String::new();
    let mut draw = |name: &str, values: &[&str]| {
        let value = values[random.usize(..values.len())];
        if !value.is_empty() {
            config.push_str(&format!("{name} {value}\n"));
        }
    };
    draw("workspace_layout", &["", "", "", "tabbed", "stacking"]);
    draw("default_orientation", &["", "", "horizontal", "vertical"]);
    draw("workspace_auto_back_and_forth", &["", "yes"]);
    draw("focus_follows_mouse", &["yes", "no"]);
    draw("mouse_warping", &["", "none"]);
    // A window of sway has no border until it has settled: that is how we know when to go on.
    let none = if kind == Kind::I3 { "none" } else { "pixel 2" };
    draw("default_border", &["pixel 1", "normal", "pixel 3", none]);
    draw("default_floating_border", &["", "pixel 1", "normal"]);
    draw("gaps inner", &["", "", "12"]);
    draw("gaps outer", &["", "", "7"]);
    draw("hide_edge_borders", &["", "smart"]);
    Options { two_outputs: random.bool(), config }
}

/// Fill workspaces with windows whose class is `class`, by commands a user might give. Answers the
/// titles. The same seed gives the same commands.
pub fn generate(wm: &WindowManager, random: &mut Rng, program: &mut Program, class: &str, plan: &Plan) -> Vec<String> {
    let mut titles = Vec::new();
    for (workspace, output) in &plan.workspaces {
        begin_workspace(wm, random, workspace, output.as_deref());
        let mut here = Vec::new();
        for _ in 0..random.usize(1..=plan.windows_max) {
            let title = format!("{class}-{}", titles.len());
            let window = Window { title: title.clone(), class: class.into(), ..Window::default() };
            here.push(program.open_window(wm, &window));
            titles.push(title);
            rearrange(wm, random, &here, plan.floating);
        }
        end_workspace(wm, random, plan.floating);
    }
    titles
}

/// Go to an empty workspace, and perhaps give it a layout.
pub fn begin_workspace(wm: &WindowManager, random: &mut Rng, workspace: &str, output: Option<&str>) {
    wm.show_workspace(workspace, output);
    if random.u8(..10) < 3 {
        try_one_of(wm, random, &["layout tabbed", "layout splitv", "layout stacking", "split v"]);
    }
}

/// Perhaps leave it with a fullscreen window.
pub fn end_workspace(wm: &WindowManager, random: &mut Rng, floating: bool) {
    if floating && random.u8(..100) < 8 {
        wm.try_run("fullscreen enable");
    }
}

/// What a user may do after opening a window; `here` are the containers of the windows on the
/// workspace.
pub fn rearrange(wm: &WindowManager, random: &mut Rng, here: &[u64], floating: bool) {
    match random.u8(..100) {
        0..25 => try_one_of(wm, random, &["split h"]),
        25..50 => try_one_of(wm, random, &["split v"]),
        50..60 => try_one_of(wm, random, &["layout tabbed"]),
        60..65 => try_one_of(wm, random, &["layout stacking"]),
        65..72 if floating => float(wm, random),
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

/// A command that a user gives on the workspace before him, whatever it holds.
#[must_use]
pub fn draw_command(random: &mut Rng) -> &'static str {
    const COMMANDS: [&str; 27] = [
        "focus left",
        "focus right",
        "focus up",
        "focus down",
        "focus parent",
        "focus parent; focus parent",
        "move left",
        "move right",
        "move up",
        "move down",
        "focus parent; move left",
        "focus parent; move down",
        "split h",
        "split v",
        "split toggle",
        "focus parent; split v",
        "layout tabbed",
        "layout stacking",
        "layout splitv",
        "layout toggle split",
        "focus parent; layout toggle split",
        "resize grow width 30 px",
        "resize shrink height 20 px",
        "floating toggle",
        "fullscreen toggle",
        "focus mode_toggle",
        "move container to workspace 7",
    ];
    COMMANDS[random.usize(..COMMANDS.len())]
}

fn float(wm: &WindowManager, random: &mut Rng) {
    wm.try_run("floating toggle");
    if random.bool() {
        let (width, height) = (random.u32(150..600), random.u32(120..500));
        let (x, y) = (random.u32(0..300), random.u32(0..300));
        wm.try_run(&format!("resize set {width} px {height} px"));
        wm.try_run(&format!("move position {x} px {y} px"));
    }
}

/// Users give commands that do not fit where they are; the window manager refuses and nothing
/// happens.
fn try_one_of(wm: &WindowManager, random: &mut Rng, commands: &[&str]) {
    let command = commands[random.usize(..commands.len())];
    wm.try_run(command);
}
