-- +goose Up
-- Exports: why registers are taken out as files, and the files that were taken, for some minutes, so that an answer which
-- was cut can be given again byte for byte. They stand beside the books, whose entries have their SHA-256.
SET LOCAL ROLE kendra_owner;

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('export_reason', 'monthly_meeting', 'मासिक अपराध गोष्ठी', 'Monthly crime meeting', 10),
	('export_reason', 'senior_review', 'वरिष्ठ अधिकारी द्वारा समीक्षा', 'Review by a senior officer', 20),
	('export_reason', 'court', 'न्यायालय द्वारा माँगा गया', 'Asked for by a court', 30),
	('export_reason', 'commission', 'आयोग द्वारा माँगा गया', 'Asked for by a commission', 40),
	('export_reason', 'inquiry', 'विभागीय जाँच', 'Departmental inquiry', 50),
	('export_reason', 'printed_copy', 'मुद्रित रजिस्टर की प्रति', 'Printed copy of the register', 60);

CREATE TABLE exports (
	district_id int NOT NULL,
	op_id uuid NOT NULL,
	centre text NOT NULL,
	expires_at timestamptz NOT NULL,
	sheet text NOT NULL,
	PRIMARY KEY (district_id, op_id)
);
CREATE INDEX exports_expires ON exports (expires_at, district_id);
CREATE INDEX matters_exports ON matters (centre, seq, district_id) WHERE kind = 'export';
COMMENT ON TABLE exports IS 'class I: files of open columns that were just taken, by the op that took each; gone after some minutes';

ALTER TABLE exports ENABLE ROW LEVEL SECURITY;
ALTER TABLE exports FORCE ROW LEVEL SECURITY;
CREATE POLICY district ON exports USING (district_id = nullif(current_setting('app.district_id', true), '')::int);
GRANT SELECT, INSERT, DELETE ON exports TO kendra_app;
RESET ROLE;
