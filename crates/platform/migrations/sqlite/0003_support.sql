-- What an organiser reads to help a viewer and to follow an evening.

-- Why tickets were refused, the last 20 of each. No foreign key: a note about a ticket that is deleted meanwhile
-- must not take the other notes of its batch with it; what is left behind goes with age.
CREATE TABLE refusals (
    id        TEXT PRIMARY KEY,
    ticket_id TEXT NOT NULL,
    at        INTEGER NOT NULL,
    code      TEXT NOT NULL,
    place     TEXT NOT NULL
) STRICT;
CREATE INDEX refusals_by_ticket ON refusals (ticket_id, at, id);
CREATE INDEX refusals_by_time ON refusals (at);

-- Live viewers at each minute; the empty event is all events together, and has a row even when nobody watches.
CREATE TABLE viewer_samples (
    event_id TEXT NOT NULL,
    minute   INTEGER NOT NULL,
    viewers  INTEGER NOT NULL,
    PRIMARY KEY (event_id, minute)
) STRICT;
CREATE INDEX viewer_samples_by_minute ON viewer_samples (minute);

-- The audit log is read newest first, whole or by kind or by event.
DROP INDEX audit_log_by_time;
CREATE INDEX audit_log_by_time ON audit_log (at, id);
CREATE INDEX audit_log_by_kind ON audit_log (kind, at, id);
CREATE INDEX audit_log_by_event ON audit_log (event_id, at, id);

-- Addresses are removed after RETENTION_DAYS; without this index that reads every ticket, every minute.
CREATE INDEX tickets_by_address_age ON tickets (redeemed_at) WHERE redeemed_ip IS NOT NULL;
