//! What a platform is told at its start. The binary reads and validates it; here it is only held.

use std::fmt;
use std::time::Duration;

use streamgate_contract::playback_token::SigningSecret;
use streamgate_serving::api_key::ApiKey;
use streamgate_serving::client_ip::TrustedProxies;
use url::Url;

use crate::db::DatabaseUrl;

/// All settings of a platform, validated.
#[derive(Clone)]
pub struct PlatformSettings {
    /// `DATABASE_URL`.
    pub database: DatabaseUrl,
    /// `PLAYBACK_SIGNING_SECRET`: signs playback and probe tokens.
    pub signing_secret: SigningSecret,
    /// `PLAYBACK_SIGNING_SECRET_PREVIOUS`: accepted for verification only, while a rotation lasts.
    pub previous_signing_secret: Option<SigningSecret>,
    /// `INTERNAL_API_KEY`: what edges show at the feed and with their reports.
    pub internal_api_key: ApiKey,
    /// `ADMIN_PASSWORD_HASH` (bcrypt). Without it nobody signs in by password.
    pub admin_password_hash: Option<String>,
    /// `ADMIN_API_KEY`: an integrator's way into the admin API.
    pub admin_api_key: Option<ApiKey>,
    /// `PUBLIC_URL`: where browsers reach this platform; https makes cookies `Secure` and adds HSTS.
    pub public_url: Url,
    /// `HLS_SERVER_BASE_URL` without a trailing slash; empty when one process serves page and streams.
    pub playback_base_url: String,
    /// `PLAYBACK_TOKEN_CARRIER`.
    pub token_carrier: TokenCarrier,
    /// `APP_NAME` and the links under the page.
    pub page: PageSettings,
    /// `SESSION_TIMEOUT_SECONDS`: silence after which a session is lapsed. 1 s to 24 h, default 60 s.
    pub session_timeout: Duration,
    /// `SESSION_SHARING`: what happens to a session that several players use.
    pub session_sharing: SessionSharing,
    /// `RETENTION_DAYS`: after so many days addresses, user agents and audit entries are removed.
    pub retention_days: u32,
    /// `TRUSTED_PROXIES`.
    pub trusted_proxies: TrustedProxies,
    /// The `RATE_LIMIT_*` settings.
    pub rate_limits: RateLimits,
}

impl fmt::Debug for PlatformSettings {
    /// Names what is no secret; a field that is added does not appear by itself.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PlatformSettings")
            .field("database", &self.database)
            .field("public_url", &self.public_url.as_str())
            .field("playback_base_url", &self.playback_base_url)
            .finish_non_exhaustive()
    }
}

/// What the page shows of the organiser.
#[derive(Clone, Debug)]
pub struct PageSettings {
    /// `APP_NAME`, default "StreamGate".
    pub app_name: String,
    /// `SUPPORT_CONTACT`: an address or a telephone number, as text.
    pub support_contact: Option<String>,
    /// `IMPRINT_URL`.
    pub imprint_url: Option<Url>,
    /// `PRIVACY_URL`.
    pub privacy_url: Option<Url>,
}

/// How the page's player attaches its playback token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenCarrier {
    /// In the `Authorization` header.
    Header,
    /// In the path, which spares one preflight per segment when the edge is another origin.
    Path,
}

/// What happens to a session whose token plays on more than two players.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionSharing {
    /// It is shown to the organiser.
    Report,
    /// It is ended as `kicked`.
    End,
}

/// How often one client may ask. Each from 1 to 10,000,000.
#[derive(Clone, Copy, Debug)]
pub struct RateLimits {
    /// Answers 401 `invalid_code`, per client and minute; beyond it they become 429. Default 5.
    pub invalid_codes_per_minute: u32,
    /// All validations, per client and minute. Default 3,000: a venue behind one address.
    pub validations_per_minute: u32,
    /// Admin sign-ins, per client and minute. Default 10.
    pub logins_per_minute: u32,
    /// Refreshes, per ticket and hour. Default 12.
    pub refreshes_per_hour: u32,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self {
            invalid_codes_per_minute: 5,
            validations_per_minute: 3_000,
            logins_per_minute: 10,
            refreshes_per_hour: 12,
        }
    }
}
