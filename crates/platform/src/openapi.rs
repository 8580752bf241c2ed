//! What the OpenAPI document says of every operation alike, so that no handler has to repeat it.

use http::StatusCode;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder};
use utoipa::openapi::security::{SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, Response};
use utoipa::{PartialSchema as _, ToSchema as _};

use crate::error::ErrorBody;

const API_PATH: &str = "/api/";
const ADMIN_PATH: &str = "/api/admin/";
/// The one admin endpoint that needs no proof: it is how an organiser gets one.
const SIGN_IN_PATH: &str = "/api/admin/login";
const COOKIE_SCHEME: &str = "adminSession";
const KEY_SCHEME: &str = "adminApiKey";

/// Gives every operation of the API the schema of its refusals, and those of organisers their proofs.
pub(crate) fn complete(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    components
        .schemas
        .insert(ErrorBody::name().into_owned(), ErrorBody::schema());
    let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
        "admin_session",
        "Set by POST /api/admin/login; named __Host-admin_session when the public address is https.",
    )));
    components.add_security_scheme(COOKIE_SCHEME, cookie);
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
    let key = bearer.description(Some("ADMIN_API_KEY, when it is set.")).build();
    components.add_security_scheme(KEY_SCHEME, SecurityScheme::Http(key));
    for (path, item) in &mut document.paths.paths {
        let operations = [
            &mut item.get,
            &mut item.put,
            &mut item.post,
            &mut item.delete,
            &mut item.patch,
        ];
        for operation in operations.into_iter().flatten() {
            if path.starts_with(API_PATH) {
                describe_refusals(operation);
            }
            if path.starts_with(ADMIN_PATH) && path != SIGN_IN_PATH {
                let proofs = [COOKIE_SCHEME, KEY_SCHEME].map(|name| SecurityRequirement::new(name, [""; 0]));
                operation.security = Some(proofs.into());
            }
        }
    }
}

fn describe_refusals(operation: &mut Operation) {
    let responses = &mut operation.responses.responses;
    responses.insert(
        "default".to_owned(),
        RefOr::T(Response::new(
            "Any other refusal or failure, such as 413 too_large or 503 unavailable with Retry-After",
        )),
    );
    for (status, response) in &mut *responses {
        if let RefOr::T(response) = response
            && response.description.is_empty()
        {
            // A document without it is invalid; handlers describe only what is not obvious.
            let status = status.parse::<StatusCode>().ok();
            let reason = status.and_then(|status| status.canonical_reason());
            reason.unwrap_or("Answer").clone_into(&mut response.description);
        }
    }
    for (status, response) in responses {
        if let RefOr::T(response) = response
            && (status.starts_with(['4', '5']) || status == "default")
        {
            let schema = Ref::from_schema_name(ErrorBody::name());
            let content = ContentBuilder::new().schema(Some(schema)).build();
            response.content.clear();
            response
                .content
                .insert("application/json".to_owned(), RefOr::T(content));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    fn document() -> Value {
        serde_json::from_str(&crate::routes::openapi_json()).unwrap()
    }

    #[test]
    fn every_refusal_in_the_document_has_the_schema_of_the_error_body() {
        let document = document();
        let mut seen = 0;
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                if !path.starts_with("/api/") {
                    continue;
                }
                let responses = operation["responses"].as_object().unwrap();
                for response in responses.values() {
                    let description = response["description"].as_str();
                    assert!(
                        description.is_some_and(|text| !text.is_empty()),
                        "{method} {path}"
                    );
                }
                assert!(responses.contains_key("default"), "{method} {path}");
                for (status, response) in responses
                    .iter()
                    .filter(|(status, _)| *status >= &"400".to_owned())
                {
                    let schema = &response["content"]["application/json"]["schema"]["$ref"];
                    assert_eq!(
                        schema, "#/components/schemas/ErrorBody",
                        "{method} {path} {status}"
                    );
                    seen += 1;
                }
            }
        }
        assert!(seen > 50);
        let required = &document["components"]["schemas"]["ErrorBody"]["required"];
        assert_eq!(required, &serde_json::json!(["error", "code"]));
    }

    #[test]
    fn what_an_answer_leaves_empty_is_null_and_never_omitted() {
        let document = document();
        for name in [
            "EventBody",
            "TicketBody",
            "LiveSession",
            "Refusal",
            "ViewerBody",
            "StreamTest",
            "Dashboard",
            "EdgeBody",
            "AuditEntry",
            "SignedIn",
            "WatchedEvent",
        ] {
            let schema = &document["components"]["schemas"][name];
            let required = schema["required"].as_array().unwrap();
            for property in schema["properties"].as_object().unwrap().keys() {
                assert!(required.iter().any(|name| name == property), "{name} {property}");
            }
        }
    }

    #[test]
    fn the_document_says_which_operations_need_an_organiser() {
        let document = document();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let needs = path.starts_with("/api/admin/") && path != "/api/admin/login";
                assert_eq!(operation["security"].is_array(), needs, "{method} {path}");
            }
        }
    }
}
