//! The page: operations by whom they are for, then the schemas that they name.

#![expect(
    clippy::indexing_slicing,
    reason = "a member that a JSON value does not have is null"
)]

use std::fmt::Write as _;

use serde_json::Value;
use utoipa::openapi::OpenApi;

use super::schema::{self, description, kind, list};

/// For whom operations are, in the order of the page, with the tags of the document.
const READERS: [(&str, &str); 4] = [
    ("viewer", "Viewers: a code, a session, a token"),
    ("admin", "Organisers and integrators"),
    ("internal", "Edges"),
    ("operation", "Operation"),
];

/// Writes the page.
pub(super) fn html(document: &OpenApi) -> String {
    let document = serde_json::to_value(document).unwrap_or_default();
    let mut html = String::from(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>API</title>\
         <link rel=\"stylesheet\" href=\"docs/style.css\"></head><body>\n",
    );
    let info = &document["info"];
    let title = escape(info["title"].as_str().unwrap_or_default());
    let _infallible = write!(
        html,
        "<h1>{title} API</h1>{}<p>For programs: <a href=\"openapi.json\">openapi.json</a></p>\n<main>",
        description(info)
    );
    for (tag, heading) in READERS {
        let _infallible = writeln!(html, "<h2>{}</h2>", escape(heading));
        for (path, methods) in document["paths"].as_object().into_iter().flatten() {
            for (method, operation) in methods.as_object().into_iter().flatten() {
                if list(&operation["tags"]).iter().any(|one| one == tag) {
                    write_operation(&mut html, method, path, operation);
                }
            }
        }
    }
    html.push_str("<h2>Schemas</h2>\n");
    for (name, schema) in document["components"]["schemas"]
        .as_object()
        .into_iter()
        .flatten()
    {
        schema::section(&mut html, name, schema);
    }
    html.push_str("</main></body></html>\n");
    html
}

fn write_operation(html: &mut String, method: &str, path: &str, operation: &Value) {
    let summary = escape(operation["summary"].as_str().unwrap_or_default());
    let _infallible = write!(
        html,
        "<details id=\"{}\"><summary><span class=\"method\">{}</span> <span class=\"path\">{}</span><p>{summary}</p>\
         </summary>{}",
        escape(operation["operationId"].as_str().unwrap_or_default()),
        escape(method),
        escape(path),
        description(operation)
    );
    let parameters = list(&operation["parameters"]);
    if !parameters.is_empty() {
        html.push_str("<h3>Parameters</h3><table><tbody>");
        for parameter in parameters {
            let optional = if parameter["required"] == true {
                ""
            } else {
                ", optional"
            };
            let _infallible = write!(
                html,
                "<tr><th scope=\"row\"><code>{}</code></th><td>{}: {}{optional}</td><td>{}</td></tr>",
                escape(parameter["name"].as_str().unwrap_or_default()),
                escape(parameter["in"].as_str().unwrap_or_default()),
                kind(&parameter["schema"]),
                description(parameter)
            );
        }
        html.push_str("</tbody></table>");
    }
    for (media_type, body) in operation["requestBody"]["content"]
        .as_object()
        .into_iter()
        .flatten()
    {
        let _infallible = write!(
            html,
            "<h3>Body</h3><p>{}: {}</p>",
            escape(media_type),
            kind(&body["schema"])
        );
    }
    html.push_str("<h3>Answers</h3><table><tbody>");
    for (status, answer) in operation["responses"].as_object().into_iter().flatten() {
        let bodies = answer["content"].as_object().into_iter().flatten();
        let kinds: Vec<String> = bodies.map(|(_, body)| kind(&body["schema"])).collect();
        let _infallible = write!(
            html,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td></tr>",
            escape(status),
            description(answer),
            kinds.join(", ")
        );
    }
    html.push_str("</tbody></table></details>\n");
}

/// Returns a text that HTML takes for nothing but text, also in an attribute.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::{escape, html};

    #[test]
    fn every_operation_and_every_schema_has_its_place_and_every_link_an_end() {
        let document = crate::routes::openapi();
        let page = html(&document);
        let json = serde_json::to_value(&document).unwrap();
        for methods in json["paths"].as_object().unwrap().values() {
            for operation in methods.as_object().unwrap().values() {
                let id = operation["operationId"].as_str().unwrap();
                assert_eq!(page.matches(&format!("<details id=\"{id}\">")).count(), 1, "{id}");
            }
        }
        for name in json["components"]["schemas"].as_object().unwrap().keys() {
            assert!(
                page.contains(&format!("<details id=\"schema-{name}\">")),
                "{name}"
            );
        }
        for link in page.split("href=\"#").skip(1) {
            let end = link.split('"').next().unwrap();
            assert!(page.contains(&format!("id=\"{end}\"")), "{end}");
        }
    }

    #[test]
    fn the_page_has_no_script_no_inline_style_and_no_foreign_host() {
        let page = html(&crate::routes::openapi());
        for forbidden in ["<script", "style=", "://", "javascript:", " onclick"] {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
        assert!(page.len() < 200_000, "{} bytes", page.len());
        assert_eq!(escape("<a b=\"&\">"), "&lt;a b=&quot;&amp;&quot;&gt;");
    }
}
