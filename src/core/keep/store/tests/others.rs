//! Others write the same files.

use super::*;

/// The text of a projects file with one project, as another machine makes it at this time.
fn theirs(name: &str, time: u64) -> String {
    let mut created = Created::default();
    let create = crate::api::ProjectCreate { name: name.into(), ..Default::default() };
    created.apply(&crate::core::projects::change::StoreChange::Create(create), time);
    created.to_text()
}

#[test]
fn a_change_is_made_once_more_to_what_somebody_else_has_written() {
    let mut start = Start::with(StoreFile::Projects, Ok(Some(theirs("old", 1))));
    start.create("ours");
    let (job, text, made_from) = start.written();
    assert_eq!(made_from, Some(Fingerprint::of(&theirs("old", 1))));
    assert!(text.contains("\"old\"") && text.contains("\"ours\""));
    start.effects.clear();
    let other = theirs("theirs", 2);
    let result = Err(StoreError::Changed(Ok(other.clone())));
    start.event(Event::StoreWritten { job, result });
    assert!(start.note("store.merged").expect("it is said").text.contains("new: theirs"));
    let (job, text, made_from) = start.written();
    assert_eq!(made_from, Some(Fingerprint::of(&other)));
    assert!(["old", "ours", "theirs"].iter().all(|name| text.contains(&format!("\"{name}\""))), "{text}");
    assert_eq!(start.answers(), 0);
    start.event(Event::StoreWritten { job, result: Ok(()) });
    assert_eq!((start.answers(), start.refusal()), (1, None));
    // The next one is made from what was written.
    start.effects.clear();
    start.call("project.delete", serde_json::json!({"name": "theirs"}));
    assert_eq!(start.written().2, Some(Fingerprint::of(&text)));
    // The other one has an older copy: it does not come back.
    let job = start.written().0;
    start.event(Event::StoreWritten { job, result: Ok(()) });
    start.effects.clear();
    start.create("more");
    start.event(Event::StoreWritten { job: start.written().0, result: Err(StoreError::Changed(Ok(other))) });
    let text = start.effects.iter().rev().find_map(written_by).expect("written anew").1;
    assert!(!text.contains("\"theirs\": {") && text.contains("\"more\""), "{text}");
}

#[test]
fn a_change_that_others_made_meanwhile_is_refused_and_one_that_never_ends_fails() {
    let mut start = Start::with(StoreFile::Projects, Ok(None));
    start.create("web");
    start.event(Event::StoreWritten { job: start.written().0, result: Err(StoreError::Changed(Ok(theirs("web", 1)))) });
    assert_eq!(start.refusal().expect("there is one").code, crate::api::ErrorCode::ProjectExists);

    let mut start = Start::with(StoreFile::Projects, Ok(None));
    start.create("web");
    for attempt in 0..STORE_ATTEMPTS_MAX {
        assert!(start.refusal().is_none(), "attempt {attempt}");
        let job = start.written().0;
        start.effects.clear();
        let other = theirs(&format!("p{attempt}"), 1);
        start.event(Event::StoreWritten { job, result: Err(StoreError::Changed(Ok(other))) });
    }
    let refusal = start.refusal().expect("refused");
    assert!(refusal.code == crate::api::ErrorCode::StoreFailed && refusal.message.contains("8 times"), "{refusal}");
}

#[test]
fn a_write_that_was_given_up_and_came_late_is_looked_at() {
    let mut start = Start::with(StoreFile::Projects, Ok(None));
    start.create("web");
    let (job, text, _) = start.written();
    start.at(Time::from_nanos(1) + deadline::STORE_DEADLINE, Event::Elapsed);
    assert!(start.refusal().expect("refused").message.contains("in time"));
    start.effects.clear();
    start.event(Event::StoreWritten { job, result: Ok(()) });
    assert!(start.effects.contains(&Effect::ReadStore(StoreFile::Projects)));
    start.event(Event::StoreRead { file: StoreFile::Projects, result: Ok(Some(text)) });
    start.create("other");
    assert!(start.written().1.contains("\"web\""), "what is in the file is not lost");
}

#[test]
fn two_orders_of_use_are_merged_and_what_was_used_here_last_comes_first() {
    let state = |names: &[&str]| LastingState::new(names.iter().map(|name| (*name).into()).collect()).to_text();
    let mut start = Start::with(StoreFile::State, Ok(Some(state(&["a", "b", "c"]))));
    start.core.model.projects.enter(Some("c".into()), start.core.model.keep.next_job);
    let job = start.save().expect("it is saved");
    assert_eq!(start.save(), Some(job), "one after the other");
    start.effects.clear();
    start.event(Event::StoreWritten { job, result: Err(StoreError::Changed(Ok(state(&["b", "x", "c", "a"])))) });
    assert!(start.note("store.merged").is_some());
    assert_eq!(start.core.model.projects.order_of_use(), ["c", "b", "x", "a"]);
    let (job, text) = start.effects.iter().find_map(written_by).expect("written anew");
    assert_eq!(LastingState::from_text(&text).unwrap().order_of_use, ["c", "b", "x", "a"]);
    start.event(Event::StoreWritten { job, result: Ok(()) });
    assert!(!start.core.model.projects.has_fresh_uses());
}
