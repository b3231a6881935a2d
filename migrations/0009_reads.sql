-- +goose Up
-- Who read what: every read of sealed fields and every search by a number, what a second person allowed beyond the
-- budget, and the numbers by which an officer is found to be a party to a case. Reads and allowances are folded from the
-- books; entries made before this stand there too once the book is rebuilt.
SET LOCAL ROLE kendra_owner;

CREATE TABLE reads (
	district_id int NOT NULL,
	centre text NOT NULL,
	seq bigint NOT NULL,
	op_id uuid NOT NULL,
	kind text NOT NULL CHECK (kind IN ('identity.read', 'phone.search')),
	officer_id uuid NOT NULL,
	post_id uuid NOT NULL,
	role text NOT NULL,
	case_id uuid NOT NULL,
	subject_id uuid NOT NULL,
	fields text NOT NULL,
	reason text NOT NULL,
	guarded boolean NOT NULL,
	allowed boolean NOT NULL,
	at timestamptz NOT NULL,
	PRIMARY KEY (district_id, centre, seq)
);
-- These do not begin with the district, for the reason told in 0004.
CREATE INDEX reads_officer ON reads (officer_id, district_id, at);
CREATE INDEX reads_at ON reads (centre, district_id, at);
COMMENT ON TABLE reads IS 'class R: who read which sealed fields and who searched by a number, without what was read or searched for';

CREATE TABLE read_allows (
	district_id int NOT NULL,
	centre text NOT NULL,
	officer_id uuid NOT NULL,
	seq bigint NOT NULL,
	count int NOT NULL CHECK (count BETWEEN 1 AND 10),
	given_by uuid NOT NULL,
	given_at timestamptz NOT NULL,
	PRIMARY KEY (district_id, centre, officer_id)
);
COMMENT ON TABLE read_allows IS 'class R: the last that a second person allowed an officer beyond the budget of reads, for an hour';

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
	FOREACH t IN ARRAY ARRAY['reads', 'read_allows']
	LOOP
		EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
		EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
		EXECUTE format('CREATE POLICY district ON %I USING (district_id = nullif(current_setting(''app.district_id'', true), '''')::int)', t);
		EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO kendra_app', t);
	END LOOP;
END $$;
-- +goose StatementEnd

-- An officer's own number, by the keyed hash that each field of a case would have of it. The number itself is not kept.
ALTER TABLE officers ADD COLUMN phone_hashes bytea[];

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('interest', 'self', 'स्वयं', 'Oneself', 10),
	('interest', 'spouse', 'पति या पत्नी', 'Spouse', 20),
	('interest', 'parent', 'माता या पिता', 'Parent', 30),
	('interest', 'child', 'पुत्र या पुत्री', 'Child', 40),
	('interest', 'sibling', 'भाई या बहन', 'Brother or sister', 50),
	('interest', 'in_law', 'ससुराल पक्ष', 'In-law', 60),
	('interest', 'other_relative', 'अन्य सम्बन्धी', 'Other relative', 70),
	('interest', 'household', 'साथ रहने वाला', 'Of the same household', 80),
	('search_reason', 'earlier_complaint', 'पूर्व शिकायत की खोज', 'Find an earlier complaint', 10),
	('search_reason', 'call_back', 'आयी हुई कॉल की पहचान', 'Place a call that came in', 20),
	('search_reason', 'inquiry', 'जाँच', 'Inquiry', 30);
RESET ROLE;
