-- +goose Up
-- Who gave the code of a new phone, so that the next code of the same officer ends the one before; and the roster of the
-- week: who is on which duty when.
SET LOCAL ROLE kendra_owner;

ALTER TABLE once_codes ADD COLUMN issued_by uuid;
COMMENT ON COLUMN once_codes.issued_by IS 'class R: the officer at whose word a new phone may be enrolled';

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('roster_duty', 'desk', 'महिला हेल्प डेस्क', 'Help desk', 10),
	('roster_duty', 'centre', 'केन्द्र', 'Centre', 20),
	('roster_duty', 'beat', 'महिला बीट', 'Women beat', 30),
	('roster_duty', 'squad', 'एण्टी रोमियो स्क्वाड', 'Anti-Romeo squad', 40),
	('roster_duty', 'counselling', 'परामर्श', 'Counselling', 50),
	('roster_duty', 'court', 'न्यायालय', 'Court', 60),
	('roster_duty', 'training', 'प्रशिक्षण', 'Training', 70),
	('roster_duty', 'other', 'अन्य ड्यूटी', 'Other duty', 80),
	('roster_duty', 'rest', 'साप्ताहिक विश्राम', 'Weekly rest', 90),
	('roster_duty', 'leave', 'अवकाश', 'Leave', 100),
	('roster_shift', 't0600_1400', '06:00–14:00 प्रातः', '06:00–14:00 morning', 10),
	('roster_shift', 't1400_2200', '14:00–22:00 सायं', '14:00–22:00 evening', 20),
	('roster_shift', 't2200_0600', '22:00–06:00 रात्रि', '22:00–06:00 night', 30),
	('roster_shift', 't0800_2000', '08:00–20:00 दिन', '08:00–20:00 day', 40),
	('roster_shift', 't2000_0800', '20:00–08:00 रात्रि', '20:00–08:00 night', 50),
	('roster_shift', 't1000_1800', '10:00–18:00 कार्यालय', '10:00–18:00 office', 60);

CREATE TABLE rosters (
	district_id int NOT NULL,
	centre text NOT NULL,
	week date NOT NULL CHECK (extract(isodow FROM week) = 1),
	roster_id uuid NOT NULL,
	seq bigint NOT NULL,
	set_by uuid NOT NULL,
	set_at timestamptz NOT NULL,
	rows text NOT NULL,
	PRIMARY KEY (district_id, centre, week)
);
COMMENT ON TABLE rosters IS 'class R: who is on which duty in a week of a centre, as it was last set; its history is the book';

ALTER TABLE rosters ENABLE ROW LEVEL SECURITY;
ALTER TABLE rosters FORCE ROW LEVEL SECURITY;
CREATE POLICY district ON rosters USING (district_id = nullif(current_setting('app.district_id', true), '')::int);
GRANT SELECT, INSERT, UPDATE, DELETE ON rosters TO kendra_app;
RESET ROLE;
