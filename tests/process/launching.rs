//! Programs are really started: what they are given, what they are not, and what becomes of them.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::rig::{Daemon, World, wait_for};

/// A program that writes down what it is given: its environment, its limit of descriptors, its descriptors, its directory, its session and its
/// arguments; and then runs until it is ended.
const WITNESS: &str = r#"out=$1; shift
files=$(ls /proc/$$/fd | tr '\n' ' ')
{ env; echo "LIMIT $(ulimit -n)"; echo "FILES $files"; echo "DIRECTORY $(pwd)"; echo "SESSION $(cut -d' ' -f6 /proc/$$/stat) $$"
  for argument; do echo "ARGUMENT $argument"; done; } > "$out.new"
mv "$out.new" "$out"; exec sleep 1000"#;

fn configure(world: &World) {
    fs::create_dir_all(world.path("web")).unwrap();
    let (out, web) = (world.path("seen"), world.path("web"));
    world.write_config(&format!(
        "terminal = ['xterm', '-e']\n\
         [project.web]\ndir = {web:?}\nicon = 'W'\ndisplay_name = 'The web'\n[project.bare]\n\
         [app.witness]\ncommand = ['sh', '-c', '''{}''', 'sh', {out:?}]\n\
         args = ['a b', '{{project}} in {{dir}}', '{{name}}{{icon}}', '$HOME; ls']\nenv = {{ EXTRA = '{{session}}' }}\n\
         [app.missing]\ncommand = ['no-such-program']\n\
         [app.nowhere]\ncommand = ['true']\ncwd = '/nowhere/at/all'\n\
         [app.fails]\ncommand = ['sh', '-c', 'exit 7']\n\
         [app.quick]\ncommand = ['true']\n\
         [app.asks]\ncommand = ['true']\nwhen_no_project = 'ask'\n\
         [app.terminal]\ncommand = ['top']\nterminal = true\n[app.other]\ncommand = ['x']\nscope = 'global'\n",
        WITNESS.replace('{', "{{").replace('}', "}}")
    ));
}

fn start(world: &World) -> Daemon {
    let daemon = world.start();
    daemon.wait_wm("connected");
    daemon
}

/// What the witness has written.
fn seen(world: &World) -> String {
    wait_for("the program to write", || fs::read_to_string(world.path("seen")).ok())
}

fn line<'t>(text: &'t str, start: &str) -> Option<&'t str> {
    text.lines().find_map(|line| line.strip_prefix(start))
}

fn kill(launched: &Value) {
    let pid = i32::try_from(launched["pid"].as_u64().expect("a process")).unwrap();
    let _ = kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL);
}

/// The children of a process that have ended and were not waited for.
fn zombies(parent: u32) -> usize {
    let stats = fs::read_dir("/proc").unwrap().flatten().map(|entry| fs::read_to_string(entry.path().join("stat")));
    let is_one = |stat: &String| {
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        fields.first() == Some(&"Z") && fields.get(1) == Some(&parent.to_string().as_str())
    };
    stats.flatten().filter(is_one).count()
}

