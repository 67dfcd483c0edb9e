//! Texts with places to be filled: `{title}`.

use super::place::{nearest, shortened};

/// A text with places to be filled in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    /// The index of its name among those that were allowed.
    Place(usize),
}

impl Template {
    /// Read a text in which `{NAME}` stands for a value; `{{` and `}}` are the characters
    /// themselves.
    ///
    /// # Errors
    /// A sentence: a name that is not one of `names`, or a bracket without its other one.
    pub fn new(text: &str, names: &[&str]) -> Result<Template, String> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            literal.push_str(&rest[..at]);
            let (bracket, after) = rest[at..].split_at(1);
            if let Some(after) = after.strip_prefix(bracket) {
                literal.push_str(bracket);
                rest = after;
                continue;
            }
            let Some(end) = after.find('}').filter(|_| bracket == "{") else {
                return Err(format!("a {bracket} alone; write {bracket}{bracket} for the character itself"));
            };
            let name = &after[..end];
            let Some(index) = names.iter().position(|known| *known == name) else {
                let advice = match nearest(name, names.iter().copied()) {
                    Some(near) => format!("did you mean {{{near}}}?"),
                    None => format!("there are {{{}}}", names.join("}, {")),
                };
                return Err(format!("nothing is called {:?} here; {advice}", shortened(name)));
            };
            if !literal.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut literal)));
            }
            parts.push(Part::Place(index));
            rest = &after[end + 1..];
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        Ok(Template { parts })
    }

    /// The text with its places filled; `value` gets the index of a name among those that were
    /// allowed.
    pub fn fill(&self, value: impl Fn(usize) -> String) -> String {
        let filled = self.parts.iter().map(|part| match part {
            Part::Text(text) => text.clone(),
            Part::Place(index) => value(*index),
        });
        filled.collect()
    }
}
