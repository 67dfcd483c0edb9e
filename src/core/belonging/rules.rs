//! Rules: which fit a window, and where and how those place it.
//!
//! Whose a window is, the rules say among other claims (`claims`). What they say of its place is done when that is decided, in one message
//! for all windows that came meanwhile. A window that is to be hidden is not placed: what hides it takes note of the place to which it
//! will return. What was sent is not sent again, whatever becomes of it: a command of the user's may do anything.

use crate::core::turn::Turn;
use std::collections::{BTreeMap, BTreeSet};

use crate::api::{ApiError, Claim, RuleOutcome, RuleStep, RuleTest, RuleTested, RuleVerdict};
use crate::config::{Asked, COMMAND_PLACES, Config, Placement, Rule, RuleOwner, Subject, Verdict, WorkspaceChoice};
use crate::core::Core;
use crate::core::belonging::cause::Cause;
use crate::core::tree::ContainerId;
use crate::core::windows::hidden::HiddenContainer;
use crate::core::windows::window::{Owner, WindowState};
use crate::core::words::command::{NO_BACK_AND_FORTH, Script, not_executed, quote};
use crate::core::words::note::Level;
use crate::core::words::phase::Phase;
use crate::core::words::wm::WmRequest;
use crate::core::words::wm::{CommandOutcome, WmKind, WmReply};
use crate::core::words::wm::{Purpose, RUN_COMMAND};

/// The longest value that is filled into a command, in characters: titles may have a megabyte.
pub const COMMAND_VALUE_CHARACTERS_MAX: usize = 256;
/// A message of placements that has this many bytes takes no more windows.
const PLACE_BYTES_MAX: usize = 8 * 1024;

/// What rules do with windows, by serial number.
#[derive(Debug, Clone, Default)]
pub struct Placing {
    /// Windows that appeared, whose rules were not asked yet.
    due: BTreeSet<u64>,
    /// What is to be done.
    todo: BTreeMap<u64, Placement>,
    /// What enforced rules said last.
    enforced: BTreeMap<u64, Placement>,
    /// The commands that were sent last.
    sent: BTreeMap<u64, Vec<String>>,
    /// The windows of the message in flight.
    in_flight: Vec<u64>,
    /// Their commands.
    message: String,
    /// How many windows were placed.
    pub count: u64,
}

impl Placing {
    /// A window appeared.
    pub fn appeared(&mut self, serial: u64) {
        self.due.insert(serial);
    }

    /// A window is gone.
    pub fn forget(&mut self, serial: u64) {
        self.due.remove(&serial);
        self.todo.remove(&serial);
        self.enforced.remove(&serial);
        self.sent.remove(&serial);
    }

    /// The windows of a container were hidden: where they return to is said there. What was not sent is for when they are shown.
    pub fn hidden(&mut self, container: &HiddenContainer) {
        for serial in &container.windows {
            let Some(Placement { border, mark, float, commands, .. }) = self.todo.remove(serial) else { continue };
            let looks = Placement { border, mark, float, commands, ..Placement::default() };
            if !looks.is_empty() {
                self.todo.insert(*serial, looks);
            }
        }
    }

    /// The windows that shall be fullscreen when they are shown.
    pub fn fullscreen_of(&self, container: &HiddenContainer) -> Vec<(u64, u8)> {
        let wanted = |serial: &u64| self.todo.get(serial).is_some_and(|placement| placement.fullscreen == Some(true));
        container.windows.iter().filter(|serial| wanted(serial)).map(|serial| (*serial, 1)).collect()
    }

    /// The windows that shall float when they are shown.
    pub fn float_when_shown(&self) -> impl Iterator<Item = u64> {
        self.todo.iter().filter(|(_, placement)| placement.float == Some(true)).map(|(serial, _)| *serial)
    }

    /// A hidden window shall float when it is shown: so the daemon before this one would have had it.
    pub fn float_later(&mut self, serial: u64) {
        self.todo.insert(serial, Placement { float: Some(true), ..Placement::default() });
    }

