//! What benchmarks share: medians, units, and what is aimed at.

use std::time::Duration;

/// The median of what rounds gave.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

pub fn microseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

pub fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// What is aimed at, and whether it was met.
#[derive(Debug, Default)]
pub struct Goals(Vec<String>);

impl Goals {
    pub fn add(&mut self, met: bool, goal: &str, how: String) {
        self.0.push(format!("{:<8} {goal:<72} {how}", if met { "met" } else { "NOT MET" }));
    }

    pub fn print(&self) {
        println!("\ngoals:");
        self.0.iter().for_each(|line| println!("  {line}"));
    }
}
