//! The client's end: calls out, answers and notices in.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api::{Call, Notice};

/// A line that the daemon sent.
#[derive(Debug, Clone, PartialEq)]
pub enum ServerMessage {
    /// The answer to a call.
    Answer {
        /// The id that `encode_call` was given; none if the daemon could not tell which call it
        /// was, or if it says why it closes.
        id: Option<u64>,
        /// What the call brought.
        result: Result<Value, AnswerError>,
    },
    /// A notice of a topic that was subscribed to.
    Notice {
        /// Its params as they came: a newer daemon may say more than `Notice` holds.
        params: Value,
    },
}

impl ServerMessage {
    /// The notice in our own terms.
    ///
    /// # Errors
    /// It does not fit this version's types.
    pub fn notice(params: &Value) -> Result<Notice, serde_json::Error> {
        Notice::deserialize(params)
    }
}

/// Why a call was not done, in the daemon's words.
#[derive(Debug, Clone, PartialEq, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct AnswerError {
    /// The number of its code.
    pub code: i32,
    /// A sentence.
    pub message: String,
    /// `{"code": NAME}`, and whatever newer daemons add.
    #[serde(default)]
    pub data: Value,
}

impl AnswerError {
    /// The name of its code, as in the table of codes.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.data.get("code")?.as_str()
    }
}

/// A line is no JSON-RPC message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an answer of i3pmd: {reason}")]
pub struct MessageError {
    /// What is wrong with it.
    pub reason: String,
}

#[derive(Serialize)]
struct Outgoing<'a> {
    jsonrpc: &'static str,
    id: u64,
    #[serde(flatten)]
    call: &'a Call,
}

#[derive(Deserialize)]
struct IncomingMembers {
    #[serde(default)]
    id: Option<u64>,
    #[serde(default)]
    result: Option<Value>,
    #[serde(default)]
    error: Option<AnswerError>,
    #[serde(default)]
    method: Option<String>,
    #[serde(default)]
    params: Value,
}

/// A call as a line, newline included.
#[must_use]
pub fn encode_call(id: u64, call: &Call) -> String {
    let mut line = serde_json::to_string(&Outgoing { jsonrpc: "2.0", id, call }).expect("a call has string keys");
    line.push('\n');
    line
}

/// What a line of the daemon says, with or without its newline.
///
/// # Errors
/// It is not JSON, or neither an answer nor a notice.
pub fn decode_answer(line: &str) -> Result<ServerMessage, MessageError> {
    let members: IncomingMembers =
        serde_json::from_str(line).map_err(|error| MessageError { reason: error.to_string() })?;
    match members {
        IncomingMembers { method: Some(method), params, .. } if method == "notice" => {
            Ok(ServerMessage::Notice { params })
        }
        IncomingMembers { method: Some(method), .. } => {
            Err(MessageError { reason: format!("unknown method {method:?}") })
        }
        IncomingMembers { error: Some(error), id, .. } => Ok(ServerMessage::Answer { id, result: Err(error) }),
        // A result may be null.
        IncomingMembers { result, id: Some(id), .. } => {
            Ok(ServerMessage::Answer { id: Some(id), result: Ok(result.unwrap_or_default()) })
        }
        _ => Err(MessageError { reason: "it has neither id nor method".to_owned() }),
    }
}
