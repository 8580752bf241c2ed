//! `streamgate doctor`: everything that a service needs, looked at from where it would run, without changing
//! anything: settings and secrets, database, the other service, clocks, disk, upstream.

mod database;
mod machine;
mod neighbours;
mod report;
mod secrets;
mod upstream;

use crate::process;
use crate::settings::Values;
use report::Report;

/// Which service the checks are for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Service {
    Serve,
    Platform,
    Edge,
}

impl Service {
    /// Returns the service that was named, or the one that the settings look like.
    fn of(values: &Values, named: Option<&str>) -> Self {
        match named {
            Some("serve") => Self::Serve,
            Some("platform") => Self::Platform,
            Some("edge") => Self::Edge,
            _ if values.get("PLATFORM_APP_URL").is_some() => Self::Edge,
            _ if values.get("HLS_SERVER_BASE_URL").is_some()
                && values.get("ADMIN_PASSWORD_HASH").is_some() =>
            {
                Self::Platform
            }
            _ => Self::Serve,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Serve => "serve",
            Self::Platform => "platform",
            Self::Edge => "edge",
        }
    }
}

/// Runs all checks, prints a line for each, and fails if one did.
pub(crate) fn doctor(values: &Values, named: Option<&str>) -> anyhow::Result<()> {
    let service = Service::of(values, named);
    let mut report = Report::new(service.name());
    let secrets = secrets::check(values, service, &mut report);
    machine::check(values, service, &mut report);
    process::block_on(async {
        if service != Service::Edge {
            database::check(values, &mut report).await;
        }
        if let Some(secrets) = &secrets {
            match service {
                Service::Platform => neighbours::edge(values, secrets, &mut report).await,
                Service::Edge => neighbours::platform(values, secrets, &mut report).await,
                // Both in one process: there is no way between them that could be broken.
                Service::Serve => {}
            }
        }
        if service != Service::Platform {
            upstream::check(values, &mut report).await;
        }
        Ok(())
    })?;
    report.close()
}

#[cfg(test)]
mod tests {
    use super::{Service, Values};

    #[test]
    fn the_service_is_guessed_from_the_settings_unless_it_is_named() {
        let mut values = Values::default();
        assert_eq!(Service::of(&values, None), Service::Serve);
        values.set_default("HLS_SERVER_BASE_URL", "https://edge.example");
        assert_eq!(Service::of(&values, None), Service::Serve);
        values.set_default("ADMIN_PASSWORD_HASH", "$2b$");
        assert_eq!(Service::of(&values, None), Service::Platform);
        values.set_default("PLATFORM_APP_URL", "https://tickets.example");
        assert_eq!(Service::of(&values, None), Service::Edge);
        assert_eq!(Service::of(&values, Some("serve")), Service::Serve);
    }
}
