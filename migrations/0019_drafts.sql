-- +goose Up
-- Forms of the console that were begun and not sent, sealed for the officer who fills them in. Gone when the op is
-- entered, or after a week. And the asks to read a guarded case in need, which a second officer looks for.
SET LOCAL ROLE kendra_owner;

CREATE TABLE drafts (
	district_id int NOT NULL,
	officer_id uuid NOT NULL,
	op_id uuid NOT NULL,
	form text NOT NULL,
	centre text NOT NULL,
	sealed bytea NOT NULL,
	saved_at timestamptz NOT NULL,
	PRIMARY KEY (district_id, officer_id, op_id),
	FOREIGN KEY (district_id, officer_id) REFERENCES officers (district_id, officer_id)
);
CREATE INDEX drafts_saved ON drafts (saved_at, district_id);
COMMENT ON TABLE drafts IS 'class I: forms that were begun, by the op that each will make';
COMMENT ON COLUMN drafts.sealed IS 'class V: what was typed, sealed under the key of console secrets for its officer alone';

ALTER TABLE drafts ENABLE ROW LEVEL SECURITY;
ALTER TABLE drafts FORCE ROW LEVEL SECURITY;
CREATE POLICY district ON drafts USING (district_id = nullif(current_setting('app.district_id', true), '')::int);
GRANT SELECT, INSERT, UPDATE, DELETE ON drafts TO kendra_app;

CREATE INDEX matters_glass ON matters (centre, seq, district_id) WHERE kind = 'glass';
RESET ROLE;
