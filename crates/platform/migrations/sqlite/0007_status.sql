-- A search among the tickets of one status reads this index and no table, as a search among all reads the other one. The
-- text joins the index that changes with the status anyway, so that redeeming a ticket touches no index more than before.
DROP INDEX tickets_by_state;
CREATE INDEX tickets_by_state ON tickets (state, created_at, id, expires_at, event_id, search_text);

-- A change of a ticket's state alone is one change of its counts, whose row is there because the ticket is in it.
-- PostgreSQL counts by statement, not by row.
DROP TRIGGER tickets_counted_update;
CREATE TRIGGER tickets_counted_update AFTER UPDATE OF is_revoked, redeemed_at ON tickets
WHEN OLD.state <> NEW.state AND OLD.event_id = NEW.event_id AND OLD.expires_at = NEW.expires_at BEGIN
    UPDATE ticket_counts SET
        unused = unused - (OLD.state = 0) + (NEW.state = 0),
        redeemed = redeemed - (OLD.state = 1) + (NEW.state = 1),
        revoked = revoked - (OLD.state = 2) + (NEW.state = 2)
    WHERE event_id = NEW.event_id AND expires_at = NEW.expires_at AND part = 0;
END;
CREATE TRIGGER tickets_counted_move AFTER UPDATE OF event_id, expires_at ON tickets
WHEN OLD.event_id <> NEW.event_id OR OLD.expires_at <> NEW.expires_at BEGIN
    UPDATE ticket_counts SET
        unused = unused - (OLD.state = 0), redeemed = redeemed - (OLD.state = 1), revoked = revoked - (OLD.state = 2)
    WHERE event_id = OLD.event_id AND expires_at = OLD.expires_at AND part = 0;
    INSERT INTO ticket_counts (event_id, expires_at, part, unused, redeemed, revoked)
    VALUES (NEW.event_id, NEW.expires_at, 0, NEW.state = 0, NEW.state = 1, NEW.state = 2)
    ON CONFLICT (event_id, expires_at, part) DO UPDATE SET
        unused = unused + excluded.unused, redeemed = redeemed + excluded.redeemed, revoked = revoked + excluded.revoked;
END;
