//! What a window must be like, for a rule or an application to mean it.

use std::collections::BTreeSet;

use super::Matcher;

/// The deepest nesting of `all`, `any` and `not` in a condition.
pub const CONDITION_LEVELS_MAX: usize = 8;
/// The most keys in one condition, those of its nested ones included.
pub const CONDITION_KEYS_MAX: usize = 64;

/// What a window must be like: every key of it must fit.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Condition {
    /// Keys that are quickly compared come first; those that need an answer of others come last.
    tests: Vec<Test>,
}

/// One key of a condition.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Test {
    Text(TextKey, Matcher),
    Flag(FlagKey, bool),
    Pid(u32),
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Condition),
}

/// The keys that compare a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextKey {
    Class,
    AppId,
    Instance,
    Title,
    Role,
    Workspace,
    Output,
    Project,
    App,
    Exe,
    Cwd,
}

/// The keys that are true or false.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FlagKey {
    Floating,
    Dialog,
    Transient,
}

/// Something about a window that others must be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Asked<T> {
    /// It is this.
    Is(T),
    /// There is none.
    #[default]
    Nothing,
    /// It was not asked yet, or the answer is on its way.
    Unknown,
}

/// A window as a condition looks at it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Subject<'a> {
    /// WM_CLASS, its class part.
    pub class: Option<&'a str>,
    /// Wayland application id.
    pub app_id: Option<&'a str>,
    /// WM_CLASS, its instance part.
    pub instance: Option<&'a str>,
    /// The title.
    pub title: Option<&'a str>,
    /// WM_WINDOW_ROLE.
    pub role: Option<&'a str>,
    /// The name of its workspace.
    pub workspace: Option<&'a str>,
    /// The output of its workspace.
    pub output: Option<&'a str>,
    /// It floats.
    pub floating: bool,
    /// Its window type is that of a dialog.
    pub dialog: bool,
    /// It belongs to another window.
    pub transient: bool,
    /// The projects that it belongs to; none if that is not decided, or it is global.
    pub projects: Option<&'a BTreeSet<String>>,
    /// The name of the application that it was launched as.
    pub app: Asked<&'a str>,
    /// Its process.
    pub pid: Asked<u32>,
    /// The program of its process, an absolute path.
    pub exe: Asked<&'a str>,
    /// The working directory of its process.
    pub cwd: Asked<&'a str>,
}

/// Does a condition fit?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It does.
    Fits,
    /// It does not fit: this is the first key that says so.
    Misfit(&'static str),
    /// This depends on something that must be asked first: a part of the subject is
    /// `Asked::Unknown`.
    Unknown,
}

impl Condition {
    pub(super) fn push(&mut self, test: Test) {
        self.tests.push(test);
        self.tests.sort_by_key(Test::cost);
    }

    /// Ask for all that another asks for, too.
    pub(super) fn extend(&mut self, other: Condition) {
        self.tests.extend(other.tests);
        self.tests.sort_by_key(Test::cost);
    }

    /// Is there no key in it? Such a condition fits every window.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tests.is_empty()
    }

    /// How many keys it has, those of nested ones included.
    #[must_use]
    pub fn keys_count(&self) -> usize {
        let of = |conditions: &[Condition]| conditions.iter().map(Condition::keys_count).sum::<usize>();
        self.tests
            .iter()
            .map(|test| match test {
                Test::Text(..) | Test::Flag(..) | Test::Pid(_) => 1,
                Test::All(conditions) | Test::Any(conditions) => 1 + of(conditions),
                Test::Not(condition) => 1 + condition.keys_count(),
            })
            .sum()
    }

    /// Does it ask for this key anywhere?
    pub(super) fn mentions(&self, key: TextKey) -> bool {
        self.tests.iter().any(|test| match test {
            Test::Text(other, _) => *other == key,
            Test::Flag(..) | Test::Pid(_) => false,
            Test::All(conditions) | Test::Any(conditions) => conditions.iter().any(|inner| inner.mentions(key)),
            Test::Not(condition) => condition.mentions(key),
        })
    }

    /// Does it ask for something that only the window's process can tell: `pid`, `exe` or `cwd`?
    #[must_use]
    pub fn asks_process(&self) -> bool {
        self.tests.iter().any(|test| match test {
            Test::Text(key, _) => matches!(key, TextKey::Exe | TextKey::Cwd),
            Test::Pid(_) => true,
            Test::Flag(..) => false,
            Test::All(conditions) | Test::Any(conditions) => conditions.iter().any(Condition::asks_process),
            Test::Not(condition) => condition.asks_process(),
        })
    }

    /// Does every key fit? A matcher never fits what the window does not have.
    #[must_use]
    pub fn verdict(&self, subject: &Subject<'_>) -> Verdict {
        let mut verdict = Verdict::Fits;
        for test in &self.tests {
            match test.verdict(subject) {
                Verdict::Fits => {}
                Verdict::Unknown => verdict = Verdict::Unknown,
                misfit @ Verdict::Misfit(_) => return misfit,
            }
        }
        verdict
    }

    /// Does it surely fit?
    #[must_use]
    pub fn matches(&self, subject: &Subject<'_>) -> bool {
        self.verdict(subject) == Verdict::Fits
    }

    /// Does `other` surely fit everything that this one fits? Also false if that is hard to say.
    #[must_use]
    pub fn implies(&self, other: &Condition) -> bool {
        other.tests.iter().all(|wanted| self.implies_test(wanted))
    }

    fn implies_test(&self, wanted: &Test) -> bool {
        let by_one = |test: &Test| match (test, wanted) {
            (Test::Text(key, Matcher::Literal(text)), Test::Text(wanted_key, wanted)) => {
                key == wanted_key && wanted.matches(text)
            }
            (Test::All(conditions), _) if test != wanted => {
                conditions.iter().any(|condition| condition.implies_test(wanted))
            }
            (Test::Any(conditions), _) if test != wanted => {
                conditions.iter().all(|condition| condition.implies_test(wanted))
            }
            _ => test == wanted,
        };
        self.tests.iter().any(by_one)
            || match wanted {
                Test::All(conditions) => conditions.iter().all(|condition| self.implies(condition)),
                Test::Any(conditions) => conditions.iter().any(|condition| self.implies(condition)),
                _ => false,
            }
    }
}

