//! What a rule compares with: literal text, `glob:` or `re:`. Case counts, as in i3's own criteria.
//!
//! Both patterns become one regular expression: its running time is linear in the text whatever the
//! pattern, and its size is bounded here. Hardly one of a thousand rules fits a window. So a search
//! for the longest literal that the pattern needs comes first, which is twenty times as fast as the
//! expression, and rejects most texts.

use memchr::memmem::Finder;
use regex::{Regex, RegexBuilder};
use regex_syntax::hir::{Hir, HirKind};

/// The longest pattern, in bytes.
pub const MATCHER_BYTES_MAX: usize = 4096;
/// The most bytes of a title or class that are looked at: a program sets these, and may set a
/// megabyte.
pub const SUBJECT_BYTES_MAX: usize = 4096;
/// The most bytes that one compiled pattern may take.
pub const REGEX_COMPILED_BYTES_MAX: usize = 1 << 20;
/// The most bytes that one pattern may take while it runs.
pub const REGEX_CACHE_BYTES_MAX: usize = 1 << 20;
/// The deepest nesting of groups in a pattern.
pub const REGEX_NESTING_MAX: u32 = 64;
/// The deepest nesting of `{a,b}` in a glob.
pub const GLOB_ALTERNATIVES_MAX: usize = 8;

/// Literal text, `glob:` or `re:`.
#[derive(Debug, Clone)]
pub enum Matcher {
    /// Equal.
    Literal(String),
    /// The whole text fits a glob: `*`, `?`, `[a-z]`, `[!a-z]`, `{one,two}`, and `\` before any of
    /// these.
    Glob(Pattern),
    /// A regular expression is found somewhere in the text.
    Regex(Pattern),
}

/// A compiled pattern.
#[derive(Debug, Clone)]
pub struct Pattern {
    regex: Regex,
    /// What every text that fits has in it; none if the pattern needs no literal.
    needle: Option<Box<Finder<'static>>>,
}

impl Pattern {
    fn is_match(&self, text: &str) -> bool {
        self.needle.as_ref().is_none_or(|needle| needle.find(text.as_bytes()).is_some()) && self.regex.is_match(text)
    }
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Matcher) -> bool {
        match (self, other) {
            (Matcher::Literal(one), Matcher::Literal(other)) => one == other,
            (Matcher::Glob(one), Matcher::Glob(other)) | (Matcher::Regex(one), Matcher::Regex(other)) => {
                one.regex.as_str() == other.regex.as_str()
            }
            _ => false,
        }
    }
}

impl Matcher {
    /// Read a matcher as the configuration writes it.
    ///
    /// # Errors
    /// A sentence: a broken pattern, or one past a limit.
    pub fn new(text: &str) -> Result<Matcher, String> {
        if text.len() > MATCHER_BYTES_MAX {
            return Err(format!("the pattern is {} bytes long; the limit is {MATCHER_BYTES_MAX}", text.len()));
        }
        if let Some(glob) = text.strip_prefix("glob:") {
            let regex = translate(glob).map_err(|error| format!("bad glob {glob:?}: {error}"))?;
            return compile(&regex).map(Matcher::Glob).map_err(|error| format!("bad glob {glob:?}: {error}"));
        }
        if let Some(regex) = text.strip_prefix("re:") {
            let compiled = compile(regex).map_err(|error| format!("bad regular expression {regex:?}: {error}"))?;
            return Ok(Matcher::Regex(compiled));
        }
        Ok(Matcher::Literal(text.to_owned()))
    }

    /// Does the text fit? A pattern looks at no more than its first `SUBJECT_BYTES_MAX` bytes.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        match self {
            Matcher::Literal(literal) => literal == text,
            Matcher::Glob(pattern) | Matcher::Regex(pattern) => {
                pattern.is_match(&text[..text.floor_char_boundary(SUBJECT_BYTES_MAX)])
            }
        }
    }
}

