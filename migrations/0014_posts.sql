-- +goose Up
-- Posts that are handed over and covered, what the visit of a task needs of its case, and what was refused to readers.
-- The case of a task that was sent before this is known once the book is rebuilt.
SET LOCAL ROLE kendra_owner;

ALTER TABLE posts ADD COLUMN covers_id uuid;
COMMENT ON TABLE posts IS 'class R: who holds which post from when to when; with covers_id it is that of another, covered for a time';
ALTER TABLE tasks ADD COLUMN case_id uuid;
-- These do not begin with the district, for the reason told in 0004.
CREATE INDEX tasks_open ON tasks (centre, district_id) WHERE state NOT IN ('done', 'recalled', 'expired');
CREATE INDEX matters_objected ON matters (centre, district_id) WHERE state = 'objected';

CREATE TABLE handovers (
	district_id int NOT NULL,
	centre text NOT NULL,
	handover_id uuid NOT NULL,
	post_id uuid NOT NULL,
	role text NOT NULL,
	leaver_id uuid NOT NULL,
	taker_id uuid NOT NULL,
	opened_by uuid NOT NULL,
	opened_at timestamptz NOT NULL,
	seq bigint NOT NULL,
	sheet text NOT NULL,
	sheet_hash bytea NOT NULL,
	leaver_signed_at timestamptz,
	taker_signed_at timestamptz,
	PRIMARY KEY (district_id, handover_id),
	CONSTRAINT handovers_two CHECK (leaver_id <> taker_id)
);
CREATE INDEX handovers_post ON handovers (post_id, district_id);
CREATE INDEX handovers_centre ON handovers (centre, district_id, seq);
COMMENT ON TABLE handovers IS 'class I: what was open under a post when it was handed over, by number and code, and who signed';

-- beside the books
CREATE TABLE read_denials (
	district_id int NOT NULL,
	op_id uuid NOT NULL,
	centre text NOT NULL,
	officer_id uuid NOT NULL,
	kind text NOT NULL,
	role text NOT NULL,
	subject_id uuid,
	code text NOT NULL,
	tries int NOT NULL,
	at timestamptz NOT NULL,
	PRIMARY KEY (district_id, op_id)
);
CREATE INDEX read_denials_at ON read_denials (centre, district_id, at);
COMMENT ON TABLE read_denials IS 'class R: reads of sealed fields and searches that were refused, by id and code; those above see counts of them';

CREATE TABLE task_fields (
	task_kind text NOT NULL,
	field text NOT NULL CHECK (field ~ '^[a-z][a-z0-9_]{0,39}$'),
	sort int NOT NULL,
	PRIMARY KEY (task_kind, field)
);
COMMENT ON TABLE task_fields IS 'list: which sealed fields of a complaint the visit of a task needs; who accepts the task may read those';
GRANT SELECT ON task_fields TO kendra_app, kendra_report;

-- The account of what happened is in none of them: who visits her asks her, or reads it under his own right.
INSERT INTO task_fields (task_kind, field, sort) VALUES
	('visit', 'complainant_name', 10), ('visit', 'mobile', 20), ('visit', 'safe_to_call', 30), ('visit', 'address', 40),
	('call', 'complainant_name', 10), ('call', 'mobile', 20), ('call', 'safe_to_call', 30),
	('escort', 'complainant_name', 10), ('escort', 'mobile', 20), ('escort', 'safe_to_call', 30), ('escort', 'address', 40);

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
	FOREACH t IN ARRAY ARRAY['handovers', 'read_denials']
	LOOP
		EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
		EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
		EXECUTE format('CREATE POLICY district ON %I USING (district_id = nullif(current_setting(''app.district_id'', true), '''')::int)', t);
		EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO kendra_app', t);
	END LOOP;
END $$;
-- +goose StatementEnd

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('leave_reason', 'died', 'निधन', 'Died', 55),
	('cover_reason', 'leave', 'अवकाश', 'Leave', 10),
	('cover_reason', 'night', 'रात्रि ड्यूटी', 'Night', 20),
	('cover_reason', 'sick', 'अस्वस्थता', 'Sickness', 30),
	('cover_reason', 'training', 'प्रशिक्षण', 'Training', 40),
	('cover_reason', 'court', 'न्यायालय कार्य', 'Court', 50),
	('cover_reason', 'vacant', 'पद रिक्त', 'Post vacant', 60);
RESET ROLE;
