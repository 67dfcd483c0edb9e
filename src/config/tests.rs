mod patterns;
mod projects;
mod random;

use super::*;
use proptest::prelude::*;

const FILE: &str = "/etc/config.toml";

fn good(text: &str) -> Config {
    parse(FILE, text, Some("/home/ann")).unwrap_or_else(|fault| panic!("{fault}\n{text}"))
}

/// The faults of a text as `line:column: sentence`, one a line.
fn faults(text: &str) -> String {
    let faults = check(FILE, text, Some("/home/ann")).faults;
    let lines: Vec<String> = faults.iter().map(|f| format!("{}:{}: {}", f.line, f.column, f.message)).collect();
    lines.join("\n")
}

#[track_caller]
fn one_fault(text: &str, expected: &str) {
    assert_eq!(faults(text), expected, "in\n{text}");
}

#[test]
fn an_empty_text_is_the_defaults() {
    let config = good("");
    assert_eq!((config.unclaimed, config.on_exit), (Unclaimed::Active, OnExit::Restore));
    assert!(config.projects.is_empty() && config.rules.is_empty() && config.warnings.is_empty());
}

#[test]
fn everything_at_once() {
    let config = good(
        r##"
unclaimed = "global"
on_exit = "keep"

[project.web]
dir = "~/code/web"
icon = "🌐"
display_name = "The web"
order = 2

[project."ann/api:v1.2"]
dir = "/srv/api"

[[rule]]
class = "Firefox"
title = "glob:*GitHub*"
project = "web"

[[rule]]
app_id = 're:^foot(client)?$'
instance = "main"
global = true
"##,
    );
    assert_eq!((config.unclaimed, config.on_exit), (Unclaimed::Global, OnExit::Keep));
    assert_eq!(
        config.projects,
        [
            DeclaredProject {
                dir: Some("/home/ann/code/web".into()),
                icon: Some("🌐".into()),
                display_name: Some("The web".into()),
                order: Some(2),
                ..DeclaredProject::named("web", 5)
            },
            DeclaredProject { dir: Some("/srv/api".into()), ..DeclaredProject::named("ann/api:v1.2", 11) },
        ]
    );
    assert_eq!(config.rules.iter().map(|rule| rule.line).collect::<Vec<_>>(), [14, 19]);
    assert_eq!(config.rules[0].owner, Some(RuleOwner::Projects(vec!["web".into()])));
    assert_eq!(config.rules[1].owner, Some(RuleOwner::Global));
    let firefox = Subject { class: Some("Firefox"), title: Some("i3pm - GitHub - Firefox"), ..Subject::default() };
    assert!(config.rules[0].condition.matches(&firefox) && !config.rules[1].condition.matches(&firefox));
    assert!(
        !config.rules[0].condition.matches(&Subject { title: None, ..firefox }),
        "what a window lacks fits nothing"
    );
    assert!(!config.rules[0].condition.matches(&Subject { class: Some("firefox"), ..firefox }), "case counts");
    assert!(config.rules[1].condition.matches(&Subject {
        app_id: Some("footclient"),
        instance: Some("main"),
        ..Subject::default()
    }));
    assert!(config.warnings.is_empty());
}

#[test]
fn inline_tables_are_the_same() {
    let config = good("project = { web = { dir = '/w' } }\nrule = [{ class = 'X', project = 'web' }]");
    assert_eq!(config.projects[0].dir.as_deref(), Some("/w"));
    assert_eq!((config.projects[0].line, config.rules[0].line), (1, 2));
    assert_eq!(good("project.web.dir = '/w'").projects[0].dir.as_deref(), Some("/w"));
}

#[test]
fn what_happens_on_activation() {
    assert_eq!(good("").on_activate, OnActivate::Switch);
    assert_eq!(good("on_activate = 'summon'").on_activate, OnActivate::Summon);
    assert_eq!(good("on_activate = 'notify'").on_activate, OnActivate::Notify);
    let sentence =
        "1:15: `on_activate` must be \"switch\" or \"summon\" or \"notify\", not \"sumon\"; did you mean \"summon\"?";
    one_fault("on_activate = 'sumon'", sentence);
}

