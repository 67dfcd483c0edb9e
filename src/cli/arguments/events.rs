//! What may be written after `i3pm events` and `subscribe`.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::api::Topic;

/// What `events` takes.
#[derive(Debug, Args)]
pub struct EventsArguments {
    /// Then go on, and show what happens from now.
    #[arg(long, short)]
    pub follow: bool,
    /// Show at most this many, the newest.
    #[arg(long, short = 'n', value_name = "COUNT")]
    pub limit: Option<usize>,
    /// With --follow: end when the daemon does, instead of going on with the next one.
    #[arg(long, requires = "follow")]
    pub once: bool,
}

/// What `subscribe` takes.
#[derive(Debug, Args)]
pub struct SubscribeArguments {
    /// The topics [default: all].
    #[arg(value_name = "TOPIC", value_parser = topic_parser())]
    pub topics: Vec<Topic>,
    /// End after this many notices.
    #[arg(long, short = 'n', value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// Leave out the state with which each topic begins: print only what changes from now.
    #[arg(long)]
    pub no_initial: bool,
    /// End when the daemon does, or if there is none, instead of waiting for the next one.
    #[arg(long)]
    pub once: bool,
}

const TOPICS: [(&str, Topic); 6] = [
    ("projects", Topic::Projects),
    ("windows", Topic::Windows),
    ("workspaces", Topic::Workspaces),
    ("wm", Topic::Wm),
    ("daemon", Topic::Daemon),
    ("all", Topic::All),
];

fn topic_parser() -> impl TypedValueParser<Value = Topic> {
    PossibleValuesParser::new(TOPICS.map(|(name, _)| name)).try_map(|name| {
        let found = TOPICS.iter().find(|(known, _)| *known == name);
        found.map(|(_, topic)| *topic).ok_or("no such topic")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_has_a_name() {
        for topic in Topic::EACH.into_iter().chain([Topic::All]) {
            let name = serde_json::to_value(topic).expect("a topic is a string");
            assert!(TOPICS.iter().any(|(known, of)| name == *known && *of == topic), "{name}");
        }
    }
}
