//! Marks: how the truth is kept in the window manager.
//!
//! Every window whose owner is decided carries one `_i3pm1:w:...` mark. One leaf of each hidden
//! container, its *anchor*, carries a `_i3pm1:h:...` mark that says where the container returns to.
//! Marks begin with `_`, so that no window manager draws them, and are unique in the tree, so each
//! holds the window's serial number. Text from outside is percent-encoded down to characters that
//! neither window manager treats specially: sway keeps no backslash escapes in marks and refuses a
//! newline.

use std::collections::BTreeSet;

use crate::core::tree::{Layout, Rect};

/// What all our marks begin with.
pub const PREFIX: &str = "_i3pm1:";
/// The mark of the container that takes a place for the length of a message.
pub const PLACEHOLDER: &str = "_i3pm1:t:";
/// The mark of a vault of i3 while it is made.
pub const VAULT: &str = "_i3pm1:v";
/// The mark of a wrapper of sway while it is made and unwrapped.
pub const WRAPPER: &str = "_i3pm1:x";
/// The greatest serial number. More cannot be written as a number of JSON that everybody reads, and
/// a mark that says more is none of ours: nobody opens so many windows.
pub const SERIAL_MAX: u64 = 1 << 53;
/// The workspace that exists for the length of a message at most.
pub const SCRATCH_WORKSPACE: &str = "_i3pmtmp";

/// A pattern for the criteria of both window managers that only the owner mark of the window with
/// this number fits.
#[must_use]
pub fn pattern_of(serial: u64) -> String {
    format!("^{PREFIX}w:{serial}:")
}

/// To whom a window belongs, as its mark says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnerMark {
    /// The window's number, ours.
    pub serial: u64,
    /// The user said so: stickiness and the scratchpad do not make it global.
    pub by_user: bool,
    /// The projects; none for a global window.
    pub projects: BTreeSet<String>,
}

/// How a hidden container stood on its workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// It held all tiling windows and was wrapped for the purpose.
    Wrapped,
    /// It was the only tiling child.
    Only,
    /// It stood beside others.
    Part,
    /// It floated.
    Floating,
}

/// Where a hidden container returns to, as the mark of its anchor says: enough to bring it back
/// with no daemon at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HiddenMark {
    /// The serial number of the window that bears the mark.
    pub serial: u64,
    /// How it stood.
    pub role: Role,
    /// It was sticky.
    pub sticky: bool,
    /// The order among the containers hidden from one workspace.
    pub order: u32,
    /// The layout of the workspace.
    pub workspace_layout: Layout,
    /// Its size, and its place if it floated.
    pub rect: Rect,
    /// The name of the output.
    pub output: String,
    /// The name of the workspace.
    pub workspace: String,
    /// It is a split that was made around the window to hide it, and does not come back.
    pub shell: bool,
}

/// A mark of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// To whom a window belongs.
    Owner(OwnerMark),
    /// Where a hidden container returns to.
    Hidden(HiddenMark),
}

impl Mark {
    /// Read a mark; `None` if it is not one of ours, or one of a version we do not know.
    #[must_use]
    pub fn parse(mark: &str) -> Option<Mark> {
        let mut fields = mark.strip_prefix(PREFIX)?.split(':');
        let parsed = match fields.next()? {
            "w" => Mark::Owner(OwnerMark {
                serial: serial(fields.next()?)?,
                by_user: match fields.next()? {
                    "u" => true,
                    "c" => false,
                    _ => return None,
                },
                projects: match fields.next()? {
                    "g" => BTreeSet::new(),
                    // Whoever knows one project only reads the first of them.
                    "p" => {
                        let first = unescape(fields.next()?)?;
                        let others: Option<Vec<String>> = fields.map(unescape).collect();
                        others?.into_iter().chain([first]).collect()
                    }
                    _ => return None,
                },
            }),
            "h" => Mark::Hidden(HiddenMark {
                serial: serial(fields.next()?)?,
                role: match fields.next()? {
                    "w" => Role::Wrapped,
                    "o" => Role::Only,
                    "p" => Role::Part,
                    "f" => Role::Floating,
                    _ => return None,
                },
                sticky: match fields.next()? {
                    "s" => true,
                    "n" => false,
                    _ => return None,
                },
                order: fields.next()?.parse().ok()?,
                workspace_layout: match fields.next()? {
                    "v" => Layout::Splitv,
                    "t" => Layout::Tabbed,
                    "s" => Layout::Stacked,
                    "h" => Layout::Splith,
                    _ => return None,
                },
                rect: Rect {
                    x: fields.next()?.parse().ok()?,
                    y: fields.next()?.parse().ok()?,
                    width: fields.next()?.parse().ok()?,
                    height: fields.next()?.parse().ok()?,
                },
                output: unescape(fields.next()?)?,
                workspace: unescape(fields.next()?)?,
                shell: fields.next() == Some("s"),
            }),
            _ => return None,
        };
        // A field more of a hidden mark is a newer version's; what we understood of it still holds.
        Some(parsed)
    }
}

impl std::fmt::Display for OwnerMark {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let source = if self.by_user { 'u' } else { 'c' };
        if self.projects.is_empty() {
            return write!(formatter, "{PREFIX}w:{}:{source}:g", self.serial);
        }
        write!(formatter, "{PREFIX}w:{}:{source}:p", self.serial)?;
        self.projects.iter().try_for_each(|project| write!(formatter, ":{}", escape(project)))
    }
}