#[test]
fn what_becomes_of_newcomers() {
    assert_eq!(good("").on_newcomer, OnNewcomer::Hide);
    assert_eq!(good("on_newcomer = 'show'").on_newcomer, OnNewcomer::Show);
    assert_eq!(good("on_newcomer = 'notify'").on_newcomer, OnNewcomer::Notify);
    one_fault(
        "on_newcomer = 'hidden'",
        "1:15: `on_newcomer` must be \"hide\" or \"show\" or \"notify\", not \"hidden\"; did you mean \"hide\"?",
    );
    let config = good("[[rule]]\nclass = 'X'\nfollow = 'process'\n[app.x]\ncommand = ['x']\nfollow = 'process'");
    assert_eq!(config.rules[0].owner, Some(RuleOwner::Process));
    assert!(config.app("x").is_some_and(|app| app.follows_process));
    one_fault("[[rule]]\nclass = 'X'\nfollow = 'me'", "3:10: `follow` must be \"process\", not \"me\"");
}

#[test]
fn a_rule_may_name_several_projects() {
    let config = good("[project.a]\n[[rule]]\nclass = 'X'\nprojects = ['a', 'later']");
    assert_eq!(config.rules[0].owner, Some(RuleOwner::Projects(vec!["a".into(), "later".into()])));
    assert_eq!(config.undeclared.len(), 1, "{:?}", config.undeclared);
    let rule = |projects: &str| format!("[[rule]]\nclass = 'X'\nprojects = {projects}");
    one_fault(
        &rule("'a'"),
        "3:12: this must be a list of project names: write [\"NAME\", \"NAME\"], and it is a string",
    );
    one_fault(&rule("[]"), "3:12: this list names no project; give it one at least");
    one_fault(&rule("['a', 7]"), "3:18: this must be a string in quotes, and it is an integer");
    one_fault(
        &rule("['next']"),
        "3:13: the project name \"next\" is reserved for `i3pm project switch next`; take another",
    );
    let list = |count: usize| format!("[{}]", vec!["'a'"; count].join(", "));
    assert!(parse("f", &rule(&list(WINDOW_PROJECTS_MAX)), None).is_ok());
    one_fault(&rule(&list(17)), "3:12: a window belongs to at most 16 projects, and these are 17");
}

#[test]
fn unknown_keys_and_what_was_meant() {
    one_fault("unclamed = 'active'", "1:1: unknown key `unclamed`; did you mean `unclaimed`?");
    one_fault("[projects.web]", "1:2: unknown key `projects`; did you mean `project`?");
    one_fault("[[rules]]\nclass = 'X'", "1:3: unknown key `rules`; did you mean `rule`?");
    one_fault(
        "[project.web]\n  directory = '/w'",
        "2:3: unknown key `directory` in [project.web]; did you mean `dir`?",
    );
    one_fault("[project.web]\nname = 'W'", "2:1: unknown key `name` in [project.web]; did you mean `display_name`?");
    one_fault(
        "[project.web]\ncolour = 'red'",
        "2:1: unknown key `colour` in [project.web]; the keys here are dir, match, icon, display_name, order, apps, on_enter, on_leave, hook_limit, workspaces, output, rule",
    );
    one_fault(
        "[[rule]]\nwm_class = 'X'\nclass = 'X'\nglobal = true",
        "2:1: unknown key `wm_class` in [[rule]]; did you mean `class`?",
    );
}

#[test]
fn names_with_dots_need_quotes() {
    one_fault("[project.web.api]\ndir = '/w'", "1:14: a name with a dot needs quotes: [project.\"web.api\"]");
    assert_eq!(good("[project.\"web.api\"]").projects[0].name, "web.api");
}

