//! The command language of both window managers, as far as i3pm and the scripts of the comparison
//! speak it.
//!
//! i3 has a token parser with `"..."`, `\"` and `\\`; sway splits at `;` and `,` outside of quotes,
//! then at white space, and keeps backslashes. Both stop at the first text they do not understand
//! and run none of the rest.

mod i3;
mod scanner;
mod sway;

use i3pm::core::WmKind;

/// One command with the containers it is for.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// `[...]`, if it was given: pairs of key and value. A `,` keeps the one before.
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
        WmKind::I3 => i3::parse(text),
        WmKind::Sway => sway::parse(text),
    }
}
