//! For which project? An application may want this question: it is asked at the terminal, else in
//! the menu that the configuration names.

use std::io::{BufRead, IsTerminal, Write};
use std::process::{Command, Stdio};

use super::connection::Connection;
use super::failure::Failure;
use super::text::escaped;
use crate::api::{AppAnswer, AppLaunch, AppName, Call, ProjectList};

/// The code of the refusal to start an application of projects while none is active or named.
const NO_PROJECT: &str = "no_project";

/// What is asked in place of a call that was refused because it had no project, after a person has
/// chosen one. None if nobody can be asked.
///
/// # Errors
/// The daemon did not answer, or nothing was chosen.
pub fn instead(connection: &mut Connection, call: &Call, failure: &Failure) -> Result<Option<Call>, Failure> {
    let Failure::Refused { code: Some(code), .. } = failure else { return Ok(None) };
    let Call::AppLaunch(launch) = call else { return Ok(None) };
    if code != NO_PROJECT || launch.name.is_empty() {
        return Ok(None);
    }
    let app: AppAnswer = connection.answer(&Call::AppGet(AppName { name: launch.name.clone() }))?;
    if app.app.when_no_project != "ask" {
        return Ok(None);
    }
    let list: ProjectList = connection.answer(&Call::ProjectList)?;
    let names: Vec<String> = list.projects.into_iter().map(|project| project.name).collect();
    if names.is_empty() {
        return Ok(None);
    }
    let at_terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    let chosen = match app.menu.split_first() {
        _ if at_terminal => at_the_terminal(&launch.name, &names),
        Some((program, arguments)) => in_the_menu(program, arguments, &names)?,
        None => return Ok(None),
    };
    match chosen {
        Some(name) if names.contains(&name) => {
            Ok(Some(Call::AppLaunch(AppLaunch { project: Some(name), ..launch.clone() })))
        }
        Some(name) => Err(Failure::refused(format!("there is no project {name:?}"))),
        None => Err(Failure::refused("no project was chosen")),
    }
}

fn at_the_terminal(app: &str, names: &[String]) -> Option<String> {
    let mut stderr = std::io::stderr();
    for (index, name) in names.iter().enumerate() {
        let _ = writeln!(stderr, "{:>3}  {}", index + 1, escaped(name));
    }
    let _ = write!(stderr, "{} for which project? ", escaped(app));
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).ok()?;
    meant(line.trim(), names)
}

/// A name, or else a number of the list: a project may be called `2`.
fn meant(said: &str, names: &[String]) -> Option<String> {
    let number = said.parse::<usize>().ok().filter(|_| !names.iter().any(|name| name == said));
    let numbered = number.and_then(|number| names.get(number.checked_sub(1)?));
    numbered.cloned().or_else(|| Some(said.to_owned()).filter(|said| !said.is_empty()))
}

/// Names go in, one on each line, and the chosen one comes out, as dmenu, rofi, fuzzel and their
/// like do it.
fn in_the_menu(program: &str, arguments: &[String], names: &[String]) -> Result<Option<String>, Failure> {
    let failed = |error| Failure::refused(format!("the menu {program} of the configuration cannot be run: {error}"));
    let mut command = Command::new(program);
    let mut menu = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(failed)?;
    if let Some(mut stdin) = menu.stdin.take() {
        // It does no harm if the menu is done before it has read all.
        let _ = stdin.write_all(names.iter().flat_map(|name| [name, "\n"]).collect::<String>().as_bytes());
    }
    let output = menu.wait_with_output().map_err(failed)?;
    let said = String::from_utf8_lossy(&output.stdout);
    Ok(said.lines().next().map(str::trim).filter(|name| output.status.success() && !name.is_empty()).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_comes_before_a_number() {
        let names = ["web", "2", "mail"].map(str::to_owned);
        let meant = |said| meant(said, &names);
        assert_eq!(meant("1").as_deref(), Some("web"));
        assert_eq!(meant("2").as_deref(), Some("2"));
        assert_eq!(meant("3").as_deref(), Some("mail"));
        assert_eq!(meant("4").as_deref(), Some("4"), "which is refused by its name");
        assert_eq!(meant(""), None);
    }
}
