//! Reading a text from its front, as the parser of i3 does.

/// What is left of a text.
pub struct Scanner<'a> {
    pub text: &'a str,
}

impl Scanner<'_> {
    pub fn blank(&mut self) {
        self.text = self.text.trim_start_matches([' ', '\t', '\r', '\n']);
    }

    /// i3 compares prefixes without regard to case and to where the word ends.
    pub fn literal(&mut self, word: &str) -> bool {
        self.blank();
        match self.text.get(..word.len()) {
            Some(head) if head.eq_ignore_ascii_case(word) => {
                self.text = &self.text[word.len()..];
                true
            }
            _ => false,
        }
    }

    pub fn one_of(&mut self, words: &[&'static str]) -> Option<&'static str> {
        words.iter().copied().find(|word| self.literal(word))
    }

    pub fn number(&mut self) -> Option<i64> {
        self.blank();
        let sign = usize::from(self.text.starts_with(['-', '+']));
        let digits = self.text[sign..].bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            return None;
        }
        let number = self.text[..sign + digits].trim_start_matches('+').parse().ok()?;
        self.text = &self.text[sign + digits..];
        Some(number)
    }

    pub fn at_end(&mut self) -> bool {
        self.blank();
        self.text.is_empty() || self.text.starts_with([',', ';'])
    }

    pub fn string(&mut self, word: bool) -> Option<String> {
        self.blank();
        let quoted = self.text.starts_with('"');
        if quoted {
            self.text = &self.text[1..];
        }
        let mut length = 0;
        let mut characters = self.text.chars();
        while let Some(character) = characters.next() {
            if quoted {
                if character == '"' {
                    break;
                }
                if character == '\\'
                    && let Some(next) = characters.next()
                {
                    length += next.len_utf8();
                }
            } else if matches!(character, ';' | ',' | '\r' | '\n') || (word && matches!(character, ' ' | '\t' | ']')) {
                break;
            }
            length += character.len_utf8();
        }
        if length == 0 {
            return None;
        }
        let raw = &self.text[..length];
        self.text = &self.text[length..];
        if self.text.starts_with('"') {
            self.text = &self.text[1..];
        }
        let mut value = String::with_capacity(raw.len());
        let mut characters = raw.chars().peekable();
        while let Some(character) = characters.next() {
            if character == '\\'
                && let Some(next) = characters.next_if(|next| matches!(next, '"' | '\\'))
            {
                value.push(next);
            } else {
                value.push(character);
            }
        }
        Some(value)
    }
}
