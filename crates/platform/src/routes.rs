//! The whole URL map on one screen.

use std::sync::Arc;

use axum::Router;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::app::App;
use crate::error::ApiError;
use crate::{
    api_docs, audit, auth, dashboard, edges, events, feed, metrics, openapi, playback, tickets, web_ui,
    whole_request,
};

/// Builds the router of all endpoints.
pub fn router(app: Arc<App>) -> Router {
    let (router, _) = api().split_for_parts();
    router
        .method_not_allowed_fallback(|| async { ApiError::MethodNotAllowed })
        .fallback(web_ui::page_or_not_found)
        .layer(axum::middleware::from_fn(whole_request::carry_out))
        .layer(axum::middleware::from_fn_with_state(
            Arc::clone(&app),
            auth::cross_site::refuse,
        ))
        .layer(axum::middleware::from_fn_with_state(
            Arc::clone(&app),
            web_ui::security_headers,
        ))
        .layer(axum::middleware::from_fn_with_state(
            Arc::clone(&app),
            metrics::observe,
        ))
        .with_state(app)
}

/// Returns the OpenAPI document of the JSON API, pretty-printed.
pub fn openapi_json() -> String {
    openapi().to_pretty_json().unwrap_or_default()
}

/// Returns the OpenAPI document of the JSON API.
pub(crate) fn openapi() -> utoipa::openapi::OpenApi {
    let (_, mut document) = api().split_for_parts();
    openapi::complete(&mut document);
    document
}

/// What the document says of the API as a whole.
#[derive(OpenApi)]
#[openapi(info(
    title = "StreamGate",
    description = "Tickets for live streams and recordings: viewer, admin and internal endpoints of the platform."
))]
struct Document;

fn api() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(Document::openapi())
        // Viewers
        .merge(playback::api::routes())
        .merge(events::status::routes())
        // Organisers and integrators
        .merge(auth::api::routes())
        .merge(events::api::routes())
        .merge(tickets::api::routes())
        .merge(dashboard::api::routes())
        .merge(edges::overview::routes())
        .merge(audit::api::routes())
        // Edges
        .merge(feed::api::routes())
        .merge(edges::api::routes())
        // Everyone
        .merge(api_docs::routes())
        .merge(web_ui::routes())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use utoipa::openapi::OpenApi;

    fn operation_ids(document: &OpenApi) -> Vec<String> {
        let json = serde_json::to_value(document).unwrap();
        let paths = json["paths"].as_object().unwrap().values();
        paths
            .flat_map(|path| path.as_object().unwrap().values())
            .map(|operation| operation["operationId"].as_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn generated_clients_get_a_name_of_its_own_for_every_operation() {
        let (_, document) = super::api().split_for_parts();
        let ids = operation_ids(&document);
        assert!(ids.len() > 25);
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{ids:?}");
    }

    #[test]
    fn every_schema_that_the_document_refers_to_is_in_it() {
        let json = super::openapi_json();
        let document: serde_json::Value = serde_json::from_str(&json).unwrap();
        let schemas = document["components"]["schemas"].as_object().unwrap();
        for reference in json.split("\"#/components/schemas/").skip(1) {
            let name = reference.split('"').next().unwrap();
            assert!(schemas.contains_key(name), "{name}");
        }
    }
}
