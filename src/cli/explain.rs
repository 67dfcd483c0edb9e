//! `i3pm explain`: why a window is where it is.

use std::fmt::Write;

use super::text::{Table, count, escaped, span};
use crate::api::{ClaimOutcome, Explanation, LaunchCandidate, ReturnPlace, RuleTested, RuleVerdict};

/// To `explain`.
pub fn explanation(answer: &Explanation) -> String {
    let window = &answer.explained;
    let mut text = format!("window {}: {}\n", window.id, escaped(&super::windows::label(window)));
    _ = writeln!(text, "{}", escaped(&answer.because));
    if let Some(place) = &answer.returns {
        _ = writeln!(text, "{}", escaped(&returns(place)));
    }
    text.push_str("\nclaims, in the order in which they are asked:\n");
    let mut table = Table::new(2);
    for step in &answer.claims {
        let outcome = match step.outcome {
            ClaimOutcome::Won => "WON",
            ClaimOutcome::Lost => "lost",
            ClaimOutcome::NotApplicable => "-",
            ClaimOutcome::Waiting => "waits",
        };
        let rule = step.rule.as_ref().map(|rule| format!(" {rule}")).unwrap_or_default();
        table.row([outcome.to_owned(), format!("{}{rule}", step.name), step.text.clone()]);
    }
    table.render(&mut text);
    if !answer.launches.is_empty() {
        text.push_str("\nlaunches that it might have come from:\n");
        let mut table = Table::new(2);
        for candidate in &answer.launches {
            let LaunchCandidate { launch, app, project, age_ms, score, evidence, chosen } = candidate;
            let whose = project.as_deref().map_or("no project".to_owned(), |name| format!("project {name}"));
            table.row([
                if *chosen { "CHOSEN" } else { "" }.to_owned(),
                score.to_string(),
                format!("{app} for {whose}"),
                format!("{} before it, {launch}: {}", span(*age_ms), evidence.join(", ")),
            ]);
        }
        table.render(&mut text);
    }
    if !answer.placed.is_empty() {
        text.push_str("\nplaced by rules with:\n");
        lines(&answer.placed, &mut text);
    }
    if answer.moves.is_empty() {
        text.push_str("\nthe daemon has not moved it\n");
        return text;
    }
    text.push_str("\nthe last moves that the daemon made with it:\n");
    let mut table = Table::new(2);
    for made in &answer.moves {
        let what = if made.hidden { "hidden from" } else { "shown on" };
        table.row([format!("{} ago", span(made.age_ms)), format!("{what} {}", made.workspace), made.cause.clone()]);
    }
    table.render(&mut text);
    text
}

/// To `rule test`.
pub fn rule_tested(answer: &RuleTested) -> String {
    let mut text = String::new();
    let mut table = Table::new(0);
    for step in &answer.rules {
        let verdict = match step.verdict {
            RuleVerdict::Fits => "FITS",
            RuleVerdict::Misfit => "no",
            RuleVerdict::NotReached => "-",
            RuleVerdict::Unknown => "unknown",
        };
        table.row([verdict.to_owned(), step.rule.clone(), step.text.clone()]);
    }
    match answer.rules.is_empty() {
        true => text.push_str("there are no rules\n"),
        false => table.render(&mut text),
    }
    let owner = match &answer.owner {
        None => "no rule says where the window belongs".to_owned(),
        Some(owner) if owner.global => "the window is global".to_owned(),
        Some(owner) => format!("the window belongs to {}", owner.projects.join(", ")),
    };
    _ = writeln!(text, "\n{}", escaped(&owner));
    if answer.commands.is_empty() {
        text.push_str("it stays where the window manager puts it\n");
    } else {
        text.push_str("when it appears:\n");
        lines(&answer.commands, &mut text);
    }
    text
}

fn lines(commands: &[String], text: &mut String) {
    for command in commands {
        _ = writeln!(text, "  {}", escaped(command));
    }
}

fn returns(place: &ReturnPlace) -> String {
    let ReturnPlace { workspace, output, .. } = place;
    let others = match place.windows {
        0 | 1 => String::new(),
        more => format!(", in a container of {}", count(more, "window")),
    };
    let role = match (place.role.as_str(), place.parent, place.position) {
        ("part", Some(parent), Some(position)) => format!("as child {} of container {parent}", position + 1),
        ("part", ..) => "among what is there".to_owned(),
        ("wrapped", ..) => "as all that is tiled there".to_owned(),
        ("only", ..) => "as the only container tiled there".to_owned(),
        ("floating", ..) => "floating".to_owned(),
        (other, ..) => other.to_owned(),
    };
    format!("returns to workspace {workspace} on {output}, {role}{others}")
}
