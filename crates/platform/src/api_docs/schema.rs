//! Schemas of the OpenAPI document as HTML.

use std::fmt::Write as _;

use serde_json::Value;

use super::page::escape;

const SCHEMA_PREFIX: &str = "#/components/schemas/";

/// Writes one schema of the document with its members.
pub(super) fn section(html: &mut String, name: &str, schema: &Value) {
    let shown = escape(name);
    // Writing to a text cannot fail; so everywhere below.
    let _infallible = write!(
        html,
        "<details id=\"schema-{shown}\"><summary><code>{shown}</code>{}</summary>",
        description(schema)
    );
    members(html, schema);
    html.push_str("</details>\n");
}

/// Writes the members of a schema, also those that it takes over from others.
fn members(html: &mut String, schema: &Value) {
    for part in list(&schema["allOf"]) {
        if part["$ref"].is_string() {
            let _infallible = write!(html, "<p>All members of {}, and:</p>", kind(part));
        } else {
            members(html, part);
        }
    }
    let Some(properties) = schema["properties"].as_object() else {
        if schema["allOf"].is_null() {
            let _infallible = write!(html, "<p>{}</p>", kind(schema));
        }
        return;
    };
    html.push_str("<table><tbody>");
    for (name, member) in properties {
        let required = list(&schema["required"]).iter().any(|one| one == name);
        let optional = if required { "" } else { ", optional" };
        let _infallible = write!(
            html,
            "<tr><th scope=\"row\"><code>{}</code></th><td>{}{optional}</td><td>{}</td></tr>",
            escape(name),
            kind(member),
            description(member)
        );
    }
    html.push_str("</tbody></table>");
}

/// Returns what a value is, in words, with a link to a schema of its own.
pub(super) fn kind(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = escape(reference.strip_prefix(SCHEMA_PREFIX).unwrap_or(reference));
        return format!("<a href=\"#schema-{name}\"><code>{name}</code></a>");
    }
    for choice in ["oneOf", "anyOf", "allOf"] {
        if schema[choice].is_array() {
            let kinds: Vec<String> = list(&schema[choice]).iter().map(kind).collect();
            return kinds.join(" or ");
        }
    }
    if schema["enum"].is_array() {
        let words = list(&schema["enum"]).iter().filter_map(Value::as_str);
        let words: Vec<String> = words
            .map(|word| format!("<code>{}</code>", escape(word)))
            .collect();
        return words.join(" or ");
    }
    let mut types = match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        Value::String(one) => vec![one.as_str()],
        _ => vec!["any value"],
    }
    .join(" or ");
    if schema["items"].is_object() {
        types = format!("{types} of {}", kind(&schema["items"]));
    }
    match schema["format"].as_str() {
        Some("date-time") => types.replace("string", "time (ISO 8601)"),
        _ => types,
    }
}

/// Returns a schema's description as a paragraph, or nothing.
pub(super) fn description(of: &Value) -> String {
    of["description"]
        .as_str()
        .map_or_else(String::new, |text| format!("<p>{}</p>", escape(text)))
}

pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
