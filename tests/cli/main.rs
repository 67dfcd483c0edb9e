//! The real `i3pm` against a small server of the test's own: exit codes, deadlines, what is asked and what is shown.

mod apps;
mod check;
mod doctor;
mod documents;
mod explain;
mod faults;
mod follow;
mod import;
mod life;
mod requests;
mod screens;
mod server;
