//! All messages but the tree have few fields, and no two use one name for different things: so one
//! reader reads them all.

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess};

use super::lenient::{FromAny, Key, Lenient, scalar, value};
use super::node::NodeSeed;
use crate::core::tree::Node;
use crate::core::{WindowChange, WorkspaceChange};

/// The fields of a reply or event that matter to us.
#[derive(Debug, Default)]
pub(super) struct Body {
    /// Every event.
    pub(super) change: Option<String>,
    /// A window event.
    pub(super) container: Option<Box<Node>>,
    /// A workspace event.
    pub(super) current: Option<Box<Node>>,
    /// A workspace event.
    pub(super) old: Option<Box<Node>>,
    /// A tick.
    pub(super) first: bool,
    /// A tick.
    pub(super) payload: Option<String>,
    /// A binding, inside its `binding`.
    pub(super) command: Option<String>,
    /// The reply to a command or to SUBSCRIBE.
    pub(super) success: bool,
    /// The reply to a command.
    pub(super) error: Option<String>,
    /// The reply to GET_VERSION: newer sways.
    pub(super) variant: Option<String>,
    /// The reply to GET_VERSION.
    pub(super) human_readable: Option<String>,
    /// The reply to GET_CONFIG.
    pub(super) config: Option<String>,
}

pub(super) fn decode(text: &str) -> Result<Body, String> {
    read(text, BodySeed)?.ok_or_else(|| "not an object".to_owned())
}

pub(super) fn decode_list(text: &str) -> Result<Vec<Body>, String> {
    read(text, Lenient(Items))?.ok_or_else(|| "not an array of objects".to_owned())
}

fn read<'de, S: DeserializeSeed<'de>>(text: &'de str, seed: S) -> Result<S::Value, String> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    // Safe for the same reason as in `decode_tree`.
    deserializer.disable_recursion_limit();
    let value = seed.deserialize(&mut deserializer).map_err(|error| error.to_string())?;
    deserializer.end().map_err(|error| error.to_string())?;
    Ok(value)
}

struct BodySeed;

impl<'de> DeserializeSeed<'de> for BodySeed {
    type Value = Option<Body>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Body>, D::Error> {
        deserializer.deserialize_any(Lenient(Fields))
    }
}

struct Fields;

impl FromAny for Fields {
    type Value = Option<Body>;
    fn object<'de, A: MapAccess<'de>>(self, mut fields: A) -> Result<Option<Body>, A::Error> {
        let mut body = Body::default();
        while let Some(key) = fields.next_key_seed(Key)? {
            match &*key {
                "change" => body.change = scalar(&mut fields)?,
                "container" => body.container = fields.next_value_seed(NodeSeed::with_children())?,
                "current" => body.current = fields.next_value_seed(NodeSeed::without_children())?,
                "old" => body.old = fields.next_value_seed(NodeSeed::without_children())?,
                "first" => body.first = scalar(&mut fields)?,
                "payload" => body.payload = scalar(&mut fields)?,
                "binding" => body.command = value(&mut fields, BindingFields)?,
                "success" => body.success = scalar(&mut fields)?,
                "error" => body.error = scalar(&mut fields)?,
                "variant" => body.variant = scalar(&mut fields)?,
                "human_readable" => body.human_readable = scalar(&mut fields)?,
                "config" => body.config = scalar(&mut fields)?,
                _ => drop(fields.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Some(body))
    }
}

struct BindingFields;

impl FromAny for BindingFields {
    type Value = Option<String>;
    fn object<'de, A: MapAccess<'de>>(self, mut fields: A) -> Result<Option<String>, A::Error> {
        let mut command = None;
        while let Some(key) = fields.next_key_seed(Key)? {
            match &*key {
                "command" => command = scalar(&mut fields)?,
                _ => drop(fields.next_value::<IgnoredAny>()?),
            }
        }
        Ok(command)
    }
}

struct Items;

impl FromAny for Items {
    type Value = Option<Vec<Body>>;
    fn array<'de, A: SeqAccess<'de>>(self, mut items: A) -> Result<Option<Vec<Body>>, A::Error> {
        let mut bodies = Vec::new();
        // An item that is no object says nothing of success: it counts as a failed command, so that
        // the number is right.
        while let Some(body) = items.next_element_seed(BodySeed)? {
            bodies.push(body.unwrap_or_default());
        }
        Ok(Some(bodies))
    }
}

/// What a change of a workspace is called.
pub(super) fn workspace_change(name: &str) -> WorkspaceChange {
    match name {
        "focus" => WorkspaceChange::Focus,
        "empty" => WorkspaceChange::Empty,
        "rename" => WorkspaceChange::Rename,
        _ => WorkspaceChange::Other,
    }
}

pub(super) fn window_change(name: &str) -> WindowChange {
    match name {
        "new" => WindowChange::New,
        "close" => WindowChange::Close,
        "focus" => WindowChange::Focus,
        "title" => WindowChange::Title,
        "fullscreen_mode" => WindowChange::FullscreenMode,
        "move" => WindowChange::Move,
        "floating" => WindowChange::Floating,
        "urgent" => WindowChange::Urgent,
        "mark" => WindowChange::Mark,
        _ => WindowChange::Other,
    }
}
