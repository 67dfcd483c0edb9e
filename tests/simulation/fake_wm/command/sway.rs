//! sway's parser: it splits at `;` and `,` outside of quotes, then at white space, and keeps
//! backslashes.

use super::scanner::Scanner;
use super::{Axis, Command, Direction, Item, Partner, Switch};

/// The items of a message, as sway reads it.
pub fn parse(text: &str) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    let mut rest = text;
    let mut criteria: Option<Vec<(String, String)>> = None;
    let mut kept = false;
    let mut fresh = true;
    loop {
        rest = rest.trim_start();
        if fresh {
            criteria = None;
            kept = false;
            if rest.starts_with('[') {
                match criteria_of(rest) {
                    Some((pairs, length)) => {
                        criteria = Some(pairs);
                        rest = rest[length..].trim_start();
                    }
                    None => {
                        items.push(Item { criteria: None, kept: false, command: Err("invalid criteria".into()) });
                        return items;
                    }
                }
            }
        }
        let end = separator(rest);
        let piece = rest[..end].trim();
        if !piece.is_empty() {
            let command = command_of(&arguments(piece));
            let failed = command.is_none();
            let command = command.ok_or_else(|| format!("Unknown/invalid command '{piece}'"));
            items.push(Item { criteria: criteria.clone(), kept, command });
            if failed {
                return items;
            }
        }
        let Some(separator) = rest.as_bytes().get(end) else { return items };
        fresh = *separator == b';';
        kept = !fresh && criteria.is_some();
        rest = &rest[end + 1..];
        if rest.is_empty() {
            return items;
        }
    }
}

/// Where the next `;` or `,` outside of quotes is.
fn separator(text: &str) -> usize {
    let (mut double, mut single, mut escaped) = (false, false, false);
    for (place, byte) in text.bytes().enumerate() {
        match byte {
            b'"' if !single && !escaped => double = !double,
            b'\'' if !double && !escaped => single = !single,
            b';' | b',' if !double && !single && !escaped => return place,
            _ => {}
        }
        escaped = byte == b'\\' && !escaped;
    }
    text.len()
}

fn criteria_of(text: &str) -> Option<(Vec<(String, String)>, usize)> {
    let mut pairs = Vec::new();
    let mut scanner = Scanner { text: &text[1..] };
    loop {
        scanner.blank();
        if scanner.text.starts_with(']') {
            return Some((pairs, text.len() - scanner.text.len() + 1));
        }
        let equals = scanner.text.find('=')?;
        let key = scanner.text[..equals].trim().to_owned();
        if !["con_id", "con_mark", "app_id", "class", "title"].contains(&key.as_str()) {
            return None;
        }
        scanner.text = &scanner.text[equals + 1..];
        pairs.push((key, scanner.string(true)?));
    }
}

/// The words of one command; those that begin with a quote lose their quotes.
fn arguments(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let (mut double, mut single, mut escaped) = (false, false, false);
    for character in text.chars() {
        match character {
            '"' if !single && !escaped => double = !double,
            '\'' if !double && !escaped => single = !single,
            _ if character.is_whitespace() && !double && !single && !escaped => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                continue;
            }
            _ => {}
        }
        escaped = character == '\\' && !escaped;
        word.push(character);
    }
    if !word.is_empty() {
        words.push(word);
    }
    for word in words.iter_mut().skip(1) {
        if word.starts_with(['"', '\'']) {
            *word = without_quotes(word);
        }
    }
    words
}

fn without_quotes(text: &str) -> String {
    let mut value = String::new();
    let (mut double, mut single, mut escaped) = (false, false, false);
    for character in text.chars() {
        if character == '\'' && !double && !escaped {
            single = !single;
            continue;
        }
        if character == '"' && !single && !escaped {
            double = !double;
            continue;
        }
        escaped = character == '\\' && !escaped;
        value.push(character);
    }
    value
}

fn number(words: &mut std::iter::Peekable<std::slice::Iter<'_, String>>) -> Option<i32> {
    let word = words.next()?;
    let number = word.strip_suffix("px").unwrap_or(word).parse().ok()?;
    if words.peek().is_some_and(|word| *word == "px") {
        words.next();
    }
    Some(number)
}