impl std::fmt::Display for HiddenMark {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let role = match self.role {
            Role::Wrapped => 'w',
            Role::Only => 'o',
            Role::Part => 'p',
            Role::Floating => 'f',
        };
        let layout = match self.workspace_layout {
            Layout::Splitv => 'v',
            Layout::Tabbed => 't',
            Layout::Stacked => 's',
            Layout::Splith | Layout::Other => 'h',
        };
        let sticky = if self.sticky { 's' } else { 'n' };
        let Rect { x, y, width, height } = self.rect;
        write!(
            formatter,
            "{PREFIX}h:{}:{role}:{sticky}:{}:{layout}:{x}:{y}:{width}:{height}:{}:{}{}",
            self.serial,
            self.order,
            escape(&self.output),
            escape(&self.workspace),
            if self.shell { ":s" } else { "" },
        )
    }
}

/// The owner mark among these.
#[must_use]
pub fn owner_of(marks: &[String]) -> Option<OwnerMark> {
    marks.iter().find_map(|mark| match Mark::parse(mark) {
        Some(Mark::Owner(owner)) => Some(owner),
        _ => None,
    })
}

/// The hidden mark among these.
#[must_use]
pub fn hidden_of(marks: &[String]) -> Option<HiddenMark> {
    marks.iter().find_map(|mark| match Mark::parse(mark) {
        Some(Mark::Hidden(hidden)) => Some(hidden),
        _ => None,
    })
}

fn serial(text: &str) -> Option<u64> {
    text.parse().ok().filter(|serial| (1..=SERIAL_MAX).contains(serial))
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'/') {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

fn unescape(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            let [high, low, after @ ..] = tail else { return None };
            let digit = |byte: u8| char::from(byte).to_digit(16);
            bytes.push(u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()?);
            rest = after;
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn foreign_marks_are_not_ours() {
        for mark in
            ["x", "_i3pm2:w:1:u:g", "_i3pm1:", "_i3pm1:w", "_i3pm1:w:x:u:g", "_i3pm1:w:1:u:p:%4", "_i3pm1:t:9", ""]
        {
            assert_eq!(Mark::parse(mark), None, "{mark}");
        }
    }

    #[test]
    fn a_mark_reads_as_people_expect() {
        let owner = |projects: &[&str]| OwnerMark {
            serial: 7,
            by_user: false,
            projects: projects.iter().map(|project| (*project).to_string()).collect(),
        };
        for (projects, text) in [
            (&[][..], "_i3pm1:w:7:c:g"),
            (&["web:app"], "_i3pm1:w:7:c:p:web%3Aapp"),
            (&["mail", "web"], "_i3pm1:w:7:c:p:mail:web"),
        ] {
            assert_eq!(owner(projects).to_string(), text);
            assert_eq!(Mark::parse(text), Some(Mark::Owner(owner(projects))));
        }
    }

    #[test]
    fn a_serial_number_past_the_limit_is_none_of_ours() {
        let mark = |serial: u64| Mark::parse(&format!("_i3pm1:w:{serial}:c:g"));
        assert!(mark(SERIAL_MAX).is_some());
        for serial in [0, SERIAL_MAX + 1, u64::MAX] {
            assert_eq!(mark(serial), None, "{serial}");
        }
        assert_eq!(Mark::parse("_i3pm1:h:18446744073709551615:o:n:0:h:0:0:1:1:o:1"), None);
    }

    #[test]
    fn an_owner_mark_with_a_broken_project_is_none_of_ours() {
        assert_eq!(Mark::parse("_i3pm1:w:7:c:p:web:%4"), None);
        assert_eq!(Mark::parse("_i3pm1:w:7:c:p"), None);
    }

    proptest! {
        #[test]
        fn any_owner_comes_back(serial in 1..=SERIAL_MAX, by_user: bool, projects: BTreeSet<String>) {
            let mark = OwnerMark { serial, by_user, projects };
            let text = mark.to_string();
            prop_assert!(text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"';,[]\\".contains(&byte)));
            prop_assert_eq!(Mark::parse(&text), Some(Mark::Owner(mark)));
        }

        #[test]
        fn any_place_comes_back(serial in 1..=SERIAL_MAX, sticky: bool, order: u32, x: i32, y: i32, width: i32, height: i32, output: String, workspace: String, shell: bool) {
            for role in [Role::Wrapped, Role::Only, Role::Part, Role::Floating] {
                for workspace_layout in [Layout::Splith, Layout::Splitv, Layout::Tabbed, Layout::Stacked] {
                    let mark = HiddenMark {
                        serial, role, sticky, order, workspace_layout, rect: Rect { x, y, width, height },
                        output: output.clone(), workspace: workspace.clone(), shell,
                    };
                    prop_assert_eq!(Mark::parse(&mark.to_string()), Some(Mark::Hidden(mark)));
                }
            }
        }

        #[test]
        fn any_text_parses_or_not_but_never_panics(text: String) {
            let _ = Mark::parse(&format!("{PREFIX}{text}"));
        }
    }
}
