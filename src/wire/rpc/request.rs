//! A line of a peer into calls.
//!
//! The line is first checked as JSON without keeping anything of it; then the members of each
//! request are taken out as text, and only the parameters of a known method are read into values.
//! So a line of a megabyte costs no more than its parameters, an id stays as it was written, and
//! null and missing are told apart.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::api::{ApiError, BATCH_CALLS_MAX, Call, ErrorCode, ID_BYTES_MAX, METHOD_BYTES_MAX};

/// A call's id as its JSON was written: a string, a number or null.
pub(super) type Id = Box<RawValue>;

/// What a line holds.
#[derive(Debug)]
pub(super) enum Line {
    /// Only white space.
    Empty,
    /// No request at all: answered with the id null.
    Broken(ApiError),
    Single(Request),
    Batch(Vec<Request>),
}

/// A call, or what is wrong with it.
#[derive(Debug)]
pub(super) struct Request {
    /// None for a notification.
    pub(super) id: Option<Id>,
    pub(super) call: Result<Call, ApiError>,
}

impl Line {
    /// `line` is without its newline.
    pub(super) fn decode(line: &[u8]) -> Line {
        let text = match std::str::from_utf8(line) {
            Ok(text) => text.trim_matches([' ', '\t', '\r']),
            Err(error) => return Line::Broken(parse_error(&format!("invalid UTF-8: {error}"))),
        };
        if text.is_empty() {
            return Line::Empty;
        }
        if let Err(error) = serde_json::from_str::<&RawValue>(text) {
            let hint = match text.strip_prefix('\u{feff}') {
                Some(_) => "; it begins with a byte order mark, which is no JSON: one message a line, and nothing else",
                None if error.is_eof() => "; one message a line, and all of it on that",
                None => "",
            };
            return Line::Broken(parse_error(&format!("{error}{hint}")));
        }
        if !text.starts_with('[') {
            return Line::Single(Request::decode(text));
        }
        match serde_json::from_str::<Items>(text) {
            Ok(Items { items, more: false }) if !items.is_empty() => {
                Line::Batch(items.into_iter().map(|item| Request::decode(item.get())).collect())
            }
            Ok(Items { more: false, .. }) => Line::Broken(invalid("a batch holds at least one call".to_owned())),
            Ok(Items { more: true, .. }) => {
                Line::Broken(invalid(format!("a batch holds at most {BATCH_CALLS_MAX} calls; send them in parts")))
            }
            Err(error) => Line::Broken(parse_error(&error.to_string())),
        }
    }
}

impl Request {
    fn decode(text: &str) -> Request {
        // A derived struct would take an array for its members in order.
        let members = if text.starts_with('{') {
            serde_json::from_str::<Members>(text).map_err(|error| error.to_string())
        } else {
            Err("not an object".to_owned())
        };
        let members = match members {
            Ok(members) => members,
            Err(reason) => return Request::invalid(None, format!("a request must be an object: {reason}")),
        };
        let id = match members.id.map(check_id).transpose() {
            Ok(id) => id,
            Err(reason) => return Request::invalid(None, reason),
        };
        if members.jsonrpc.and_then(text_of).as_deref() != Some("2.0") {
            return Request::invalid(id, "the member jsonrpc must be \"2.0\"".to_owned());
        }
        let Some(method) = members.method.and_then(text_of) else {
            return Request::invalid(id, "the member method must be a string".to_owned());
        };
        if method.len() > METHOD_BYTES_MAX {
            let reason = format!("no method has a name of {} bytes", method.len());
            return Request { id, call: Err(ApiError::new(ErrorCode::MethodNotFound, reason)) };
        }
        let params = match members.params {
            None => None,
            Some(params) if !params.get().starts_with(['{', '[']) => {
                return Request::invalid(id, "the member params must be an object or an array".to_owned());
            }
            Some(params) => match serde_json::from_str(params.get()) {
                Ok(params) => Some(params),
                Err(error) => {
                    // Well-formed, but not to be read: a lone surrogate, or nested too deep.
                    let reason = format!("{method}: params cannot be read: {error}");
                    return Request { id, call: Err(ApiError::new(ErrorCode::InvalidParams, reason)) };
                }
            },
        };
        Request { id, call: Call::decode(&method, params) }
    }

    /// What is no request: it is answered even if it has no id.
    fn invalid(id: Option<Id>, reason: String) -> Request {
        Request { id: Some(id.unwrap_or_else(|| RawValue::NULL.to_owned())), call: Err(invalid(reason)) }
    }
}

fn check_id(id: &RawValue) -> Result<Id, String> {
    let text = id.get();
    if text.len() > ID_BYTES_MAX {
        return Err(format!("the id has {} bytes; the limit is {ID_BYTES_MAX}", text.len()));
    }
    if text == "null" || text.starts_with(|first: char| first == '"' || first == '-' || first.is_ascii_digit()) {
        return Ok(id.to_owned());
    }
    Err("the id must be a string, a number or null".to_owned())
}

fn text_of(value: &RawValue) -> Option<String> {
    serde_json::from_str(value.get()).ok()
}

fn parse_error(reason: &str) -> ApiError {
    ApiError::new(ErrorCode::ParseError, format!("the line is not JSON: {reason}"))
}

fn invalid(reason: String) -> ApiError {
    ApiError::new(ErrorCode::InvalidRequest, reason)
}

#[derive(Deserialize)]
struct Members<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    jsonrpc: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    method: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    params: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'a RawValue>,
}

/// An `Option` would read null as missing.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// The items of an array, no more of them than a batch may have.
struct Items<'a> {
    items: Vec<&'a RawValue>,
    more: bool,
}

impl<'de> Deserialize<'de> for Items<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Items<'de>, D::Error> {
        deserializer.deserialize_seq(ItemsVisitor)
    }
}

struct ItemsVisitor;

impl<'de> Visitor<'de> for ItemsVisitor {
    type Value = Items<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Items<'de>, A::Error> {
        let mut items = Vec::new();
        while items.len() < BATCH_CALLS_MAX {
            match array.next_element()? {
                Some(item) => items.push(item),
                None => return Ok(Items { items, more: false }),
            }
        }
        let mut more = false;
        while array.next_element::<IgnoredAny>()?.is_some() {
            more = true;
        }
        Ok(Items { items, more })
    }
}
