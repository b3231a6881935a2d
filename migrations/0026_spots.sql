-- +goose Up
-- Hot-spots: places of the list where harassment is told of. What is told of a place, the lists that were set for a month,
-- the weekly looks at them, and when a place was seen by whom it counts for. All of it is folded from the books.
SET LOCAL ROLE kendra_owner;

-- Kinds of place that may be a hot-spot: where everybody comes. A ward, a hostel and a brick kiln are where people live, and
-- "other" says nothing: they are none, and the first two and the last never become one.
INSERT INTO codes (list, code, hi, en, sort) VALUES
	('hotspot_kind', 'school', 'विद्यालय', 'School', 10),
	('hotspot_kind', 'college', 'महाविद्यालय', 'College', 20),
	('hotspot_kind', 'coaching', 'कोचिंग संस्थान', 'Coaching centre', 30),
	('hotspot_kind', 'market', 'बाज़ार', 'Market', 40),
	('hotspot_kind', 'mall', 'मॉल', 'Mall', 50),
	('hotspot_kind', 'park', 'पार्क', 'Park', 60),
	('hotspot_kind', 'crossing', 'चौराहा', 'Crossing', 70),
	('hotspot_kind', 'bus_stand', 'बस अड्डा', 'Bus stand', 80),
	('hotspot_kind', 'auto_stand', 'ऑटो स्टैण्ड', 'Auto stand', 90),
	('hotspot_kind', 'railway_station', 'रेलवे स्टेशन', 'Railway station', 100),
	('hotspot_kind', 'temple_ghat', 'मन्दिर या घाट', 'Temple or ghat', 110),
	('hotspot_kind', 'fair_pandal', 'मेला या पण्डाल', 'Fair or pandal', 120),
	('hotspot_kind', 'cinema', 'सिनेमा', 'Cinema', 130),
	('hotspot_kind', 'hospital', 'अस्पताल', 'Hospital', 140),
	('hotspot_kind', 'bank', 'बैंक', 'Bank', 150),
	('hotspot_kind', 'panchayat_bhawan', 'पंचायत भवन', 'Panchayat bhawan', 160),
	('hotspot_kind', 'village', 'ग्राम', 'Village', 170),
	('hotspot_source', 'girls_feedback', 'बालिकाओं से बातचीत', 'What girls told', 10),
	('hotspot_source', 'complaint_box', 'शिकायत पेटिका', 'Complaint box', 20),
	('hotspot_source', 'power_line_1090', 'वूमेन पावर लाइन 1090', 'Women Power Line 1090', 30),
	('hotspot_source', 'squad_round', 'स्क्वाड का भ्रमण', 'Round of the squad', 40),
	('hotspot_source', 'beat', 'महिला बीट', 'Women beat', 50),
	('hotspot_source', 'school', 'विद्यालय या संस्थान', 'School or institution', 60),
	('hotspot_source', 'complaints', 'शिकायतों का प्रकाशित मानचित्र', 'Published map of complaints', 70),
	('hotspot_sign', 'following', 'पीछा किया जाना', 'Women are followed', 10),
	('hotspot_sign', 'remarks', 'फब्तियाँ', 'Remarks', 20),
	('hotspot_sign', 'filming', 'बिना अनुमति फोटो या वीडियो', 'Filming', 30),
	('hotspot_sign', 'chasing_vehicles', 'वाहन से पीछा', 'Chasing by vehicle', 40),
	('hotspot_sign', 'crowding', 'रास्ता रोककर खड़े होना', 'The way is blocked', 50),
	('hotspot_sign', 'dark', 'अँधेरा, प्रकाश नहीं', 'Dark, no light', 60),
	('hotspot_sign', 'deserted', 'सुनसान', 'Deserted', 70),
	('hotspot_sign', 'drinking_place', 'मद्यपान का स्थान', 'Drinking place', 80),
	('hotspot_sign', 'no_police', 'पुलिस दिखती नहीं', 'No police seen', 90),
	('hotspot_return', 'too_many', 'स्थान बहुत अधिक', 'Too many places', 10),
	('hotspot_return', 'too_few', 'स्थान बहुत कम', 'Too few places', 20),
	('hotspot_return', 'wrong_hours', 'समय ठीक नहीं', 'The hours are wrong', 30),
	('hotspot_return', 'talk_first', 'पहले बात करें', 'Let us talk first', 40),
	('hotspot_result', 'quieter', 'पहले से शान्त', 'Quieter', 10),
	('hotspot_result', 'same', 'वैसा ही', 'The same', 20),
	('hotspot_result', 'worse', 'पहले से ख़राब', 'Worse', 30),
	('hotspot_result', 'not_seen', 'देखा नहीं गया', 'Not seen', 40);