#[test]
fn wrong_types() {
    one_fault("unclaimed = 1", "1:13: this must be a string in quotes, and it is an integer");
    one_fault(
        "unclaimed = \"activ\"",
        "1:13: `unclaimed` must be \"active\" or \"global\", not \"activ\"; did you mean \"active\"?",
    );
    one_fault("on_exit = \"x\"", "1:11: `on_exit` must be \"restore\" or \"keep\", not \"x\"");
    one_fault("[project.a]\nmatch = 'git'", "2:9: there is no directory to compare with; give the project a `dir`");
    one_fault(
        "[project.a]\ndir = '/a'\nmatch = 'gti'",
        "3:9: `match` must be \"cwd\" or \"git\", not \"gti\"; did you mean \"git\"?",
    );
    one_fault("project = 3", "1:11: this must be a table: write [project.NAME], and it is an integer");
    one_fault("[project]\nweb = '/w'", "2:7: this must be a table: write [project.web], and it is a string");
    one_fault(
        "[project]\ndir = '/w'",
        "2:7: this must be in a table of its project: write [project.NAME] and below it dir, and it is a string",
    );
    one_fault(
        "[rule]\nclass = 'X'",
        "1:1: this must be a list of tables: write [[rule]] with two brackets, and it is a table",
    );
    one_fault("rule = [1]", "1:9: this must be a table: write [[rule]], and it is an integer");
    one_fault("[[rule]]\nclass = ['X']\nglobal = true", "2:9: this must be a string in quotes, and it is an array");
    one_fault("[[rule]]\nclass = 'X'\nglobal = 'yes'", "3:10: this must be `true`, and it is a string");
    one_fault("[[rule]]\nclass = 'X'\nglobal = false", "3:10: `global` can only be true; leave the key out otherwise");
}

#[test]
fn rules_that_say_too_little_or_too_much() {
    one_fault(
        "\n[[rule]]\nglobal = true",
        "2:1: this rule fits every window; give it something to compare, as class = \"NAME\"",
    );
    one_fault(
        "[[rule]]\nclass = 'X'",
        "1:1: this rule does nothing; give it one of project, projects, global, follow, workspace, output, float, fullscreen, mark, focus, \
         no_focus, border, command",
    );
    one_fault(
        "[[rule]]\nclass = 'X'\nproject = 'a'\nglobal = true",
        "1:1: this rule can have one of `project`, `projects`, `global` and `follow`, not several",
    );
    one_fault(
        "[[rule]]\nclass = 'X'\nmatch = { project = 'a' }\nglobal = true",
        "1:1: a rule that says where a window belongs cannot ask for the project that it belongs to",
    );
    one_fault(
        "[project.web]\n[[project.web.rule]]\nclass = 'X'\nproject = 'a'",
        "2:1: a rule of [project.web] claims for that project; leave out project, projects, global and follow",
    );
}

#[test]
fn what_rules_compare_and_do() {
    let config = good(
        r##"
[project.web]
[[project.web.rule]]
exe = "glob:/usr/*/firefox"
workspace = 3

[[rule]]
match = { workspace = "9", not = { any = [{ class = "X" }, { dialog = true }] } }
transient = false
pid = 7
workspace = "2: mail"
output = "DP-1"
float = true
fullscreen = false
mark = "m"
no_focus = true
border = "pixel 2"
command = ["opacity 0.9", "title_format \"{title} {{x}}\""]
once = false
continue = true
"##,
    );
    let [web, other] = config.rules.as_slice() else { panic!("{:?}", config.rules) };
    assert_eq!(web.owner, Some(RuleOwner::Projects(vec!["web".into()])));
    assert_eq!(web.placement.workspace, Some(WorkspaceChoice::Number(3)));
    assert!(web.condition.asks_process() && !web.enforced && !web.continues);
    let firefox = Subject { exe: Asked::Is("/usr/bin/firefox"), ..Subject::default() };
    assert_eq!(web.condition.verdict(&firefox), Verdict::Fits);
    assert_eq!(web.condition.verdict(&Subject { exe: Asked::Unknown, ..firefox }), Verdict::Unknown);
    assert_eq!(web.condition.verdict(&Subject::default()), Verdict::Misfit("exe"));
    let fitting = Subject { pid: Asked::Is(7), workspace: Some("9"), class: Some("Y"), ..Subject::default() };
    for (subject, verdict) in [
        (fitting, Verdict::Fits),
        (Subject { pid: Asked::Unknown, ..fitting }, Verdict::Unknown),
        (Subject { pid: Asked::Unknown, dialog: true, ..fitting }, Verdict::Misfit("not")),
        (Subject { class: Some("X"), ..fitting }, Verdict::Misfit("not")),
        (Subject { workspace: Some("8"), ..fitting }, Verdict::Misfit("workspace")),
        (Subject { transient: true, ..fitting }, Verdict::Misfit("transient")),
        (Subject { pid: Asked::Is(8), ..fitting }, Verdict::Misfit("pid")),
    ] {
        assert_eq!(other.condition.verdict(&subject), verdict, "{subject:?}");
    }
    assert!(other.owner.is_none() && other.enforced && other.continues);
    let placement = &other.placement;
    assert_eq!(placement.workspace, Some(WorkspaceChoice::Name("2: mail".into())));
    assert_eq!((placement.output.as_deref(), placement.mark.as_deref()), (Some("DP-1"), Some("m")));
    assert_eq!((placement.float, placement.fullscreen, placement.focus), (Some(true), Some(false), Some(false)));
    assert_eq!(placement.border, Some(Border::Pixel(Some(2))));
    let filled: Vec<String> =
        placement.commands.iter().map(|command| command.fill(|place| COMMAND_PLACES[place].to_uppercase())).collect();
    assert_eq!(filled, ["opacity 0.9", "title_format \"TITLE {x}\""]);
}

