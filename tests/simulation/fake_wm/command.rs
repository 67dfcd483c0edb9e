//! The command language of both window managers, as far as i3pm and the scripts of the comparison
//! speak it.
//!
//! i3 has a token parser with `"..."`, `\"` and `\\`; sway splits at `;` and `,` outside of quotes,
//! then at white space, and keeps backslashes. Both stop at the first text they do not understand
//! and run none of the rest.

use i3pm::core::WmKind;

/// One command with the containers it is for.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// `[...]`, where it was given: pairs of key and value. A `,` keeps the one before.
    pub criteria: Option<Vec<(String, String)>>,
    /// The item took over the criteria of the one before: the set of containers is not looked up
    /// again.
    pub kept: bool,
    /// What to do, or why it cannot be understood.
    pub command: Result<Command, String>,
}

/// A direction on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Left,
    Right,
    Up,
    Down,
}

impl Direction {
    pub fn horizontal(self) -> bool {
        matches!(self, Direction::Left | Direction::Right)
    }

    pub fn backwards(self) -> bool {
        matches!(self, Direction::Left | Direction::Up)
    }

    fn parse(word: &str) -> Option<Direction> {
        Some(match word {
            "left" => Direction::Left,
            "right" => Direction::Right,
            "up" => Direction::Up,
            "down" => Direction::Down,
            _ => return None,
        })
    }
}

/// What `resize grow|shrink` changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axis {
    Width,
    Height,
    To(Direction),
}

impl Axis {
    pub fn horizontal(self) -> bool {
        match self {
            Axis::Width => true,
            Axis::Height => false,
            Axis::To(direction) => direction.horizontal(),
        }
    }

    fn parse(word: &str) -> Option<Axis> {
        match word {
            "width" => Some(Axis::Width),
            "height" => Some(Axis::Height),
            _ => Direction::parse(word).map(Axis::To),
        }
    }
}

/// On, off, or the other way round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    Enable,
    Disable,
    Toggle,
}

impl Switch {
    fn parse(word: &str) -> Option<Switch> {
        Some(match word {
            "enable" => Switch::Enable,
            "disable" => Switch::Disable,
            "toggle" => Switch::Toggle,
            _ => return None,
        })
    }

    pub fn on(self, now: bool) -> bool {
        match self {
            Switch::Enable => true,
            Switch::Disable => false,
            Switch::Toggle => !now,
        }
    }
}

/// With whom `swap` swaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Partner {
    Container(u64),
    Mark(String),
}

/// One command.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    Workspace {
        name: String,
        back_and_forth: bool,
    },
    Open,
    Layout(&'static str),
    LayoutDefault,
    LayoutToggleSplit,
    Split {
        vertical: bool,
    },
    SplitNone,
    Mark {
        name: String,
        add: bool,
    },
    Unmark(Option<String>),
    Swap(Partner),
    Kill,
    Focus,
    FocusParent,
    FocusChild,
    FocusDirection(Direction),
    FocusMode {
        floating: Option<bool>,
    },
    FocusOutput(String),
    Floating(Switch),
    ResizeSet {
        width: i32,
        height: i32,
    },
    Resize {
        grow: bool,
        axis: Axis,
        pixels: i32,
    },
    MovePosition {
        x: i32,
        y: i32,
        absolute: bool,
    },
    MoveScratchpad,
    MoveDirection(Direction),
    MoveToWorkspace {
        name: String,
        back_and_forth: bool,
    },
    MoveToMark(String),
    MoveWorkspaceToOutput(String),
    Fullscreen {
        switch: Switch,
        global: bool,
    },
    Sticky(Switch),
    ScratchpadShow,
    /// i3: the file.
    AppendLayout(String),
    Nop,
    Exit,
    Restart,
}

/// The items of a message, up to and with the first that cannot be understood.
pub fn parse(kind: WmKind, text: &str) -> Vec<Item> {
    match kind {
        WmKind::I3 => parse_i3(text),
        WmKind::Sway => parse_sway(text),
    }
}

struct Scanner<'a> {
    text: &'a str,
}