CREATE TABLE spot_proposals (
	district_id int NOT NULL,
	centre text NOT NULL,
	proposal_id uuid NOT NULL,
	seq bigint NOT NULL,
	place_id uuid NOT NULL,
	source text NOT NULL,
	hours_from text NOT NULL,
	hours_to text NOT NULL,
	days text[] NOT NULL,
	signs text[] NOT NULL,
	mentions int NOT NULL CHECK (mentions BETWEEN 1 AND 999),
	at timestamptz NOT NULL,
	PRIMARY KEY (district_id, proposal_id)
);
CREATE INDEX spot_proposals_seq ON spot_proposals (district_id, centre, seq DESC);
COMMENT ON TABLE spot_proposals IS 'class I: what was told of a place, by codes and a count; who told it, and who wrote it down, is not in it';

CREATE TABLE spot_lists (
	district_id int NOT NULL,
	centre text NOT NULL,
	list_id uuid NOT NULL,
	seq bigint NOT NULL,
	month text NOT NULL CHECK (month ~ '^20[0-9]{2}-(0[1-9]|1[0-2])$'),
	state text NOT NULL CHECK (state IN ('draft', 'agreed', 'sent_back')),
	set_by uuid NOT NULL,
	set_at timestamptz NOT NULL,
	decided_by uuid,
	decided_at timestamptz,
	decided_seq bigint NOT NULL,
	reason text NOT NULL,
	from_at timestamptz,
	spots text NOT NULL,
	PRIMARY KEY (district_id, list_id)
);
CREATE INDEX spot_lists_month ON spot_lists (district_id, centre, month);
CREATE INDEX spot_lists_from ON spot_lists (district_id, centre, from_at DESC, seq DESC) WHERE from_at IS NOT NULL;
COMMENT ON TABLE spot_lists IS 'class R: lists of hot-spots for a month, as the circle officer decided on them; from_at is from when one that is agreed is in force, until another is; spots says of each place since when it is on the list without a gap';

CREATE TABLE spot_reviews (
	district_id int NOT NULL,
	centre text NOT NULL,
	list_id uuid NOT NULL,
	week date NOT NULL CHECK (extract(isodow FROM week) = 1),
	review_id uuid NOT NULL,
	seq bigint NOT NULL,
	reviewed_by uuid NOT NULL,
	reviewed_at timestamptz NOT NULL,
	present uuid[] NOT NULL,
	spots text NOT NULL,
	PRIMARY KEY (district_id, list_id, week)
);
CREATE INDEX spot_reviews_week ON spot_reviews (district_id, centre, week DESC, seq DESC);
COMMENT ON TABLE spot_reviews IS 'class R: the weekly look of the squad at a list of hot-spots: quieter, the same, worse or not seen, place by place';

CREATE TABLE spot_visits (
	district_id int NOT NULL,
	centre text NOT NULL,
	register text NOT NULL CHECK (register IN ('squad', 'women_beat')),
	year int NOT NULL,
	serial bigint NOT NULL,
	place_id uuid NOT NULL,
	subject_id uuid,
	began_at timestamptz NOT NULL,
	at timestamptz NOT NULL,
	known_at timestamptz NOT NULL,
	struck_at timestamptz,
	PRIMARY KEY (district_id, centre, register, year, serial)
);
CREATE INDEX spot_visits_place ON spot_visits (place_id, at DESC, district_id);
CREATE INDEX spot_visits_rounds ON spot_visits (district_id, centre, at DESC) WHERE register = 'squad';
COMMENT ON TABLE spot_visits IS 'class I: rounds and visits at places of the list, from when to when: a line of the squad''s register or of women_beat each; known_at is when the book learnt of it, struck_at when its line was struck; never by whom';

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
	FOREACH t IN ARRAY ARRAY['spot_proposals', 'spot_lists', 'spot_reviews', 'spot_visits'] LOOP
		EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
		EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
		EXECUTE format('CREATE POLICY district ON %I USING (district_id = nullif(current_setting(''app.district_id'', true), '''')::int)', t);
		EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO kendra_app', t);
	END LOOP;
END $$;
-- +goose StatementEnd
RESET ROLE;
