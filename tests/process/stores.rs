//! The files of the daemon: damaged, newer, unreadable, on a full disk, gone. It starts, says what it could not read, and
//! throws nothing away.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::rig::{Daemon, World};

/// Where a file of the daemon lies in a world.
fn store(world: &World, name: &str) -> PathBuf {
    let directory = match name {
        "projects.json" => "data/i3pm",
        "state.json" => "state/i3pm",
        _ => "run/i3pm",
    };
    world.path(directory).join(name)
}

const NAMES: [&str; 3] = ["projects.json", "state.json", "runtime.json"];

/// Files as a daemon writes them: two projects, one of them in use.
fn world_with_files() -> World {
    let world = World::new();
    let wm = world.window_manager();
    let mut daemon = world.start();
    daemon.wait_wm("connected");
    for name in ["web", "docs"] {
        daemon.call("project.create", json!({"name": name, "dir": "/"}));
    }
    daemon.call("project.switch", json!({"name": "web"}));
    daemon.signal(15);
    assert!(daemon.wait_exit(crate::rig::DEADLINE).success());
    drop(wm);
    for name in NAMES {
        assert!(store(&world, name).exists(), "{name} was not written");
    }
    world
}

fn project_names(daemon: &Daemon) -> Vec<String> {
    let list = daemon.call("project.list", json!({}));
    list["projects"].as_array().unwrap().iter().map(|project| project["name"].as_str().unwrap().to_owned()).collect()
}

fn create(daemon: &Daemon, name: &str) -> Result<Value, Value> {
    daemon.connect().try_call("project.create", json!({"name": name}))
}

#[test]
fn damaged_files_are_said_kept_aside_and_not_lost() {
    for length in [0, 1, 40, 70] {
        let world = world_with_files();
        let before = NAMES.map(|name| fs::read(store(&world, name)).unwrap());
        for (name, text) in NAMES.iter().zip(&before) {
            fs::write(store(&world, name), &text[..length]).unwrap();
        }
        let daemon = world.start();
        for (name, text) in NAMES.iter().zip(&before) {
            let path = store(&world, name);
            let line = daemon.wait_log(&format!("it is kept as {}.bad; ", path.display()));
            assert!(line.contains(&format!("{}:", path.display())), "no place in {line}");
            assert_eq!(fs::read(path.with_extension("json.bad")).unwrap(), text[..length]);
        }
        assert_eq!(project_names(&daemon), [""; 0]);
        create(&daemon, "new").unwrap();
        assert!(fs::read_to_string(store(&world, "projects.json")).unwrap().contains("\"new\""));
        let kept = fs::read(store(&world, "projects.json").with_extension("json.bad")).unwrap();
        assert_eq!(kept, before[0][..length]);
    }
}

#[test]
fn a_turned_bit_is_said_and_the_next_start_is_clean() {
    let world = world_with_files();
    for name in NAMES {
        let mut bytes = fs::read(store(&world, name)).unwrap();
        let at = bytes.windows(3).position(|bytes| bytes == b"web").unwrap();
        bytes[at] ^= 1;
        fs::write(store(&world, name), bytes).unwrap();
    }
    let mut daemon = world.start();
    for name in NAMES {
        daemon.wait_log(&format!("{}: its checksum does not fit", store(&world, name).display()));
    }
    assert_eq!(project_names(&daemon), ["docs", "veb"], "what can be read of the projects is used");
    daemon.signal(15);
    daemon.wait_exit(crate::rig::DEADLINE);
    fs::remove_file(world.path("i3pmd.log")).unwrap();
    let daemon = world.start();
    assert_eq!(project_names(&daemon), ["docs", "veb"], "and was written anew");
    assert!(!daemon.log().contains("store."), "{}", daemon.log());
    assert!(fs::read_to_string(world.path("data/i3pm/projects.json.bad")).unwrap().contains("veb"));
}

#[test]
fn files_of_a_newer_version_are_kept_for_it() {
    let world = world_with_files();
    for name in NAMES {
        let text = fs::read_to_string(store(&world, name)).unwrap();
        let after = text.find("\"version\":").unwrap() + "\"version\":".len();
        let newer = format!("{}9{}", &text[..after], &text[after..].trim_start()[1..]);
        fs::write(store(&world, name), newer).unwrap();
    }
    let daemon = world.start();
    for name in NAMES {
        let path = store(&world, name);
        daemon.wait_log(&format!("{}: its version is 9, this program knows", path.display()));
        assert!(fs::read_to_string(path.with_extension("json.bad")).unwrap().contains('9'));
    }
}