#[test]
fn a_program_has_what_it_needs_and_nothing_of_ours() {
    let world = World::new();
    let _wm = world.window_manager();
    configure(&world);
    let manager = world.service_manager();
    // A limit below what the daemon raises its own to; and what runs the tests may have left descriptors open.
    let script = "for file in /proc/$$/fd/*; do number=${file##*/}; [ $number -le 2 ] || eval \"exec $number>&-\"; done; \
                  ulimit -Sn 200; exec \"$@\"";
    let mut command = world.command("bash");
    command.args(["-c", script, "bash", env!("CARGO_BIN_EXE_i3pmd"), "--log-level=debug"]);
    command.env("NOTIFY_SOCKET", &manager.path).env("WATCHDOG_USEC", "60000000").env("KEPT", "yes");
    command.env("INVOCATION_ID", "x").env("JOURNAL_STREAM", "8:1").env("XDG_ACTIVATION_TOKEN", "stale");
    command.env("I3PM_PROJECT", "of the daemon itself").env("I3PM_EXPECTED_CLASS", "stale");
    let mut daemon = world.spawn(command);
    daemon.wait_answer();
    daemon.wait_wm("connected");
    daemon.call("project.switch", json!({"name": "web"}));
    let began = Instant::now();
    let variables = json!({"DESKTOP_STARTUP_ID": "one", "DISPLAY": ":7"});
    let launched =
        daemon.call("app.launch", json!({"name": "witness", "args": ["--last", ""], "environment": variables}));
    println!("from the call to a program that runs: {:?}", began.elapsed());
    assert_eq!((&launched["state"], &launched["project"]), (&json!("started"), &json!("web")), "{launched}");
    let seen = seen(&world);
    let web = world.path("web").display().to_string();
    let launch = launched["launch"].as_str().unwrap();
    for (name, value) in [
        ("I3PM_PROJECT", "web"),
        ("I3PM_PROJECT_DIR", &web),
        ("I3PM_APP", "witness"),
        ("I3PM_LAUNCH", launch),
        ("I3PM_PROJECT_NAME", "web"),
        ("I3PM_PROJECT_DISPLAY_NAME", "The web"),
        ("I3PM_PROJECT_ICON", "W"),
        ("I3PM_APP_NAME", "witness"),
        ("I3PM_APP_ID", &format!("witness-web-{launch}")),
        ("I3PM_SCOPE", "scoped"),
        ("EXTRA", "web"),
        ("KEPT", "yes"),
        ("PWD", &web),
        ("DISPLAY", ":7"),
        ("DESKTOP_STARTUP_ID", "one"),
    ] {
        assert_eq!(line(&seen, &format!("{name}=")), Some(value), "{name} in\n{seen}");
    }
    for name in [
        "NOTIFY_SOCKET",
        "WATCHDOG_USEC",
        "WATCHDOG_PID",
        "LISTEN_FDS",
        "INVOCATION_ID",
        "JOURNAL_STREAM",
        "I3PM_EXPECTED_CLASS",
        "XDG_ACTIVATION_TOKEN",
    ] {
        assert_eq!(line(&seen, &format!("{name}=")), None, "{name} in\n{seen}");
    }
    assert_eq!(line(&seen, "LIMIT "), Some("200"), "{seen}");
    // The last one is the pipe by which the program's shell hears of the list.
    let files = line(&seen, "FILES ").map(str::trim);
    assert_eq!(files, Some("0 1 2 3"), "no descriptor of ours is left open\n{seen}");
    assert_eq!(line(&seen, "DIRECTORY "), Some(web.as_str()));
    let pid = launched["pid"].to_string();
    assert_eq!(line(&seen, "SESSION "), Some(format!("{pid} {pid}").as_str()), "it leads a session of its own\n{seen}");
    let arguments: Vec<&str> = seen.lines().filter_map(|line| line.strip_prefix("ARGUMENT ")).collect();
    let expected = ["a b", &format!("web in {web}"), "The webW", "$HOME; ls", "--last", ""];
    assert_eq!(arguments, expected, "no shell, one argument each");

    // It is no child that ends with us.
    daemon.signal(15);
    assert!(daemon.wait_exit(Duration::from_secs(5)).success());
    assert!(Path::new(&format!("/proc/{pid}")).exists());
    kill(&launched);
}

#[test]
fn what_cannot_be_started_is_named_and_the_daemon_serves_on() {
    let world = World::new();
    let _wm = world.window_manager();
    configure(&world);
    let daemon = start(&world);
    let mut client = daemon.connect();
    let mut refused = |params: Value| {
        let error = client.try_call("app.launch", params).expect_err("it cannot be started");
        (error["data"]["code"].as_str().unwrap().to_owned(), error["message"].as_str().unwrap().to_owned())
    };
    for (params, code, part) in [
        (json!({"name": "mising"}), "unknown_app", "did you mean \"missing\"?"),
        (json!({"name": "missing"}), "launch_failed", "command not found: no-such-program is in no directory of PATH="),
        (json!({"name": "missing", "check": true}), "launch_failed", "command not found: no-such-program"),
        (json!({"name": "nowhere"}), "launch_failed", "directory /nowhere/at/all: No such file or directory"),
        (json!({"name": "asks"}), "no_project", "--project NAME"),
        (json!({"name": "quick", "project": "wbe"}), "unknown_project", "the projects are bare, web"),
        (json!({"name": "quick", "args": ["a\u{0}b"]}), "invalid_params", "NUL"),
        (json!({"name": "quick", "environment": {"A=B": "x"}}), "invalid_params", "A=B"),
        (json!({"name": "quick", "environment": {"I3PM_PROJECT": "x"}}), "invalid_params", "I3PM_PROJECT"),
        (json!({"name": "quick", "args": vec!["x"; 257]}), "invalid_params", "the limit is 256"),
        (json!({"name": "quick", "args": ["x".repeat(200_000)]}), "launch_failed", "Argument list too long"),
    ] {
        let (found, message) = refused(params.clone());
        assert!(found == code && message.contains(part), "{params}: {found} {message}");
    }
    let checked = daemon.call("app.launch", json!({"name": "quick", "check": true}));
    assert_eq!(
        (&checked["state"], &checked["launch"], &checked["pid"]),
        (&json!("checked"), &json!(null), &json!(null)),
        "{checked}"
    );
    assert!(checked["program"].as_str().unwrap().ends_with("/true"), "{checked}");
    assert_eq!(daemon.call("app.launch", json!({"name": "fails"}))["state"], "started");
    daemon.wait_log("fails has ended (exit status: 7)");
    assert_eq!(daemon.call("app.launch", json!({"name": "quick"}))["state"], "started");
    daemon.wait_log("quick has ended (exit status: 0)");
    let no_zombie = || wait_for("the daemon to wait for its children", || (zombies(daemon.pid()) == 0).then_some(()));
    no_zombie();
    let files = || fs::read_dir(format!("/proc/{}/fd", daemon.pid())).unwrap().count();
    let before = files();
    for _ in 0..20 {
        daemon.call("app.launch", json!({"name": "quick"}));
    }
    no_zombie();
    wait_for("no descriptor to be left", || (files() <= before).then_some(()));
}

