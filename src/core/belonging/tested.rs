//! Which rules fit a window that somebody asks about: one that is there, or one that is made up.

use std::collections::BTreeSet;

use crate::api::{ApiError, RuleOutcome, RuleStep, RuleTest, RuleTested, RuleVerdict};
use crate::config::{Asked, Placement, Rule, RuleOwner};
use crate::core::belonging::commands::commands;
use crate::core::belonging::facts::Facts;
use crate::core::belonging::rules::Reached;
use crate::core::windows::described::unknown_window;
use crate::core::windows::window::{Owner, WindowState};
use crate::core::words::wm::WmKind;

impl<'a> Facts<'a> {
    /// Answer which rules fit, and what they would do.
    pub(in crate::core) fn test_rules(self, test: &RuleTest) -> Result<RuleTested, ApiError> {
        let window = match test.id {
            None => None,
            Some(id) => Some(
                self.windows
                    .table
                    .windows
                    .get(&id)
                    .ok_or_else(|| unknown_window(format!("no window with id {id}; `i3pm windows` lists them")))?,
            ),
        };
        let mut made_up = window.cloned().unwrap_or_else(WindowState::unknown);
        made_up.describe(test);
        let mut subject = self.subject(&made_up);
        if window.is_none() {
            // Nobody can be asked.
            subject.pid = test.pid.map_or(Asked::Nothing, Asked::Is);
            (subject.exe, subject.cwd) = (Asked::Nothing, Asked::Nothing);
        }
        if let Some(exe) = &test.exe {
            subject.exe = Asked::Is(exe);
        }
        if let Some(cwd) = &test.cwd {
            subject.cwd = Asked::Is(cwd);
        }
        let owner = self
            .each_rule(subject)
            .filter(|(_, _, reached)| *reached == Reached::Fits)
            .find_map(|(_, rule, _)| self.rule_owner(rule));
        // Rules that place windows of a project look at whose it is; if that is not said, at
        // whose it would be.
        let claimed: BTreeSet<String> = owner.iter().flat_map(Owner::projects).map(str::to_string).collect();
        if subject.projects.is_none() && !claimed.is_empty() {
            subject.projects = Some(&claimed);
        }
        let mut placement = Placement::default();
        let mut steps = Vec::new();
        for (number, rule, reached) in self.each_rule(subject) {
            let (outcome, text) = match reached {
                Reached::Fits => (RuleVerdict::Fits, self.rule_says(rule)),
                Reached::Misfit(key) => (RuleVerdict::Misfit, format!("its {key} does not fit")),
                Reached::Unknown => (RuleVerdict::Unknown, "its process was not asked yet".to_string()),
                Reached::NoProject => (RuleVerdict::Misfit, "it fits, but no project of it is there".to_string()),
                Reached::After(line) => {
                    (RuleVerdict::NotReached, format!("the rule in line {line} fits, and does not say `continue`"))
                }
            };
            if reached == Reached::Fits {
                placement.extend(&rule.placement);
            }
            steps.push(RuleStep { rule: format!("{number} at {}", self.rule_place(rule)), verdict: outcome, text });
        }
        let outcome = owner.map(|owner| RuleOutcome {
            global: owner == Owner::Global,
            projects: owner.projects().map(str::to_string).collect(),
        });
        let kind = self.scene.kind.unwrap_or(WmKind::I3);
        let commands = commands(kind, self.windows, &made_up, &placement).into_iter().map(|(_, command)| command);
        let give_back = (placement.focus == Some(false)).then(|| "the focus goes back to where it was".to_string());
        Ok(RuleTested { rules: steps, owner: outcome, commands: commands.chain(give_back).collect() })
    }

    /// What a rule that fits says of the owner, for people.
    fn rule_says(self, rule: &Rule) -> String {
        let owner = match self.rule_owner(rule) {
            None if rule.owner == Some(RuleOwner::Process) => {
                "it fits: the window belongs where the others of its process do".to_string()
            }
            None => "it fits, and says only where and how the window is placed".to_string(),
            Some(Owner::Projects(names)) => {
                format!(
                    "it fits: the window belongs to {}",
                    names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
                )
            }
            Some(_) => "it fits: the window is global".to_string(),
        };
        format!("{owner}{}", if rule.continues { "; the rules after it are asked too" } else { "" })
    }
}

impl WindowState {
    /// Take over what a test says of a window.
    fn describe(&mut self, test: &RuleTest) {
        for (mine, said) in [
            (&mut self.client.class, &test.class),
            (&mut self.client.app_id, &test.app_id),
            (&mut self.client.instance, &test.instance),
            (&mut self.client.title, &test.title),
            (&mut self.client.role, &test.role),
            (&mut self.app, &test.app),
            (&mut self.workspace, &test.workspace),
            (&mut self.output, &test.output),
        ] {
            if said.is_some() {
                mine.clone_from(said);
            }
        }
        self.floating = test.floating.unwrap_or(self.floating);
        self.client.dialog = test.dialog.unwrap_or(self.client.dialog);
        if let Some(transient) = test.transient {
            self.client.transient_for = transient.then_some(0);
        }
        self.client.pid = test.pid.or(self.client.pid);
        if let Some(project) = &test.project {
            self.owner = Owner::project(project);
        }
    }
}
