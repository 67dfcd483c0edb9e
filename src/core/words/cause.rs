//! Why windows are hidden and shown.

/// Why an arrangement is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// Another project becomes the active one; none for "no project".
    Switch(Option<String>),
    /// The daemon has come to know the windows.
    Start,
    /// A new window found its owner.
    Newcomer,
    /// The user said where a window belongs.
    Assigned,
    /// A project is no more.
    ProjectDeleted,
    /// Rules or declared projects changed.
    Configuration,
    /// The title or class of a window changed, and a rule is enforced.
    Rule,
    /// The user put a window of an application away.
    PutAway,
    /// The daemon stops.
    Exit,
    /// Something was not as it should be.
    Repair,
}

impl Cause {
    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Cause::Switch(Some(name)) => format!("switch to {name}"),
            Cause::Switch(None) => "switch to no project".to_string(),
            Cause::Start => "start".to_string(),
            Cause::Newcomer => "newcomer".to_string(),
            Cause::Assigned => "assigned".to_string(),
            Cause::ProjectDeleted => "project deleted".to_string(),
            Cause::Configuration => "configuration".to_string(),
            Cause::Rule => "rule".to_string(),
            Cause::PutAway => "put away".to_string(),
            Cause::Exit => "exit".to_string(),
            Cause::Repair => "repair".to_string(),
        }
    }
}
