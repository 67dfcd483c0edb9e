#![no_main]

#[path = "../play.rs"]
mod play;
#[path = "../targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::trees(data));
