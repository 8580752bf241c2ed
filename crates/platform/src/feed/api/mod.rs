//! The feed's endpoints, all behind the internal key.

mod revocations;
mod stream;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(stream::feed))
        .routes(routes!(revocations::revocations))
}
