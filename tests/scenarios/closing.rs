//! Closing more windows than one message can name.

use crate::Stage;

/// So many windows take more than one message.
const WINDOWS: usize = 1500;

#[test]
fn what_a_caller_was_told_is_done_when_the_window_manager_answers() {
    let windows: Vec<String> = (0..WINDOWS).map(|number| format!("{}:term", 1000 + number)).collect();
    let windows = windows.join(" ");
    let mut stage = Stage::new();
    stage.play("start", "[project.web]|[[rule]]|app_id = \"term\"|project = \"web\"");
    stage.play("connect", &format!("sway 1[{windows}]"));
    while stage.ticket.is_some() {
        stage.play("done", "");
    }
    stage.play("call", "project.close {\"name\":\"web\",\"wait_ms\":500}");
    stage.play("tree", &format!("1[{windows}]"));
    let asked = |stage: &Stage| stage.transcript.matches("] kill\n").count();
    let at_first = asked(&stage);
    assert!((1..WINDOWS).contains(&at_first), "{at_first} windows were asked in the first message");
    stage.play("wait", "600");
    let told = "the windows are asked to close when it does";
    assert!(stage.transcript.contains(told), "the caller gave up: {}", stage.transcript);
    while stage.ticket.is_some() && asked(&stage) < WINDOWS {
        stage.play("done", "");
    }
    assert_eq!(asked(&stage), WINDOWS, "every window is asked in the end");
}
