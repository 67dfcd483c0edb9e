//! Globs, regular expressions, and names that are near.

use super::*;

#[test]
fn globs() {
    for (glob, fits, not) in [
        ("*", &["", "a", "a/b", "ä\n"][..], &[][..]),
        ("?", &["a", "ä", "🌐"], &["", "ab"]),
        ("a*c", &["ac", "abc", "a/c"], &["abcd", "xac"]),
        ("[abc]x", &["ax", "cx"], &["dx", "x"]),
        ("[!abc]x", &["dx", "äx"], &["ax"]),
        ("[^abc]x", &["dx"], &["ax"]),
        ("[a-cx-z]", &["b", "y"], &["d", "-"]),
        ("[]]", &["]"], &["["]),
        ("[!]]", &["["], &["]"]),
        ("[a-]", &["a", "-"], &["b"]),
        ("[-a]", &["a", "-"], &["b"]),
        ("[a-c-e]", &["b", "-", "e"], &["d"]),
        ("[à-ü]", &["é"], &["e"]),
        ("[\\]&&~]", &["]", "&", "~"], &["\\"]),
        ("{one,two}.x", &["one.x", "two.x"], &["onex", "one,two.x"]),
        ("{a,{b,c}d}", &["a", "bd", "cd"], &["ad"]),
        ("a,b}", &["a,b}"], &["a"]),
        ("\\*\\{(.+)|^$<", &["*{(.+)|^$<"], &["x"]),
    ] {
        let matcher = Matcher::new(&format!("glob:{glob}")).unwrap_or_else(|error| panic!("{glob}: {error}"));
        for text in fits {
            assert!(matcher.matches(text), "{glob} should fit {text:?}");
        }
        for text in not {
            assert!(!matcher.matches(text), "{glob} should not fit {text:?}");
        }
    }
    for glob in ["[", "[a", "[!", "[]", "{", "{a,{b}", "a\\", "[z-a]", "[a-", &"{".repeat(9)] {
        let message = Matcher::new(&format!("glob:{glob}")).unwrap_err();
        assert!(message.starts_with("bad glob"), "{message}");
    }
}

#[test]
fn regular_expressions() {
    let matcher = Matcher::new(r"re:(?i)^fire.*\d$").expect("good");
    assert!(matcher.matches("Firefox 3") && !matcher.matches("Firefox"));
    assert!(Matcher::new("re:fox").expect("good").matches("Firefox"), "found anywhere");
    let literal = Matcher::new("Fire.fox").expect("good");
    assert!(literal.matches("Fire.fox") && !literal.matches("Fire-fox"));
    one_fault("[[rule]]\nclass = 're:('\nglobal = true", "2:9: bad regular expression \"(\": unclosed group");
    one_fault(
        "[[rule]]\nclass = 're:\\w{9999}'\nglobal = true",
        "2:9: bad regular expression \"\\\\w{9999}\": it compiles to more than 1048576 bytes; make it simpler",
    );
    let deep = format!("re:{}{}", "(".repeat(65), ")".repeat(65));
    assert!(Matcher::new(&deep).unwrap_err().contains("nest"), "{:?}", Matcher::new(&deep));
    let long = format!("re:{}", "x".repeat(MATCHER_BYTES_MAX));
    assert!(Matcher::new(&long).unwrap_err().contains("limit is 4096"));
}

#[test]
fn a_huge_title_is_looked_at_in_part() {
    let matcher = Matcher::new("re:z").expect("good");
    let mut title = "é".repeat(SUBJECT_BYTES_MAX / 2 - 1);
    title.push_str("xz");
    assert!(matcher.matches(&title));
    title.insert(0, 'y');
    assert!(!matcher.matches(&title));
}

#[test]
fn nearest_words() {
    let words = ["dir", "icon", "display_name"];
    assert_eq!(nearest("dri", words), Some("dir"));
    assert_eq!(nearest("Icon", words), Some("icon"));
    assert_eq!(nearest("dispaly_nmae", words), Some("display_name"));
    assert_eq!(nearest("x", words), None);
    assert_eq!(nearest("", words), None);
    assert_eq!(nearest(&"d".repeat(100_000), words), None);
}
