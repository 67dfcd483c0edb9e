use super::*;

fn source(name: &str, text: &str) -> Source {
    Source { name: name.into(), text: text.into() }
}

/// What the files of a user look like.
fn files() -> Vec<Source> {
    vec![
        source(
            "projects/web.json",
            r#"{"name":"web","directory":"/home/ann/web","display_name":"The \"web\"","icon":"🌐","scoped_classes":["Code"],
                "created_at":"2025-11-01T10:00:00","updated_at":"x","window_rule_overrides":[]}"#,
        ),
        source("projects/my site.json", r#"{"name":"my site","directory":"$HOME/site","icon":""}"#),
        source("projects/none.json", r#"{"name":"none"}"#),
        source("projects/broken.json", "{"),
        source(APP_CLASSES, r#"{"scoped_classes":["Code"],"global_classes":["firefox", 7]}"#),
        source(
            REGISTRY,
            r#"{"version":"1.0.0","applications":[
                {"name":"vscode","display_name":"VS Code","command":"code","parameters":["--new-window","$PROJECT_DIR","{x}","$OTHER"],
                 "scope":"scoped","expected_class":"Code","preferred_workspace":2,"icon":"vscode","multi_instance":true,
                 "fallback_behavior":"use_home","terminal":false,"aliases":["code"],"nix_package":"pkgs.vscode"},
                {"name":"top","command":"top -d 1","scope":"global","multi_instance":false,"terminal":true},
                {"command":"nameless"}]}"#,
        ),
        source(
            WINDOW_RULES,
            r#"[{"pattern_rule":{"pattern":"mpv","scope":"scoped","priority":10},"actions":[{"type":"float","enable":true}]},
                {"pattern_rule":{"pattern":"pwa:you.tube","scope":"global","priority":220},"workspace":4},
                {"pattern_rule":{"pattern":"title:^Yazi:","scope":"scoped","priority":230},
                 "actions":[{"type":"workspace","target":5},{"type":"mark","value":"files"},{"type":"layout","mode":"tabbed"}],
                 "modifier":"GLOBAL","blacklist":["mpv"]},
                {"pattern_rule":{"pattern":"regex:^(?=x)","scope":"global"}},
                {"pattern_rule":{"pattern":"glob:Code*","scope":"scoped"}}]"#,
        ),
        source(
            MONITORS,
            r#"{"version":"1.0","distribution":{"1_monitor":{"primary":[1,2]},"2_monitors":{"primary":[1],"secondary":[3,2]}},
                "output_preferences":{"primary":["DP-1","eDP-1"]},"workspace_preferences":{"9":"primary"}}"#,
        ),
        source(ACTIVE_PROJECT, r#"{"project_name":"web"}"#),
    ]
}

#[test]
fn what_comes_of_the_files_of_a_user() {
    let imported = convert(&files());
    insta::assert_snapshot!(imported.toml);
    assert_eq!((imported.projects, imported.apps, imported.rules), (2, 2, 4));
}

#[test]
fn what_is_not_carried_over_is_said() {
    insta::assert_snapshot!(convert(&files()).remarks.join("\n"));
}

#[test]
fn what_comes_of_it_is_a_good_configuration() {
    let imported = convert(&files());
    let checked = crate::config::check("config.toml", &imported.toml, Some("/home/ann"));
    assert_eq!(checked.faults, [], "{}", imported.toml);
    assert_eq!(checked.config.projects.len(), imported.projects);
    assert_eq!(checked.config.rules.len(), imported.rules);
}

#[test]
fn files_that_are_not_what_they_should_be_are_left_out() {
    for text in ["", "null", "7", "[]", "{}", "[[]]", r#"{"applications": {}}"#, r#"[{"pattern_rule": 7}]"#] {
        for name in FILES.into_iter().chain(["projects/x.json"]) {
            let Imported { toml, .. } = convert(&[source(name, text)]);
            assert!(toml::from_str::<toml::Table>(&toml).is_ok(), "{name} {text}: {toml}");
        }
    }
}
