-- +goose Up
-- Beats and places by days: what was true of them on which day. They are folded from the books; the beats of the staff
-- list stand before their first version. The outline of the district stands beside the books.
SET LOCAL ROLE kendra_owner;

CREATE TABLE beat_versions (
	district_id int NOT NULL,
	centre text NOT NULL,
	beat_id uuid NOT NULL,
	from_on date NOT NULL,
	until_on date,
	code text NOT NULL,
	hi text NOT NULL,
	en text NOT NULL,
	area text NOT NULL,
	cells bigint[] NOT NULL,
	km2 double precision NOT NULL,
	per_week int NOT NULL,
	hours_from text NOT NULL,
	hours_to text NOT NULL,
	seq bigint NOT NULL,
	PRIMARY KEY (district_id, beat_id, from_on)
);
CREATE INDEX beat_versions_code ON beat_versions (centre, code, district_id);
COMMENT ON TABLE beat_versions IS 'class P: beats as they were from day to day, until_on not included; area is GeoJSON, cells are those of resolution 9 that overlap it; per_week 0 says nothing';

CREATE TABLE place_versions (
	district_id int NOT NULL,
	centre text NOT NULL,
	place_id uuid NOT NULL,
	from_on date NOT NULL,
	until_on date,
	code text NOT NULL,
	hi text NOT NULL,
	en text NOT NULL,
	kind text NOT NULL,
	beat_id uuid,
	lat double precision NOT NULL,
	lon double precision NOT NULL,
	cell bigint NOT NULL,
	area text NOT NULL,
	cells bigint[] NOT NULL,
	every_days int NOT NULL CHECK (every_days BETWEEN 1 AND 365),
	hours_from text NOT NULL,
	hours_to text NOT NULL,
	weight int NOT NULL CHECK (weight BETWEEN 1 AND 5),
	tags text[] NOT NULL,
	seq bigint NOT NULL,
	PRIMARY KEY (district_id, place_id, from_on)
);
CREATE INDEX place_versions_code ON place_versions (centre, code, district_id);
CREATE INDEX place_versions_beat ON place_versions (beat_id, district_id) WHERE beat_id IS NOT NULL;
COMMENT ON TABLE place_versions IS 'class P: places that are to be seen, as they were from day to day, until_on not included; cell is of resolution 10, cells (of an area, else none) of 9';

-- beside the books
CREATE TABLE boundaries (
	district_id int NOT NULL REFERENCES districts (district_id),
	area text NOT NULL,
	set_at timestamptz NOT NULL,
	PRIMARY KEY (district_id)
);
COMMENT ON TABLE boundaries IS 'class P: the outline of a district, GeoJSON';

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
	FOREACH t IN ARRAY ARRAY['beat_versions', 'place_versions', 'boundaries']
	LOOP
		EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
		EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
		EXECUTE format('CREATE POLICY district ON %I USING (district_id = nullif(current_setting(''app.district_id'', true), '''')::int)', t);
		EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO kendra_app', t);
	END LOOP;
END $$;
-- +goose StatementEnd

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('label', 'found_place', 'सूची का स्थान', 'Place of the list', 1012),
	('label', 'found_m', 'सूची के स्थान से दूरी (मीटर)', 'Metres from the place of the list', 1014);
INSERT INTO register_columns (register, name, pos, type, class, list) VALUES
	('women_beat', 'found_place', 182, 'text', 'open', ''),
	('women_beat', 'found_m', 184, 'number', 'open', '');
RESET ROLE;
