//! `workspace-monitor-mapping.json`: which workspaces stood on which monitor. The window manager
//! itself needs to know that, so it becomes comments with the lines for its configuration.

use std::fmt::Write as _;

use serde_json::Value;

use super::{Import, MONITORS, list};

impl Import {
    pub(super) fn monitors(&mut self, value: &Value) {
        let Some(object) = value.as_object() else {
            return self.remark(MONITORS, "left out, it is no JSON object");
        };
        // The arrangement for the most monitors: i3 and sway put a workspace whose outputs are not
        // there on another.
        let count = |name: &String| name.split('_').next().and_then(|number| number.parse::<u32>().ok()).unwrap_or(0);
        let distributions = value["distribution"].as_object();
        let largest = distributions.and_then(|all| all.iter().max_by_key(|(name, _)| count(name)));
        let mut lines = Vec::new();
        for (role, workspaces) in largest.and_then(|(_, roles)| roles.as_object()).into_iter().flatten() {
            let outputs: Vec<&str> =
                list(&value["output_preferences"], role).iter().filter_map(Value::as_str).collect();
            if outputs.is_empty() {
                self.remark(
                    MONITORS,
                    format_args!("`output_preferences` names no output for {role:?}; its workspaces were left out"),
                );
                continue;
            }
            let numbers = workspaces.as_array().into_iter().flatten().filter_map(Value::as_u64);
            lines.extend(numbers.map(|number| (number, outputs.join(" "))));
        }
        lines.sort();
        if !lines.is_empty() {
            _ = writeln!(self.done.toml, "\n# Workspaces on outputs are said to i3 or sway, in its own configuration:");
            for (number, outputs) in lines {
                _ = writeln!(self.done.toml, "#     workspace {number} output {}", one_line(&outputs));
            }
            self.remark(MONITORS, "the lines for the configuration of i3 or sway are comments at the end");
        }
        if value["workspace_preferences"].as_object().is_some_and(|preferences| !preferences.is_empty()) {
            self.remark(
                MONITORS,
                "`workspace_preferences` was left out: say them as `workspace N output NAME` to i3 or sway",
            );
        }
        let known = [
            "version",
            "distribution",
            "output_preferences",
            "workspace_preferences",
            "debounce_ms",
            "enable_auto_reassign",
        ];
        self.leftovers(MONITORS, "the file", object, &known);
    }
}

/// A comment ends at the end of its line.
fn one_line(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).collect()
}
