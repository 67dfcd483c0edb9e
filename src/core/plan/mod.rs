//! Plans: the commands that make the windows on the screen be the wanted ones.
//!
//! Pure functions from a tree and the window table to scripts of commands. On i3 whole *containers*
//! are hidden, swapped into a vault: it keeps nesting, order, tabs, stacks and sizes inside them.
//! On sway every window goes to the scratchpad by itself, at its own size, and the containers are
//! made again when it returns. The sequences were found by experiment on i3 4.22 and sway 1.7; each
//! says what it relies on.

mod alone;
mod before;
mod fallback;
mod focus;
mod fullscreen;
mod hide;
mod hides;
mod hiding;
mod records;
mod restore;
mod shares;
mod situation;
pub mod tidy;
mod unwrap;
mod vault;
mod workspaces;

pub use crate::core::tree::fullscreen_below;
pub use alone::find_alone;
pub use before::{Before, empties_in_sight};
pub use fallback::{PROBE_FAILED, VAULT_MESSAGES_MAX};
pub use focus::{Presence, Reach, final_focus};
pub use fullscreen::{prepare, uncover};
pub use hide::hide;
pub use hides::{Hide, find_hides};
pub use hiding::{Hiding, StandIn};
pub use restore::{Restoring, fullscreen_command, restore};
pub use situation::{Situation, output_for};
pub use tidy::Traces;
pub use vault::{Making, PLACES_MIN, layout_word, vault_step};
pub use workspaces::{renamed, renamings};