impl Scanner<'_> {
    fn blank(&mut self) {
        self.text = self.text.trim_start_matches([' ', '\t', '\r', '\n']);
    }

    /// i3 compares prefixes without regard to case and to where the word ends.
    fn literal(&mut self, word: &str) -> bool {
        self.blank();
        match self.text.get(..word.len()) {
            Some(head) if head.eq_ignore_ascii_case(word) => {
                self.text = &self.text[word.len()..];
                true
            }
            _ => false,
        }
    }

    fn one_of(&mut self, words: &[&'static str]) -> Option<&'static str> {
        words.iter().copied().find(|word| self.literal(word))
    }

    fn number(&mut self) -> Option<i64> {
        self.blank();
        let sign = usize::from(self.text.starts_with(['-', '+']));
        let digits = self.text[sign..].bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            return None;
        }
        let number = self.text[..sign + digits].trim_start_matches('+').parse().ok()?;
        self.text = &self.text[sign + digits..];
        Some(number)
    }

    fn at_end(&mut self) -> bool {
        self.blank();
        self.text.is_empty() || self.text.starts_with([',', ';'])
    }

    fn string(&mut self, word: bool) -> Option<String> {
        self.blank();
        let quoted = self.text.starts_with('"');
        if quoted {
            self.text = &self.text[1..];
        }
        let mut length = 0;
        let mut characters = self.text.chars();
        while let Some(character) = characters.next() {
            if quoted {
                if character == '"' {
                    break;
                }
                if character == '\\'
                    && let Some(next) = characters.next()
                {
                    length += next.len_utf8();
                }
            } else if matches!(character, ';' | ',' | '\r' | '\n') || (word && matches!(character, ' ' | '\t' | ']')) {
                break;
            }
            length += character.len_utf8();
        }
        if length == 0 {
            return None;
        }
        let raw = &self.text[..length];
        self.text = &self.text[length..];
        if self.text.starts_with('"') {
            self.text = &self.text[1..];
        }
        let mut value = String::with_capacity(raw.len());
        let mut characters = raw.chars().peekable();
        while let Some(character) = characters.next() {
            if character == '\\'
                && let Some(next) = characters.next_if(|next| matches!(next, '"' | '\\'))
            {
                value.push(next);
            } else {
                value.push(character);
            }
        }
        Some(value)
    }
}

fn parse_i3(text: &str) -> Vec<Item> {
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
                match i3_criteria(&mut scanner) {
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
        let command = i3_command(&mut scanner);
        let failed = command.is_none();
        let command = command.ok_or_else(|| format!("Expected one of these tokens at {:?}", scanner.text));
        items.push(Item { criteria: criteria.clone(), kept, command });
        if failed {
            return items;
        }
    }
}

fn i3_criteria(scanner: &mut Scanner<'_>) -> Option<Vec<(String, String)>> {
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

fn i3_command(scanner: &mut Scanner<'_>) -> Option<Command> {
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
        "resize" => i3_resize(scanner)?,
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
        _ => i3_move(scanner)?,
    })
}

fn i3_resize(scanner: &mut Scanner<'_>) -> Option<Command> {
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

fn i3_move(scanner: &mut Scanner<'_>) -> Option<Command> {
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

fn parse_sway(text: &str) -> Vec<Item> {
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
                match sway_criteria(rest) {
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
        let end = sway_separator(rest);
        let piece = rest[..end].trim();
        if !piece.is_empty() {
            let command = sway_command(&sway_arguments(piece));
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
fn sway_separator(text: &str) -> usize {
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

fn sway_criteria(text: &str) -> Option<(Vec<(String, String)>, usize)> {
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
fn sway_arguments(text: &str) -> Vec<String> {
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

fn sway_number(words: &mut std::iter::Peekable<std::slice::Iter<'_, String>>) -> Option<i32> {
    let word = words.next()?;
    let number = word.strip_suffix("px").unwrap_or(word).parse().ok()?;
    if words.peek().is_some_and(|word| *word == "px") {
        words.next();
    }
    Some(number)
}

fn sway_command(words: &[String]) -> Option<Command> {
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
                    let width = sway_number(&mut words)?;
                    if words.peek().is_some_and(|word| *word == "height") {
                        words.next();
                    }
                    let height = if words.peek().is_some() { sway_number(&mut words)? } else { 0 };
                    Command::ResizeSet { width, height }
                }
                way @ ("grow" | "shrink") => {
                    let axis = Axis::parse(words.next()?)?;
                    let pixels = if words.peek().is_some() { sway_number(&mut words)? } else { 10 };
                    Command::Resize { grow: way == "grow", axis, pixels }
                }
                _ => return None,
            }
        }
        "move" => sway_move(rest)?,
        _ => return None,
    })
}

fn sway_move(words: &[String]) -> Option<Command> {
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
        let x = sway_number(&mut numbers)?;
        let y = sway_number(&mut numbers)?;
        return Some(Command::MovePosition { x, y, absolute });
    }
    None
}
