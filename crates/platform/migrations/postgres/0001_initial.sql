-- Times are Unix milliseconds. This file and its twin for the other database describe the same schema.

CREATE TABLE events (
    id                  TEXT PRIMARY KEY,
    title               TEXT NOT NULL,
    description         TEXT,
    stream_url          TEXT,
    poster_url          TEXT,
    starts_at           BIGINT NOT NULL,
    ends_at             BIGINT NOT NULL,
    access_window_hours BIGINT NOT NULL,
    device_policy       TEXT NOT NULL CHECK (device_policy IN ('block', 'takeover')),
    is_active           BOOLEAN NOT NULL,
    deactivated_at      BIGINT,
    is_archived         BOOLEAN NOT NULL,
    created_at          BIGINT NOT NULL,
    updated_at          BIGINT NOT NULL,
    CHECK (ends_at > starts_at)
);
CREATE INDEX events_by_start ON events (starts_at);

-- Codes are stored in clear, because organisers search and export them: the database is a secret (ADR 10).
CREATE TABLE tickets (
    id          TEXT PRIMARY KEY,
    code        TEXT NOT NULL UNIQUE,
    event_id    TEXT NOT NULL REFERENCES events (id) ON DELETE CASCADE,
    label       TEXT,
    is_revoked  BOOLEAN NOT NULL,
    revoked_at  BIGINT,
    redeemed_at BIGINT,
    redeemed_ip TEXT,
    expires_at  BIGINT NOT NULL,
    created_at  BIGINT NOT NULL
);
CREATE INDEX tickets_by_event ON tickets (event_id, created_at, id);
-- GET /api/revocations asks for what was revoked since a time, again and again.
CREATE INDEX tickets_by_revocation ON tickets (revoked_at) WHERE is_revoked;

CREATE TABLE sessions (
    sid                TEXT PRIMARY KEY,
    ticket_id          TEXT NOT NULL REFERENCES tickets (id) ON DELETE CASCADE,
    device_id          TEXT,
    client_ip          TEXT NOT NULL,
    user_agent         TEXT,
    created_at         BIGINT NOT NULL,
    last_seen_at       BIGINT NOT NULL,
    edge_id            TEXT,
    bytes              BIGINT NOT NULL,
    clients            BIGINT NOT NULL,
    ended_at           BIGINT,
    end_reason         TEXT CHECK (end_reason IN ('released', 'superseded', 'expired', 'kicked')),
    -- The device whose claim ended this session; equal to device_id when the viewer came back in another tab.
    ended_by_device_id TEXT,
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
-- One device per ticket is decided here, not by a check in the program.
CREATE UNIQUE INDEX sessions_one_live_per_ticket ON sessions (ticket_id) WHERE ended_at IS NULL;
CREATE INDEX sessions_by_ticket ON sessions (ticket_id, created_at);
CREATE INDEX sessions_by_end ON sessions (ended_at) WHERE ended_at IS NOT NULL;

-- What edges must know, in order. body is the record's JSON without h.
CREATE TABLE feed (
    seq  BIGINT PRIMARY KEY,
    at   BIGINT NOT NULL,
    body TEXT NOT NULL,
    h    TEXT NOT NULL
);
CREATE INDEX feed_by_time ON feed (at);

-- The one row is the last one that a changing transaction locks, so seq has no gaps and no late commits.
CREATE TABLE feed_head (
    id    BIGINT PRIMARY KEY CHECK (id = 1),
    epoch TEXT NOT NULL,
    seq   BIGINT NOT NULL,
    h     TEXT NOT NULL
);

CREATE TABLE edges (
    edge_id         TEXT PRIMARY KEY,
    version         TEXT NOT NULL,
    mode            TEXT NOT NULL,
    last_contact_at BIGINT NOT NULL,
    clock_offset_ms BIGINT NOT NULL,
    epoch           TEXT,
    applied_seq     BIGINT
);

CREATE TABLE admin_sessions (
    id_hash    TEXT PRIMARY KEY,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    client_ip  TEXT NOT NULL
);

CREATE TABLE audit_log (
    id         TEXT PRIMARY KEY,
    at         BIGINT NOT NULL,
    kind       TEXT NOT NULL,
    client_ip  TEXT,
    user_agent TEXT,
    event_id   TEXT,
    ticket_id  TEXT,
    detail     TEXT
);
CREATE INDEX audit_log_by_time ON audit_log (at);
