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
         [project.slow]\non_enter = ['sleep', '1000']\nhook_limit = 1\n\
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
        (json!({"name": "quick", "project": "wbe"}), "unknown_project", "the projects are bare, slow, web"),
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
    // Whoever started it was told that it runs.
    assert!(daemon.wait_log("fails has ended (exit status: 7)").contains("WARN"));
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

/// The user's systemd, as far as programs are started by it: a `systemd-run` and a `systemctl` that write down how they are called. The first takes
/// `--unit`, `ExecStopPost=` and the command, runs that with an environment of its own, and when it has ended what is to be run then.
struct Manager {
    called: std::path::PathBuf,
    refuse: std::path::PathBuf,
    stuck: std::path::PathBuf,
}

impl Manager {
    fn start(world: &World) -> (Manager, Daemon) {
        fs::create_dir_all(world.path("bin")).unwrap();
        fs::create_dir_all(world.path("run/systemd")).unwrap();
        fs::write(world.path("run/systemd/private"), "").unwrap();
        let manager =
            Manager { called: world.path("called"), refuse: world.path("refuse"), stuck: world.path("stuck") };
        let Manager { called, refuse, stuck } = &manager;
        let tool = |name: &str, script: &str| {
            let path = world.path("bin").join(name);
            fs::write(&path, format!("#!/bin/bash\nprintf '%s ' {name} \"$@\" >>{called:?}\n{script}")).unwrap();
            fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        };
        tool(
            "systemd-run",
            &format!(
                "[ ! -e {stuck:?} ] || exec sleep 1000\n\
                 [ ! -e {refuse:?} ] || {{ echo 'Failed to start transient service unit: no more' >&2; exit 1; }}\n\
                 for argument; do case $argument in --property=ExecStopPost=*) last=${{argument#*=*=}} ;; --unit=*) unit=${{argument#*=}} ;; esac; done\n\
                 while [ \"$1\" != -- ]; do shift; done; shift\n\
                 (\n\
                     env -i MANAGER=yes setsid \"$@\" & echo $! >{called:?}.$unit; wait $!; code=$?\n\
                     if [ $code -gt 128 ]; then kind=killed code=$(kill -l $code); else kind=exited; fi\n\
                     eval \"env EXIT_CODE=$kind EXIT_STATUS=$code $last\"\n\
                 ) </dev/null >/dev/null 2>&1 &\n"
            ),
        );
        tool("systemctl", &format!("kill -${{4#--signal=SIG}} -- -$(cat {called:?}.$6)\n"));
        let mut command = world.daemon_command();
        command.env("PATH", format!("{}:{}", world.path("bin").display(), std::env::var("PATH").unwrap()));
        let mut daemon = world.spawn(command);
        daemon.wait_answer();
        daemon.wait_wm("connected");
        (manager, daemon)
    }

    fn called(&self) -> String {
        fs::read_to_string(&self.called).unwrap_or_default()
    }
}

