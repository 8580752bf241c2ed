-- Counts and indexes, so that lists and figures of a million tickets never read all of them.

-- 0 unused, 1 redeemed, 2 revoked: the status but for what only time changes.
ALTER TABLE tickets ADD COLUMN state BIGINT
    GENERATED ALWAYS AS (CASE WHEN is_revoked THEN 2 WHEN redeemed_at IS NOT NULL THEN 1 ELSE 0 END) STORED;
-- What a search looks into: code and label in lower case, with a line break that no search can have between them.
ALTER TABLE tickets ADD COLUMN search_text TEXT
    GENERATED ALWAYS AS (LOWER((code || CHR(10) || COALESCE(label, '')) COLLATE "C")) STORED;
-- All tickets in the order of lists; a search reads this index and no table. None of it ever changes.
CREATE INDEX tickets_by_creation ON tickets (created_at, id, event_id, search_text);
-- The tickets of a state in the order of lists, with what tells the expired ones.
CREATE INDEX tickets_by_state ON tickets (state, created_at, id, expires_at, event_id);

-- Tickets by event, expiry and state. A ticket's expiry is in the key, so that time moves tickets to `expired` without
-- a write. The sums are what counts: PostgreSQL appends a part for every change, so that writers of one event never
-- wait for each other, and part 0 takes them in later; SQLite has one writer and part 0 alone.
CREATE TABLE ticket_counts (
    event_id   TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    part       BIGINT NOT NULL,
    unused     BIGINT NOT NULL,
    redeemed   BIGINT NOT NULL,
    revoked    BIGINT NOT NULL,
    PRIMARY KEY (event_id, expires_at, part)
);
CREATE INDEX ticket_counts_by_part ON ticket_counts (part) WHERE part <> 0;
CREATE SEQUENCE ticket_count_parts;

INSERT INTO ticket_counts (event_id, expires_at, part, unused, redeemed, revoked)
SELECT event_id, expires_at, 0, COUNT(*) FILTER (WHERE state = 0), COUNT(*) FILTER (WHERE state = 1),
    COUNT(*) FILTER (WHERE state = 2)
FROM tickets GROUP BY event_id, expires_at;

-- On conflict: a database that was copied here brings parts of its own.
CREATE FUNCTION count_inserted_tickets() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ticket_counts (event_id, expires_at, part, unused, redeemed, revoked)
    SELECT event_id, expires_at, NEXTVAL('ticket_count_parts'), COUNT(*) FILTER (WHERE state = 0),
        COUNT(*) FILTER (WHERE state = 1), COUNT(*) FILTER (WHERE state = 2)
    FROM new_rows GROUP BY event_id, expires_at
    ON CONFLICT (event_id, expires_at, part) DO UPDATE SET unused = ticket_counts.unused + excluded.unused,
        redeemed = ticket_counts.redeemed + excluded.redeemed, revoked = ticket_counts.revoked + excluded.revoked;
    RETURN NULL;
END $$;
CREATE FUNCTION count_updated_tickets() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ticket_counts (event_id, expires_at, part, unused, redeemed, revoked)
    SELECT event_id, expires_at, NEXTVAL('ticket_count_parts'), unused, redeemed, revoked FROM (
        SELECT event_id, expires_at, SUM(n * (state = 0)::INT) AS unused, SUM(n * (state = 1)::INT) AS redeemed,
            SUM(n * (state = 2)::INT) AS revoked
        FROM (SELECT event_id, expires_at, state, 1 AS n FROM new_rows
            UNION ALL SELECT event_id, expires_at, state, -1 FROM old_rows) AS changed
        GROUP BY event_id, expires_at) AS sums
    WHERE unused <> 0 OR redeemed <> 0 OR revoked <> 0
    ON CONFLICT (event_id, expires_at, part) DO UPDATE SET unused = ticket_counts.unused + excluded.unused,
        redeemed = ticket_counts.redeemed + excluded.redeemed, revoked = ticket_counts.revoked + excluded.revoked;
    RETURN NULL;
END $$;
CREATE FUNCTION count_deleted_tickets() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ticket_counts (event_id, expires_at, part, unused, redeemed, revoked)
    SELECT event_id, expires_at, NEXTVAL('ticket_count_parts'), -COUNT(*) FILTER (WHERE state = 0),
        -COUNT(*) FILTER (WHERE state = 1), -COUNT(*) FILTER (WHERE state = 2)
    FROM old_rows GROUP BY event_id, expires_at
    ON CONFLICT (event_id, expires_at, part) DO UPDATE SET unused = ticket_counts.unused + excluded.unused,
        redeemed = ticket_counts.redeemed + excluded.redeemed, revoked = ticket_counts.revoked + excluded.revoked;
    RETURN NULL;
END $$;
-- For each statement: a row's own trigger would cost a bulk change of a million tickets a million parts.
CREATE TRIGGER tickets_counted_insert AFTER INSERT ON tickets REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION count_inserted_tickets();
CREATE TRIGGER tickets_counted_update AFTER UPDATE ON tickets REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION count_updated_tickets();
CREATE TRIGGER tickets_counted_delete AFTER DELETE ON tickets REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION count_deleted_tickets();
