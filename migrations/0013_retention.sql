-- +goose Up
-- How long what is kept: the rules, from when on a complaint or an entry about a person counts, and the tracks of the
-- squads when their positions are gone. A key that was destroyed leaves an empty row behind, so that none is made anew.
SET LOCAL ROLE kendra_owner;

CREATE TABLE retention_rules (
	code text NOT NULL,
	months int NOT NULL CHECK (months >= 0),
	days int NOT NULL CHECK (days >= 0),
	basis text NOT NULL,
	valid_from timestamptz NOT NULL DEFAULT '2024-07-01 00:00:00+05:30',
	PRIMARY KEY (code, valid_from),
	CONSTRAINT retention_some CHECK (months + days > 0)
);
COMMENT ON TABLE retention_rules IS 'list: how long what is kept; HQ''s book changes it, by two persons';
GRANT SELECT ON retention_rules TO kendra_app, kendra_report;

INSERT INTO retention_rules (code, months, days, basis) VALUES
	('identity', 36, 0, 'D: three years after the complaint is closed'),
	('counselling', 12, 0, 'D: a year after the complaint is closed'),
	('warned', 12, 0, 'SOP: twelve months'),
	('positions', 0, 7, 'D: seven days'),
	('tracks', 0, 90, 'D: ninety days, then cells of resolution 7'),
	('audit', 36, 0, 'D: three years');

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('retention', 'identity', 'पीड़िता एवं पक्षकारों की पहचान', 'Identity of the woman and of the other side', 10),
	('retention', 'counselling', 'परामर्श का विवरण', 'What was told in counselling', 20),
	('retention', 'warned', 'चेतावनी दिये गये व्यक्ति', 'Persons who were warned', 30),
	('retention', 'positions', 'ड्यूटी पर स्थिति', 'Positions on duty', 40),
	('retention', 'tracks', 'भ्रमण के मार्ग', 'Tracks of rounds', 50),
	('retention', 'audit', 'लॉग-इन एवं चेतावनी अभिलेख', 'Records of log-ins and alarms', 60),
	('hold_reason', 'court', 'न्यायालय में विचाराधीन', 'Before a court', 10),
	('hold_reason', 'inquiry', 'विभागीय जाँच', 'Departmental inquiry', 20),
	('hold_reason', 'commission', 'आयोग द्वारा माँगा गया', 'Asked for by a commission', 30),
	('hold_reason', 'request', 'पीड़िता के अनुरोध पर', 'At the woman''s request', 40);

-- From when on its time counts: empty while it is open, held, or shredded already. As with the others of 0004, the
-- indexes do not begin with the district.
ALTER TABLE complaints ADD COLUMN keep_from timestamptz, ADD COLUMN told_from timestamptz;
ALTER TABLE matters ADD COLUMN keep_from timestamptz;
CREATE INDEX complaints_keep ON complaints (keep_from, district_id) WHERE keep_from IS NOT NULL;
CREATE INDEX complaints_told ON complaints (told_from, district_id) WHERE told_from IS NOT NULL;
CREATE INDEX matters_keep ON matters (keep_from, district_id) WHERE keep_from IS NOT NULL;

ALTER TABLE case_keys DROP CONSTRAINT case_keys_class_check,
	ADD CONSTRAINT case_keys_class_check CHECK (class IN ('V', 'X', 'N', 'H'));
COMMENT ON TABLE case_keys IS 'class I: one sealing key per case and class, wrapped by the keyset outside the database; an empty one was destroyed, and none is made in its place';

-- By which key a number was hashed, and its hash by the other key while one follows another.
ALTER TABLE case_marks ADD COLUMN hashed_by text NOT NULL DEFAULT '', ADD COLUMN other_hash bytea;
ALTER TABLE officers ADD COLUMN phone_hashed_by text NOT NULL DEFAULT '';

CREATE TABLE tracks (
	district_id int NOT NULL,
	officer_id uuid NOT NULL,
	centre text NOT NULL,
	day date NOT NULL,
	cell bigint NOT NULL,
	first_at timestamptz NOT NULL,
	last_at timestamptz NOT NULL,
	PRIMARY KEY (district_id, officer_id, day, cell)
);
CREATE INDEX tracks_day ON tracks (day, district_id);
COMMENT ON TABLE tracks IS 'class R: in which cells (resolution 9) an officer on duty was on a day, when his positions are gone';

CREATE TABLE track_cells (
	district_id int NOT NULL,
	centre text NOT NULL,
	day date NOT NULL,
	cell bigint NOT NULL,
	PRIMARY KEY (district_id, centre, day, cell)
);
COMMENT ON TABLE track_cells IS 'class I: in which cells of about five square kilometres (resolution 7) a centre was on a day; whose tracks they were is forgotten';

-- +goose StatementBegin
CREATE FUNCTION audit_drop(before timestamptz) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
	n bigint;
	gone bigint := 0;
BEGIN
	IF before > now() - interval '180 days' THEN
		RAISE EXCEPTION 'logs are kept for 180 days at least';
	END IF;
	DELETE FROM auth_events WHERE at < before;
	GET DIAGNOSTICS n = ROW_COUNT;
	gone := gone + n;
	DELETE FROM alarms WHERE at < before;
	GET DIAGNOSTICS n = ROW_COUNT;
	gone := gone + n;
	DELETE FROM push_sends WHERE queued_at < before;
	GET DIAGNOSTICS n = ROW_COUNT;
	RETURN gone + n;
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION audit_drop(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_drop(timestamptz) TO kendra_app;

-- +goose StatementBegin
DO $$
DECLARE t text;
DECLARE d int;
BEGIN
	FOR d IN SELECT district_id FROM districts LOOP
		PERFORM set_config('app.district_id', d::text, true);
		UPDATE complaints SET keep_from = closed_at,
			told_from = CASE WHEN data::json -> 'counselling' IS NOT NULL THEN closed_at END
			WHERE district_id = d AND closed_at IS NOT NULL AND state <> 'transferred' AND data::json -> 'firs' IS NULL;
		UPDATE matters SET keep_from = date_trunc('milliseconds', (data::json -> 'act' ->> 'at')::timestamptz)
			WHERE district_id = d AND kind = 'squad_person' AND state NOT IN ('objected', 'quashed')
			AND data::json ->> 'result' NOT IN ('fir', 'arrested');
	END LOOP;
	PERFORM set_config('app.district_id', '', true);
	FOREACH t IN ARRAY ARRAY['tracks', 'track_cells']
	LOOP
		EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
		EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
		EXECUTE format('CREATE POLICY district ON %I USING (district_id = nullif(current_setting(''app.district_id'', true), '''')::int)', t);
		EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO kendra_app', t);
	END LOOP;
END $$;
-- +goose StatementEnd
RESET ROLE;
