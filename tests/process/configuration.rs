//! The configuration: read, watched whatever way it is replaced, and never the end of the daemon.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::json;

use crate::rig::{Daemon, World};

fn declare(name: &str) -> String {
    format!("[project.{name}]\n")
}

fn wait_project(daemon: &Daemon, name: &str) {
    let mut client = daemon.connect();
    crate::rig::wait_for(&format!("project {name}"), || {
        let list = client.call("project.list", json!({}));
        list["projects"].as_array().unwrap().iter().any(|project| project["name"] == name).then_some(())
    });
}

#[test]
fn it_is_read_again_when_it_is_written_renamed_over_or_comes_back() {
    let world = World::new();
    let daemon = world.start();
    // The directory appears after the daemon.
    world.write_config(&declare("written"));
    wait_project(&daemon, "written");
    fs::write(world.config_file(), declare("again")).unwrap();
    wait_project(&daemon, "again");
    let other = world.config_file().with_extension("new");
    fs::write(&other, declare("renamed")).unwrap();
    fs::rename(&other, world.config_file()).unwrap();
    wait_project(&daemon, "renamed");
    fs::remove_dir_all(world.path("config/i3pm")).unwrap();
    world.write_config(&declare("back"));
    wait_project(&daemon, "back");
    assert_eq!(fs::read_dir(world.path("config/i3pm")).unwrap().count(), 1, "it writes into the directory");
}

#[test]
fn generations_are_swapped_by_their_links() {
    let world = World::new();
    for generation in ["one", "two", "three"] {
        fs::create_dir_all(world.path(generation)).unwrap();
        fs::write(world.path(generation).join("config.toml"), declare(generation)).unwrap();
    }
    // A linked directory, as a NixOS generation is; read-only, as in its store.
    symlink(world.path("one"), world.path("config/i3pm")).unwrap();
    let daemon = world.start();
    wait_project(&daemon, "one");
    symlink(world.path("two"), world.path("config/new")).unwrap();
    fs::rename(world.path("config/new"), world.path("config/i3pm")).unwrap();
    wait_project(&daemon, "two");
    // A real directory with a linked file, as home-manager does it.
    fs::remove_file(world.path("config/i3pm")).unwrap();
    fs::create_dir(world.path("config/i3pm")).unwrap();
    symlink(world.path("three/config.toml"), world.config_file()).unwrap();
    wait_project(&daemon, "three");
    let link = world.path("config/i3pm/.new");
    symlink(world.path("one/config.toml"), &link).unwrap();
    fs::rename(link, world.config_file()).unwrap();
    wait_project(&daemon, "one");
}

#[test]
fn a_directory_far_above_it_that_is_replaced_is_followed() {
    let world = World::new();
    let clone = |name: &str| {
        fs::create_dir_all(world.path("dotfiles/desk/i3pm")).unwrap();
        fs::write(world.path("dotfiles/desk/i3pm/config.toml"), declare(name)).unwrap();
    };
    clone("one");
    let _ = fs::remove_dir_all(world.path("config"));
    symlink(world.path("dotfiles/desk"), world.path("config")).unwrap();
    let daemon = world.start();
    wait_project(&daemon, "one");
    // As a repository that is cloned anew.
    fs::rename(world.path("dotfiles"), world.path("dotfiles.old")).unwrap();
    clone("two");
    wait_project(&daemon, "two");
    fs::write(world.path("dotfiles/desk/i3pm/config.toml"), declare("three")).unwrap();
    wait_project(&daemon, "three");
}

#[test]
fn a_directory_of_a_project_that_is_elsewhere_by_now_is_a_change() {
    let world = World::new();
    for name in ["one", "two"] {
        fs::create_dir(world.path(name)).unwrap();
    }
    symlink(world.path("one"), world.path("work")).unwrap();
    world.write_config(&format!("[project.a]\ndir = '{}'\n", world.path("work").display()));
    let daemon = world.start();
    wait_project(&daemon, "a");
    let reload = || daemon.call("reload", json!({}))["changed"] == true;
    assert!(!reload(), "nothing changed");
    symlink(world.path("two"), world.path("new")).unwrap();
    fs::rename(world.path("new"), world.path("work")).unwrap();
    assert!(reload(), "the link leads elsewhere");
    assert!(!reload());
}

#[test]
fn a_broken_one_is_named_with_its_place_and_the_old_one_stays() {
    let world = World::new();
    world.write_config(&declare("good"));
    let daemon = world.start();
    wait_project(&daemon, "good");
    fs::write(world.config_file(), "[project.good]\n\nunclaimed == 3\n").unwrap();
    let status =
        daemon.wait_status("the error", |status| (!status["config"]["error"].is_null()).then(|| status.clone()));
    let error = &status["config"]["error"];
    assert_eq!((&error["line"], &error["file"]), (&json!(3), &json!(world.config_file())), "{error}");
    assert!(error["column"].as_u64().unwrap() > 0);
    daemon.wait_log(&format!("{}:3:", world.config_file().display()));
    wait_project(&daemon, "good");
    let refused = daemon.connect().try_call("reload", json!({})).unwrap_err();
    assert_eq!(refused["data"]["code"], "config_rejected", "{refused}");
    fs::write(world.config_file(), declare("better")).unwrap();
    wait_project(&daemon, "better");
    assert!(daemon.status()["config"]["error"].is_null());
}

#[test]
fn one_that_is_broken_from_the_start_leaves_the_defaults() {
    let world = World::new();
    let _wm = world.window_manager();
    world.write_config("nonsense\n");
    let daemon = world.start();
    daemon.wait_wm("connected");
    let status = daemon.status();
    assert_eq!(status["config"]["error"]["line"], 1);
    assert_eq!(status["phase"], "running");
    daemon.call("project.create", json!({"name": "made"}));
}

#[test]
fn what_is_not_a_file_or_not_text_is_named() {
    let world = World::new();
    fs::create_dir_all(world.config_file()).unwrap();
    let daemon = world.start();
    let error = |daemon: &Daemon, needle: &str| {
        daemon.wait_status(needle, |status| {
            let error = &status["config"]["error"];
            error["message"].as_str().is_some_and(|message| message.contains(needle)).then(|| error.clone())
        })
    };
    assert_eq!(error(&daemon, "directory")["file"], json!(world.config_file()));
    fs::remove_dir(world.config_file()).unwrap();
    fs::write(world.config_file(), b"# fine\n# \xff\n").unwrap();
    let error = error(&daemon, "UTF-8");
    assert_eq!((&error["line"], &error["column"]), (&json!(2), &json!(3)), "{error}");
}

#[test]
fn a_project_directory_that_is_not_there_is_warned_about_with_its_place() {
    let world = World::new();
    world.write_config("# first\n[project.lost]\ndir = \"/nowhere/at/all\"\n");
    let daemon = world.start();
    let warning = daemon.wait_status("the warning", |status| {
        Some(status["config"]["warnings"].as_array()?.first()?.as_str()?.to_owned())
    });
    assert!(warning.contains(&format!("{}:2", world.config_file().display())), "{warning}");
    assert!(warning.contains("\"lost\"") && warning.contains("/nowhere/at/all"), "{warning}");
    wait_project(&daemon, "lost");
    let refused =
        daemon.connect().try_call("project.create", json!({"name": "x", "dir": "/nowhere/at/all"})).unwrap_err();
    assert_eq!(refused["data"]["code"], "invalid_directory", "{refused}");
    assert!(refused["message"].as_str().unwrap().contains("/nowhere/at/all"), "{refused}");
}
