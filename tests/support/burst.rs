//! Many windows at once: when each appeared, and when it got our mark.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::ipc::request;
use super::tree::{list, number, text, title};
use super::wait::DEADLINE;
use super::wm::WindowManager;

/// What the mark of a window whose owner is decided begins with.
const OWNER_MARK: &str = "_i3pm1:w:";

/// Listens to the window events of a window manager from its start on.
#[derive(Debug)]
pub struct Burst {
    events: Receiver<(Instant, Value)>,
}

/// How a burst went.
#[derive(Debug)]
pub struct Marked {
    /// From the first window's appearance to the last one's.
    pub appeared_within: Duration,
    /// In the order of their appearance: how long each window waited for its mark.
    pub delays: Vec<(String, Duration)>,
}

/// What was heard of windows, each by its container, because sway says that a window is new before
/// it says its title.
#[derive(Debug, Default)]
struct Watched {
    appeared: Vec<(i64, Instant)>,
    /// With the title at that time.
    changed: Vec<(i64, String, Instant)>,
}

impl Burst {
    /// Begin to listen.
    ///
    /// # Panics
    /// When the window manager does not take the subscription.
    #[must_use]
    pub fn listen(wm: &WindowManager) -> Burst {
        let mut connection = wm.connect();
        let answer = connection.ask(request::SUBSCRIBE, "[\"window\"]").expect("an answer");
        assert_eq!(answer["success"], true, "{answer}");
        let (sender, events) = channel();
        thread::spawn(move || {
            // It ends with the window manager, or when nobody waits for events any more.
            while let Ok(event) = connection.next_event() {
                if sender.send((Instant::now(), event)).is_err() {
                    return;
                }
            }
        });
        Burst { events }
    }

    /// Wait until all windows with these titles have appeared and are marked.
    ///
    /// # Panics
    /// When one is not in time; it is named.
    #[must_use]
    pub fn wait_marked(&self, titles: &[String]) -> Marked {
        let Watched { appeared, changed } =
            self.watch(titles, "marked", |change, container| change == "mark" && is_marked(container));
        let mut marked: BTreeMap<i64, (String, Instant)> = BTreeMap::new();
        for (id, title, at) in changed {
            marked.entry(id).or_insert((title, at));
        }
        let appeared_within = appeared.last().map_or(Duration::ZERO, |last| last.1.duration_since(appeared[0].1));
        let delay = |(id, appeared): (i64, Instant)| {
            marked.get(&id).map(|(title, at)| (title.clone(), at.duration_since(appeared)))
        };
        Marked { appeared_within, delays: appeared.into_iter().filter_map(delay).collect() }
    }

    /// Wait until all windows with these titles have appeared and moved: how long each waited, in
    /// the order of their appearance, and how often each of them moved until the last one had.
    ///
    /// # Panics
    /// When one is not in time; it is named.
    #[must_use]
    pub fn wait_moved(&self, titles: &[String]) -> Vec<(Duration, usize)> {
        let Watched { appeared, changed } = self.watch(titles, "moved", |change, _| change == "move");
        let mut moved: BTreeMap<i64, (Instant, usize)> = BTreeMap::new();
        for (id, _, at) in changed {
            moved.entry(id).or_insert((at, 0)).1 += 1;
        }
        let waited =
            |(id, appeared): (i64, Instant)| moved.get(&id).map(|(at, count)| (at.duration_since(appeared), *count));
        appeared.into_iter().filter_map(waited).collect()
    }

    /// Listen until something has happened to all windows with these titles. `what` names it, and
    /// `is_it` knows it by the change and the container.
    ///
    /// # Panics
    /// When one is not in time; it is named.
    fn watch(&self, titles: &[String], what: &str, is_it: impl Fn(&str, &Value) -> bool) -> Watched {
        let until = Instant::now() + DEADLINE;
        let mut watched = Watched::default();
        let mut missing: BTreeSet<&str> = titles.iter().map(String::as_str).collect();
        while !missing.is_empty() {
            let left = until.saturating_duration_since(Instant::now());
            let Ok((at, event)) = self.events.recv_timeout(left) else {
                panic!("{} of {} windows are not {what} after {DEADLINE:?}: {missing:?}", missing.len(), titles.len());
            };
            let (change, container) = (text(&event["change"]), &event["container"]);
            let id = number(&container["id"]);
            if change == "new" {
                watched.appeared.push((id, at));
            } else if is_it(change, container) {
                missing.remove(title(container));
                watched.changed.push((id, title(container).to_owned(), at));
            }
        }
        watched
    }

    /// Wait until so many windows have appeared: how long it was from the first to the last.
    ///
    /// # Panics
    /// When they do not in time.
    #[must_use]
    pub fn wait_appeared(&self, count: usize) -> Duration {
        let until = Instant::now() + DEADLINE;
        let mut times = Vec::new();
        while times.len() < count {
            let left = until.saturating_duration_since(Instant::now());
            let event = self.events.recv_timeout(left);
            let (at, event) = event.unwrap_or_else(|_| panic!("{} of {count} windows after {DEADLINE:?}", times.len()));
            if event["change"] == "new" {
                times.push(at);
            }
        }
        times.last().map_or(Duration::ZERO, |last| last.duration_since(times[0]))
    }
}

fn is_marked(container: &Value) -> bool {
    list(&container["marks"]).iter().any(|mark| text(mark).starts_with(OWNER_MARK))
}
