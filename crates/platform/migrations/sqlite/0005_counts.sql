-- Counts and indexes, so that lists and figures of a million tickets never read all of them.

-- 0 unused, 1 redeemed, 2 revoked: the status but for what only time changes.
ALTER TABLE tickets ADD COLUMN state INTEGER
    GENERATED ALWAYS AS (CASE WHEN is_revoked THEN 2 WHEN redeemed_at IS NOT NULL THEN 1 ELSE 0 END) VIRTUAL;
-- What a search looks into: code and label in lower case, with a line break that no search can have between them.
ALTER TABLE tickets ADD COLUMN search_text TEXT
    GENERATED ALWAYS AS (LOWER(code || CHAR(10) || COALESCE(label, ''))) VIRTUAL;
-- All tickets in the order of lists; a search reads this index and no table. None of it ever changes.
CREATE INDEX tickets_by_creation ON tickets (created_at, id, event_id, search_text);
-- The tickets of a state in the order of lists, with what tells the expired ones.
CREATE INDEX tickets_by_state ON tickets (state, created_at, id, expires_at, event_id);

-- Tickets by event, expiry and state. A ticket's expiry is in the key, so that time moves tickets to `expired` without
-- a write. The sums are what counts: PostgreSQL appends a part for every change, so that writers of one event never
-- wait for each other, and part 0 takes them in later; SQLite has one writer and part 0 alone.
CREATE TABLE ticket_counts (
    event_id   TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    part       INTEGER NOT NULL,
    unused     INTEGER NOT NULL,
    redeemed   INTEGER NOT NULL,
    revoked    INTEGER NOT NULL,
    PRIMARY KEY (event_id, expires_at, part)
) STRICT;
CREATE INDEX ticket_counts_by_part ON ticket_counts (part) WHERE part <> 0;

INSERT INTO ticket_counts (event_id, expires_at, part, unused, redeemed, revoked)
SELECT event_id, expires_at, 0, SUM(state = 0), SUM(state = 1), SUM(state = 2) FROM tickets GROUP BY event_id, expires_at;

CREATE TRIGGER tickets_counted_insert AFTER INSERT ON tickets BEGIN
    INSERT INTO ticket_counts (event_id, expires_at, part, unused, redeemed, revoked)
    VALUES (NEW.event_id, NEW.expires_at, 0, NEW.state = 0, NEW.state = 1, NEW.state = 2)
    ON CONFLICT (event_id, expires_at, part) DO UPDATE SET
        unused = unused + excluded.unused, redeemed = redeemed + excluded.redeemed, revoked = revoked + excluded.revoked;
END;
CREATE TRIGGER tickets_counted_update AFTER UPDATE OF event_id, expires_at, is_revoked, redeemed_at ON tickets
WHEN OLD.event_id <> NEW.event_id OR OLD.expires_at <> NEW.expires_at OR OLD.state <> NEW.state BEGIN
    UPDATE ticket_counts SET
        unused = unused - (OLD.state = 0), redeemed = redeemed - (OLD.state = 1), revoked = revoked - (OLD.state = 2)
    WHERE event_id = OLD.event_id AND expires_at = OLD.expires_at AND part = 0;
    INSERT INTO ticket_counts (event_id, expires_at, part, unused, redeemed, revoked)
    VALUES (NEW.event_id, NEW.expires_at, 0, NEW.state = 0, NEW.state = 1, NEW.state = 2)
    ON CONFLICT (event_id, expires_at, part) DO UPDATE SET
        unused = unused + excluded.unused, redeemed = redeemed + excluded.redeemed, revoked = revoked + excluded.revoked;
END;
CREATE TRIGGER tickets_counted_delete AFTER DELETE ON tickets BEGIN
    UPDATE ticket_counts SET
        unused = unused - (OLD.state = 0), redeemed = redeemed - (OLD.state = 1), revoked = revoked - (OLD.state = 2)
    WHERE event_id = OLD.event_id AND expires_at = OLD.expires_at AND part = 0;
END;
