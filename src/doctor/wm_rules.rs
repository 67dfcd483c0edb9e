//! Rules of sway that end it if they hit a window in its scratchpad.
//!
//! sway runs a `for_window` rule again when the title of a window begins to fit, hidden or not. Of
//! sixty commands that were tried, these end it then, with every program of the session, even
//! without i3pm (tried on 1.7, docs/layouts.md).

use super::check::Check;

/// What a criterion names that can change while a window is hidden; the class and the application
/// of a window are there when it opens.
const CHANGING: [&str; 4] = ["title", "urgent", "window_role", "con_mark"];
/// So many lines are named.
const NAMED_MAX: usize = 5;

/// Look at the text of the configuration.
pub fn check(configuration: anyhow::Result<String>) -> Check {
    let text = match configuration {
        Ok(text) => text,
        Err(error) => {
            let text = format!("the configuration of sway is not known: {error:#}");
            return Check::warning("wm-rules", text, "see whether the window manager still reacts");
        }
    };
    let found: Vec<String> =
        rules(&text).filter(|(_, rule)| is_dangerous(rule)).map(|(at, _)| at.to_string()).collect();
    match found.as_slice() {
        [] => Check::ok("wm-rules", "no rule of sway harms a hidden window"),
        lines => {
            let named = lines[..lines.len().min(NAMED_MAX)].join(", ");
            let more = lines.len().saturating_sub(NAMED_MAX);
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            let text = format!(
                "`for_window` in line {named}{more} of the configuration of sway ends it when a hidden window begins to fit"
            );
            let repair = "name windows there by app_id or class alone, or write a [[rule]] of i3pm in its place";
            Check::warning("wm-rules", text, repair)
        }
    }
}

/// Each `for_window`, without that word, and its line. A backslash at the end of a line continues
/// it.
fn rules(text: &str) -> impl Iterator<Item = (usize, String)> {
    let mut lines = text.lines().enumerate();
    std::iter::from_fn(move || {
        let (at, first) = lines.next()?;
        let mut whole = first.trim().to_owned();
        while let Some(start) = whole.strip_suffix('\\') {
            let next = lines.next().map_or("", |(_, next)| next.trim());
            whole = format!("{start} {next}");
        }
        Some((at + 1, whole))
    })
    .filter_map(|(at, line)| Some((at, line.strip_prefix("for_window")?.trim_start().to_owned())))
}

fn is_dangerous(rule: &str) -> bool {
    let Some((criteria, commands)) = split(rule) else { return false };
    let names = |word: &str| {
        criteria.split(|character: char| !(character.is_alphanumeric() || character == '_')).any(|other| other == word)
    };
    CHANGING.into_iter().any(names) && commands.split([',', ';']).any(ends_sway)
}

/// The criteria and the commands of `[criteria] commands`. A bracket in quotes is none.
fn split(rule: &str) -> Option<(&str, &str)> {
    let rule = rule.strip_prefix('[')?;
    let (mut quoted, mut escaped) = (false, false);
    let end = rule.find(|character| {
        let was_escaped = escaped;
        escaped = character == '\\' && !was_escaped;
        quoted ^= character == '"' && !was_escaped;
        character == ']' && !quoted
    })?;
    Some((&rule[..end], &rule[end + 1..]))
}

/// Does sway end when it does this to a hidden window?
fn ends_sway(command: &str) -> bool {
    let command = command.to_lowercase();
    let words: Vec<&str> = command.split_whitespace().collect();
    matches!(words.as_slice(), ["gaps", ..] | ["focus", "tiling" | "mode_toggle", ..] | ["fullscreen", .., "global"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::check::State;

    fn found(text: &str) -> (State, String) {
        let check = check(Ok(text.to_owned()));
        (check.state, check.text)
    }

    #[test]
    fn rules_that_may_hit_a_hidden_window_are_named_with_their_lines() {
        let harmless = "# for_window [title=\"x\"] gaps inner all set 5\nfor_window [app_id=\"mpv\"] focus tiling\n\
                        for_window [title=\"^gaps inner$\"] floating toggle, border none\nbindsym x gaps inner all set 5\n\
                        for_window [title=\"x\"] move container to workspace 3\nfor_window title gaps inner all set 5";
        assert_eq!(found(harmless), (State::Ok, "no rule of sway harms a hidden window".into()));
        let text = "set $mod Mod4\nfor_window [app_id=\"a\" title=\"]b\\\"]\"] border none; Gaps outer all set 5\n\
                    for_window \\\n  [title=\"x\"] \\\n focus  mode_toggle\n  for_window [urgent=latest] focus, fullscreen enable global";
        let (state, text) = found(text);
        assert_eq!(state, State::Warning);
        assert!(text.starts_with("`for_window` in line 2, 3, 6 of the configuration"), "{text}");
        let many = "for_window [title=x] gaps inner current plus 5\n".repeat(NAMED_MAX + 2);
        assert!(found(&many).1.contains("line 1, 2, 3, 4, 5 and 2 more of"), "{}", found(&many).1);
    }

    #[test]
    fn an_answer_that_does_not_come_is_said() {
        let check = check(Err(anyhow::anyhow!("it did not answer in 2 s")));
        assert_eq!(check.state, State::Warning);
        assert!(check.text.ends_with("it did not answer in 2 s"));
    }
}
