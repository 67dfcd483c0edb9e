//! Sessions come and go around the service, in every order.

use std::fs;

use serde_json::json;

use crate::seat::{SERVICE, Seat};
use crate::support::{Program, WindowManager, wait_for};

/// What a session that systemd knows has: a target that the desktop starts and stops.
const SESSION: &str = "[Unit]\nBindsTo=graphical-session.target\n";

pub fn orders(seat: &mut Seat) -> String {
    // The service before the window manager.
    seat.systemctl(&["stop", SERVICE]);
    seat.end_wm();
    let degraded = seat.systemctl(&["start", SERVICE]).took;
    assert_eq!(seat.property("StatusText"), "waiting for i3 or sway");
    let pid = seat.main_pid();
    seat.start_wm();
    let found = seat.wait_link("connected");
    // i3's restart in place, and another i3 at another socket.
    seat.wm().restart_in_place();
    seat.wait_link("connected");
    let before = seat.wm().socket();
    seat.wm().exit();
    seat.wait_link("disconnected");
    seat.wm().start_again();
    assert_ne!(seat.wm().socket(), before);
    let again = seat.wait_link("connected");
    assert_eq!(seat.status()["wm"]["socket"], json!(seat.wm().socket()));
    assert_eq!((seat.main_pid(), seat.number("NRestarts")), (pid, 0));
    // The window manager before the service.
    seat.systemctl(&["restart", SERVICE]);
    let last = seat.wait_link("connected");
    format!(
        "alone ready in {degraded:.1?}; i3 found {found:.0?} after it was up, the next one {again:.0?}, at a start {last:.0?}"
    )
}

/// The manager's environment is that of the last session all the time.
pub fn log_out_and_in(seat: &mut Seat) -> String {
    let units = seat.home().join(".config/systemd/user");
    fs::create_dir_all(&units).expect("the user's units");
    fs::write(units.join("i3-session.target"), SESSION).expect("the session's target");
    seat.systemctl(&["daemon-reload"]);
    seat.systemctl(&["stop", SERVICE]);
    seat.systemctl(&["enable", SERVICE]);
    let log_in = |seat: &Seat| {
        // The variables of the first session only: nobody imports those of the second.
        seat.systemctl(&["start", "i3-session.target"]);
        wait_for("the service to be started with the session", || {
            (seat.property("ActiveState") == "active").then_some(())
        });
        seat.wait_link("connected")
    };
    let variables = variables_of(seat.wm());
    seat.systemctl(
        &[&["set-environment"], variables.iter().map(String::as_str).collect::<Vec<_>>().as_slice()].concat(),
    );
    log_in(seat);
    let first = seat.main_pid();
    assert_eq!(project_by_environment(seat, "in-the-first"), json!(["home"]));

    // Out: the session's target goes, and the service with it; the socket stays.
    seat.systemctl(&["stop", "i3-session.target"]);
    wait_for("the service to end with the session", || (seat.property("ActiveState") == "inactive").then_some(()));
    let old = (seat.wm().socket(), seat.wm().display());
    // The second session is on another display: the first X server lives as long as the first session is not gone.
    let first_session = seat.wm.take();
    seat.program = None;
    seat.start_wm();
    assert_ne!((seat.wm().socket(), seat.wm().display()), old);
    if let Some(wm) = first_session {
        wm.exit();
    }
    let environment = seat.systemctl(&["show-environment"]).output;
    assert!(variables.iter().all(|variable| environment.contains(variable.as_str())), "{environment}");

    let found = log_in(seat);
    assert_ne!(seat.main_pid(), first);
    assert_eq!(seat.status()["wm"]["socket"], json!(seat.wm().socket()));
    // The environment of a process is reached through the new X server.
    assert_eq!(project_by_environment(seat, "in-the-second"), json!(["home"]));
    seat.systemctl(&["stop", "i3-session.target"]);
    seat.systemctl(&["unset-environment", "I3SOCK", "DISPLAY"]);
    let _ = seat.run(&["systemctl", "--user", "disable", SERVICE]);
    format!("the second i3 found {found:.0?} after the login, with I3SOCK and DISPLAY of the first")
}

fn variables_of(wm: &WindowManager) -> [String; 2] {
    [format!("I3SOCK={}", wm.socket().display()), format!("DISPLAY={}", wm.display())]
}

/// The projects of a window whose process says in its environment that it belongs to `home`.
fn project_by_environment(seat: &Seat, title: &str) -> serde_json::Value {
    if seat.i3pm(&["project", "show", "home"]).code != 0 {
        seat.i3pm_done(&["project", "create", "home"]);
    }
    let wm = seat.wm();
    let mut program = Program::start_with(wm, &[("I3PM_PROJECT", "home")]);
    let id = program.open(wm, title);
    wait_for("the window to be claimed", || {
        let window = seat.call("window.get", json!({"id": id}));
        let window = window.get("window").cloned().unwrap_or(window);
        (window["claim"] != "pending").then(|| window["projects"].clone())
    })
}
