//! Many hooks at once.

use i3pm::core::HOOKS_RUNNING_MAX;

use super::Stage;

/// Each switch leaves two hooks behind that do not end, until there are too many.
#[test]
fn no_more_hooks_run_than_may() {
    let projects = HOOKS_RUNNING_MAX / 2 + 2;
    let mut stage = Stage::new();
    let declared: String =
        (0..projects).map(|number| format!("[project.p{number}]|on_enter = ['in']|on_leave = ['out']|")).collect();
    stage.play("start", &declared);
    stage.play("connect", "sway 1[10:shell]");
    stage.play("done", "");
    for number in 0..projects {
        stage.play("call", &format!("project.switch {{\"name\":\"p{number}\"}}"));
        stage.play("tree", "1[10:shell]");
    }
    let count = |stage: &Stage, what: &str| stage.transcript.matches(what).count();
    // The last project was not left.
    let wanted = 2 * projects - 1;
    assert_eq!(count(&stage, "> launch "), HOOKS_RUNNING_MAX);
    assert_eq!(count(&stage, "> note warning hook.skipped"), wanted - HOOKS_RUNNING_MAX);
    // All of them have their time, and there is room again.
    stage.play("wait", "32000");
    assert_eq!(count(&stage, "ending: Killed"), HOOKS_RUNNING_MAX);
    for launch in 1..=HOOKS_RUNNING_MAX {
        stage.play("ends", &launch.to_string());
    }
    stage.play("call", "project.switch {\"name\":\"p0\"}");
    stage.play("tree", "1[10:shell]");
    stage.play("done", "");
    assert_eq!(count(&stage, "> launch "), HOOKS_RUNNING_MAX + 2);
}