    /// What was sent for a window last.
    pub fn sent(&self, serial: u64) -> &[String] {
        self.sent.get(&serial).map(Vec::as_slice).unwrap_or_default()
    }
}

/// What becomes of a rule when a window is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::core) enum Reached {
    /// It fits.
    Fits,
    /// This key of it does not fit.
    Misfit(&'static str),
    /// Something must be asked first.
    Unknown,
    /// It fits, but none of its projects is there.
    NoProject,
    /// The rule in this line fits, and does not say `continue`.
    After(usize),
}

impl Core {
    /// Each rule, its number from 1, and what becomes of it.
    pub(in crate::core) fn each_rule<'a>(
        &'a self,
        subject: Subject<'a>,
    ) -> impl Iterator<Item = (usize, &'a Rule, Reached)> + use<'a> {
        let mut ended_by = None;
        self.config.current.rules.iter().enumerate().map(move |(index, rule)| {
            if let Some(line) = ended_by {
                return (index + 1, rule, Reached::After(line));
            }
            let reached = match rule.condition.verdict(&subject) {
                Verdict::Misfit(key) => Reached::Misfit(key),
                Verdict::Unknown => Reached::Unknown,
                Verdict::Fits if self.names_nobody(rule) => Reached::NoProject,
                Verdict::Fits => Reached::Fits,
            };
            if reached == Reached::Fits && !rule.continues {
                ended_by = Some(rule.line);
            }
            (index + 1, rule, reached)
        })
    }

    /// Where a rule says that a window belongs; none where it does not say, or no such project is there.
    pub(in crate::core) fn rule_owner(&self, rule: &Rule) -> Option<Owner> {
        match rule.owner.as_ref()? {
            RuleOwner::Global => Some(Owner::Global),
            // What it says is asked after the rules.
            RuleOwner::Process => None,
            RuleOwner::Projects(names) => {
                let known =
                    names.iter().filter(|name| self.projects.known.contains(name)).cloned().collect::<BTreeSet<_>>();
                (!known.is_empty()).then_some(Owner::Projects(known))
            }
        }
    }

    /// Is there none of the projects that a rule is for?
    fn names_nobody(&self, rule: &Rule) -> bool {
        matches!(rule.owner, Some(RuleOwner::Projects(_))) && self.rule_owner(rule).is_none()
    }

    /// The place of a rule, for people.
    pub(in crate::core) fn rule_place(&self, rule: &Rule) -> String {
        format!("{}:{}", self.config.current.file, rule.line)
    }

    /// The rules that fit a window; none where something must be asked first.
    fn fitting<'a>(&'a self, window: &'a WindowState) -> Option<Vec<&'a Rule>> {
        let mut fitting = Vec::new();
        for (_, rule, reached) in self.each_rule(self.subject(window)) {
            match reached {
                Reached::Fits => fitting.push(rule),
                Reached::Unknown => return None,
                Reached::After(_) => break,
                Reached::Misfit(_) | Reached::NoProject => {}
            }
        }
        Some(fitting)
    }

    /// The windows whose owner is decided, and whose rules were not asked yet where they are placed.
    pub(in crate::core) fn placements_due(&self) -> Vec<ContainerId> {
        let due = self.belonging.placing.due.iter().filter_map(|serial| self.windows.table.by_serial(*serial));
        due.filter(|window| window.owner != Owner::Pending).map(|window| window.id).collect()
    }

    /// Ask the rules where a window is placed. False where something must be asked first.
    pub(in crate::core) fn decide_placement(&mut self, id: ContainerId) -> bool {
        let Some(window) = self.windows.table.windows.get(&id) else { return true };
        let serial = window.serial;
        let Some(fitting) = self.fitting(window) else { return false };
        // What was said of its launch comes before the rules.
        let mut placement = self.belonging.launches.placement_of(serial);
        fitting.iter().for_each(|rule| placement.extend(&rule.placement));
        let enforced = enforced_of(&fitting);
        self.belonging.placing.due.remove(&serial);
        if !placement.is_empty() {
            self.belonging.placing.todo.insert(serial, placement);
        }
        if !enforced.is_empty() {
            self.belonging.placing.enforced.insert(serial, enforced);
        }
        true
    }

    /// The title or class of a window changed: rules that are enforced hold again, except for what the user did with it.
    pub(in crate::core) fn look_again(&mut self, turn: &mut Turn<'_>, id: ContainerId) -> bool {
        let Some(window) = self.windows.table.windows.get(&id) else { return false };
        if window.owner == Owner::Pending || self.belonging.placing.due.contains(&window.serial) {
            return false;
        }
        if !self.config.current.rules.iter().any(|rule| rule.enforced) {
            return false;
        }
        let Some(fitting) = self.fitting(window) else { return false };
        let (serial, by_hand) = (window.serial, window.by_hand);
        let claims = fitting.iter().find(|rule| rule.owner.is_some()).filter(|rule| rule.enforced);
        let claims = claims.filter(|_| !matches!(window.claim, Claim::User | Claim::Parent));
        let owner = claims.and_then(|rule| Some((self.rule_owner(rule)?, self.rule_place(rule))));
        let owner = owner.filter(|(owner, _)| *owner != window.owner);
        let enforced = enforced_of(&fitting);
        let mut changed = false;
        if let Some((owner, by)) = owner {
            self.own(turn, id, owner, Claim::Rule, Some(by));
            if let Some(window) = self.windows.table.windows.get_mut(&id) {
                // It is not new: it returns to where it is.
                window.away = false;
            }
            self.because(Cause::Rule);
            self.arrange_if_needed();
            changed = true;
        }
        if !by_hand && !enforced.is_empty() && self.belonging.placing.enforced.get(&serial) != Some(&enforced) {
            self.belonging.placing.todo.insert(serial, enforced.clone());
            self.belonging.placing.enforced.insert(serial, enforced);
            changed = true;
        }
        changed
    }

    /// The window cannot be placed where it shall be seen before it is shown.
    fn is_unseen(&self, window: &WindowState) -> bool {
        window.hidden || self.unwanted_for(self.projects.active.as_deref(), window).is_some()
    }

    /// Is there a window to be placed?
    pub(in crate::core) fn placing_is_wanted(&self) -> bool {
        let mut windows = self.belonging.placing.todo.keys().filter_map(|serial| self.windows.table.by_serial(*serial));
        self.life.phase == Phase::Running
            && windows.any(|window| !window.hidden && (!self.is_unseen(window) || self.looks_are_due(window)))
    }

    /// Is there something about a window in sight that can be done before it is hidden, and will be?
    pub(in crate::core) fn looks_are_due(&self, window: &WindowState) -> bool {
        let todo = self.belonging.placing.todo.get(&window.serial);
        self.life.phase == Phase::Running && !window.hidden && todo.is_some_and(|todo| self.has_looks(todo))
    }

    /// Place the windows that can be placed, in one message.
    pub(in crate::core) fn place(&mut self, turn: &mut Turn<'_>) {
        let Some(kind) = self.stage.link.kind else { return };
        let mut script = Script::new();
        self.belonging.placing.in_flight.clear();
        for (serial, placement) in std::mem::take(&mut self.belonging.placing.todo) {
            let Some(window) = self.windows.table.by_serial(serial) else { continue };
            let unseen = self.is_unseen(window);
            if window.hidden || script.bytes() >= PLACE_BYTES_MAX || (unseen && !self.has_looks(&placement)) {
                self.belonging.placing.todo.insert(serial, placement);
                continue;
            }
            let (placed, rest) = if unseen { self.split(placement) } else { (placement, Placement::default()) };
            let id = window.id;
            let commands = self.commands(kind, window, &placed);
            let workspace = placed.workspace.as_ref().map(|choice| self.workspace_name(choice));
            for (before, command) in &commands {
                match before {
                    true => script.push(command.as_str()),
                    false => script.on(id, command),
                }
            }
            if placed.focus == Some(false)
                && let Some(former) = self.former_focus(window)
            {
                script.on(former, "focus");
            }
            self.belonging.placing.count += 1;
            self.belonging.placing.in_flight.push(serial);
            self.belonging.placing.sent.insert(serial, commands.into_iter().map(|(_, command)| command).collect());
            if !rest.is_empty() {
                self.belonging.placing.todo.insert(serial, rest);
            }
            if let (Some(name), Some(window)) = (workspace, self.windows.table.windows.get_mut(&id)) {
                window.workspace = Some(name);
                turn.dirty.windows = true;
            }
        }
        // What is more than a message of it would be the commands of eight rules that fit one window.
        if let Some(message) = script.into_messages().into_iter().next() {
            self.send_places(turn, message);
        }
    }

    fn send_places(&mut self, turn: &mut Turn<'_>, message: String) {
        self.belonging.placing.message.clone_from(&message);
        self.request(turn, Purpose::Place, WmRequest::Command(message));
    }

    /// Has it anything that can be done before the window is hidden?
    fn has_looks(&self, placement: &Placement) -> bool {
        !self.split(placement.clone()).0.is_empty()
    }

    /// What can be done before the window is hidden, and what cannot. On i3 what shall float is hidden while it tiles (`plan::hide`, about
    /// shells), and floats when it is shown; commands may be about what floats.
    fn split(&self, placement: Placement) -> (Placement, Placement) {
        let Placement { workspace, output, fullscreen, float, mark, border, commands, .. } = placement;
        let (now, later) = match self.stage.link.kind {
            Some(WmKind::I3) if float == Some(true) => ((None, Vec::new()), (float, commands)),
            _ => ((float, commands), (None, Vec::new())),
        };
        let looks = Placement { mark, border, float: now.0, commands: now.1, ..Placement::default() };
        let rest =
            Placement { workspace, output, fullscreen, float: later.0, commands: later.1, ..Placement::default() };
        (looks, rest)
    }

    pub(in crate::core) fn placed(&mut self, turn: &mut Turn<'_>, reply: &WmReply) {
        let serials = std::mem::take(&mut self.belonging.placing.in_flight);
        self.windows.stale = true;
        let WmReply::Command(outcomes) = reply else {
            return self.unexpected(turn, reply);
        };
        // One rule's command is no reason to leave out the others'.
        if let Some(rest) =
            self.stage.link.kind.and_then(|kind| not_executed(kind, &self.belonging.placing.message, outcomes))
        {
            self.belonging.placing.in_flight.clone_from(&serials);
            self.send_places(turn, rest);
        }
        let refused: Vec<String> = outcomes.iter().filter_map(CommandOutcome::refusal).collect();
        if refused.is_empty() {
            return;
        }
        self.stage.census_wanted = true;
        // A window that closed in the meantime is no fault of a rule's.
        let all_there = serials.iter().all(|serial| self.windows.table.by_serial(*serial).is_some());
        let level = if all_there { Level::Warning } else { Level::Debug };
        let text =
            format!("the window manager refused what rules say of {} windows: {}", serials.len(), refused.join("; "));
        turn.note(level, "rule.refused", text);
    }

    /// May commands of ours that are on their way move or float this window? Marks do not.
    pub(in crate::core) fn moves_window(&self, serial: u64) -> bool {
        self.stage.link.pending.as_ref().is_some_and(|pending| match pending.purpose {
            Purpose::Place => self.belonging.placing.in_flight.contains(&serial),
            Purpose::Arrange | Purpose::PutBack => pending.name == RUN_COMMAND,
            Purpose::Tidy => true,
            Purpose::Handshake
            | Purpose::Census
            | Purpose::Marks
            | Purpose::Uncover
            | Purpose::Focus
            | Purpose::Close => false,
        })
    }

    /// What had the focus before a window came, if it or that window has it still.
    fn former_focus(&self, window: &WindowState) -> Option<ContainerId> {
        let former = self.windows.table.by_serial(window.focused_before?)?;
        let focused = self.windows.table.windows.values().find(|other| other.focused).map(|other| other.id);
        let untouched = focused.is_none_or(|id| id == former.id || id == window.id);
        (untouched && !former.hidden).then_some(former.id)
    }

    /// The commands of a placement, each with whether it stands without the criteria of the window.
    fn commands(&self, kind: WmKind, window: &WindowState, placement: &Placement) -> Vec<(bool, String)> {
        let mut commands: Vec<(bool, String)> = Vec::new();
        let mut on = |command: String| commands.push((false, command));
        if let Some(border) = placement.border {
            on(format!("border {border}"));
        }
        if let Some(mark) = placement.mark.as_deref().and_then(|mark| quote(kind, mark)) {
            on(format!("mark --add {mark}"));
        }
        if placement.float == Some(true) {
            on("floating enable".to_string());
        }
        let output = placement.output.as_deref().and_then(|output| quote(kind, output));
        if let Some(choice) = &placement.workspace {
            let name = self.workspace_name(choice);
            let quoted = quote(kind, &name).unwrap_or_default();
            let moved = format!("move {NO_BACK_AND_FORTH} container to workspace {quoted}");
            // A workspace is made on the output that has the focus.
            match output.filter(|_| !self.windows.names.values().any(|known| *known == name)) {
                None => on(moved),
                Some(output) if kind == WmKind::I3 => {
                    on(moved);
                    on(format!("move workspace to output {output}"));
                }
                Some(output) => {
                    commands.push((true, format!("workspace {quoted} output {output}")));
                    commands.push((false, moved));
                }
            }
        } else if let Some(output) = output {
            on(format!("move container to output {output}"));
        }
        let mut on = |command: String| commands.push((false, command));
        if placement.float == Some(false) {
            on("floating disable".to_string());
        }
        if let Some(fullscreen) = placement.fullscreen {
            on(format!("fullscreen {}", if fullscreen { "enable" } else { "disable" }));
        }
        for command in &placement.commands {
            on(command.fill(|place| harmless(&value(window, COMMAND_PLACES[place]))));
        }
        if placement.focus == Some(true) {
            on("focus".to_string());
        }
        commands
    }

    /// The name of the workspace that is meant, whether it is there or not.
    pub(in crate::core) fn workspace_name(&self, choice: &WorkspaceChoice) -> String {
        match choice {
            WorkspaceChoice::Name(name) => name.clone(),
            WorkspaceChoice::Number(number) => {
                let fits = |name: &&String| leading_number(name) == Some(*number);
                self.windows.names.values().find(fits).cloned().unwrap_or_else(|| number.to_string())
            }
        }
    }

    /// The output and workspace that a rule says for a window that will be hidden before it is there.
    pub(in crate::core) fn place_said(&self, serial: u64) -> Option<(String, String)> {
        let placement = self.belonging.placing.todo.get(&serial)?;
        let on_output =
            |name: &str| self.windows.workspaces.iter().find(|workspace| workspace.output == name && workspace.visible);
        let (workspace, output) = match (&placement.workspace, &placement.output) {
            (None, None) => return None,
            (None, Some(output)) => (on_output(output)?.name.clone(), Some(output.clone())),
            (Some(choice), output) => (self.workspace_name(choice), output.clone()),
        };
        let known =
            self.windows.workspaces.iter().find(|known| known.name == workspace).map(|known| known.output.clone());
        let own = self.windows.table.by_serial(serial).and_then(|window| window.output.clone());
        Some((known.or(output).or(own)?, workspace))
    }

    /// The rules changed: those that are enforced hold for all windows that the user left alone. How many windows that is about.
    pub(in crate::core) fn enforce_everywhere(&mut self, turn: &mut Turn<'_>) -> usize {
        let ids: Vec<ContainerId> = self.windows.table.windows.keys().copied().collect();
        ids.into_iter().filter(|id| self.look_again(turn, *id)).count()
    }

    /// Answer which rules fit, and what they would do.
    pub(in crate::core) fn test_rules(&self, test: &RuleTest) -> Result<RuleTested, ApiError> {
        let window = match test.id {
            None => None,
            Some(id) => Some(self.windows.table.windows.get(&id).ok_or_else(|| {
                crate::core::windows::described::unknown_window(format!(
                    "no window with id {id}; `i3pm windows` lists them"
                ))
            })?),
        };
        let mut made_up = window.cloned().unwrap_or_else(WindowState::unknown);
        made_up.describe(test);
        let mut subject = self.subject(&made_up);
        if window.is_none() {
            // Nobody can be asked.
            subject.pid = test.pid.map_or(Asked::Nothing, Asked::Is);
            (subject.exe, subject.cwd) = (Asked::Nothing, Asked::Nothing);
        }
        if let Some(exe) = &test.exe {
            subject.exe = Asked::Is(exe);
        }
        if let Some(cwd) = &test.cwd {
            subject.cwd = Asked::Is(cwd);
        }
        let owner = self
            .each_rule(subject)
            .filter(|(_, _, reached)| *reached == Reached::Fits)
            .find_map(|(_, rule, _)| self.rule_owner(rule));
        // Rules that place windows of a project look at whose it is; where that is not said, at whose it would be.
        let claimed: BTreeSet<String> = owner.iter().flat_map(Owner::projects).map(str::to_string).collect();
        if subject.projects.is_none() && !claimed.is_empty() {
            subject.projects = Some(&claimed);
        }
        let mut placement = Placement::default();
        let mut steps = Vec::new();
        for (number, rule, reached) in self.each_rule(subject) {
            let (outcome, text) = match reached {
                Reached::Fits => (RuleVerdict::Fits, self.rule_says(rule)),
                Reached::Misfit(key) => (RuleVerdict::Misfit, format!("its {key} does not fit")),
                Reached::Unknown => (RuleVerdict::Unknown, "its process was not asked yet".to_string()),
                Reached::NoProject => (RuleVerdict::Misfit, "it fits, but no project of it is there".to_string()),
                Reached::After(line) => {
                    (RuleVerdict::NotReached, format!("the rule in line {line} fits, and does not say `continue`"))
                }
            };
            if reached == Reached::Fits {
                placement.extend(&rule.placement);
            }
            steps.push(RuleStep { rule: format!("{number} at {}", self.rule_place(rule)), verdict: outcome, text });
        }
        let outcome = owner.map(|owner| RuleOutcome {
            global: owner == Owner::Global,
            projects: owner.projects().map(str::to_string).collect(),
        });
        let kind = self.stage.link.kind.unwrap_or(WmKind::I3);
        let commands = self.commands(kind, &made_up, &placement).into_iter().map(|(_, command)| command);
        let give_back = (placement.focus == Some(false)).then(|| "the focus goes back to where it was".to_string());
        Ok(RuleTested { rules: steps, owner: outcome, commands: commands.chain(give_back).collect() })
    }

    fn rule_says(&self, rule: &Rule) -> String {
        let owner = match self.rule_owner(rule) {
            None if rule.owner == Some(RuleOwner::Process) => {
                "it fits: the window belongs where the others of its process do".to_string()
            }
            None => "it fits, and says only where and how the window is placed".to_string(),
            Some(Owner::Projects(names)) => {
                format!(
                    "it fits: the window belongs to {}",
                    names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
                )
            }
            Some(_) => "it fits: the window is global".to_string(),
        };
        format!("{owner}{}", if rule.continues { "; the rules after it are asked too" } else { "" })
    }

    /// What a reload changed, in sentences. `owners` is whose the windows were.
    pub(in crate::core) fn summary(
        &self,
        before: &Config,
        owners: &BTreeMap<u64, Owner>,
        enforced: usize,
    ) -> Vec<String> {
        let mut sentences = Vec::new();
        if before.rules.len() != self.config.current.rules.len() {
            sentences.push(format!("{} rules (there were {})", self.config.current.rules.len(), before.rules.len()));
        }
        let names =
            |config: &Config| config.projects.iter().map(|project| project.name.clone()).collect::<BTreeSet<_>>();
        let (old, new) = (names(before), names(&self.config.current));
        for (what, names) in [("declared", &new - &old), ("declared no longer", &old - &new)] {
            if !names.is_empty() {
                sentences.push(format!("{what}: {}", names.into_iter().collect::<Vec<_>>().join(", ")));
            }
        }
        let changed = |window: &&WindowState| {
            window.owner != Owner::Pending && owners.get(&window.serial).is_some_and(|owner| *owner != window.owner)
        };
        let moved = self.windows.table.windows.values().filter(changed).count();
        let waiting = self.windows.table.windows.values().filter(|window| window.owner == Owner::Pending).count();
        for (count, what) in [
            (moved, "windows belong elsewhere now"),
            (waiting, "windows wait for what their processes say"),
            (enforced, "windows are placed anew by rules that are enforced"),
        ] {
            if count > 0 {
                sentences.push(format!("{count} {what}"));
            }
        }
        sentences
    }
}