#[test]
fn where_there_is_a_systemd_it_starts_the_program() {
    let world = World::new();
    let _wm = world.window_manager();
    configure(&world);
    let (manager, mut daemon) = Manager::start(&world);
    let launched = daemon.call("app.launch", json!({"name": "witness", "project": "web"}));
    let seen = seen(&world);
    let called = manager.called();
    let token = launched["launch"].as_str().unwrap().replace('-', "\\x2d");
    let unit = format!("--unit=app-i3pm-witness-{token}.service");
    for part in ["--user --quiet --collect --slice=app.slice --service-type=exec", &unit, "--property=ExitType=cgroup"]
    {
        assert!(called.contains(part), "{part} in {called}");
    }
    // Its environment is ours, not the manager's, and nothing of it was said where everybody can read it.
    assert_eq!((line(&seen, "I3PM_PROJECT="), line(&seen, "MANAGER=")), (Some("web"), None), "{seen}");
    assert!(!called.contains("I3PM_PROJECT") && line(&seen, "HOME=").is_some_and(|home| !called.contains(home)));
    assert_eq!(line(&seen, "SESSION "), Some(format!("{0} {0}", launched["pid"]).as_str()), "the pid is the program's");
    let orders = || fs::read_dir(world.path("run/i3pm/launch")).unwrap().count();
    assert_eq!(orders(), 1, "the order is gone, and the report is there until it ends");
    kill(&launched);
    daemon.wait_log("witness has ended (signal: SIGKILL)");
    wait_for("no file to be left", || (orders() == 0).then_some(()));

    assert_eq!(daemon.call("app.launch", json!({"name": "fails"}))["state"], "started");
    daemon.wait_log("fails has ended (exit status: 7)");
    let files = || fs::read_dir(format!("/proc/{}/fd", daemon.pid())).unwrap().count();
    let before = files();
    for _ in 0..20 {
        assert_eq!(daemon.call("app.launch", json!({"name": "quick"}))["state"], "started");
    }
    let left = || (files() > before, orders(), zombies(daemon.pid()));
    wait_for("nothing to be left", || (left() == (false, 0, 0)).then_some(()));

    let refused = |name: &str| {
        let error = daemon.connect().try_call("app.launch", json!({"name": name})).expect_err("no service, no program");
        error["message"].as_str().unwrap().to_owned()
    };
    assert!(refused("missing").contains("command not found: no-such-program"));
    assert!(refused("nowhere").contains("directory /nowhere/at/all"));
    fs::write(&manager.refuse, "").unwrap();
    assert!(refused("quick").contains("Failed to start transient service unit: no more"));
    fs::remove_file(&manager.refuse).unwrap();
    wait_for("no file to be left", || (orders() == 0).then_some(()));

    // A hook is ended by its service, which knows all that it started.
    daemon.call("project.switch", json!({"name": "slow"}));
    daemon.wait_log("on_enter of project \"slow\" has run for 1 s, its hook_limit");
    daemon.wait_log("on_enter of project \"slow\" has ended (signal: SIG");
    let called = manager.called();
    let unit = called.split("--unit=").find(|part| part.starts_with("app-i3pm-on_enter-")).unwrap();
    let unit = unit.split(' ').next().unwrap();
    for part in [
        "--property=ExitType=main --property=KillMode=process".to_owned(),
        format!("systemctl --user kill --quiet --signal=SIGTERM -- {unit} "),
        format!("systemctl --user kill --quiet --signal=SIGKILL -- {unit} "),
    ] {
        wait_for(&part, || manager.called().contains(&part).then_some(()));
    }

    // Who stops while a program runs does not end it, and leaves nothing behind.
    fs::remove_file(world.path("seen")).unwrap();
    let launched = daemon.call("app.launch", json!({"name": "witness"}));
    self::seen(&world);
    daemon.signal(15);
    assert!(daemon.wait_exit(Duration::from_secs(5)).success());
    assert!(Path::new(&format!("/proc/{}", launched["pid"])).exists());
    assert_eq!(orders(), 0);
    kill(&launched);
}

#[test]
fn a_service_manager_that_is_stuck_is_not_waited_for_and_a_few_are_asked_at_a_time() {
    let world = World::new();
    let _wm = world.window_manager();
    configure(&world);
    let (manager, daemon) = Manager::start(&world);
    fs::write(&manager.stuck, "").unwrap();
    std::thread::scope(|scope| {
        for mut client in (0..6).map(|_| daemon.connect()) {
            // Who asks hears of it after 1.5 s: it is being started.
            scope.spawn(move || {
                let launched = client.try_call("app.launch", json!({"name": "quick"})).expect("an answer");
                assert_eq!(launched["state"], "starting");
            });
        }
    });
    let asked = || manager.called().matches("systemd-run ").count();
    assert_eq!(asked(), 4, "{}", manager.called());
    fs::remove_file(&manager.stuck).unwrap();
    daemon.wait_log("quick could not be started: the service manager has not begun it within 10 s");
    wait_for("the others to be started", || (asked() >= 5).then_some(()));
    wait_for("what was stuck to be waited for", || (zombies(daemon.pid()) == 0).then_some(()));
    assert_eq!(daemon.call("app.launch", json!({"name": "quick"}))["state"], "started");
}
