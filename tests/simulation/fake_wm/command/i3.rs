//! i3's token parser: `"..."`, `\"` and `\\`.

use super::scanner::Scanner;
use super::{Axis, Command, Direction, Item, Partner, Switch};

/// The items of a message, as i3 reads it.
pub fn parse(text: &str) -> Vec<Item> {
    let mut scanner = Scanner { text };
    let mut items: Vec<Item> = Vec::new();
    let mut criteria = None;
    let mut kept = false;
    loop {
        scanner.blank();
        match scanner.text.as_bytes().first() {
            None => return items,
            Some(b';') => {
                scanner.text = &scanner.text[1..];
                criteria = None;
                kept = false;
                continue;
            }
            Some(b',') => {
                scanner.text = &scanner.text[1..];
                kept = criteria.is_some();
                continue;
            }
            Some(b'[') => {
                scanner.text = &scanner.text[1..];
                match criteria_of(&mut scanner) {
                    Some(pairs) => {
                        criteria = Some(pairs);
                        kept = false;
                        continue;
                    }
                    None => {
                        items.push(Item { criteria: None, kept: false, command: Err("invalid criteria".into()) });
                        return items;
                    }
                }
            }
            Some(_) => {}
        }
        let command = command(&mut scanner);
        let failed = command.is_none();
        let command = command.ok_or_else(|| format!("Expected one of these tokens at {:?}", scanner.text));
        items.push(Item { criteria: criteria.clone(), kept, command });
        if failed {
            return items;
        }
    }
}

fn criteria_of(scanner: &mut Scanner<'_>) -> Option<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    loop {
        if scanner.literal("]") {
            return Some(pairs);
        }
        let key = scanner.one_of(&["class", "instance", "con_id", "con_mark", "title", "id"])?;
        if !scanner.literal("=") {
            return None;
        }
        pairs.push((key.to_owned(), scanner.string(true)?));
    }
}

fn command(scanner: &mut Scanner<'_>) -> Option<Command> {
    let word = scanner.one_of(&[
        "move",
        "exit",
        "restart",
        "layout",
        "workspace",
        "focus",
        "kill",
        "open",
        "fullscreen",
        "sticky",
        "split",
        "floating",
        "mark",
        "unmark",
        "resize",
        "nop",
        "scratchpad",
        "swap",
        "append_layout",
    ])?;
    Some(match word {
        "append_layout" => Command::AppendLayout(scanner.string(false)?),
        "exit" => Command::Exit,
        "restart" => Command::Restart,
        "open" => Command::Open,
        "kill" => {
            let _ = scanner.one_of(&["window", "client"]);
            Command::Kill
        }
        "layout" => {
            match scanner.one_of(&["default", "stacked", "stacking", "tabbed", "splitv", "splith", "toggle"])? {
                "default" => Command::LayoutDefault,
                "stacked" | "stacking" => Command::Layout("stacked"),
                "toggle" => {
                    scanner.literal("split").then_some(())?;
                    Command::LayoutToggleSplit
                }
                layout => Command::Layout(layout),
            }
        }
        "workspace" => {
            let mut back_and_forth = true;
            while scanner.literal("--no-auto-back-and-forth") {
                back_and_forth = false;
            }
            Command::Workspace { name: scanner.string(false)?, back_and_forth }
        }
        "focus" => {
            if scanner.at_end() {
                Command::Focus
            } else {
                match scanner.one_of(&[
                    "left",
                    "right",
                    "up",
                    "down",
                    "parent",
                    "child",
                    "tiling",
                    "floating",
                    "mode_toggle",
                    "output",
                ])? {
                    "output" => Command::FocusOutput(scanner.string(true)?),
                    "parent" => Command::FocusParent,
                    "child" => Command::FocusChild,
                    "tiling" => Command::FocusMode { floating: Some(false) },
                    "floating" => Command::FocusMode { floating: Some(true) },
                    "mode_toggle" => Command::FocusMode { floating: None },
                    direction => Command::FocusDirection(Direction::parse(direction)?),
                }
            }
        }
        "fullscreen" => {
            let switch =
                scanner.one_of(&["disable", "enable", "toggle"]).map_or(Some(Switch::Toggle), Switch::parse)?;
            let global = switch != Switch::Disable && scanner.literal("global");
            Command::Fullscreen { switch, global }
        }
        "sticky" => Command::Sticky(Switch::parse(scanner.one_of(&["enable", "disable", "toggle"])?)?),
        "floating" => Command::Floating(Switch::parse(scanner.one_of(&["enable", "disable", "toggle"])?)?),
        "split" => Command::Split { vertical: scanner.one_of(&["horizontal", "vertical", "v", "h"])?.starts_with('v') },
        "mark" => {
            let mut add = false;
            while let Some(mode) = scanner.one_of(&["--add", "--replace"]) {
                add = mode == "--add";
            }
            Command::Mark { name: scanner.string(false)?, add }
        }
        "unmark" => Command::Unmark(if scanner.at_end() { None } else { Some(scanner.string(false)?) }),
        "resize" => resize(scanner)?,
        "nop" => {
            let _ = scanner.string(false);
            Command::Nop
        }
        "scratchpad" => {
            scanner.literal("show").then_some(())?;
            Command::ScratchpadShow
        }
        "swap" => {
            let _ = scanner.one_of(&["container", "window"]);
            scanner.literal("with").then_some(())?;
            match scanner.one_of(&["con_id", "id", "mark"])? {
                "con_id" => Command::Swap(Partner::Container(scanner.string(false)?.trim().parse().ok()?)),
                "mark" => Command::Swap(Partner::Mark(scanner.string(false)?)),
                _ => return None,
            }
        }
        _ => move_(scanner)?,
    })
}

