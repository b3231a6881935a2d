-- +goose Up
-- What kendra_report may know of the entries: that they are there. No officer,
-- no place, no fact, no line of text, neither sealed nor open.
SET LOCAL ROLE kendra_owner;

CREATE VIEW report_entries AS
	SELECT district_id, centre, seq, kind, (received_at AT TIME ZONE 'Asia/Kolkata')::date AS day, leaf_hash
	FROM entries;
COMMENT ON VIEW report_entries IS 'class I: number, kind and day of each entry, and its leaf';
GRANT SELECT ON report_entries TO kendra_report;
RESET ROLE;
