//! A window as others see it.

use crate::api::{ApiError, ErrorCode, Window};
use crate::core::windows::window::{Owner, WindowState};

/// A window as others see it.
pub(in crate::core) fn describe(window: &WindowState) -> Window {
    Window {
        id: window.id,
        global: window.owner == Owner::Global,
        projects: window.owner.projects().map(str::to_string).collect(),
        hidden: window.hidden,
        stowed: window.stowed,
        workspace: window.workspace.clone(),
        output: window.output.clone(),
        class: window.client.class.clone(),
        instance: window.client.instance.clone(),
        app_id: window.client.app_id.clone(),
        title: window.client.title.clone(),
        pid: window.client.pid,
        floating: window.floating,
        focused: window.focused && !window.hidden,
        urgent: window.wants_attention(),
        claim: window.claim,
        claimed_by: window.claimed_by.clone(),
    }
}

/// Is this how others see it? As `describe` would tell, without making anything: a title that
/// changes must not cost a description of every window.
pub(in crate::core) fn is_described(window: &WindowState, seen: &Window) -> bool {
    // Without `..`: a field that is new is compared, or this does not compile.
    let Window {
        id,
        projects,
        global,
        hidden,
        stowed,
        workspace,
        output,
        class,
        instance,
        app_id,
        title,
        pid,
        floating,
        focused,
        urgent,
        claim,
        claimed_by,
    } = seen;
    *id == window.id
        && *global == (window.owner == Owner::Global)
        && projects.iter().map(String::as_str).eq(window.owner.projects())
        && *hidden == window.hidden
        && *stowed == window.stowed
        && *workspace == window.workspace
        && *output == window.output
        && *class == window.client.class
        && *instance == window.client.instance
        && *app_id == window.client.app_id
        && *title == window.client.title
        && *pid == window.client.pid
        && *floating == window.floating
        && *focused == (window.focused && !window.hidden)
        && *urgent == window.wants_attention()
        && *claim == window.claim
        && *claimed_by == window.claimed_by
}

pub(in crate::core) fn unknown_window(text: String) -> ApiError {
    ApiError::new(ErrorCode::UnknownWindow, text)
}
