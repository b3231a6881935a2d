-- +goose Up
-- Visits that one phone files by the dozen, or again and again at one place, are
-- raised as the patterns in the work of squads are. Nothing is refused for it.
SET LOCAL ROLE kendra_owner;

-- No source names numbers: these are ours, to be moved as the first weeks teach.
INSERT INTO conduct_rules (pattern, span, n, within_s, metres, percent, basis) VALUES
	('many_visits', 'day', 12, 3600, 0, 0, 'D: twelve visits of one phone within the hour'),
	('one_spot', 'day', 10, 0, 0, 0, 'D: ten visits of one phone within a few hundred metres on one day');

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('conduct_pattern', 'many_visits', 'एक ही फ़ोन से कम समय में अनेक भ्रमण', 'Many visits by one phone in a short time', 100),
	('conduct_pattern', 'one_spot', 'एक ही फ़ोन से एक ही स्थान के भ्रमण बार-बार', 'Visits by one phone to one place again and again', 110);

-- beside the books
CREATE TABLE visit_watch (
	district_id int NOT NULL,
	centre text NOT NULL,
	seq bigint NOT NULL,
	due_at timestamptz NOT NULL,
	PRIMARY KEY (district_id, centre)
);
COMMENT ON TABLE visit_watch IS 'class I: up to which entry the visits of a centre were looked at for patterns, and when they are next';
ALTER TABLE visit_watch ENABLE ROW LEVEL SECURITY;
ALTER TABLE visit_watch FORCE ROW LEVEL SECURITY;
CREATE POLICY district ON visit_watch USING (district_id = nullif(current_setting('app.district_id', true), '')::int);
GRANT SELECT, INSERT, UPDATE ON visit_watch TO kendra_app;
RESET ROLE;
