-- +goose Up
-- The women-beat register is closed for each month of a beat, with what the book counted.
SET LOCAL ROLE kendra_owner;

CREATE TABLE beat_months (
	district_id int NOT NULL,
	centre text NOT NULL,
	year int NOT NULL,
	serial bigint NOT NULL,
	beat_id uuid NOT NULL,
	month date NOT NULL CHECK (extract(day FROM month) = 1),
	struck_at timestamptz,
	PRIMARY KEY (district_id, centre, year, serial)
);
CREATE INDEX beat_months_beat ON beat_months (beat_id, month, district_id);
COMMENT ON TABLE beat_months IS 'class P: which line of the women_beat register closed a month of a beat; struck_at when it was struck';
ALTER TABLE beat_months ENABLE ROW LEVEL SECURITY;
ALTER TABLE beat_months FORCE ROW LEVEL SECURITY;
CREATE POLICY district ON beat_months USING (district_id = nullif(current_setting('app.district_id', true), '')::int);
GRANT SELECT, INSERT, UPDATE, DELETE ON beat_months TO kendra_app;

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('label', 'month', 'माह', 'Month', 1020),
	('label', 'month_places', 'माह: सूची के स्थान', 'Month: places of the list', 1022),
	('label', 'month_seen', 'माह: देखे गये स्थान', 'Month: places seen', 1024),
	('label', 'month_visits', 'माह: भ्रमण', 'Month: visits', 1026),
	('label', 'month_days', 'माह: भ्रमण के दिन', 'Month: days with a visit', 1028),
	('label', 'month_chaupals', 'माह: चौपाल', 'Month: chaupals', 1030),
	('label', 'month_women', 'माह: महिलायें', 'Month: women', 1032),
	('label', 'month_girls', 'माह: बालिकायें', 'Month: girls', 1034);
INSERT INTO register_columns (register, name, pos, type, class, list) VALUES
	('women_beat', 'month', 310, 'text', 'open', ''),
	('women_beat', 'month_places', 320, 'number', 'open', ''),
	('women_beat', 'month_seen', 330, 'number', 'open', ''),
	('women_beat', 'month_visits', 340, 'number', 'open', ''),
	('women_beat', 'month_days', 350, 'number', 'open', ''),
	('women_beat', 'month_chaupals', 360, 'number', 'open', ''),
	('women_beat', 'month_women', 370, 'number', 'open', ''),
	('women_beat', 'month_girls', 380, 'number', 'open', '');
RESET ROLE;
