//! Applications: what `[app.NAME]` says of starting one.
//!
//! A command is a list of arguments and never goes through a shell. What stands in braces is filled
//! in when the application is started, and each argument stays one, whatever is filled in.

use super::{Condition, Placement, Template};

/// The most applications that a configuration may declare.
pub const APPS_MAX: usize = 256;
/// The longest name of an application, in bytes: it is a part of the name of a systemd unit.
pub const APP_NAME_BYTES_MAX: usize = 64;
/// The most arguments of one command, the program included.
pub const ARGUMENTS_MAX: usize = 256;
/// The longest argument or value of a variable, in bytes, as it is written.
pub const ARGUMENT_BYTES_MAX: usize = 4096;
/// The most variables that one application may be given.
pub const VARIABLES_MAX: usize = 64;

/// An application of the configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct App {
    /// Its name.
    pub name: String,
    /// The line of its header, from 1.
    pub line: usize,
    /// Its program and arguments, `args` included; one at least.
    pub command: Vec<Template>,
    /// What its windows are like; if nothing is said they have the name of the program as their
    /// class.
    pub condition: Condition,
    /// Where and how its windows are placed.
    pub placement: Placement,
    /// To whom its windows belong.
    pub scope: AppScope,
    /// It runs in the terminal of the configuration.
    pub terminal: bool,
    /// Its windows belong where the others of their process do, no matter how long the process
    /// runs.
    pub follows_process: bool,
    /// There is at most one window of it in each project, or everywhere if it is global.
    pub single: bool,
    /// Variables of its environment.
    pub env: Vec<(String, Template)>,
    /// Where it is started; the directory of the project if nothing is said.
    pub cwd: Option<Template>,
    /// What happens when it is to be started and there is no project.
    pub when_no_project: WhenNoProject,
    /// Its icon.
    pub icon: Option<String>,
    /// Its name for people.
    pub title: Option<String>,
}

/// To whom the windows of an application belong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AppScope {
    /// To the project it is started for.
    #[default]
    Project,
    /// To nobody: always shown.
    Global,
}

impl AppScope {
    /// Its name in the configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            AppScope::Project => "project",
            AppScope::Global => "global",
        }
    }
}

/// What happens when an application of a project is to be started, and there is no project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WhenNoProject {
    /// It is started in the home directory, and its windows are global.
    #[default]
    Home,
    /// Whoever asked is to say which project.
    Ask,
    /// It is not started.
    Refuse,
}

impl WhenNoProject {
    /// As the configuration says it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            WhenNoProject::Home => "home",
            WhenNoProject::Ask => "ask",
            WhenNoProject::Refuse => "refuse",
        }
    }
}

/// What stands in braces in a command, a variable or a directory: the project's name, its directory
/// (home if it has none), its name for people, its icon, its name as one of a terminal
/// multiplexer's session (without `.`, `:` and `/`), the home directory, and the workspace (the
/// focused one if nothing is said).
pub const APP_PLACES: [&str; 7] = ["project", "dir", "name", "icon", "session", "home", "workspace"];

/// What stands in braces in a hook: the first of `APP_PLACES`. Which workspace has the focus
/// changes with the switch.
pub const HOOK_PLACES: [&str; 6] = ["project", "dir", "name", "icon", "session", "home"];

/// May an application have this name? 1 to 64 of ASCII letters, digits, `.`, `_`, `-`, the first a
/// letter or digit.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn check_app_name(name: &str) -> Result<(), String> {
    let allowed = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
    let begins = name.starts_with(|character: char| character.is_ascii_alphanumeric());
    if begins && name.len() <= APP_NAME_BYTES_MAX && name.chars().all(allowed) {
        return Ok(());
    }
    let start: String = name.chars().take(APP_NAME_BYTES_MAX).collect();
    Err(format!(
        "{start:?} cannot be the name of an application; take 1 to {APP_NAME_BYTES_MAX} of ASCII letters, digits and the characters . _ -, the \
         first a letter or digit"
    ))
}