impl WindowState {
    /// Take over what a test says of a window.
    fn describe(&mut self, test: &RuleTest) {
        for (mine, said) in [
            (&mut self.class, &test.class),
            (&mut self.app_id, &test.app_id),
            (&mut self.instance, &test.instance),
            (&mut self.title, &test.title),
            (&mut self.role, &test.role),
            (&mut self.app, &test.app),
            (&mut self.workspace, &test.workspace),
            (&mut self.output, &test.output),
        ] {
            if said.is_some() {
                mine.clone_from(said);
            }
        }
        self.floating = test.floating.unwrap_or(self.floating);
        self.dialog = test.dialog.unwrap_or(self.dialog);
        if let Some(transient) = test.transient {
            self.transient_for = transient.then_some(0);
        }
        self.pid = test.pid.or(self.pid);
        if let Some(project) = &test.project {
            self.owner = Owner::project(project);
        }
    }
}

/// What those of these rules say together that are enforced.
fn enforced_of(fitting: &[&Rule]) -> Placement {
    let mut enforced = Placement::default();
    fitting.iter().filter(|rule| rule.enforced).for_each(|rule| enforced.extend(&rule.placement));
    enforced
}

/// The number that a name begins with, as window managers see it.
fn leading_number(name: &str) -> Option<u32> {
    let digits = name.find(|character: char| !character.is_ascii_digit()).unwrap_or(name.len());
    name[..digits].parse().ok()
}

