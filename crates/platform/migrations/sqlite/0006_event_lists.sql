-- The tickets of an event in the order of lists, with what tells their status: a list of any status reads this index and
-- no table, however many tickets of other events or other states there are.
DROP INDEX tickets_by_event;
CREATE INDEX tickets_by_event ON tickets (event_id, created_at, id, state, expires_at);
