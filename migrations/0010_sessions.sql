-- +goose Up
-- Phones that are new, lost and replaced, and for whom an alarm is.
SET LOCAL ROLE kendra_owner;

ALTER TABLE alarms ADD COLUMN device_id uuid, ADD COLUMN officer_id uuid, ADD COLUMN about_id uuid;
CREATE INDEX alarms_centre ON alarms (centre, at) WHERE officer_id IS NULL;
CREATE INDEX alarms_officer ON alarms (officer_id, at) WHERE officer_id IS NOT NULL;
COMMENT ON TABLE alarms IS 'class R: refresh reuse, bad signatures, new and lost phones, poison ops and the like, ids only; with officer_id it is for that officer alone';

CREATE TABLE officer_devices (
	district_id int NOT NULL,
	officer_id uuid NOT NULL,
	device_id uuid NOT NULL,
	first_at timestamptz NOT NULL,
	PRIMARY KEY (district_id, officer_id, device_id),
	FOREIGN KEY (district_id, officer_id) REFERENCES officers (district_id, officer_id),
	FOREIGN KEY (district_id, device_id) REFERENCES devices (district_id, device_id)
);
COMMENT ON TABLE officer_devices IS 'class R: on which handsets an officer has logged in, since when';

CREATE TABLE replacements (
	district_id int NOT NULL,
	device_id uuid NOT NULL,
	asked_by uuid NOT NULL,
	asked_at timestamptz NOT NULL,
	approved_by uuid,
	approved_at timestamptz,
	code_hash bytea,
	PRIMARY KEY (district_id, device_id),
	FOREIGN KEY (district_id, device_id) REFERENCES devices (district_id, device_id),
	CONSTRAINT replacements_two CHECK (approved_by <> asked_by),
	CONSTRAINT replacements_code CHECK (code_hash IS NULL OR approved_by IS NOT NULL)
);
COMMENT ON TABLE replacements IS 'class R: lost handsets whose replacement one officer asks for and another agrees to';

-- +goose StatementBegin
DO $$
DECLARE t text;
DECLARE d int;
BEGIN
	FOR d IN SELECT district_id FROM districts LOOP
		PERFORM set_config('app.district_id', d::text, true);
		INSERT INTO officer_devices (district_id, officer_id, device_id, first_at)
			SELECT district_id, officer_id, device_id, min(created_at) FROM sessions WHERE district_id = d GROUP BY 1, 2, 3;
	END LOOP;
	PERFORM set_config('app.district_id', '', true);
	FOREACH t IN ARRAY ARRAY['officer_devices', 'replacements']
	LOOP
		EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
		EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
		EXECUTE format('CREATE POLICY district ON %I USING (district_id = nullif(current_setting(''app.district_id'', true), '''')::int)', t);
		EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO kendra_app', t);
	END LOOP;
END $$;
-- +goose StatementEnd
RESET ROLE;