/// What stands in a command for this place.
fn value(window: &WindowState, place: &str) -> String {
    let text = match place {
        "id" => return window.id.to_string(),
        "pid" => return window.pid.map(|pid| pid.to_string()).unwrap_or_default(),
        "project" => return window.owner.projects().next().unwrap_or_default().to_string(),
        "class" => &window.class,
        "app_id" => &window.app_id,
        "instance" => &window.instance,
        "title" => &window.title,
        "role" => &window.role,
        "app" => &window.app,
        _ => &window.workspace,
    };
    text.clone().unwrap_or_default()
}

/// A value for a command, inside of quotes or not. Programs set their titles, and what a title says may reach the parser of a window manager
/// (where i3 ends an unquoted text at each `;` and `,`, quoted or not), a shell behind `exec`, and Pango markup: whatever means something to
/// one of them becomes `_`.
fn harmless(text: &str) -> String {
    let is_harmless = |character: char| character.is_alphanumeric() || " ._-/:@+=%".contains(character);
    text.chars()
        .take(COMMAND_VALUE_CHARACTERS_MAX)
        .map(|character| if is_harmless(character) { character } else { '_' })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_of_workspaces() {
        assert_eq!(
            ["3", "3: web", "33", "web", "", "99999999999"].map(leading_number),
            [Some(3), Some(3), Some(33), None, None, None]
        );
    }

    #[test]
    fn a_value_has_a_limit() {
        assert_eq!(
            harmless(&"é".repeat(COMMAND_VALUE_CHARACTERS_MAX + 1)).chars().count(),
            COMMAND_VALUE_CHARACTERS_MAX
        );
    }

    proptest! {
        #[test]
        fn no_value_becomes_a_command(text: String) {
            let meaning = "\"'\\;,[]{}()<>&|$`!#*?~^";
            let is_bad = |character: char| character.is_control() || meaning.contains(character);
            prop_assert!(!harmless(&text).contains(is_bad));
        }
    }
}
