//! Every setting, once: its name, its default, what it means and which commands read it.

use clap::Arg;

/// A setting of the program.
pub(crate) struct Setting {
    /// The environment variable; the flag is the same in lower case with hyphens.
    pub(crate) name: &'static str,
    /// Shown in `--help` for the value.
    pub(crate) value: &'static str,
    /// The default, as text for people; empty when there is none.
    pub(crate) default: &'static str,
    /// What it does, with unit and range.
    pub(crate) help: &'static str,
    /// A secret also has a `*_FILE` form, and its value is never shown.
    pub(crate) secret: bool,
    /// The commands that read it.
    pub(crate) commands: &'static [&'static str],
}

const ALL: &[&str] = &["serve", "platform", "edge"];
const ALL_AND_DEMO: &[&str] = &["serve", "platform", "edge", "demo"];
const PLATFORM: &[&str] = &["serve", "platform"];
const DATABASE: &[&str] = &["serve", "platform", "seed", "migrate", "backup", "restore"];
const PLATFORM_AND_DEMO: &[&str] = &["serve", "platform", "demo"];
const EDGE: &[&str] = &["serve", "edge"];
const EDGE_ONLY: &[&str] = &["edge"];

const fn plain(
    name: &'static str,
    value: &'static str,
    default: &'static str,
    commands: &'static [&'static str],
    help: &'static str,
) -> Setting {
    Setting {
        name,
        value,
        default,
        help,
        secret: false,
        commands,
    }
}

const fn secret(
    name: &'static str,
    default: &'static str,
    commands: &'static [&'static str],
    help: &'static str,
) -> Setting {
    Setting {
        name,
        value: "SECRET",
        default,
        help,
        secret: true,
        commands,
    }
}

