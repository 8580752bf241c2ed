//! The kinds of audit entries.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The organiser signed in.
    AdminSignedIn,
    /// A sign-in was refused.
    AdminSignInRefused,
    /// The organiser signed out.
    AdminSignedOut,
    /// An event was created.
    EventCreated,
    /// An event was edited.
    EventEdited,
    /// An event was switched off.
    EventDeactivated,
    /// An event was switched on again.
    EventReactivated,
    /// An event was hidden from lists.
    EventArchived,
    /// An event was shown in lists again.
    EventUnarchived,
    /// An event was deleted with its tickets.
    EventDeleted,
    /// Tickets were generated.
    TicketsGenerated,
    /// A ticket was revoked.
    TicketRevoked,
    /// A ticket's revocation was undone.
    TicketRestored,
    /// Several tickets were revoked at once.
    TicketsRevoked,
    /// An event's tickets were exported with their codes.
    TicketsExported,
    /// The organiser watched an event without a ticket.
    PreviewStarted,
    /// A ticket was used for the first time.
    TicketRedeemed,
    /// A code was accepted and a session began.
    SessionStarted,
    /// A session ended; the detail says why.
    SessionEnded,
    /// A session fell silent for longer than the session timeout.
    SessionLapsed,
    /// A code was refused; the detail says why.
    ValidationRefused,
    /// A playback token was renewed.
    TokenRefreshed,
    /// Renewing a playback token was refused; the detail says why.
    RefreshRefused,
}

impl Kind {
    /// Every kind.
    pub const ALL: &[Self] = &[
        Self::AdminSignedIn,
        Self::AdminSignInRefused,
        Self::AdminSignedOut,
        Self::EventCreated,
        Self::EventEdited,
        Self::EventDeactivated,
        Self::EventReactivated,
        Self::EventArchived,
        Self::EventUnarchived,
        Self::EventDeleted,
        Self::TicketsGenerated,
        Self::TicketRevoked,
        Self::TicketRestored,
        Self::TicketsRevoked,
        Self::TicketsExported,
        Self::PreviewStarted,
        Self::TicketRedeemed,
        Self::SessionStarted,
        Self::SessionEnded,
        Self::SessionLapsed,
        Self::ValidationRefused,
        Self::TokenRefreshed,
        Self::RefreshRefused,
    ];

    /// Returns the word in logs, in answers and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AdminSignedIn => "admin_signed_in",
            Self::AdminSignInRefused => "admin_sign_in_refused",
            Self::AdminSignedOut => "admin_signed_out",
            Self::EventCreated => "event_created",
            Self::EventEdited => "event_edited",
            Self::EventDeactivated => "event_deactivated",
            Self::EventReactivated => "event_reactivated",
            Self::EventArchived => "event_archived",
            Self::EventUnarchived => "event_unarchived",
            Self::EventDeleted => "event_deleted",
            Self::TicketsGenerated => "tickets_generated",
            Self::TicketRevoked => "ticket_revoked",
            Self::TicketRestored => "ticket_restored",
            Self::TicketsRevoked => "tickets_revoked",
            Self::TicketsExported => "tickets_exported",
            Self::PreviewStarted => "preview_started",
            Self::TicketRedeemed => "ticket_redeemed",
            Self::SessionStarted => "session_started",
            Self::SessionEnded => "session_ended",
            Self::SessionLapsed => "session_lapsed",
            Self::ValidationRefused => "validation_refused",
            Self::TokenRefreshed => "token_refreshed",
            Self::RefreshRefused => "refresh_refused",
        }
    }

    /// Reads the word of the database.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn a_kind_has_one_word_in_logs_answers_and_the_database() {
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
            assert_eq!(Kind::parse(kind.as_str()), Some(*kind));
        }
    }
}