#[test]
fn a_project_matcher_looks_at_each_project() {
    let config = good("[[rule]]\nmatch = { project = 'glob:web*' }\nfloat = true");
    let names = ["mail", "webapp"].map(String::from).into();
    let subject = Subject { projects: Some(&names), ..Subject::default() };
    assert!(config.rules[0].condition.matches(&subject));
    assert_eq!(config.rules[0].condition.verdict(&Subject::default()), Verdict::Misfit("project"));
}

#[test]
fn what_placements_cannot_be() {
    let rule = |line: &str| format!("[[rule]]\nclass = 'X'\n{line}");
    for (line, sentence) in [
        (
            "workspace = true",
            "3:13: this must be the name of a workspace in quotes, or its number, and it is a boolean",
        ),
        ("workspace = ''", "3:13: the name of a workspace is empty"),
        ("workspace = -1", "3:13: this must be a whole number from 0 to 4294967295"),
        (
            "workspace = 'Next'",
            "3:13: window managers take \"next\" for another place than a workspace of that name; take another",
        ),
        (
            "workspace = '__i3_scratch'",
            "3:13: the name of a workspace begins with __, which is kept for other things; take another",
        ),
        (
            "output = 'left'",
            "3:10: window managers take \"left\" for another place than an output of that name; take another",
        ),
        ("output = \"a'b\\\"\"", "3:10: the name of an output holds both kinds of quotes, which sway cannot be told"),
        ("output = \"a\\n\"", "3:10: the name of an output holds the control character '\\n'"),
        ("mark = '_i3pm1:v'", "3:8: marks that begin with _i3pm are those of i3pm itself; take another"),
        ("mark = ''", "3:8: the mark is empty"),
        ("float = 1", "3:9: this must be `true` or `false`, and it is an integer"),
        ("focus = false", "3:9: `focus` can only be true; leave the key out otherwise"),
        ("focus = true\nno_focus = true", "4:12: one of `focus` and `no_focus` can be true, not both"),
        (
            "border = 'pixl'",
            "3:10: a border is \"none\", \"normal\" or \"pixel\", the last two with or without a width, not \"pixl\"; did \
             you mean \"pixel\"?",
        ),
        ("border = 'pixel 101'", "3:10: the width of a border is a number of pixels from 0 to 100, not \"101\""),
        ("command = []", "3:11: this list holds no command; give it one at least"),
        ("command = ' '", "3:11: this command is empty"),
        ("command = 'nop {tilte}'", "3:11: nothing is called \"tilte\" here; did you mean {title}?"),
        ("command = 'nop {'", "3:11: a { alone; write {{ for the character itself"),
        ("command = 'nop }'", "3:11: a } alone; write }} for the character itself"),
        ("floot = true\nglobal = true", "3:1: unknown key `floot` in [[rule]]; did you mean `float`?"),
    ] {
        one_fault(&rule(line), sentence);
    }
    let long = format!("workspace = '{}'", "x".repeat(PLACE_BYTES_MAX + 1));
    one_fault(&rule(&long), "3:13: the name of a workspace is 257 bytes long; the limit is 256");
    let long = format!("mark = '{}'", "x".repeat(RULE_MARK_BYTES_MAX + 1));
    one_fault(&rule(&long), "3:8: the mark is 257 bytes long; the limit is 256");
    let long = format!("command = '{}'", "x".repeat(COMMAND_BYTES_MAX + 1));
    one_fault(&rule(&long), "3:11: the command is 1025 bytes long; the limit is 1024");
    let many = format!("command = [{}]", "'nop', ".repeat(COMMANDS_MAX + 1));
    one_fault(&rule(&many), "3:11: these are 9 commands; the limit is 8");
}

