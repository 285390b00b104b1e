//! Fields of JSON objects, each taken once: what is left over at the end is a mistake.

use serde_json::{Map, Value};

/// An object whose fields are being taken.
pub struct Fields {
    place: String,
    left: Map<String, Value>,
}

impl Fields {
    /// The fields of `value`; `place` is for messages.
    pub fn of(place: &str, value: Value) -> Self {
        let Value::Object(left) = value else {
            panic!("{place}: no object")
        };
        let place = place.to_owned();
        Self { place, left }
    }

    /// Takes a field that may be missing.
    pub fn may(&mut self, name: &str) -> Option<Value> {
        self.left.remove(name)
    }

    /// Takes a field that must be there.
    pub fn must(&mut self, name: &str) -> Value {
        let place = &self.place;
        let value = self.left.remove(name);
        value.unwrap_or_else(|| panic!("{place}: no `{name}`"))
    }

    /// Takes a text.
    pub fn text(&mut self, name: &str) -> String {
        let value = self.must(name);
        text(&self.place, &value)
    }

    /// Takes a text that may be missing.
    pub fn may_text(&mut self, name: &str) -> Option<String> {
        let value = self.may(name)?;
        Some(text(&self.place, &value))
    }

    /// Takes a list of texts that may be missing.
    pub fn may_texts(&mut self, name: &str) -> Option<Vec<String>> {
        let value = self.may(name)?;
        Some(
            list(&self.place, value)
                .iter()
                .map(|value| text(&self.place, value))
                .collect(),
        )
    }

    /// Takes pairs of texts that may be missing.
    pub fn may_pairs(&mut self, name: &str) -> Option<Vec<[String; 2]>> {
        let place = self.place.clone();
        let pair = |value: Value| -> [String; 2] {
            let both: Vec<String> = list(&place, value)
                .iter()
                .map(|it| text(&place, it))
                .collect();
            both.try_into()
                .unwrap_or_else(|_| panic!("{place}: no pair"))
        };
        Some(
            list(&place, self.may(name)?)
                .into_iter()
                .map(pair)
                .collect(),
        )
    }

    /// Takes a truth that is `false` where it is missing.
    pub fn flag(&mut self, name: &str) -> bool {
        let place = &self.place;
        let value = self.left.remove(name);
        value.is_some_and(|value| value.as_bool().unwrap_or_else(|| panic!("{place}: {name}")))
    }

    /// Nothing may be left.
    pub fn end(self) {
        let left: Vec<_> = self.left.keys().collect();
        assert!(left.is_empty(), "{}: unknown {left:?}", self.place);
    }
}

/// A list.
pub fn list(place: &str, value: Value) -> Vec<Value> {
    let Value::Array(list) = value else {
        panic!("{place}: no list")
    };
    list
}

fn text(place: &str, value: &Value) -> String {
    let text = value.as_str();
    text.unwrap_or_else(|| panic!("{place}: no text"))
        .to_owned()
}