fn resize(scanner: &mut Scanner<'_>) -> Option<Command> {
    match scanner.one_of(&["grow", "shrink", "set"])? {
        "set" => {
            let _ = scanner.literal("width");
            let width = scanner.number()?;
            let _ = scanner.literal("px");
            let _ = scanner.literal("height");
            let height = if scanner.at_end() { 0 } else { scanner.number()? };
            let _ = scanner.literal("px");
            Some(Command::ResizeSet { width: width.try_into().ok()?, height: height.try_into().ok()? })
        }
        way => {
            let axis = Axis::parse(scanner.one_of(&["up", "down", "left", "right", "width", "height"])?)?;
            let pixels = if scanner.at_end() { 10 } else { scanner.number()? };
            let _ = scanner.literal("px");
            Some(Command::Resize { grow: way == "grow", axis, pixels: pixels.try_into().ok()? })
        }
    }
}

fn move_(scanner: &mut Scanner<'_>) -> Option<Command> {
    let mut back_and_forth = true;
    loop {
        let word = scanner.one_of(&[
            "window",
            "container",
            "to",
            "--no-auto-back-and-forth",
            "workspace",
            "scratchpad",
            "left",
            "right",
            "up",
            "down",
            "position",
            "absolute",
        ])?;
        return Some(match word {
            "window" | "container" | "to" => continue,
            "--no-auto-back-and-forth" => {
                back_and_forth = false;
                continue;
            }
            "workspace" => {
                if scanner.literal("to ") {
                    scanner.literal("output").then_some(())?;
                    Command::MoveWorkspaceToOutput(scanner.string(true)?)
                } else {
                    Command::MoveToWorkspace { name: scanner.string(false)?, back_and_forth }
                }
            }
            "scratchpad" => Command::MoveScratchpad,
            "absolute" | "position" => {
                if word == "absolute" {
                    scanner.literal("position").then_some(())?;
                }
                let x = scanner.number()?;
                let _ = scanner.literal("px");
                let y = scanner.number()?;
                let _ = scanner.literal("px");
                Command::MovePosition { x: x.try_into().ok()?, y: y.try_into().ok()?, absolute: word == "absolute" }
            }
            direction => {
                let _ = scanner.number();
                let _ = scanner.literal("px");
                Command::MoveDirection(Direction::parse(direction)?)
            }
        });
    }
}