#[test]
fn conditions_have_limits() {
    let nested = |levels: usize| {
        let condition = (0..levels).fold("{ class = 'X' }".to_string(), |inner, _| format!("{{ not = {inner} }}"));
        format!("[[rule]]\nglobal = true\nmatch = {condition}")
    };
    assert_eq!(faults(&nested(CONDITION_LEVELS_MAX - 1)), "");
    assert!(faults(&nested(CONDITION_LEVELS_MAX)).contains("more than 8 levels of all, any and not"));
    let wide = |count: usize| format!("[[rule]]\nglobal = true\nany = [{}]", "{ class = 'X' }, ".repeat(count));
    assert_eq!(faults(&wide(CONDITION_KEYS_MAX - 1)), "");
    one_fault(&wide(CONDITION_KEYS_MAX), "1:1: this asks for 65 things; the limit is 64");
    let rule = |line: &str| format!("[[rule]]\nglobal = true\n{line}");
    one_fault(&rule("any = []"), "3:7: `any` holds nothing; give it one table at least");
    one_fault(&rule("not = {}"), "3:7: this fits every window; give it something to compare, as class = \"NAME\"");
    one_fault(
        &rule("all = {}"),
        "3:7: this must be a list of tables: write all = [{ class = \"NAME\" }, ...], and it is a table",
    );
    one_fault(
        &rule("not = { clas = 'X', title = 'Y' }"),
        "3:9: unknown key `clas` in a condition; did you mean `class`?",
    );
}

#[test]
fn rules_that_are_never_reached() {
    let warnings = |text: &str| -> Vec<String> {
        let warnings = good(&format!("[project.web]\n{text}")).warnings;
        let short = |warning: &String| warning.strip_prefix("/etc/config.toml:").expect("a place").to_string();
        warnings.iter().map(short).collect()
    };
    let rule = |line: &str| format!("[[rule]]\n{line}\n");
    let two = |one: &str, other: &str| warnings(&(rule(one) + &rule(other)));
    let same = two("class = 'X'\nglobal = true", "class = 'X'\nfloat = true");
    assert_eq!(same, ["5:1: this rule is never reached: the one in line 2 asks for the same, and comes first"]);
    let never = [
        "5:1: this rule is never reached: whatever fits it fits the one in line 2, which comes first; put it before that \
          one, or say `continue = true` there",
    ];
    for (one, other) in [
        ("class = 're:^X'", "class = 'Xterm'\ntitle = 'T'"),
        ("any = [{ class = 'A' }, { class = 'B' }]", "class = 'B'"),
        ("any = [{ class = 'A' }, { class = 'B' }]", "any = [{ class = 'B' }, { class = 'A', title = 'T' }]"),
        ("class = 'A'", "all = [{ class = 'A' }, { title = 'T' }]"),
    ] {
        assert_eq!(two(&format!("{one}\nglobal = true"), &format!("float = true\n{other}")), never, "{one}\n{other}");
    }
    for (one, other) in [
        ("class = 'X'\nglobal = true\ncontinue = true", "class = 'X'\nfloat = true"),
        // Its project may never come.
        ("class = 'X'\nproject = 'later'", "class = 'X'\nfloat = true"),
        ("class = 'X'\ntitle = 'T'\nglobal = true", "class = 'X'\nfloat = true"),
        ("class = 'X'\nglobal = true", "instance = 'X'\nfloat = true"),
        ("not = { class = 'X' }\nglobal = true", "class = 'Y'\nfloat = true"),
    ] {
        assert!(two(one, other).is_empty(), "{one}\n{other}");
    }
    let twice = two("class = 'X'\nfloat = true\ncontinue = true", "class = 'X'\nfloat = true");
    assert_eq!(twice, ["6:1: this rule says what the one in line 2 says"]);
    // Those of projects stand where they are written.
    let mixed = warnings("[[rule]]\nclass = 'X'\nglobal = true\n[[project.web.rule]]\nclass = 'X'");
    assert_eq!(mixed, ["5:1: this rule is never reached: the one in line 2 asks for the same, and comes first"]);
}

