//! What the daemon does itself in the course of a switch, without a window manager: decoding a tree, and deciding.

use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;

use i3pm::config::{self, Subject};
use i3pm::core::WmKind;
use i3pm::core::plan::{self, Before, HidingPlace, Situation};
use i3pm::core::table::{Owner, Table};
use i3pm::core::tree::{Node, View};
use i3pm::wire::wm::decode_tree;

const WORKSPACES: usize = 4;

/// A tree of i3 with this many windows on four workspaces, split in twos.
fn tree(windows: usize) -> String {
    let mut id = 100;
    let mut next = || {
        id += 1;
        id
    };
    let mut workspaces = Vec::new();
    for workspace in 0..WORKSPACES {
        let mut splits = Vec::new();
        for split in 0..windows / WORKSPACES / 2 {
            let leaves: Vec<String> = (0..2)
                .map(|leaf| {
                    format!(
                        r#"{{"id":{},"type":"con","name":"window {split} {leaf}","layout":"splith","percent":0.5,"rect":{{"x":0,"y":0,"width":960,"height":540}},"window":{},"window_properties":{{"class":"Term","instance":"term"}},"marks":[],"focus":[],"nodes":[],"floating_nodes":[]}}"#,
                        next(),
                        next()
                    )
                })
                .collect();
            splits.push(format!(
                r#"{{"id":{},"type":"con","name":null,"layout":"splitv","percent":0.1,"rect":{{"x":0,"y":0,"width":960,"height":1080}},"window":null,"marks":[],"focus":[],"nodes":[{}],"floating_nodes":[]}}"#,
                next(),
                leaves.join(",")
            ));
        }
        workspaces.push(format!(
            r#"{{"id":{},"type":"workspace","name":"{workspace}","layout":"splith","rect":{{"x":0,"y":0,"width":1920,"height":1080}},"focus":[],"nodes":[{}],"floating_nodes":[]}}"#,
            next(),
            splits.join(",")
        ));
    }
    format!(
        r#"{{"id":1,"type":"root","name":"root","nodes":[{{"id":2,"type":"output","name":"screen","nodes":[{{"id":3,"type":"con","name":"content","focus":[],"nodes":[{}],"floating_nodes":[]}}],"floating_nodes":[]}}],"floating_nodes":[]}}"#,
        workspaces.join(",")
    )
}

fn plan_of(tree: &Node, table: &Table) -> usize {
    let view = View::new(tree);
    let situation = Situation { kind: WmKind::Sway, hides_in: HidingPlace::Scratchpad, view: &view, table };
    let hides = plan::find_hides(&situation, &|_| Some("a".to_string()));
    let before = Before::new(&view);
    let hiding = plan::hide(&situation, &hides, false, &before, None, &|_| None);
    hiding.script.into_messages().len() + hiding.leaving.len()
}

fn switch(criterion: &mut Criterion) {
    for windows in [16, 200] {
        let text = tree(windows);
        let decoded = decode_tree(&text).expect("a tree of our own");
        let mut table = Table::default();
        table.reconcile(WmKind::Sway, &View::new(&decoded), false);
        for window in table.windows.values_mut() {
            window.owner = Owner::project("a");
        }
        criterion.bench_function(&format!("decode a tree of {windows} windows"), |bencher| {
            bencher.iter(|| decode_tree(black_box(&text)));
        });
        criterion.bench_function(&format!("reconcile {windows} windows"), |bencher| {
            bencher.iter(|| table.clone().reconcile(WmKind::Sway, &View::new(black_box(&decoded)), false));
        });
        criterion.bench_function(&format!("plan to hide {windows} windows"), |bencher| {
            bencher.iter(|| plan_of(black_box(&decoded), &table));
        });
    }
}

/// A thousand rules of four kinds, of which the last fits, as a window meets them.
fn rules(criterion: &mut Criterion) {
    const RULES: usize = 1000;
    let literal = |number: usize| format!("class = 'Class{number}'");
    let mixed = |number: usize| match number % 4 {
        0 => format!("class = 'Class{number}'"),
        1 => format!("app_id = 'org.example.app{number}'"),
        2 => format!("title = 'glob:*project {number} *'"),
        _ => format!("class = 're:^(Term|Editor){number}$'"),
    };
    let patterns = |number: usize| format!("title = 're:(?i)chapter {number} of'");
    let kinds: [(&str, &dyn Fn(usize) -> String); 3] =
        [("literal", &literal), ("mixed", &mixed), ("patterns on titles", &patterns)];
    let subject = Subject {
        class: Some("Firefox"),
        instance: Some("Navigator"),
        title: Some("Issue 6: applications, rules and launching - Mozilla Firefox"),
        ..Subject::default()
    };
    for (kind, line) in kinds {
        let text: String = (0..RULES).map(|number| format!("[[rule]]\n{}\nglobal = true\n", line(number))).collect();
        let config = config::parse("config.toml", &text, None).expect("good rules");
        criterion.bench_function(&format!("{RULES} rules that do not fit: {kind}"), |bencher| {
            bencher.iter(|| config.rules.iter().filter(|rule| rule.condition.matches(black_box(&subject))).count());
        });
    }
}

criterion_group!(benches, switch, rules);
criterion_main!(benches);
