//! Tests against a real i3 and a real sway.

#[path = "../support/mod.rs"]
pub mod support;

mod harness;

/// Not a test of its own: in a process that `support::windows` starts, it opens windows.
#[test]
fn windows_program() {
    let served = support::windows::serve_if_asked();
    assert!(!served, "a process that serves does not come back");
}
