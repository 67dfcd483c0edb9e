//! JSON into values: one of the wrong type is no error, it becomes the default.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{Error as ValueError, StrDeserializer};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::core::tree::{Layout, NodeKind};

/// What becomes of each kind of JSON value; the default, unless said otherwise.
pub(super) trait FromAny: Sized {
    type Value: Default;

    fn boolean(self, _: bool) -> Self::Value {
        Self::Value::default()
    }

    fn integer(self, _: i128) -> Self::Value {
        Self::Value::default()
    }

    fn float(self, _: f64) -> Self::Value {
        Self::Value::default()
    }

    fn text(self, _: &str) -> Self::Value {
        Self::Value::default()
    }

    fn array<'de, A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self::Value::default())
    }

    fn object<'de, A: MapAccess<'de>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
        while fields.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self::Value::default())
    }
}

/// Makes a serde seed of a `FromAny`.
pub(super) struct Lenient<F>(pub(super) F);

impl<'de, F: FromAny> DeserializeSeed<'de> for Lenient<F> {
    type Value = F::Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<F::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, F: FromAny> Visitor<'de> for Lenient<F> {
    type Value = F::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("anything")
    }

    fn visit_unit<E: Error>(self) -> Result<F::Value, E> {
        Ok(F::Value::default())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<F::Value, E> {
        Ok(self.0.boolean(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<F::Value, E> {
        Ok(self.0.integer(value.into()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<F::Value, E> {
        Ok(self.0.integer(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<F::Value, E> {
        Ok(self.0.float(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<F::Value, E> {
        Ok(self.0.text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<F::Value, A::Error> {
        self.0.array(items)
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<F::Value, A::Error> {
        self.0.object(fields)
    }
}

/// A type that is one string, number or boolean.
pub(super) trait Scalar: Default {
    fn from_boolean(_: bool) -> Self {
        Self::default()
    }

    fn from_integer(_: i128) -> Self {
        Self::default()
    }

    fn from_float(_: f64) -> Self {
        Self::default()
    }

    fn from_text(_: &str) -> Self {
        Self::default()
    }
}

/// Reads a scalar.
pub(super) struct One<T>(pub(super) PhantomData<T>);

impl<T: Scalar> FromAny for One<T> {
    type Value = T;

    fn boolean(self, value: bool) -> T {
        T::from_boolean(value)
    }

    fn integer(self, value: i128) -> T {
        T::from_integer(value)
    }

    fn float(self, value: f64) -> T {
        T::from_float(value)
    }

    fn text(self, value: &str) -> T {
        T::from_text(value)
    }
}

impl Scalar for bool {
    fn from_boolean(value: bool) -> bool {
        value
    }
}

impl Scalar for Option<bool> {
    fn from_boolean(value: bool) -> Option<bool> {
        Some(value)
    }
}

impl Scalar for Option<String> {
    fn from_text(value: &str) -> Option<String> {
        Some(value.to_owned())
    }
}

impl Scalar for Option<u64> {
    fn from_integer(value: i128) -> Option<u64> {
        u64::try_from(value).ok()
    }
}

impl Scalar for Option<u32> {
    fn from_integer(value: i128) -> Option<u32> {
        u32::try_from(value).ok()
    }
}

impl Scalar for u8 {
    fn from_integer(value: i128) -> u8 {
        u8::try_from(value).unwrap_or_default()
    }
}

impl Scalar for i32 {
    fn from_integer(value: i128) -> i32 {
        i32::try_from(value).unwrap_or_default()
    }

    #[allow(
        clippy::cast_possible_truncation,
        reason = "a float as an integer saturates, and what is no number becomes 0"
    )]
    fn from_float(value: f64) -> i32 {
        value.round() as i32
    }
}

impl Scalar for Option<f64> {
    #[allow(clippy::cast_precision_loss, reason = "a share of a parent needs no more")]
    fn from_integer(value: i128) -> Option<f64> {
        Some(value as f64)
    }

    fn from_float(value: f64) -> Option<f64> {
        Some(value)
    }
}

impl Scalar for NodeKind {
    fn from_text(value: &str) -> NodeKind {
        enumeration(value)
    }
}

impl Scalar for Layout {
    fn from_text(value: &str) -> Layout {
        enumeration(value)
    }
}

fn enumeration<'a, T: Deserialize<'a> + Default>(name: &'a str) -> T {
    T::deserialize(StrDeserializer::<ValueError>::new(name)).unwrap_or_default()
}

/// The value of the present key: a scalar.
pub(super) fn scalar<'de, T: Scalar, A: MapAccess<'de>>(fields: &mut A) -> Result<T, A::Error> {
    fields.next_value_seed(Lenient(One(PhantomData)))
}

/// The value of the present key: whatever `kind` makes of it.
pub(super) fn value<'de, F: FromAny, A: MapAccess<'de>>(fields: &mut A, kind: F) -> Result<F::Value, A::Error> {
    fields.next_value_seed(Lenient(kind))
}

/// Reads a key without copying it if possible.
pub(super) struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_borrowed_str<E: Error>(self, key: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}