#[test]
fn what_cannot_be_read_is_left_alone_and_read_when_it_can_be() {
    let world = world_with_files();
    for name in NAMES {
        let path = store(&world, name);
        fs::rename(&path, path.with_extension("saved")).unwrap();
        // Root reads everything but this.
        fs::create_dir(&path).unwrap();
        fs::write(path.join("inside"), "").unwrap();
    }
    let mut daemon = world.start();
    for name in NAMES {
        let line = daemon.wait_log(&format!("{name} cannot be used: {} cannot be read", store(&world, name).display()));
        assert!(line.contains("it is a directory"), "{line}");
        assert!(store(&world, name).join("inside").exists(), "{name} was touched");
    }
    let error = create(&daemon, "new").unwrap_err();
    assert_eq!(error["data"]["code"], "store_failed", "{error}");
    assert!(error["message"].as_str().unwrap().contains("i3pm reload"), "{error}");

    for name in NAMES {
        let path = store(&world, name);
        fs::remove_dir_all(&path).unwrap();
        fs::rename(path.with_extension("saved"), path).unwrap();
    }
    daemon.call("reload", json!({}));
    crate::rig::wait_for("the projects to be read", || (project_names(&daemon) == ["docs", "web"]).then_some(()));
    create(&daemon, "new").unwrap();
    daemon.signal(15);
    assert!(daemon.wait_exit(crate::rig::DEADLINE).success());
    assert!(fs::read_to_string(store(&world, "state.json")).unwrap().contains("web"), "the order of use is lost");
}