/// All settings, in the order of the reference.
#[rustfmt::skip]
pub(crate) const SETTINGS: &[Setting] = &[
    plain("PORT", "PORT", "3000; edge: 4000", ALL_AND_DEMO, "TCP port to listen on, 0 to 65535; 0 takes a free one"),
    plain("BIND_ADDR", "ADDRESS", "0.0.0.0; demo: 127.0.0.1", ALL_AND_DEMO, "Address to listen on"),
    plain("DATA_DIR", "FOLDER", "./data", &["serve", "platform", "edge", "seed", "migrate", "backup", "restore"], "Folder for the database, made secrets and the edge's state; created with mode 0700"),
    plain("OPS_ADDR", "ADDRESS:PORT", "127.0.0.1:9300; edge: 127.0.0.1:9400", ALL, "Where GET /metrics is answered, for Prometheus; keep it from the public"),
    plain("TLS_CERT", "FILE", "", ALL, "Certificate chain (PEM) for TLS in this process; read again on SIGHUP"),
    plain("TLS_KEY", "FILE", "", ALL, "Private key (PEM) of TLS_CERT"),
    plain("LOG_FORMAT", "json|text", "json; demo: text", ALL_AND_DEMO, "Form of the log on standard output"),
    plain("RUST_LOG", "FILTER", "info; demo: warn", ALL_AND_DEMO, "Which log lines are written, such as warn or streamgate_edge=debug"),
    plain("TRUSTED_PROXIES", "NETWORKS", "", ALL, "Comma-separated networks (CIDR) of proxies whose X-Forwarded-For is believed"),
    plain("MAX_CONNECTIONS", "COUNT", "three quarters of the descriptor limit", ALL, "Most connections at a time, 1 to 1000000"),
    plain("MAX_CONNECTIONS_PER_CLIENT", "COUNT", "0", ALL, "Most connections from one address, 0 to 1000000; 0 is no limit, since proxies and venues are one address"),

    secret("PLAYBACK_SIGNING_SECRET", "serve: made at first start", ALL, "Signs playback tokens; the same for the platform and its edges, at least 32 bytes"),
    secret("PLAYBACK_SIGNING_SECRET_PREVIOUS", "", ALL, "The secret before a rotation: still accepted, never used to sign"),
    secret("INTERNAL_API_KEY", "serve: made at first start", ALL, "What edges show to the platform, and who purges an edge's cache; at least 16 characters"),

    Setting { name: "DATABASE_URL", value: "URL", default: "streamgate.db in DATA_DIR", help: "file:PATH for SQLite, or postgres://USER:PASSWORD@HOST/NAME", secret: true, commands: DATABASE },
    secret("ADMIN_PASSWORD_HASH", "serve: made at first start", PLATFORM, "bcrypt hash of the admin password (2a, 2b or 2y, cost 4 to 31); make one with streamgate hash-password"),
    secret("ADMIN_API_KEY", "", PLATFORM, "Lets programs use the admin API as Authorization: Bearer; at least 16 characters"),
    plain("PUBLIC_URL", "URL", "http://localhost:PORT", PLATFORM, "Where browsers reach the platform; https makes cookies Secure and adds HSTS"),
    plain("HLS_SERVER_BASE_URL", "URL", "serve: empty, the page's own origin", PLATFORM, "Where browsers reach the edge; required by platform"),
    plain("HLS_SERVER_INTERNAL_URL", "URL", "HLS_SERVER_BASE_URL", &["platform"], "Where the platform itself reaches an edge, to ask for the state of a stream"),
    plain("APP_NAME", "TEXT", "StreamGate", PLATFORM_AND_DEMO, "Name on the page, 1 to 60 characters"),
    plain("NEXT_PUBLIC_APP_NAME", "TEXT", "", PLATFORM_AND_DEMO, "The first generation's name for APP_NAME, used when that is not set"),
    plain("SUPPORT_CONTACT", "TEXT", "", PLATFORM, "Contact for viewers in trouble, shown on entry and end screens"),
    plain("IMPRINT_URL", "URL", "", PLATFORM, "Link to the imprint"),
    plain("PRIVACY_URL", "URL", "", PLATFORM, "Link to the privacy notice"),
    plain("SESSION_TIMEOUT_SECONDS", "SECONDS", "60", PLATFORM, "Silence after which another device may take the ticket, 1 to 86400"),
    plain("SESSION_SHARING", "report|end", "report", PLATFORM, "What happens to a session whose token plays on more than two players"),
    plain("RETENTION_DAYS", "DAYS", "90", PLATFORM, "After so many days addresses, user agents, refusals and audit entries are removed, 1 to 36500"),
    plain("PLAYBACK_TOKEN_CARRIER", "header|path", "header", PLATFORM, "How the page attaches its token; path spares a preflight per segment when the edge is another origin"),
    plain("RATE_LIMIT_INVALID_CODES_PER_MINUTE", "COUNT", "5", PLATFORM, "Wrong codes per client and minute before 429, 1 to 10000000"),
    plain("RATE_LIMIT_VALIDATIONS_PER_MINUTE", "COUNT", "3000", PLATFORM, "All validations per client and minute, 1 to 10000000"),
    plain("RATE_LIMIT_LOGINS_PER_MINUTE", "COUNT", "10", PLATFORM, "Admin sign-ins per client and minute, 1 to 10000000"),
    plain("RATE_LIMIT_REFRESHES_PER_HOUR", "COUNT", "12", PLATFORM, "Token refreshes per ticket and hour, 1 to 10000000"),

    plain("STREAM_ROOT", "FOLDER", "serve: streams in DATA_DIR", EDGE, "Folder that encoders write to: STREAM_ROOT/EVENT_ID/stream.m3u8"),
    plain("UPSTREAM_ORIGIN", "URL", "", EDGE, "An HLS origin to fetch from: UPSTREAM_ORIGIN/EVENT_ID/...; beside STREAM_ROOT it is asked for what is not there"),
    plain("UPSTREAM_ALLOWED_HOSTS", "HOSTS", "", EDGE, "Comma-separated names, addresses and networks (CIDR) that events' own sources may have although they are not public"),
    plain("SEGMENT_CACHE_ROOT", "FOLDER", "cache in DATA_DIR", EDGE, "Folder for objects of upstreams; not inside STREAM_ROOT"),
    plain("SEGMENT_CACHE_MAX_SIZE_GB", "SIZE", "50", EDGE, "How much that folder may hold, in units of 10^9 bytes, 0.001 to 1000000"),
    plain("SEGMENT_CACHE_MAX_AGE_HOURS", "HOURS", "72", EDGE, "How long an object is kept there, 1 to 87600"),
    plain("CACHE_CLEANUP_INTERVAL_MINUTES", "MINUTES", "360", EDGE, "How often what is too old is removed from there, 1 to 10080"),
    plain("PLATFORM_APP_URL", "URL", "", EDGE_ONLY, "Where the edge reaches the platform for the feed and its reports; required by edge"),
    plain("EDGE_ID", "NAME", "random, kept in DATA_DIR", EDGE, "Name of this edge in the console: 1 to 64 of A-Z a-z 0-9 . _ -"),
    plain("CORS_ALLOWED_ORIGIN", "ORIGINS", "serve: none; edge: the origin of PLATFORM_APP_URL", EDGE, "Comma-separated exact origins of pages that may play from this edge"),
    plain("REVOCATION_POLL_INTERVAL_MS", "MILLISECONDS", "30000", EDGE_ONLY, "How often the feed is polled while push is broken, 100 to 3600000"),
    plain("FEED_STRICT_AFTER_SECONDS", "SECONDS", "900", EDGE, "Without the feed for so long, sessions not seen before get 503, 30 to 86400"),
    plain("FEED_STRICT", "true|false", "false", EDGE, "At that point refuse every session with 503"),
    plain("ACCESS_LOG_SAMPLE", "SHARE", "1.0", EDGE, "Share of requests that are logged, 0.0 to 1.0"),
];

/// Returns the flags of a command: one for each setting that it reads, and one for the file of a secret. `doctor`
/// and `health` look at the settings of all commands.
pub(crate) fn arguments_of(command: &str) -> Vec<Arg> {
    SETTINGS
        .iter()
        .filter(|setting| matches!(command, "doctor" | "health") || setting.commands.contains(&command))
        .flat_map(|setting| {
            let plain = argument(setting.name.to_owned(), setting.value, setting.help, setting);
            let file = setting.secret.then(|| {
                let name = format!("{}_FILE", setting.name);
                argument(name, "FILE", "File that holds this secret", setting)
            });
            [Some(plain), file].into_iter().flatten()
        })
        .collect()
}

fn argument(name: String, value: &'static str, help: &str, setting: &Setting) -> Arg {
    let default = match setting.default {
        "" => String::new(),
        text => format!(" [default: {text}]"),
    };
    // Empty values reach us and count as unset; clap would refuse them with its own words.
    Arg::new(name.clone())
        .long(flag(&name))
        .env(name)
        .hide_env_values(setting.secret)
        .value_name(value)
        .value_parser(clap::builder::StringValueParser::new())
        .help(format!("{help}{default}"))
}

/// Returns the flag of a setting: `STREAM_ROOT` is `--stream-root`.
pub(crate) fn flag(name: &str) -> String {
    name.to_ascii_lowercase().replace('_', "-")
}
