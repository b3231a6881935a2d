-- +goose Up
-- Which places and beats were visited when, so that what is owed to each can be told for any moment; and by what a round
-- is drafted. The visits are folded from the books.
SET LOCAL ROLE kendra_owner;

CREATE TABLE place_visits (
	district_id int NOT NULL,
	centre text NOT NULL,
	year int NOT NULL,
	serial bigint NOT NULL,
	place_id uuid,
	beat_id uuid,
	at timestamptz NOT NULL,
	known_at timestamptz NOT NULL,
	struck_at timestamptz,
	PRIMARY KEY (district_id, centre, year, serial)
);
CREATE INDEX place_visits_place ON place_visits (place_id, at DESC, district_id) WHERE place_id IS NOT NULL;
CREATE INDEX place_visits_beat ON place_visits (beat_id, at DESC, district_id) WHERE beat_id IS NOT NULL;
COMMENT ON TABLE place_visits IS 'class I: visits by the place and beat in which they were made: a line of women_beat each; known_at is when the book learnt of it, struck_at when its line was struck; never by whom';

CREATE TABLE round_speeds (
	vehicle text PRIMARY KEY,
	kmh int NOT NULL CHECK (kmh BETWEEN 1 AND 120)
);
COMMENT ON TABLE round_speeds IS 'list: how fast a round goes by each means, over the roads of the district, stops not counted';
INSERT INTO round_speeds (vehicle, kmh) VALUES ('foot', 4), ('two_wheeler', 25), ('car', 30), ('van', 28), ('other', 20);
GRANT SELECT ON round_speeds TO kendra_app;

ALTER TABLE place_visits ENABLE ROW LEVEL SECURITY;
ALTER TABLE place_visits FORCE ROW LEVEL SECURITY;
CREATE POLICY district ON place_visits USING (district_id = nullif(current_setting('app.district_id', true), '')::int);
GRANT SELECT, INSERT, UPDATE, DELETE ON place_visits TO kendra_app;
RESET ROLE;
