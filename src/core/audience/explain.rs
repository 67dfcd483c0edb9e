//! Explaining a window: which claim won and which lost, why it is hidden or shown, and what was
//! done with it.

use crate::api::{Claim, ClaimOutcome, ClaimStep, Explanation, ReturnPlace};
use crate::core::belonging::consideration::{Consideration, Said};
use crate::core::belonging::facts::Facts;
use crate::core::tree::mark::Role;
use crate::core::windows::described::describe;
use crate::core::windows::hidden::HiddenContainer;
use crate::core::windows::window::{Owner, WindowState};
use crate::core::words::time::Time;

impl<'a> Facts<'a> {
    pub(in crate::core) fn explain(self, now: Time, window: &'a WindowState) -> Explanation {
        Explanation {
            explained: describe(window),
            claims: self.claim_steps(window),
            launches: self.belonging.launches.candidates_of(window.serial),
            because: self.why_hidden_or_shown(window),
            returns: self.windows.table.hidden_with(window.serial).filter(|_| window.hidden).map(return_place),
            placed: self.belonging.placing.sent(window.serial).to_vec(),
            moves: self.belonging.history.of(now, window.serial),
        }
    }

    fn claim_steps(self, window: &'a WindowState) -> Vec<ClaimStep> {
        let step = |name: &str, claim, outcome, text: String| ClaimStep {
            name: name.to_string(),
            claim,
            rule: None,
            outcome,
            text,
        };
        let by_what = match window.claim {
            Claim::Active => Some("it was active when the window opened"),
            _ => window.claimed_by.as_deref(),
        };
        let winner = format!("{}{}", owner(&window.owner), by(by_what));
        let mut steps = vec![
            match window.claim {
                Claim::User => step("user", Claim::User, ClaimOutcome::Won, format!("{winner}: you assigned it")),
                _ => step("user", Claim::User, ClaimOutcome::Lost, "you have not assigned it".to_string()),
            },
            match window.claim {
                Claim::Mark => {
                    let text = format!("{winner}: its mark said so when it was found");
                    step("mark", Claim::Mark, ClaimOutcome::Won, text)
                }
                Claim::User => {
                    step("mark", Claim::Mark, ClaimOutcome::NotApplicable, "its mark is your assignment".to_string())
                }
                _ => step("mark", Claim::Mark, ClaimOutcome::Lost, "it bore none when it came".to_string()),
            },
        ];
        let mut decided = matches!(window.claim, Claim::User | Claim::Mark);
        for Consideration { claim, name, rule, said } in self.considerations(window) {
            let place = rule.map(|(number, line)| format!("{number} at {}:{line}", self.config.file));
            let declared = rule.map(|(_, line)| format!("{}:{line}", self.config.file));
            let won = !decided && is_winner(window, claim, name, declared.as_deref());
            let (outcome, text) = match said {
                _ if won => (ClaimOutcome::Won, winner.clone()),
                Said::NotApplicable(text) => (ClaimOutcome::NotApplicable, text.to_string()),
                Said::No(text) => (ClaimOutcome::Lost, text.into_owned()),
                Said::Misfit(key) => (ClaimOutcome::Lost, format!("its {key} does not fit")),
                Said::Owner(said, by_what) if decided => {
                    let text = format!("it says {}{}, but comes later", owner(&said), by(by_what.as_deref()));
                    (ClaimOutcome::Lost, text)
                }
                Said::Owner(said, by_what) => {
                    let text = format!(
                        "it says {}{} now, but did not when the window was decided",
                        owner(&said),
                        by(by_what.as_deref())
                    );
                    (ClaimOutcome::Lost, text)
                }
                _ if decided => (ClaimOutcome::NotApplicable, "it was not asked: it comes later".to_string()),
                Said::AskX11(_) | Said::AskProcess(_) | Said::Wait if window.owner == Owner::Pending => {
                    (ClaimOutcome::Waiting, "its answer is waited for".to_string())
                }
                Said::AskX11(_) | Said::AskProcess(_) | Said::Wait => {
                    (ClaimOutcome::Lost, "it did not answer when the window was decided".to_string())
                }
            };
            decided |= won;
            let claim = if won { window.claim } else { claim };
            steps.push(ClaimStep { name: name.to_string(), claim, rule: place, outcome, text });
        }
        if !decided && window.owner != Owner::Pending {
            let text = format!("{winner}: decided earlier, by what is no longer there");
            steps.push(step("earlier", window.claim, ClaimOutcome::Won, text));
        }
        steps
    }

    fn why_hidden_or_shown(self, window: &'a WindowState) -> String {
        let active = match self.projects.active() {
            Some(name) => format!("project {name} is active"),
            None => "no project is active".to_string(),
        };
        let unwanted = self.unwanted(self.projects.active(), window).is_some();
        let whose = match &window.owner {
            _ if window.stowed => {
                "it was put away, until it is asked for with `i3pm run` or `i3pm window focus`".to_string()
            }
            Owner::Pending => "it is not decided yet whose it is".to_string(),
            Owner::Global => "it is global".to_string(),
            Owner::Projects(_) if window.effective_projects().is_none() => {
                "sticky windows and those of the scratchpad are global unless you assign them".to_string()
            }
            Owner::Projects(names) if !names.iter().any(|name| self.projects.known.contains(name)) => {
                format!("there is no {} any more", owner(&window.owner))
            }
            Owner::Projects(_) => format!("it belongs to {}", owner(&window.owner)),
        };
        match (window.hidden, unwanted) {
            (true, true) => format!("hidden: {whose}, and {active}"),
            (false, false) => format!("shown: {whose}, and {active}"),
            (true, false) => format!("hidden, and about to be shown: {whose}, and {active}"),
            (false, true) => format!("shown, and about to be hidden: {whose}, and {active}"),
        }
    }
}

/// Is this what decided the window, as it remembers?
fn is_winner(window: &WindowState, claim: Claim, name: &str, rule: Option<&str>) -> bool {
    let by = window.claimed_by.as_deref();
    match window.claim {
        Claim::Default => match name {
            "sticky" | "scratchpad" => by == Some(name),
            "unclaimed" => !matches!(by, Some("sticky" | "scratchpad")),
            _ => false,
        },
        Claim::Active => name == "unclaimed",
        Claim::Rule => by.is_some() && by == rule,
        other => other == claim,
    }
}

fn owner(owner: &Owner) -> String {
    match owner {
        Owner::Pending => "not decided yet".to_string(),
        Owner::Global => "global".to_string(),
        Owner::Projects(names) if names.len() > 1 => {
            format!("projects {}", names.iter().map(String::as_str).collect::<Vec<_>>().join(", "))
        }
        Owner::Projects(names) => format!("project {}", names.first().map(String::as_str).unwrap_or_default()),
    }
}

fn by(by: Option<&str>) -> String {
    by.map(|by| format!(" ({by})")).unwrap_or_default()
}

fn return_place(container: &HiddenContainer) -> ReturnPlace {
    let role = match container.role {
        Role::Wrapped => "wrapped",
        Role::Only => "only",
        Role::Part => "part",
        Role::Floating => "floating",
    };
    let parent = container.path.first();
    ReturnPlace {
        workspace: container.workspace.clone(),
        output: container.output.clone(),
        role: role.to_string(),
        parent: parent.map(|parent| parent.id),
        position: parent.and_then(|parent| parent.children.iter().position(|child| *child == parent.branch)),
        windows: container.windows.len(),
    }
}
