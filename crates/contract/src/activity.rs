//! What an edge tells the platform about the viewers it serves.

use serde::{Deserialize, Serialize};

use crate::feed::Epoch;
use crate::ids::SessionId;
use crate::time::UnixMillis;

/// Sessions in one report at most; an edge with more sends several reports.
pub const SESSIONS_PER_REPORT_MAX: usize = 2000;
/// Seconds between two reports of an edge.
pub const ACTIVITY_REPORT_INTERVAL_SECS: u64 = 5;
/// Milliseconds that lie at least between two reports that an advanced `appliedSeq` causes.
pub const ADVANCE_REPORT_INTERVAL_MS: u64 = 200;
/// Seconds over which distinct clients of a session are counted.
pub const CLIENTS_WINDOW_SECS: u64 = 60;
/// Clients of one session above which it is shown as shared.
pub const CLIENTS_PER_SESSION_MAX: u32 = 2;
/// Seconds after which an edge that was not heard no longer counts.
pub const EDGE_HEARD_WITHIN_SECS: u64 = 60;

/// The body of `POST /api/internal/edges/{edgeId}`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActivityReport {
    /// The edge's program version.
    pub version: String,
    /// How the edge gets its streams, as it says itself; shown to the operator.
    pub mode: String,
    /// The edge's own clock.
    pub now: UnixMillis,
    /// The epoch of the feed that the edge follows; `None` before its first snapshot.
    pub epoch: Option<Epoch>,
    /// The last feed record in force at the edge; `None` before its first snapshot.
    pub applied_seq: Option<u64>,
    /// Sessions with permitted GETs since the last report, at most [`SESSIONS_PER_REPORT_MAX`].
    pub sessions: Vec<SessionActivity>,
}

/// One session's line of an [`ActivityReport`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionActivity {
    /// The session.
    pub sid: SessionId,
    /// Milliseconds between its last permitted GET and the report's `now`.
    pub idle_ms: u64,
    /// Body bytes sent since the last accepted report.
    pub bytes: u64,
    /// Distinct (address by /24 or /64, User-Agent) pairs within [`CLIENTS_WINDOW_SECS`].
    pub clients: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_has_the_field_names_of_the_contract_and_writes_absent_values_as_null() {
        let report = ActivityReport {
            version: "0.1.0".to_owned(),
            mode: "local".to_owned(),
            now: UnixMillis(1_500),
            epoch: None,
            applied_seq: None,
            sessions: vec![SessionActivity {
                sid: SessionId::from_random_bytes([7; 16]),
                idle_ms: 12,
                bytes: 34,
                clients: 1,
            }],
        };
        let json = serde_json::to_string(&report).unwrap();
        assert_eq!(
            json,
            r#"{"version":"0.1.0","mode":"local","now":"1970-01-01T00:00:01.500Z","epoch":null,"appliedSeq":null,"sessions":[{"sid":"07070707-0707-4707-8707-070707070707","idleMs":12,"bytes":34,"clients":1}]}"#
        );
        assert_eq!(serde_json::from_str::<ActivityReport>(&json).unwrap(), report);
    }
}