/// The longest literal that is in every text in which the expression is found.
fn needle(expression: &Hir) -> Option<&[u8]> {
    match expression.kind() {
        HirKind::Literal(literal) => Some(&literal.0),
        HirKind::Capture(capture) => needle(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => needle(&repetition.sub),
        HirKind::Concat(parts) => parts.iter().filter_map(needle).max_by_key(|literal| literal.len()),
        _ => None,
    }
}

fn compile(pattern: &str) -> Result<Pattern, String> {
    let compiled = RegexBuilder::new(pattern)
        .size_limit(REGEX_COMPILED_BYTES_MAX)
        .dfa_size_limit(REGEX_CACHE_BYTES_MAX)
        .nest_limit(REGEX_NESTING_MAX)
        .build();
    let parsed = regex_syntax::ParserBuilder::new().nest_limit(REGEX_NESTING_MAX).build().parse(pattern);
    let literal = parsed.as_ref().ok().and_then(needle);
    let needle = literal.map(|literal| Box::new(Finder::new(literal).into_owned()));
    compiled.map(|regex| Pattern { regex, needle }).map_err(|error| match error {
        regex::Error::CompiledTooBig(limit) => format!("it compiles to more than {limit} bytes; make it simpler"),
        // The message draws the pattern over several lines; its last one is the sentence.
        error => {
            let text = error.to_string();
            let last = text.lines().last().unwrap_or_default();
            last.strip_prefix("error: ").unwrap_or(last).to_owned()
        }
    })
}

/// The regular expression of a glob.
fn translate(glob: &str) -> Result<String, String> {
    let mut regex = String::from(r"(?s)\A");
    let mut alternatives = 0_usize;
    let mut characters = glob.chars();
    while let Some(character) = characters.next() {
        match character {
            '*' => regex.push_str(".*"),
            '?' => regex.push('.'),
            '[' => translate_class(&mut characters, &mut regex)?,
            '{' if alternatives == GLOB_ALTERNATIVES_MAX => {
                return Err(format!("more than {GLOB_ALTERNATIVES_MAX} levels of {{"));
            }
            '{' => {
                alternatives += 1;
                regex.push_str("(?:");
            }
            ',' if alternatives > 0 => regex.push('|'),
            '}' if alternatives > 0 => {
                alternatives -= 1;
                regex.push(')');
            }
            '\\' => push_literal(&mut regex, characters.next().ok_or("a \\ with nothing after it")?),
            literal => push_literal(&mut regex, literal),
        }
    }
    if alternatives > 0 {
        return Err("a { without its }".to_owned());
    }
    regex.push_str(r"\z");
    Ok(regex)
}

/// What follows a `[`, its `]` included. The first character may be a `]` itself.
fn translate_class(characters: &mut std::str::Chars<'_>, regex: &mut String) -> Result<(), String> {
    let unclosed = "a [ without its ]; write \\[ for the character itself";
    regex.push('[');
    let mut next = characters.next().ok_or(unclosed)?;
    if matches!(next, '!' | '^') {
        regex.push('^');
        next = characters.next().ok_or(unclosed)?;
    }
    let mut first = true;
    let mut previous_ended_range = true;
    while first || next != ']' {
        let last_of_class = characters.as_str().starts_with(']');
        match next {
            '-' if !first && !previous_ended_range && !last_of_class => {
                regex.push('-');
                push_literal(regex, characters.next().ok_or(unclosed)?);
                previous_ended_range = true;
            }
            '\\' => {
                push_literal(regex, characters.next().ok_or(unclosed)?);
                previous_ended_range = false;
            }
            literal => {
                push_literal(regex, literal);
                previous_ended_range = false;
            }
        }
        first = false;
        next = characters.next().ok_or(unclosed)?;
    }
    regex.push(']');
    Ok(())
}

fn push_literal(regex: &mut String, character: char) {
    regex.push_str(&regex::escape(character.encode_utf8(&mut [0; 4])));
}
