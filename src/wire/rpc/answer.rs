//! Answers and notices as JSON.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::api::{ApiError, ERROR_MESSAGE_BYTES_MAX, ErrorCode, Notice, Reply};

#[derive(Serialize)]
struct Answer<'a> {
    jsonrpc: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'a Reply>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorObject<'a>>,
    id: &'a RawValue,
}

#[derive(Serialize)]
struct ErrorObject<'a> {
    code: i32,
    message: &'a str,
    data: ErrorData,
}

#[derive(Serialize)]
struct ErrorData {
    code: ErrorCode,
}

#[derive(Serialize)]
struct Notification<'a> {
    jsonrpc: &'static str,
    method: &'static str,
    params: &'a Notice,
}

/// An answer without its newline. JSON escapes what could break a line.
pub(super) fn encode_answer(id: &RawValue, result: &Result<Reply, ApiError>) -> Vec<u8> {
    let answer = Answer {
        jsonrpc: "2.0",
        result: result.as_ref().ok(),
        error: result.as_ref().err().map(|error| ErrorObject {
            code: error.code.number(),
            message: &error.message[..error.message.floor_char_boundary(ERROR_MESSAGE_BYTES_MAX)],
            data: ErrorData { code: error.code },
        }),
        id,
    };
    encode(&answer)
}

/// A notice without its newline.
pub(super) fn encode_notice(notice: &Notice) -> Vec<u8> {
    encode(&Notification { jsonrpc: "2.0", method: "notice", params: notice })
}

fn encode(message: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(message).expect("our own types have string keys and a Vec takes every write")
}