/// May a variable of the environment have this name? At most 256 ASCII letters, digits and `_`, the
/// first no digit.
#[must_use]
pub fn is_variable_name(name: &str) -> bool {
    let allowed = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let begins_well = !name.is_empty() && !name.starts_with(|first: char| first.is_ascii_digit());
    begins_well && name.len() <= 256 && name.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use crate::config::{Subject, WorkspaceChoice, check};

    use super::*;

    fn faults(text: &str) -> String {
        let faults = check("x", text, Some("/home/ann")).faults;
        let lines: Vec<String> = faults.iter().map(|f| format!("{}:{}: {}", f.line, f.column, f.message)).collect();
        lines.join("\n")
    }

    #[test]
    fn everything_at_once() {
        let text = r#"
            terminal = ["foot", "--title={name}"]
            [app.notes]
            args = ["-d", "{dir}/notes {{x}}"]
            command = ["nvim", "--server"]
            match = { app_id = "foot", title = "glob:*notes*" }
            scope = "global"
            terminal = true
            single = true
            env = { B = "{icon}", A = "" }
            cwd = "{home}/notes"
            when_no_project = "refuse"
            icon = "N"
            title = "Notes"
            workspace = 3
            output = "DP-1"
            float = true
        "#;
        let checked = check("x", text, Some("/home/ann"));
        assert_eq!(checked.faults, []);
        let app = checked.config.app("notes").expect("it is declared");
        let fill = |part: &Template| part.fill(|place| format!("<{}>", APP_PLACES[place]));
        let command: Vec<String> = app.command.iter().map(fill).collect();
        assert_eq!(
            command,
            ["nvim", "--server", "-d", "<dir>/notes {x}"],
            "args come after the command wherever they stand"
        );
        assert_eq!(checked.config.terminal.iter().map(fill).collect::<Vec<_>>(), ["foot", "--title=<name>"]);
        assert_eq!(
            app.env.iter().map(|(name, value)| format!("{name}={}", fill(value))).collect::<Vec<_>>(),
            ["B=<icon>", "A="]
        );
        assert_eq!(app.cwd.as_ref().map(fill).as_deref(), Some("<home>/notes"));
        assert_eq!((app.scope, app.when_no_project), (AppScope::Global, WhenNoProject::Refuse));
        assert!(app.terminal && app.single);
        assert_eq!((app.icon.as_deref(), app.title.as_deref()), (Some("N"), Some("Notes")));
        assert_eq!(app.placement.workspace, Some(WorkspaceChoice::Number(3)));
        assert_eq!((app.placement.output.as_deref(), app.placement.float), (Some("DP-1"), Some(true)));
        let subject = Subject { app_id: Some("foot"), title: Some("my notes"), ..Subject::default() };
        assert!(app.condition.matches(&subject));
        assert_eq!(app.line, 3);
    }

    #[test]
    fn what_is_wrong_has_its_place() {
        for (text, expected) in [
            ("[app.x]", "1:6: this application has no command; write command = [\"PROGRAM\", \"ARGUMENT\"]"),
            (
                "scratch = 'tram'\n[app.term]\ncommand = ['x']",
                "1:11: no application \"tram\" is declared; did you mean \"term\"?",
            ),
            ("scratch = 'x'", "1:11: no application \"x\" is declared; write [app.x]"),
            ("app = 1", "1:7: this must be a table: write [app.NAME], and it is an integer"),
            (
                "[app.'a b']\ncommand = ['x']",
                "1:6: \"a b\" cannot be the name of an application; take 1 to 64 of ASCII letters, digits and the characters . _ -, the first a \
                 letter or digit",
            ),
            (
                "[app.x]\ncommand = 'xterm -e x'",
                "2:11: this must be a list: write [\"PROGRAM\", \"ARGUMENT\"], each argument in quotes of its own, and it is a string",
            ),
            ("[app.x]\ncommand = []", "2:11: this list is empty; leave the key out, or write one argument at least"),
            ("[app.x]\ncommand = ['']", "2:11: the program has an empty name"),
            ("[app.x]\ncommand = ['x', '{drr}']", "2:17: nothing is called \"drr\" here; did you mean {dir}?"),
            ("[app.x]\ncommand = ['x', 'a}']", "2:17: a } alone; write }} for the character itself"),
            ("[app.x]\ncommand = ['x']\nscope = 'all'", "3:9: `scope` must be \"project\" or \"global\", not \"all\""),
            (
                "[app.x]\ncommand = ['x']\ncwd = 'here'",
                "3:7: the directory \"here\" is not absolute; start it with / or ~/",
            ),
            ("[app.x]\ncommand = ['x']\nenv = { '1' = 'a' }", "3:9: \"1\" cannot be the name of a variable"),
            (
                "[app.x]\ncommand = ['x']\nenv = { I3PM_APP = 'a' }",
                "3:9: variables whose names begin with I3PM_ are set by i3pm itself; take another name",
            ),
            (
                "[app.x]\ncommand = ['x']\nterminal = true",
                "3:12: there is no terminal to run it in; write at the top what begins its command, such as terminal = [\"foot\"] or \
                 terminal = [\"xterm\", \"-e\"]",
            ),
            ("[app.x]\ncommand = ['x']\nsingel = true", "3:1: unknown key `singel` in [app.x]; did you mean `single`?"),
            (
                "[app.x]\ncommand = ['x']\nmatch = { klass = 'X' }",
                "3:9: this fits every window; give it something to compare, as class = \"NAME\"\n3:11: unknown key `klass` in a condition; did you mean `class`?",
            ),
        ] {
            assert_eq!(faults(text), expected, "in\n{text}");
        }
    }

    #[test]
    fn limits_are_reached() {
        let many: String = (0..=APPS_MAX).map(|n| format!("[app.a{n}]\ncommand = ['x']\n")).collect();
        assert_eq!(faults(&many), "513:6: more than 256 applications");
        let arguments = vec!["'x'"; ARGUMENTS_MAX + 1].join(", ");
        let text = format!("[app.x]\ncommand = [{arguments}]");
        assert_eq!(faults(&text), "1:6: the command has 257 arguments; the limit is 256");
        let text = format!("[app.x]\ncommand = ['{}']", "x".repeat(ARGUMENT_BYTES_MAX + 1));
        assert_eq!(faults(&text), "2:12: this text is 4097 bytes long; the limit is 4096");
        let variables: String = (0..=VARIABLES_MAX).map(|n| format!("V{n} = 'x'\n")).collect();
        let text = format!("[app.x]\ncommand = ['x']\n[app.x.env]\n{variables}");
        assert_eq!(faults(&text), "68:1: more than 64 variables");
        assert!(check_app_name(&"x".repeat(APP_NAME_BYTES_MAX)).is_ok());
        assert!(check_app_name(&"x".repeat(APP_NAME_BYTES_MAX + 1)).is_err());
    }
}