fn command_of(words: &[String]) -> Option<Command> {
    let joined = |words: &[String]| if words.is_empty() { None } else { Some(words.join(" ")) };
    let (head, rest) = words.split_first()?;
    let first = rest.first().map(String::as_str);
    Some(match head.as_str() {
        "exit" => Command::Exit,
        // Nothing here is ever urgent.
        "nop" | "urgent" => Command::Nop,
        "kill" => Command::Kill,
        "workspace" => {
            let skip = rest.iter().take_while(|word| *word == "--no-auto-back-and-forth").count();
            Command::Workspace { name: joined(&rest[skip..])?, back_and_forth: skip == 0 }
        }
        "layout" => match first? {
            "default" => Command::LayoutDefault,
            "stacking" => Command::Layout("stacked"),
            "tabbed" => Command::Layout("tabbed"),
            "splith" => Command::Layout("splith"),
            "splitv" => Command::Layout("splitv"),
            "toggle" => Command::LayoutToggleSplit,
            _ => return None,
        },
        "split" => match first? {
            "v" | "vertical" => Command::Split { vertical: true },
            "h" | "horizontal" => Command::Split { vertical: false },
            "n" | "none" => Command::SplitNone,
            _ => return None,
        },
        "mark" => {
            let flags = rest.iter().take_while(|word| word.starts_with("--")).count();
            let add = rest[..flags].iter().any(|word| word == "--add");
            Command::Mark { name: joined(&rest[flags..])?, add }
        }
        "unmark" => Command::Unmark(joined(rest)),
        "swap" => {
            if rest.len() < 4 || rest[0] != "container" || rest[1] != "with" {
                return None;
            }
            let value = joined(&rest[3..])?;
            match rest[2].as_str() {
                "con_id" => Command::Swap(Partner::Container(value.parse().ok()?)),
                "mark" => Command::Swap(Partner::Mark(value)),
                _ => return None,
            }
        }
        "focus" => match first {
            None => Command::Focus,
            Some("output") => Command::FocusOutput(joined(&rest[1..])?),
            Some("parent") => Command::FocusParent,
            Some("child") => Command::FocusChild,
            Some("tiling") => Command::FocusMode { floating: Some(false) },
            Some("floating") => Command::FocusMode { floating: Some(true) },
            Some("mode_toggle") => Command::FocusMode { floating: None },
            Some(direction) => Command::FocusDirection(Direction::parse(direction)?),
        },
        "floating" => Command::Floating(Switch::parse(first?)?),
        "sticky" => Command::Sticky(Switch::parse(first?)?),
        "fullscreen" => Command::Fullscreen {
            switch: first.map_or(Some(Switch::Toggle), Switch::parse)?,
            global: rest.get(1).is_some_and(|word| word == "global"),
        },
        "scratchpad" => (first? == "show").then_some(Command::ScratchpadShow)?,
        "resize" => {
            let mut words = rest[1..].iter().peekable();
            match first? {
                "set" => {
                    if words.peek().is_some_and(|word| *word == "width") {
                        words.next();
                    }
                    let width = number(&mut words)?;
                    if words.peek().is_some_and(|word| *word == "height") {
                        words.next();
                    }
                    let height = if words.peek().is_some() { number(&mut words)? } else { 0 };
                    Command::ResizeSet { width, height }
                }
                way @ ("grow" | "shrink") => {
                    let axis = Axis::parse(words.next()?)?;
                    let pixels = if words.peek().is_some() { number(&mut words)? } else { 10 };
                    Command::Resize { grow: way == "grow", axis, pixels }
                }
                _ => return None,
            }
        }
        "move" => move_(rest)?,
        _ => return None,
    })
}

fn move_(words: &[String]) -> Option<Command> {
    if let Some(direction) = words.first().and_then(|word| Direction::parse(word)) {
        return Some(Command::MoveDirection(direction));
    }
    let mut words = words;
    let mut take = |word: &str| match words.split_first() {
        Some((head, rest)) if head == word => {
            words = rest;
            true
        }
        _ => false,
    };
    let back_and_forth = !take("--no-auto-back-and-forth");
    if take("workspace") {
        if take("to") {
            take("output");
            return words.first().map(|name| Command::MoveWorkspaceToOutput(name.clone()));
        }
        if take("output") {
            return words.first().map(|name| Command::MoveWorkspaceToOutput(name.clone()));
        }
        return (!words.is_empty()).then(|| Command::MoveToWorkspace { name: words.join(" "), back_and_forth });
    }
    if !take("container") {
        take("window");
    }
    take("to");
    if take("workspace") {
        return (!words.is_empty()).then(|| Command::MoveToWorkspace { name: words.join(" "), back_and_forth });
    }
    if take("scratchpad") {
        return Some(Command::MoveScratchpad);
    }
    if take("mark") {
        return (!words.is_empty()).then(|| Command::MoveToMark(words.join(" ")));
    }
    let absolute = take("absolute");
    if take("position") {
        let mut numbers = words.iter().peekable();
        let x = number(&mut numbers)?;
        let y = number(&mut numbers)?;
        return Some(Command::MovePosition { x, y, absolute });
    }
    None
}