impl Test {
    /// The order in which keys are looked at: a comparison, a pattern, nested conditions, what must
    /// be asked.
    fn cost(&self) -> u8 {
        match self {
            Test::Text(TextKey::App | TextKey::Exe | TextKey::Cwd, _) | Test::Pid(_) => 3,
            Test::Flag(..) | Test::Text(_, Matcher::Literal(_)) => 0,
            Test::Text(..) => 1,
            Test::All(_) | Test::Any(_) | Test::Not(_) => 2,
        }
    }

    fn verdict(&self, subject: &Subject<'_>) -> Verdict {
        let fits = |fits: bool, name: &'static str| if fits { Verdict::Fits } else { Verdict::Misfit(name) };
        match self {
            Test::Text(TextKey::Project, matcher) => {
                let fitting = subject.projects.is_some_and(|names| names.iter().any(|name| matcher.matches(name)));
                fits(fitting, TextKey::Project.name())
            }
            Test::Text(key, matcher) => match key.of(subject) {
                Asked::Is(text) => fits(matcher.matches(text), key.name()),
                Asked::Nothing => Verdict::Misfit(key.name()),
                Asked::Unknown => Verdict::Unknown,
            },
            Test::Flag(key, wanted) => fits(key.of(subject) == *wanted, key.name()),
            Test::Pid(wanted) => match subject.pid {
                Asked::Is(pid) => fits(pid == *wanted, "pid"),
                Asked::Nothing => Verdict::Misfit("pid"),
                Asked::Unknown => Verdict::Unknown,
            },
            Test::All(conditions) => {
                let mut verdict = Verdict::Fits;
                for condition in conditions {
                    match condition.verdict(subject) {
                        Verdict::Fits => {}
                        Verdict::Unknown => verdict = Verdict::Unknown,
                        misfit @ Verdict::Misfit(_) => return misfit,
                    }
                }
                verdict
            }
            Test::Any(conditions) => {
                let mut verdict = Verdict::Misfit("any");
                for condition in conditions {
                    match condition.verdict(subject) {
                        Verdict::Fits => return Verdict::Fits,
                        Verdict::Unknown => verdict = Verdict::Unknown,
                        Verdict::Misfit(_) => {}
                    }
                }
                verdict
            }
            Test::Not(condition) => match condition.verdict(subject) {
                Verdict::Fits => Verdict::Misfit("not"),
                Verdict::Misfit(_) => Verdict::Fits,
                Verdict::Unknown => Verdict::Unknown,
            },
        }
    }
}

impl TextKey {
    pub(super) const fn name(self) -> &'static str {
        match self {
            TextKey::Class => "class",
            TextKey::AppId => "app_id",
            TextKey::Instance => "instance",
            TextKey::Title => "title",
            TextKey::Role => "role",
            TextKey::Workspace => "workspace",
            TextKey::Output => "output",
            TextKey::Project => "project",
            TextKey::App => "app",
            TextKey::Exe => "exe",
            TextKey::Cwd => "cwd",
        }
    }

    fn of<'a>(self, subject: &Subject<'a>) -> Asked<&'a str> {
        let known = match self {
            TextKey::Class => subject.class,
            TextKey::AppId => subject.app_id,
            TextKey::Instance => subject.instance,
            TextKey::Title => subject.title,
            TextKey::Role => subject.role,
            TextKey::Workspace => subject.workspace,
            TextKey::Output => subject.output,
            // A window may belong to several.
            TextKey::Project => None,
            TextKey::App => return subject.app,
            TextKey::Exe => return subject.exe,
            TextKey::Cwd => return subject.cwd,
        };
        known.map_or(Asked::Nothing, Asked::Is)
    }
}

impl FlagKey {
    pub(super) const fn name(self) -> &'static str {
        match self {
            FlagKey::Floating => "floating",
            FlagKey::Dialog => "dialog",
            FlagKey::Transient => "transient",
        }
    }

    fn of(self, subject: &Subject<'_>) -> bool {
        match self {
            FlagKey::Floating => subject.floating,
            FlagKey::Dialog => subject.dialog,
            FlagKey::Transient => subject.transient,
        }
    }
}
