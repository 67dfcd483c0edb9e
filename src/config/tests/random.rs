//! Random texts: reading never panics, and what is accepted is harmless.

use super::*;

/// Pieces that configurations are made of, so that random texts get past the syntax.
fn soup() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "[project.web]",
        "[project.\"a/b\"]",
        "[[rule]]",
        "[project]",
        "[rule]",
        "\n",
        "\n",
        "\n",
        " ",
        "=",
        ".",
        ",",
        "{",
        "}",
        "[",
        "]",
        "'",
        "\"",
        "dir",
        "icon",
        "display_name",
        "class",
        "title",
        "project",
        "global",
        "unclaimed",
        "on_exit",
        "true",
        "1",
        "'~/x'",
        "\"/x\"",
        "\"web\"",
        "'glob:[a-'",
        "'glob:{*}'",
        "'re:('",
        "\"re:\\\\w+\"",
        "é",
        "#",
        "\r",
        "\u{feff}",
        "'''",
        "1979-05-27",
    ]);
    prop::collection::vec(pieces, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn reading_never_panics_and_places_are_in_the_text(text in prop_oneof![soup(), any::<String>()]) {
        let checked = check(FILE, &text, Some("/home/ann"));
        let lines: Vec<&str> = text.split('\n').collect();
        for fault in &checked.faults {
            prop_assert!(fault.line >= 1 && fault.line <= lines.len(), "{}", fault);
            prop_assert!(fault.column >= 1 && fault.column <= lines[fault.line - 1].chars().count() + 1, "{}", fault);
            prop_assert!(!fault.message.chars().any(char::is_control), "{:?}", fault.message);
        }
        prop_assert_eq!(parse(FILE, &text, None).is_ok(), check(FILE, &text, None).faults.is_empty());
    }

    #[test]
    fn a_literal_glob_fits_itself(text in any::<String>()) {
        let escaped: String = text.chars().flat_map(|c| ['\\', c]).collect();
        let matcher = Matcher::new(&format!("glob:{escaped}")).expect("every character is escaped");
        prop_assert!(matcher.matches(&text));
    }

    /// The literal that is looked for first hides nothing from the expression.
    #[test]
    fn what_an_expression_finds_is_found(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "a", "ab", "b+", "(?i:ab)", "c{0,2}", "[ab]", "\\.", ".", "^", "$", "(ab|c)", "(abc){1,2}", "é", "|", "(?:ab)?",
            ]),
            1..5,
        ),
        text in "[abcABé.]{0,8}",
    ) {
        let pattern = pieces.concat();
        if let Ok(expression) = regex::Regex::new(&pattern) {
            let matcher = Matcher::new(&format!("re:{pattern}")).expect("as good");
            prop_assert_eq!(matcher.matches(&text), expression.is_match(&text), "{} in {:?}", pattern, text);
        }
    }

    #[test]
    fn any_pattern_compiles_or_is_refused(text in any::<String>()) {
        for kind in ["glob:", "re:", ""] {
            if let Ok(matcher) = Matcher::new(&format!("{kind}{text}")) {
                let _ = matcher.matches(&text);
            }
        }
    }

    #[test]
    fn accepted_names_are_harmless(name in "[ -~é\n]{0,70}") {
        if check_project_name(&name).is_ok() {
            prop_assert!((1..=64).contains(&name.len()));
            prop_assert!(!name.contains(['"', '\'', '\\', '\n', ' ', ';', ',']) && !name.starts_with('_'));
            let written = format!("[project.\"{name}\"]");
            prop_assert_eq!(&parse(FILE, &written, None).expect("a good name").projects[0].name, &name);
        }
    }
}
