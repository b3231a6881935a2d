-- +goose Up
-- Sheets with a keyed code that hang at places. The code stands in no table: number and key give it, and the key is kept
-- outside the database.
SET LOCAL ROLE kendra_owner;

CREATE TABLE place_markers (
	district_id int NOT NULL,
	centre text NOT NULL,
	place_id uuid NOT NULL,
	version int NOT NULL CHECK (version BETWEEN 1 AND 9999),
	made_at timestamptz NOT NULL,
	reason text NOT NULL,
	key_id text NOT NULL,
	seq bigint NOT NULL,
	PRIMARY KEY (district_id, place_id, version)
);
COMMENT ON TABLE place_markers IS 'class P: the sheets that were made for a place, each in the place of the one before; key_id is that of the key that makes and proves its code, which stands nowhere';
ALTER TABLE place_markers ENABLE ROW LEVEL SECURITY;
ALTER TABLE place_markers FORCE ROW LEVEL SECURITY;
CREATE POLICY district ON place_markers USING (district_id = nullif(current_setting('app.district_id', true), '')::int);
GRANT SELECT, INSERT, UPDATE, DELETE ON place_markers TO kendra_app;

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('marker_reason', 'first', 'पहली बार', 'The first', 10),
	('marker_reason', 'renewed', 'पुराने के स्थान पर नया', 'In place of an old one', 20),
	('marker_reason', 'lost', 'पत्रक खो गया या हटाया गया', 'The sheet is lost or was taken down', 30),
	('marker_reason', 'copied', 'कोड की नकल हुई', 'The code was copied', 40),
	('marker_reason', 'moved', 'पत्रक दूसरी जगह लगाया गया', 'The sheet hangs elsewhere now', 50),
	('marker_state', 'ok', 'इसी स्थान का, चालू', 'Of this place, in force', 10),
	('marker_state', 'old', 'पुराना पत्रक', 'An old sheet', 20),
	('marker_state', 'other', 'किसी दूसरे स्थान का', 'Of another place', 30),
	('marker_state', 'bad', 'ऐसा कोई कोड नहीं', 'No such code', 40),
	('label', 'marker_state', 'स्थान का कोड', 'Code of the place', 1016);
INSERT INTO register_columns (register, name, pos, type, class, list) VALUES
	('women_beat', 'marker_state', 186, 'code', 'open', 'marker_state');
RESET ROLE;