#[test]
fn applications_are_listed_and_shown() {
    let world = World::new();
    let _wm = world.window_manager();
    configure(&world);
    let daemon = start(&world);
    let list = daemon.call("app.list", json!({}));
    let names: Vec<&str> = list["apps"].as_array().unwrap().iter().map(|app| app["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["witness", "missing", "nowhere", "fails", "quick", "asks", "terminal", "other"]);
    let start = |name: &str| daemon.call("app.get", json!({"name": name}))["start"].clone();
    let terminal = start("terminal");
    assert_eq!(terminal["command"], json!(["xterm", "-e", "top"]), "{terminal}");
    assert_eq!((&terminal["global"], &terminal["project"]), (&json!(true), &json!(null)), "for nobody");
    let asks = daemon.call("app.get", json!({"name": "asks"}));
    assert!(asks["refused"].as_str().unwrap().contains("no project is active"), "{asks}");
    daemon.call("project.switch", json!({"name": "bare"}));
    let quick = start("quick");
    assert_eq!((&quick["global"], &quick["project"]), (&json!(false), &json!("bare")), "{quick}");
    assert_eq!(quick["cwd"], json!(world.path("home")), "a project without a directory is at home");
    let other = start("other");
    assert_eq!((&other["global"], &other["environment"]["I3PM_SCOPE"]), (&json!(true), &json!("global")));
    assert_eq!(other["environment"]["I3PM_PROJECT"], json!(null));
}

/// A `systemd-run` that writes down how it is called and goes on as the real one does, and a user's systemd that seems to be there.
#[test]
fn where_there_is_a_systemd_it_makes_a_scope() {
    let world = World::new();
    let _wm = world.window_manager();
    configure(&world);
    fs::create_dir_all(world.path("bin")).unwrap();
    fs::create_dir_all(world.path("run/systemd")).unwrap();
    fs::write(world.path("run/systemd/private"), "").unwrap();
    let (refuse, called) = (world.path("refuse"), world.path("called"));
    let script = format!(
        "#!/bin/sh\n[ -e {refuse:?} ] && {{ echo 'Failed to start transient scope unit: no more' >&2; exit 1; }}\n\
         echo \"$@\" > {called:?}\nwhile [ \"$1\" != -- ]; do shift; done; shift; exec \"$@\"\n"
    );
    let fake = world.path("bin/systemd-run");
    fs::write(&fake, script).unwrap();
    fs::set_permissions(&fake, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let mut command = world.daemon_command();
    command.env("PATH", format!("{}:{}", world.path("bin").display(), std::env::var("PATH").unwrap()));
    let mut daemon = world.spawn(command);
    daemon.wait_answer();
    daemon.wait_wm("connected");
    let launched = daemon.call("app.launch", json!({"name": "witness", "project": "web"}));
    seen(&world);
    let called = fs::read_to_string(called).unwrap();
    let token = launched["launch"].as_str().unwrap().replace('-', "\\x2d");
    let unit = format!("--unit=app-i3pm-witness-{token}.scope");
    for part in ["--user --scope", "--collect", "--slice=app.slice", &unit] {
        assert!(called.contains(part), "{part} in {called}");
    }
    kill(&launched);
    fs::write(refuse, "").unwrap();
    let error = daemon.connect().try_call("app.launch", json!({"name": "quick"})).expect_err("no scope, no program");
    assert!(error["message"].as_str().unwrap().contains("Failed to start transient scope unit: no more"), "{error}");
}
