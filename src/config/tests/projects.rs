//! What is said of projects.

use super::*;

#[test]
fn projects_stay_in_the_order_of_the_text() {
    let config = good("[project.b]\n[project.a]\n[project.c]\n");
    assert_eq!(config.projects.iter().map(|project| project.name.as_str()).collect::<Vec<_>>(), ["b", "a", "c"]);
}

#[test]
fn directories() {
    assert_eq!(expand_dir("~", Some("/home/ann/")).as_deref(), Ok("/home/ann"));
    assert_eq!(expand_dir("~/x y", Some("/home/ann")).as_deref(), Ok("/home/ann/x y"));
    assert_eq!(expand_dir("~", Some("/")).as_deref(), Ok("/"));
    assert_eq!(expand_dir("~/x", Some("/")).as_deref(), Ok("/x"));
    assert_eq!(expand_dir("/srv/~x", None).as_deref(), Ok("/srv/~x"));
    for (text, home, part) in [
        ("", None, "not absolute"),
        ("code", Some("/home/ann"), "not absolute"),
        ("~/x", None, "HOME"),
        ("~/x", Some("relative"), "HOME"),
        ("~bob/x", Some("/home/ann"), "another user"),
        ("/a\0b", None, "NUL"),
        (&format!("/{}", "x".repeat(DIR_BYTES_MAX)), None, "limit is 4096"),
    ] {
        let message = expand_dir(text, home).unwrap_err();
        assert!(message.contains(part), "{text:?}: {message}");
    }
    one_fault("[project.web]\ndir = 'code'", "2:7: the directory \"code\" is not absolute; start it with / or ~/");
}

#[test]
fn project_names() {
    let longest = "x".repeat(PROJECT_NAME_BYTES_MAX);
    for name in ["a", "Z9", "0", "web.api", "a_b-c", "ann/api:v1", "a/b/c", "a..b", "a/.b", "nonesuch", &longest] {
        assert_eq!(check_project_name(name), Ok(()), "{name}");
    }
    let too_long = "x".repeat(PROJECT_NAME_BYTES_MAX + 1);
    let bad = [
        "", "none", "next", "prev", "-", ".", "..", "/a", "a/", "a//b", "a/./b", "a/../b", "-a", "_a", ":a", "a b",
        "ä", "a\n", "a\0", "a\"", "a'", "a\\", &too_long,
    ];
    for name in bad {
        let message = check_project_name(name).unwrap_err();
        assert!(message.contains("project name") && !message.chars().any(char::is_control), "{message}");
    }
    one_fault(
        "[project.next]",
        "1:10: the project name \"next\" is reserved for `i3pm project switch next`; take another",
    );
}

#[test]
fn labels() {
    assert_eq!(check_label("the icon", "🌐"), Ok(()));
    assert_eq!(good("[project.a]\nicon = ''").projects[0].icon, None, "an empty one is none");
    one_fault("[project.a]\nicon = \"\\u001b[1m\"", "2:8: the icon holds the control character '\\u{1b}'");
    let long = format!("[project.a]\ndisplay_name = '{}'", "x".repeat(LABEL_BYTES_MAX + 1));
    one_fault(&long, "2:16: the display name is 257 bytes long; the limit is 256");
}

#[test]
fn rules_may_wait_for_a_created_project() {
    let config =
        good("[project.web]\n[[rule]]\nclass = 'X'\nproject = 'wbe'\n[[rule]]\nclass = 'Y'\nproject = 'other'");
    assert_eq!(
        config.undeclared.iter().map(|(_, warning)| warning.as_str()).collect::<Vec<_>>(),
        [
            "/etc/config.toml:4:11: no project `wbe` is declared here; the rule waits until it is created; did you \
             mean `web`?",
            "/etc/config.toml:7:11: no project `other` is declared here; the rule waits until it is created",
        ]
    );
    assert_eq!(config.rules.len(), 2);
}

