//! The one shape in which a `StreamGate` process says no: `{"error":"<text>","code":"<code>"}`.

use serde::Serialize;

#[derive(Serialize)]
struct ErrorBody<'a> {
    error: &'a str,
    code: &'a str,
}

/// Returns the JSON body of a refusal: `text` for people, `code` for programs.
pub fn json(code: &str, text: &str) -> Vec<u8> {
    // Two strings always serialise; an empty body would still be a refusal.
    serde_json::to_vec(&ErrorBody { error: text, code }).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #[test]
    fn text_and_code_are_escaped_and_in_this_order() {
        assert_eq!(
            super::json("not_found", "No \"such\" file"),
            br#"{"error":"No \"such\" file","code":"not_found"}"#
        );
    }
}
