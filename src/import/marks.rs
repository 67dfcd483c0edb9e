//! The marks that the predecessor put on windows, in every form that it ever wrote.

/// What an old mark says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldMark {
    /// The project, as the predecessor called it; `None`: the window was global.
    pub project: Option<String>,
    /// The application it was launched as, if the mark says it.
    pub app: Option<String>,
}

/// Read `project:NAME`, `project:NAME:ID`, `SCOPE:PROJECT:ID` or `SCOPE:APP:PROJECT:ID`, where
/// SCOPE is `scoped` or `global`, and ID the number of a container. sway does not let two windows
/// have one mark, hence the ID. A name of a project may hold colons in the first two.
#[must_use]
pub fn old_mark(mark: &str) -> Option<OldMark> {
    let (scope, rest) = mark.split_once(':')?;
    let without_id = |text: &'_ str| -> Option<String> {
        let (before, id) = text.rsplit_once(':')?;
        (!id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit())).then(|| before.to_owned())
    };
    match scope {
        "project" => {
            let name = without_id(rest).unwrap_or_else(|| rest.to_owned());
            (!name.is_empty()).then_some(OldMark { project: Some(name), app: None })
        }
        "scoped" | "global" => {
            let rest = without_id(rest)?;
            let (app, project) = match rest.split_once(':') {
                Some((app, project)) => (Some(app.to_owned()), project.to_owned()),
                None => (None, rest),
            };
            let is_project = scope == "scoped" && !matches!(project.as_str(), "" | "none" | "None" | "global");
            Some(OldMark { project: is_project.then_some(project), app })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(project: Option<&str>, app: Option<&str>) -> Option<OldMark> {
        Some(OldMark { project: project.map(str::to_owned), app: app.map(str::to_owned) })
    }

    #[test]
    fn every_form_is_read() {
        assert_eq!(old_mark("project:web"), of(Some("web"), None));
        assert_eq!(old_mark("project:web:94301"), of(Some("web"), None));
        assert_eq!(old_mark("project:web:v2:94301"), of(Some("web:v2"), None));
        assert_eq!(old_mark("scoped:web:12"), of(Some("web"), None));
        assert_eq!(old_mark("scoped:vscode:web:12"), of(Some("web"), Some("vscode")));
        assert_eq!(old_mark("global:firefox:none:12"), of(None, Some("firefox")));
        assert_eq!(old_mark("global:web:12"), of(None, None));
        assert_eq!(old_mark("scoped:none:12"), of(None, None));
    }

    #[test]
    fn marks_of_others_are_not() {
        for mark in
            ["", "project", "project:", "scoped:", "scoped:web", "_i3pm1:w:3", "files", "web:12", "scoped:web:x1"]
        {
            assert_eq!(old_mark(mark), None, "{mark}");
        }
    }
}
