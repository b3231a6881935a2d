-- +goose Up
-- Who is near: the last fix of each officer on duty, found by its cell; calls for help of officers, with their ladder; and
-- how long a duty may last.
SET LOCAL ROLE kendra_owner;

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('sos_end', 'safe', 'सुरक्षित', 'Safe', 10),
	('sos_end', 'false_alarm', 'भूल से दबा', 'Pressed by mistake', 20),
	('sos_end', 'handed_over', 'मामला थाने को सौंपा', 'Handed over to the station', 30);

-- No order names the times: they are ours. A call for help has no end but by a person.
INSERT INTO ladders (urgency, rung, after_s, action, to_role) VALUES
	('sos', 1, 30, 'remind', NULL),
	('sos', 2, 60, 'pass', 'co'),
	('sos', 3, 120, 'pass', 'co'),
	('sos', 4, 300, 'pass', 'addl_sp'),
	('sos', 5, 600, 'remind', NULL),
	('sos', 6, 1200, 'remind', NULL);

CREATE TABLE unit_rules (
	way_percent int NOT NULL CHECK (way_percent BETWEEN 100 AND 1000),
	units int NOT NULL CHECK (units BETWEEN 1 AND 3),
	heard_s int NOT NULL CHECK (heard_s > 0),
	duty_s int NOT NULL CHECK (duty_s BETWEEN 3600 AND 86400),
	basis text NOT NULL,
	valid_from timestamptz NOT NULL DEFAULT '2024-07-01 00:00:00+05:30',
	PRIMARY KEY (valid_from)
);
COMMENT ON TABLE unit_rules IS 'list: by how much a way is longer than the line, how many units a call for help wakes, how old one may come and still wake, how long a duty lasts';
GRANT SELECT ON unit_rules TO kendra_app, kendra_report;
INSERT INTO unit_rules (way_percent, units, heard_s, duty_s, basis) VALUES
	(140, 3, 7200, 50400, 'D: roads of the plains are some two fifths longer than the line; a duty of fourteen hours is the longest that the roster takes');

CREATE TABLE sos (
	district_id int NOT NULL,
	sos_id uuid NOT NULL,
	centre text NOT NULL,
	seq bigint NOT NULL,
	officer_id uuid NOT NULL,
	role text NOT NULL,
	raised_at timestamptz NOT NULL,
	called_at timestamptz NOT NULL,
	state text NOT NULL CHECK (state IN ('open', 'answered', 'ended')),
	on_duty boolean NOT NULL,
	late boolean NOT NULL,
	called uuid[] NOT NULL,
	rung int NOT NULL,
	next_at timestamptz,
	steps text NOT NULL,
	PRIMARY KEY (district_id, sos_id)
);
CREATE INDEX sos_open ON sos (district_id, centre, officer_id) WHERE state <> 'ended';
CREATE INDEX sos_list ON sos (district_id, centre, seq);
CREATE INDEX sos_due ON sos (district_id, next_at) WHERE next_at IS NOT NULL;
COMMENT ON TABLE sos IS 'class R: calls for help of officers, as their entries left them; where somebody was stands in the entry alone';

CREATE INDEX duties_unended ON duties (district_id, started_at) WHERE ended_at IS NULL;

CREATE TABLE last_fixes (
	district_id int NOT NULL,
	officer_id uuid NOT NULL,
	centre text NOT NULL,
	at timestamptz NOT NULL,
	lat double precision NOT NULL,
	lon double precision NOT NULL,
	accuracy_m double precision NOT NULL,
	mock boolean NOT NULL,
	cell bigint NOT NULL,
	PRIMARY KEY (district_id, officer_id)
) WITH (fillfactor = 70);
CREATE INDEX last_fixes_cell ON last_fixes (district_id, centre, cell);
COMMENT ON TABLE last_fixes IS 'class R: the newest fix of each officer on duty; gone within the hour after the duty';

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
	FOREACH t IN ARRAY ARRAY['sos', 'last_fixes'] LOOP
		EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
		EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
		EXECUTE format('CREATE POLICY district ON %I USING (district_id = nullif(current_setting(''app.district_id'', true), '''')::int)', t);
		EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO kendra_app', t);
	END LOOP;
END $$;
-- +goose StatementEnd
RESET ROLE;
