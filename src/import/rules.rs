//! `window-rules.json`: patterns with a scope, a workspace and actions, the highest priority first.

use serde_json::{Map, Value};

use super::{Import, WINDOW_RULES, either, list, string, text};
use crate::config::Matcher;

/// The priority of a rule that says none, as the predecessor had it.
const PRIORITY: i64 = 100;

impl Import {
    pub(super) fn window_rules(&mut self, value: &Value) {
        let Some(rules) = value.as_array() else {
            return self.remark(WINDOW_RULES, "left out, it is no JSON list");
        };
        let priority = |rule: &&Value| rule["pattern_rule"]["priority"].as_i64().unwrap_or(PRIORITY);
        let mut ordered: Vec<&Value> = rules.iter().collect();
        ordered.sort_by_key(|rule| std::cmp::Reverse(priority(rule)));
        for rule in ordered {
            self.window_rule(rule);
        }
    }

    fn window_rule(&mut self, rule: &Value) {
        let pattern = rule["pattern_rule"]["pattern"].as_str();
        let (Some(object), Some(pattern)) = (rule.as_object(), pattern) else {
            return self.remark(WINDOW_RULES, format_args!("a rule with no pattern was left out: {}", shortened(rule)));
        };
        let thing = format!("the rule {pattern:?}");
        let mut matchers = match matchers(pattern) {
            Ok(matchers) => matchers,
            Err(why) => return self.remark(WINDOW_RULES, format_args!("{thing} was left out: {why}")),
        };
        let blacklist: Vec<&str> = list(rule, "blacklist").iter().filter_map(Value::as_str).collect();
        if !blacklist.is_empty() {
            let (any, patterns) = either(&blacklist);
            matchers.push(("not".to_owned(), format!("{{ {any} = {patterns} }}")));
        }
        let mut actions = Vec::new();
        if rule["pattern_rule"]["scope"] == "global" {
            actions.push(("global".to_owned(), "true".to_owned()));
        }
        if let Some(number) = rule["workspace"].as_u64() {
            actions.push(("workspace".to_owned(), string(&number.to_string())));
        }
        for action in list(rule, "actions") {
            self.action(&thing, action, &mut actions);
        }
        self.leftovers(WINDOW_RULES, &thing, object, &["pattern_rule", "workspace", "actions", "blacklist"]);
        if actions.is_empty() {
            // Such windows belong to the active project, as all do that nothing claims.
            return self
                .remark(WINDOW_RULES, format_args!("{thing} needs none here: it says what i3pm does by itself"));
        }
        self.rule(&matchers, &actions);
    }

    fn action(&mut self, thing: &str, action: &Value, actions: &mut Vec<(String, String)>) {
        let new = match action["type"].as_str() {
            Some("workspace") => action["target"].as_u64().map(|number| ("workspace", string(&number.to_string()))),
            Some("float") => Some(("float", action["enable"].as_bool().unwrap_or(true).to_string())),
            Some("mark") => action["value"].as_str().map(|mark| ("mark", string(mark))),
            _ => None,
        };
        match new {
            Some((name, _)) if actions.iter().any(|(other, _)| other == name) => {
                self.remark(WINDOW_RULES, format_args!("{thing}: a second `{name}` was left out"));
            }
            Some((name, value)) => actions.push((name.to_owned(), value)),
            None => {
                self.remark(WINDOW_RULES, format_args!("{thing}: the action {} has no counterpart", shortened(action)))
            }
        }
    }
}

/// What a pattern of the predecessor matches: a class, literally or by `glob:` or `regex:`; a title
/// by `title:`; an installed web page by `pwa:`.
fn matchers(pattern: &str) -> Result<Vec<(String, String)>, String> {
    let title = |pattern: String| Ok(vec![("title".to_owned(), string(&checked(pattern)?))]);
    if let Some(keyword) = pattern.strip_prefix("pwa:") {
        let keyword = checked(format!("re:(?i){}", regex::escape(keyword)))?;
        return Ok(vec![("class".to_owned(), string("glob:FFPWA-*")), ("title".to_owned(), string(&keyword))]);
    }
    match pattern.strip_prefix("title:") {
        Some(rest) if rest.starts_with("glob:") => title(rest.to_owned()),
        Some(rest) => title(format!("re:{}", rest.strip_prefix("regex:").unwrap_or(rest))),
        None => {
            let new = match pattern.strip_prefix("regex:") {
                Some(regex) => format!("re:{regex}"),
                None => pattern.to_owned(),
            };
            Ok(vec![either(&[&checked(new)?])])
        }
    }
}

/// Python knows expressions that i3pm does not take: look-around, back-references.
fn checked(pattern: String) -> Result<String, String> {
    Matcher::new(&pattern).map(|_| pattern)
}

/// A JSON value in a sentence.
fn shortened(value: &Value) -> String {
    /// In characters.
    const SHORT: usize = 80;
    let text = value.to_string();
    match text.char_indices().nth(SHORT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// The same for the object of an application.
pub(super) fn shortened_object(object: &Map<String, Value>) -> String {
    text(object, "name").map_or_else(|| shortened(&Value::Object(object.clone())), str::to_owned)
}
