-- +goose Up
-- What speaks for and against a visit is judged by numbers that are rows. No source names numbers: these are ours,
-- tried on made-up cheats and honest bad luck, to be moved as the first weeks teach.
SET LOCAL ROLE kendra_owner;

CREATE TABLE evidence_rules (
	rule text NOT NULL CHECK (rule ~ '^[a-z0-9_.]{1,40}$'),
	value double precision NOT NULL CHECK (value >= 0),
	basis text NOT NULL,
	valid_from timestamptz NOT NULL DEFAULT '2024-07-01 00:00:00+05:30',
	PRIMARY KEY (rule, valid_from)
);
COMMENT ON TABLE evidence_rules IS 'list: the numbers by which it is said what speaks for and against a visit';
GRANT SELECT ON evidence_rules TO kendra_app, kendra_report;
INSERT INTO evidence_rules (rule, value, basis) VALUES
	('wait_s', 21600, 'D: six hours, in which positions arrive that waited for a network'),
	('margin_s', 900, 'D: a quarter of an hour before and after a visit'),
	('exact_m', 100, 'D: a fix is exact up to this'),
	('stale_s', 120, 'D: a fix is of the moment up to this age'),
	('near_m', 300, 'D: near a place'),
	('far_m', 2000, 'D: far from a place, beyond all accuracy'),
	('speed_ms', 50, 'D: 180 km/h'),
	('clock_s', 120, 'D: a clock is right up to this'),
	('same_count', 3, 'D: acts in a row at the very same point'),
	('fixes', 4, 'D: positions from which something can be said'),
	('dwell_s', 600, 'D: ten minutes at the place'),
	('inside_pct', 60, 'D: of the positions, to have stayed'),
	('away_pct', 80, 'D: of the positions, to have been elsewhere'),
	('replay_moves', 6, 'D: moves from which a copy can be told'),
	('replay_pct', 60, 'D: of the moves, to be a copy'),
	('apart_m', 10, 'D: beyond twice both accuracies, two phones stand apart'),
	('apart_count', 3, 'D: such positions'),
	('strong_at', 6, 'D: points for, and none against'),
	('weak_at', 3, 'D: points against'),
	('points.fix', 1, 'D: points of this reason'),
	('points.place', 1, 'D: points of this reason'),
	('points.dwell', 2, 'D: points of this reason'),
	('points.second_phone', 3, 'D: without it no visit is strong'),
	('points.mock', 3, 'D: points of this reason'),
	('points.speed', 3, 'D: points of this reason'),
	('points.away', 3, 'D: points of this reason'),
	('points.replay', 3, 'D: points of this reason'),
	('points.same_point', 1, 'D: alone it makes nothing weak');

-- beside the books
CREATE TABLE proof_watch (
	district_id int NOT NULL,
	centre text NOT NULL,
	seq bigint NOT NULL,
	PRIMARY KEY (district_id, centre)
);
COMMENT ON TABLE proof_watch IS 'class I: up to which entry the visits of a centre were assessed';
ALTER TABLE proof_watch ENABLE ROW LEVEL SECURITY;
ALTER TABLE proof_watch FORCE ROW LEVEL SECURITY;
CREATE POLICY district ON proof_watch USING (district_id = nullif(current_setting('app.district_id', true), '')::int);
GRANT SELECT, INSERT, UPDATE ON proof_watch TO kendra_app;
RESET ROLE;