#[test]
fn columns_count_characters() {
    one_fault("[project.web]\nicon = '🌐é' ; ", "2:13: unexpected key or value, expected newline, `#`");
    one_fault(
        "[project.\"é\"]",
        "1:10: the project name \"é\" holds 'é'; allowed are ASCII letters, digits and the characters . _ - / :",
    );
    one_fault(
        "project = { \"é\" = {}, ok = 1 }",
        "1:13: the project name \"é\" holds 'é'; allowed are ASCII letters, digits and the characters . _ - / :\n1:28: this must be a table: write [project.ok], and it is an integer",
    );
    one_fault("\u{feff}unclaimed = 1", "1:13: this must be a string in quotes, and it is an integer");
    one_fault("\r\nunclaimed = 1", "2:13: this must be a string in quotes, and it is an integer");
}

#[test]
fn syntax_errors_have_places() {
    for (text, place) in [
        ("a", "1:2"),
        ("[project.web\n", "1:13"),
        ("[project.web]\n[project.web]", "2:10"),
        ("on_exit = \"keep\"\non_exit = \"keep\"", "2:1"),
        ("on_exit = \"keep", "1:16"),
    ] {
        let fault = parse(FILE, text, None).unwrap_err();
        assert_eq!(format!("{}:{}", fault.line, fault.column), place, "{fault} in\n{text}");
        assert!(!fault.message.is_empty() && !fault.message.contains('\n'));
    }
}

#[test]
fn faults_come_in_the_order_of_the_text() {
    assert_eq!(
        faults("[[rule]]\nclass = 1\nglobal = true\n[project.web]\ndir = 'w'\n[[rule]]\ntitle = 2\nglobal = true"),
        "2:9: this must be a string in quotes, and it is an integer\n\
         5:7: the directory \"w\" is not absolute; start it with / or ~/\n\
         7:9: this must be a string in quotes, and it is an integer"
    );
}

#[test]
fn limits_are_reached() {
    let many: String = (0..=PROJECTS_MAX).map(|n| format!("[project.p{n}]\n")).collect();
    one_fault(&many, "1025:10: more than 1024 projects");
    let many = "[[rule]]\nclass = 'X'\nglobal = true\n".repeat(RULES_MAX + 1);
    one_fault(&many, "3073:1: more than 1024 rules");
    let many: String = (0..=FAULTS_MAX).map(|n| format!("k{n} = 1\n")).collect();
    assert_eq!(check(FILE, &many, None).faults.len(), FAULTS_MAX);
    let large = "#".repeat(CONFIG_BYTES_MAX + 1);
    let message = "the file is 1048577 bytes long; the limit is 1048576";
    one_fault(&large, &format!("0:0: {message}"));
    assert_eq!(decode(FILE, large.as_bytes()).unwrap_err().message, message);
    assert!(decode(FILE, &large.as_bytes()[1..]).is_ok());
    assert!(parse(FILE, &format!("x={}{}", "[".repeat(500_000), "]".repeat(500_000)), None).is_err());
}

#[test]
fn bytes_that_are_not_utf8_have_a_place() {
    let fault = decode(FILE, b"on_exit = \"keep\"\n# \xc3\xa9 \xff").unwrap_err();
    assert_eq!((fault.line, fault.column), (2, 5));
    assert!(fault.message.contains("UTF-8"));
}
