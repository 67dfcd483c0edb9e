//! `core::tree::Node` out of JSON that may hold anything.
//!
//! Written by hand instead of derived, for three reasons: a value of the wrong type takes its
//! default instead of costing us the whole tree; the children of an event's workspace are skipped
//! unread; and the depth is counted in containers, since serde_json's own limit of 128 brackets
//! ends at 62 containers.

use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess};

use super::lenient::{FromAny, Key, Lenient, One, Scalar, scalar, value};
use crate::core::tree::{Node, Rect, WindowProperties};

/// How many containers may stand in each other, the root included. Decoding takes up to 6 KiB of
/// stack for each level (debug build).
pub const CONTAINER_LEVELS_MAX: usize = 200;

/// Decode a payload of GET_TREE.
///
/// # Errors
/// It is not JSON, not a container, or nested deeper than `CONTAINER_LEVELS_MAX`.
pub fn decode_tree(text: &str) -> Result<Box<Node>, String> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    // Safe: what recurses is `NodeSeed`, which counts its levels, and objects that it reads without
    // their children.
    deserializer.disable_recursion_limit();
    let node = NodeSeed::with_children().deserialize(&mut deserializer).map_err(|error| error.to_string())?;
    deserializer.end().map_err(|error| error.to_string())?;
    node.ok_or_else(|| "the tree is not an object".to_owned())
}

/// Reads one container; none if the value is not an object. Boxed, because a `Node` by value in
/// each of the frames of a level makes that level several times as large.
#[derive(Clone, Copy)]
pub(super) struct NodeSeed {
    levels_left: usize,
    children: bool,
}

impl NodeSeed {
    pub(super) fn with_children() -> NodeSeed {
        NodeSeed { levels_left: CONTAINER_LEVELS_MAX, children: true }
    }

    pub(super) fn without_children() -> NodeSeed {
        NodeSeed { levels_left: CONTAINER_LEVELS_MAX, children: false }
    }
}

impl<'de> DeserializeSeed<'de> for NodeSeed {
    type Value = Option<Box<Node>>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Box<Node>>, D::Error> {
        deserializer.deserialize_any(Lenient(NodeFields(self)))
    }
}

struct NodeFields(NodeSeed);

impl FromAny for NodeFields {
    type Value = Option<Box<Node>>;

    fn object<'de, A: MapAccess<'de>>(self, mut fields: A) -> Result<Option<Box<Node>>, A::Error> {
        let NodeFields(seed) = self;
        let Some(levels_left) = seed.levels_left.checked_sub(1) else {
            return Err(A::Error::custom(format_args!("more than {CONTAINER_LEVELS_MAX} containers in each other")));
        };
        let seed = NodeSeed { levels_left, ..seed };
        let mut node = Box::<Node>::default();
        let mut id = None;
        while let Some(key) = fields.next_key_seed(Key)? {
            match &*key {
                "id" => id = scalar(&mut fields)?,
                "type" => node.kind = scalar(&mut fields)?,
                "name" => node.name = scalar(&mut fields)?,
                "layout" => node.layout = scalar(&mut fields)?,
                "percent" => node.percent = scalar(&mut fields)?,
                "rect" => node.rect = value(&mut fields, RectFields)?,
                "window_rect" => node.window_rect = value(&mut fields, RectFields)?,
                "deco_rect" => node.deco_rect = value(&mut fields, RectFields)?,
                "marks" => node.marks = value(&mut fields, List(PhantomData::<String>))?,
                "focused" => node.focused = scalar(&mut fields)?,
                "focus" => node.focus = value(&mut fields, List(PhantomData::<u64>))?,
                "sticky" => node.sticky = scalar(&mut fields)?,
                "urgent" => node.urgent = scalar(&mut fields)?,
                "fullscreen_mode" => node.fullscreen_mode = scalar(&mut fields)?,
                "floating" => node.floating = scalar(&mut fields)?,
                "scratchpad_state" => node.scratchpad_state = scalar(&mut fields)?,
                "visible" => node.visible = scalar(&mut fields)?,
                "window" => node.window = scalar(&mut fields)?,
                "window_properties" => node.window_properties = value(&mut fields, PropertyFields)?,
                "app_id" => node.app_id = scalar(&mut fields)?,
                "pid" => node.pid = scalar(&mut fields)?,
                "window_type" => node.window_type = scalar(&mut fields)?,
                "current_workspace" => node.current_workspace = scalar(&mut fields)?,
                "nodes" if seed.children => node.nodes = value(&mut fields, Children(seed))?,
                "floating_nodes" if seed.children => node.floating_nodes = value(&mut fields, Children(seed))?,
                _ => drop(fields.next_value::<IgnoredAny>()?),
            }
        }
        node.id = id.ok_or_else(|| A::Error::custom("a container without id"))?;
        Ok(Some(node))
    }
}

struct Children(NodeSeed);

impl FromAny for Children {
    type Value = Vec<Node>;
    fn array<'de, A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<Node>, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = items.next_element_seed(self.0)? {
            nodes.extend(node.map(|node| *node));
        }
        nodes.shrink_to_fit();
        Ok(nodes)
    }
}

struct RectFields;

impl FromAny for RectFields {
    type Value = Rect;
    fn object<'de, A: MapAccess<'de>>(self, mut fields: A) -> Result<Rect, A::Error> {
        let mut rect = Rect::default();
        while let Some(key) = fields.next_key_seed(Key)? {
            match &*key {
                "x" => rect.x = scalar(&mut fields)?,
                "y" => rect.y = scalar(&mut fields)?,
                "width" => rect.width = scalar(&mut fields)?,
                "height" => rect.height = scalar(&mut fields)?,
                _ => drop(fields.next_value::<IgnoredAny>()?),
            }
        }
        Ok(rect)
    }
}

struct PropertyFields;

impl FromAny for PropertyFields {
    type Value = WindowProperties;
    fn object<'de, A: MapAccess<'de>>(self, mut fields: A) -> Result<WindowProperties, A::Error> {
        let mut properties = WindowProperties::default();
        while let Some(key) = fields.next_key_seed(Key)? {
            match &*key {
                "class" => properties.class = scalar(&mut fields)?,
                "instance" => properties.instance = scalar(&mut fields)?,
                "window_role" => properties.window_role = scalar(&mut fields)?,
                "window_type" => properties.window_type = scalar(&mut fields)?,
                "transient_for" => properties.transient_for = scalar(&mut fields)?,
                _ => drop(fields.next_value::<IgnoredAny>()?),
            }
        }
        Ok(properties)
    }
}

struct List<T>(PhantomData<T>);

impl<T> FromAny for List<T>
where
    Option<T>: Scalar,
{
    type Value = Vec<T>;
    fn array<'de, A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = items.next_element_seed(Lenient(One(PhantomData::<Option<T>>)))? {
            values.extend(value);
        }
        Ok(values)
    }
}
