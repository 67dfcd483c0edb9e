//! Tests against a real i3 and a real sway.
//!
//! Each topic is a function that takes the kind of window manager; [`on_both`] makes a test of it for each. Every test
//! has a window manager, a daemon and programs of its own.

#[path = "../support/mod.rs"]
pub mod support;

/// Make two tests of each function: `NAME::on_i3` and `NAME::on_sway`.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        $(mod $name {
            use crate::support::Kind;

            #[test]
            fn on_i3() {
                super::$name(Kind::I3);
            }

            #[test]
            fn on_sway() {
                super::$name(Kind::Sway);
            }
        })+
    };
}

mod activation;
mod applications;
mod claims;
mod crash;
mod doctor;
mod explain;
mod generated;
mod harness;
mod hooks;
mod import;
mod kill_loop;
mod launches;
mod life;
mod meanwhile;
mod mixed;
mod newcomers;
mod projects;
mod quiet;
mod requests;
mod restart;
mod run;
mod scene;
mod sizes;
mod survival;
mod switch;
mod witness;

/// Not a test of its own: in a process that `support::windows` starts, it opens windows.
#[test]
fn windows_program() {
    let served = support::windows::serve_if_asked();
    assert!(!served, "a process that serves does not come back");
}
