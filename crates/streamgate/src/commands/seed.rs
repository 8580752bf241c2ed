//! `streamgate seed`: sample events and tickets in a real database.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use streamgate_platform::{Platform, PlatformParts};
use streamgate_serving::clock::{Clock, SystemClock};
use streamgate_serving::random::SystemRandom;

use crate::in_process::InProcessProbe;
use crate::settings::{Secrets, Values, platform_settings};
use crate::{process, telemetry};

/// When the upcoming sample event starts.
const UPCOMING_IN: Duration = Duration::from_mins(20);

/// Adds three sample events with ten tickets each and prints their codes.
pub(crate) fn seed(values: &Values) -> anyhow::Result<()> {
    telemetry::start(values)?;
    let data_dir = values.data_dir()?;
    let secrets = Secrets::made_if_missing(values, &data_dir, &SystemRandom)?;
    let settings = platform_settings(values, &secrets, &data_dir, 0, String::new())?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    process::block_on(async {
        let parts = PlatformParts {
            clock_rules_database: false,
            random: Arc::new(SystemRandom),
            // Nobody asks for a stream while seeding.
            probe: Arc::new(InProcessProbe::new(&settings.signing_secret, Arc::clone(&clock))),
            clock,
        };
        let platform = Platform::load(settings, parts).await?;
        let events = platform.seed(UPCOMING_IN).await?;
        let mut output = std::io::stdout().lock();
        for event in &events {
            writeln!(output, "{}  {}", event.id, event.title)?;
            for code in &event.usable_codes {
                writeln!(output, "    {}", code.as_str())?;
            }
        }
        Ok(())
    })
}
