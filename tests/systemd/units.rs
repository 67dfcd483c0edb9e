//! The units themselves.

use std::path::Path;

use crate::seat::{SERVICE, Seat};

const UNITS: [&str; 3] = ["i3pm.service", "i3pm.socket", "i3pm-rescue.service"];
/// Where `make install` puts them.
const DIRECTORY: &str = "/usr/local/lib/systemd/user";

/// systemd has nothing to say against them, calls them as exposed as the operations guide says, and both names of the predecessor are there.
pub fn are_verified(seat: &mut Seat) -> String {
    let paths = UNITS.map(|unit| format!("{DIRECTORY}/{unit}"));
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let ran = seat.run(&[&["systemd-analyze", "--user", "verify", "--man=no"], paths.as_slice()].concat());
    assert_eq!((ran.code, ran.output.as_str()), (0, ""), "systemd-analyze verify");

    let ran = seat.run(&["systemd-analyze", "--user", "security", "--no-pager", SERVICE]);
    let score =
        ran.output.rsplit_once(&format!("{SERVICE}: ")).map(|(_, score)| score.split(' ').next().unwrap_or_default());
    let score = score.unwrap_or_else(|| panic!("no score: {}", ran.output)).to_owned();
    let guide = include_str!("../../docs/operations.md");
    assert!(guide.contains(&format!("exposure level {score}")), "docs/operations.md does not say {score}");
    let open = ran.output.lines().filter_map(|line| line.strip_prefix("\u{2717} ")?.split_whitespace().next());
    let mut points = 0;
    for point in open {
        let name = point.split_inclusive('=').next().unwrap_or_default();
        assert!(guide.contains(&format!("`{name}")), "docs/operations.md does not say why {point} is open");
        points += 1;
    }
    assert!(points > 0, "no open point is found: {}", ran.output);

    for kind in ["service", "socket"] {
        let names = seat.systemctl(&["show", &format!("i3-project-daemon.{kind}"), "--value", "--property=Id"]).output;
        assert_eq!(names, format!("i3pm.{kind}"));
    }
    let directory = seat.runtime().join("i3pm");
    let mode = |path: &Path| {
        use std::os::unix::fs::PermissionsExt;
        std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777
    };
    assert_eq!((mode(&seat.socket()), mode(&directory)), (0o600, 0o700));
    format!("exposure {score}, {points} open points with their reasons; {}", seat.property("ControlGroup"))
}