#[test]
fn a_full_disk_refuses_the_change_and_keeps_what_is_there() {
    let world = World::new();
    let _wm = world.window_manager();
    fs::create_dir(world.path("data")).unwrap();
    // A file system of its own, seen by the daemon alone, with all its blocks taken.
    let script = "mount -t tmpfs -o size=64k,mode=700 tmpfs \"$XDG_DATA_HOME\" && mkdir \"$XDG_DATA_HOME/i3pm\" && \
                  exec \"$@\"";
    let mut command = world.command("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"]);
    command.args([env!("CARGO_BIN_EXE_i3pmd"), "--log-level=debug"]);
    let mut daemon = world.spawn(command);
    daemon.wait_answer();
    daemon.wait_wm("connected");
    create(&daemon, "before").unwrap();
    let seen = |name: &str| {
        PathBuf::from(format!("/proc/{}/root{}", daemon.pid(), world.path("data/i3pm").display())).join(name)
    };
    let error = fs::write(seen("filler"), vec![0; 1 << 20]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);

    let error = create(&daemon, "after").unwrap_err();
    assert_eq!(error["data"]["code"], "store_failed", "{error}");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("No space left") && message.contains("projects.json"), "{message}");
    assert_eq!(project_names(&daemon), ["before"]);
    assert!(fs::read_to_string(seen("projects.json")).unwrap().contains("before"));
    let names: Vec<_> = fs::read_dir(seen("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "something is left behind: {names:?}");

    fs::remove_file(seen("filler")).unwrap();
    create(&daemon, "after").unwrap();
    assert!(fs::read_to_string(seen("projects.json")).unwrap().contains("after"));
}

#[test]
fn a_full_runtime_directory_stops_no_switch() {
    let world = world_with_files();
    let _wm = world.window_manager();
    let daemon = world.start();
    daemon.wait_wm("connected");
    std::os::unix::fs::symlink("/dev/full", world.path("run/i3pm/runtime.json.new")).unwrap();
    daemon.call("project.switch", json!({"name": "docs"}));
    let line = daemon.wait_log("store.failed");
    assert!(line.contains("runtime.json could not be written: No space left"), "{line}");
    assert_eq!(daemon.status()["project"], "docs");
    daemon.call("project.switch", json!({"name": "web"}));
    assert!(fs::read_to_string(store(&world, "runtime.json")).unwrap().contains("\"active\":\"web\""));
    assert!(fs::symlink_metadata(world.path("run/i3pm/runtime.json.new")).is_err(), "half a file is left behind");
}

#[test]
fn directories_that_are_gone_are_made_again() {
    let world = world_with_files();
    let _wm = world.window_manager();
    let mut daemon = world.start();
    daemon.wait_wm("connected");
    for directory in ["data", "state"] {
        fs::remove_dir_all(world.path(directory)).unwrap();
    }
    create(&daemon, "new").unwrap();
    daemon.call("project.switch", json!({"name": "new"}));
    daemon.signal(15);
    assert!(daemon.wait_exit(crate::rig::DEADLINE).success());
    let projects = fs::read_to_string(store(&world, "projects.json")).unwrap();
    assert!(["docs", "new", "web"].iter().all(|name| projects.contains(name)), "{projects}");
    assert!(fs::read_to_string(store(&world, "state.json")).unwrap().contains("new"));
}

#[test]
fn a_call_that_comes_before_the_files_are_read_loses_none_of_them() {
    let world = world_with_files();
    // To read this takes a while.
    let text = format!("{}{}", r#"{"version": 1, "projects": {"web": {}, "docs": {}}}"#, " ".repeat(12 << 20));
    fs::write(store(&world, "projects.json"), text).unwrap();
    let path = world.path("activated.sock");
    let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    // It came before the daemon, as the call that has a socket activated does. A second change would mend what one lost.
    let mut early = crate::rig::Client::connect(&path).unwrap();
    early.send(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"project.create\",\"params\":{\"name\":\"new\"}}\n");
    let daemon = crate::startup::activated(&world, listener, "i3pmd.socket");
    let answer = early.line().unwrap();
    assert_eq!(answer["result"]["project"]["name"], "new", "{answer}\n{}", daemon.log());
    let text = fs::read_to_string(store(&world, "projects.json")).unwrap();
    assert!(["web", "docs", "new"].iter().all(|name| text.contains(&format!("\"{name}\""))), "{text}");
}

#[test]
fn a_stop_before_the_files_are_read_leaves_them_as_they_are() {
    let world = world_with_files();
    let before = NAMES.map(|name| fs::read_to_string(store(&world, name)).unwrap());
    // At once, and a little later each time: some in the midst of the start.
    for pause in 0..12 {
        let mut daemon = world.spawn(world.daemon_command());
        std::thread::sleep(std::time::Duration::from_millis(pause));
        daemon.signal(15);
        daemon.wait_exit(crate::rig::DEADLINE);
        assert_eq!(NAMES.map(|name| fs::read_to_string(store(&world, name)).unwrap()), before, "after {pause} ms");
    }
}

/// Two daemons with one home, as two machines have it, and a runtime directory for each.
#[test]
fn two_daemons_with_one_home_keep_what_the_other_wrote() {
    let world = World::new();
    let here = world.start();
    fs::create_dir(world.path("run2")).unwrap();
    let mut command = world.daemon_command();
    command.env("XDG_RUNTIME_DIR", world.path("run2"));
    let _there = world.spawn(command);
    let socket = world.path("run2/i3pm/ipc.sock");
    let mut there = crate::rig::wait_for("the other daemon", || crate::rig::Client::connect(&socket));
    there.call("project.list", json!({}));

    create(&here, "one").unwrap();
    there.call("project.create", json!({"name": "two"}));
    let text = || fs::read_to_string(store(&world, "projects.json")).unwrap();
    assert!(text().contains("\"one\"") && text().contains("\"two\""), "{}", text());
    there.call("project.delete", json!({"name": "one"}));
    // Here it is known all the same, and must not come back with the next change.
    assert_eq!(project_names(&here), ["one"]);
    create(&here, "three").unwrap();
    here.wait_log("new: two; deleted: one");
    assert_eq!(project_names(&here), ["three", "two"]);
    // A reload reads what the other one wrote.
    there.call("reload", json!({}));
    crate::rig::wait_for("the other daemon to read it", || {
        let list = there.call("project.list", json!({}));
        list["projects"].as_array().unwrap().iter().any(|project| project["name"] == "three").then_some(())
    });
    assert!(!store(&world, "projects.json.bad").exists());
}

#[test]
fn a_projects_file_that_is_a_link_stays_one() {
    let world = world_with_files();
    let (path, repository) = (store(&world, "projects.json"), world.path("home/dotfiles.json"));
    fs::rename(&path, &repository).unwrap();
    std::os::unix::fs::symlink(&repository, &path).unwrap();
    let daemon = world.start();
    create(&daemon, "new").unwrap();
    assert!(fs::symlink_metadata(&path).unwrap().is_symlink());
    let text = fs::read_to_string(&repository).unwrap();
    assert!(["web", "docs", "new"].iter().all(|name| text.contains(name)), "{text}");
}

#[test]
fn what_cannot_be_read_is_missed_aloud() {
    let world = world_with_files();
    let path = store(&world, "projects.json");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let daemon = world.start();
    let list = daemon.call("project.list", json!({}));
    assert!(list["incomplete"].as_str().is_some_and(|text| text.contains("it is a directory")), "{list}");
    let error = daemon.connect().try_call("project.get", json!({"name": "web"})).unwrap_err();
    assert!(error["message"].as_str().unwrap().contains("it is a directory"), "{error}");
}