#[test]
fn what_is_started_with_a_project() {
    let config =
        good("[project.a]\napps = ['term', 'edit', 'term']\n[app.edit]\ncommand = ['x']\n[app.term]\ncommand = ['y']");
    assert_eq!(
        config.project("a").map(|project| project.apps.clone()),
        Some(vec!["term".into(), "edit".into(), "term".into()])
    );
    assert_eq!(config.project("b"), None);
    one_fault(
        "[project.a]\napps = ['trem', 7]\n[app.term]\ncommand = ['y']",
        "2:9: no application \"trem\" is declared here; did you mean \"term\"?\n\
         2:17: this must be a string in quotes, and it is an integer",
    );
    one_fault("[project.a]\napps = ['x']", "2:9: no application \"x\" is declared here; write [app.x] with a command");
    one_fault(
        "[project.a]\napps = 'x'",
        "2:8: this must be a list of names of applications: write [\"NAME\", \"NAME\"], and it is a string",
    );
    let list =
        |count: usize| format!("[app.x]\ncommand = ['x']\n[project.a]\napps = [{}]", vec!["'x'"; count].join(", "));
    assert!(parse("f", &list(PROJECT_APPS_MAX), None).is_ok());
    one_fault(&list(33), "4:8: these are 33 applications; the limit is 32");
}

#[test]
fn the_place_of_a_project_in_lists() {
    assert_eq!(good("[project.a]\norder = 3").project("a").and_then(|project| project.order), Some(3));
    one_fault("[project.a]\norder = -1", "2:9: this must be a whole number from 0 to 4294967295");
    one_fault("[project.a]\norder = '1'", "2:9: this must be a whole number, and it is a string");
}

#[test]
fn hooks() {
    let config = good(
        "[project.a]\non_enter = ['notify-send', '{name} {{x}}']\non_leave = ['true']\nhook_limit = 5\n[project.b]",
    );
    let fill = |part: &Template| part.fill(|place| format!("<{}>", HOOK_PLACES[place]));
    let a = config.project("a").expect("it is declared");
    assert_eq!(a.on_enter.iter().map(fill).collect::<Vec<_>>(), ["notify-send", "<name> {x}"]);
    assert_eq!((a.on_leave.len(), a.hook_limit), (1, 5));
    let b = config.project("b").expect("it is declared");
    assert_eq!((b.on_enter.len(), b.hook_limit), (0, HOOK_LIMIT_SECONDS));
    // What fills one fills the other.
    assert_eq!(HOOK_PLACES, APP_PLACES[..HOOK_PLACES.len()]);
    one_fault(
        "[project.a]\non_enter = 'x'",
        "2:12: this must be a list: write [\"PROGRAM\", \"ARGUMENT\"], each argument in quotes of its own, and it is a string",
    );
    one_fault("[project.a]\non_leave = ['']", "2:12: the program has an empty name");
    one_fault(
        "[project.a]\non_enter = ['x', '{workspace}']",
        "2:18: nothing is called \"workspace\" here; there are {project}, {dir}, {name}, {icon}, {session}, {home}",
    );
    let seconds = "2:14: this must be a number of seconds from 1 to 3600";
    one_fault("[project.a]\nhook_limit = 0", seconds);
    one_fault("[project.a]\nhook_limit = 3601", seconds);
    let list = |count: usize| format!("[project.a]\non_enter = [{}]", vec!["'x'"; count].join(", "));
    assert!(parse("f", &list(ARGUMENTS_MAX), None).is_ok());
    one_fault(&list(257), "2:12: the command has 257 arguments; the limit is 256");
}

#[test]
fn where_a_project_wants_to_be() {
    let config = good("[project.a]\nworkspaces = ['3: web', 4]\noutput = 'DP-1'");
    let a = config.project("a").expect("it is declared");
    assert_eq!(a.workspaces, [WorkspaceChoice::Name("3: web".into()), WorkspaceChoice::Number(4)]);
    assert_eq!(a.output.as_deref(), Some("DP-1"));
    one_fault(
        "[project.a]\nworkspaces = 'x'",
        "2:14: this must be a list of workspaces: write [\"NAME\", 3], and it is a string",
    );
    one_fault(
        "[project.a]\nworkspaces = [true]",
        "2:15: this must be the name of a workspace in quotes, or its number, and it is a boolean",
    );
    let bad = faults("[project.a]\nworkspaces = ['next']\noutput = 'left'");
    assert!(bad.starts_with("2:15: window managers take") && bad.contains("\n3:10: window managers take"), "{bad}");
    let list = |count: usize| format!("[project.a]\nworkspaces = [{}]", vec!["1"; count].join(", "));
    assert!(parse("f", &list(PROJECT_WORKSPACES_MAX), None).is_ok());
    one_fault(&list(17), "2:14: these are 17 workspaces; the limit is 16");
}
