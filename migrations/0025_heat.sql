-- +goose Up
-- Heat of complaints: what is published each week, and what waits to be. Neither is folded from the books: what was
-- published stays, whatever comes in late.
SET LOCAL ROLE kendra_owner;

CREATE TABLE heat_waiting (
	district_id int NOT NULL,
	complaint_id uuid NOT NULL,
	case_id uuid NOT NULL,
	day date NOT NULL,
	week date NOT NULL,
	cell bigint NOT NULL,
	layer int NOT NULL,
	PRIMARY KEY (district_id, complaint_id)
);
COMMENT ON TABLE heat_waiting IS 'class I: complaints that wait to be counted with others on the map: day, cell of resolution 7 and layer (0: none, as of a guarded case); gone when they are counted, or after a year';

CREATE TABLE heat_snapshots (
	district_id int NOT NULL,
	week date NOT NULL,
	told text NOT NULL,
	made_at timestamptz NOT NULL,
	PRIMARY KEY (district_id, week)
);
COMMENT ON TABLE heat_snapshots IS 'class P: the groups of complaints (five women, three days, rounded to five) that were published in a week, by the Monday on which it began; never changed';

ALTER TABLE heat_waiting ENABLE ROW LEVEL SECURITY;
ALTER TABLE heat_waiting FORCE ROW LEVEL SECURITY;
CREATE POLICY district ON heat_waiting USING (district_id = nullif(current_setting('app.district_id', true), '')::int);
GRANT SELECT, INSERT, DELETE ON heat_waiting TO kendra_app;
ALTER TABLE heat_snapshots ENABLE ROW LEVEL SECURITY;
ALTER TABLE heat_snapshots FORCE ROW LEVEL SECURITY;
CREATE POLICY district ON heat_snapshots USING (district_id = nullif(current_setting('app.district_id', true), '')::int);
GRANT SELECT, INSERT ON heat_snapshots TO kendra_app;

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('heat_public', 'street_harassment', 'सार्वजनिक स्थान पर छेड़छाड़', 'Street harassment', 10),
	('heat_public', 'stalking', 'पीछा करना', 'Stalking', 20),
	('heat_home', 'domestic_violence', 'घरेलू हिंसा', 'Domestic violence', 10),
	('heat_home', 'dowry', 'दहेज', 'Dowry', 20),
	('heat_home', 'marital_dispute', 'वैवाहिक विवाद', 'Marital dispute', 30),
	('heat_home', 'elder_neglect', 'वृद्धजन की उपेक्षा', 'Elder neglect', 40);
RESET ROLE;
