-- +goose Up
-- Log-in of consoles: passphrase, second factor, session of a browser. A console is a handset of its own kind, whose
-- session keys the server keeps, so that the book knows of a line by which of the two it was made.
SET LOCAL ROLE kendra_owner;

ALTER TABLE devices ADD COLUMN kind text NOT NULL DEFAULT 'phone' CHECK (kind IN ('phone', 'console'));
ALTER TABLE once_codes DROP CONSTRAINT once_codes_purpose_check;
ALTER TABLE once_codes ADD CONSTRAINT once_codes_purpose_check CHECK (purpose IN ('enrol', 'activate', 'console'));
COMMENT ON TABLE once_codes IS 'class I: codes for phones, PINs and consoles, by keyed hash';
COMMENT ON TABLE devices IS 'class R: enrolled handsets and consoles, their key, clock offset and push binding';
-- What is counted by the hour; it does not begin with the district, for the reason told in 0004.
CREATE INDEX auth_events_failed ON auth_events (at) WHERE NOT ok;

CREATE TABLE consoles (
	district_id int NOT NULL,
	officer_id uuid NOT NULL,
	device_id uuid NOT NULL,
	hash text NOT NULL,
	totp bytea,
	totp_step bigint NOT NULL DEFAULT 0,
	set_at timestamptz NOT NULL,
	PRIMARY KEY (district_id, officer_id),
	FOREIGN KEY (district_id, officer_id) REFERENCES officers (district_id, officer_id),
	FOREIGN KEY (district_id, device_id) REFERENCES devices (district_id, device_id)
);
COMMENT ON TABLE consoles IS 'class R: argon2id of the peppered passphrase, and the sealed secret of the one-time codes with the last step that was used';

CREATE TABLE passkeys (
	district_id int NOT NULL,
	credential_id bytea NOT NULL,
	officer_id uuid NOT NULL,
	public_key bytea NOT NULL,
	sign_count bigint NOT NULL,
	flags int NOT NULL,
	added_at timestamptz NOT NULL,
	PRIMARY KEY (district_id, credential_id),
	FOREIGN KEY (district_id, officer_id) REFERENCES consoles (district_id, officer_id)
);
CREATE INDEX passkeys_officer ON passkeys (officer_id);
COMMENT ON TABLE passkeys IS 'class R: public keys of passkeys';

CREATE TABLE console_sessions (
	district_id int NOT NULL,
	session_id uuid NOT NULL,
	token_hash bytea NOT NULL,
	key bytea NOT NULL,
	factor text NOT NULL CHECK (factor IN ('totp', 'passkey')),
	factor_at timestamptz NOT NULL,
	seen_at timestamptz NOT NULL,
	PRIMARY KEY (district_id, session_id),
	CONSTRAINT console_sessions_token UNIQUE (district_id, token_hash),
	FOREIGN KEY (district_id, session_id) REFERENCES sessions (district_id, session_id)
);
COMMENT ON TABLE console_sessions IS 'class R: open sessions of browsers, by the hash of their token, each with its sealed signing key; gone with the session';

CREATE TABLE invitations (
	district_id int NOT NULL,
	officer_id uuid NOT NULL,
	asked_by uuid NOT NULL,
	asked_at timestamptz NOT NULL,
	approved_by uuid,
	approved_at timestamptz,
	code_hash bytea,
	PRIMARY KEY (district_id, officer_id),
	FOREIGN KEY (district_id, officer_id) REFERENCES officers (district_id, officer_id),
	CONSTRAINT invitations_two CHECK (approved_by <> asked_by),
	CONSTRAINT invitations_others CHECK (officer_id <> asked_by AND officer_id <> approved_by),
	CONSTRAINT invitations_code CHECK (code_hash IS NULL OR approved_by IS NOT NULL)
);
COMMENT ON TABLE invitations IS 'class R: officers for whom one asks for a console and another agrees';

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
	FOREACH t IN ARRAY ARRAY['consoles', 'passkeys', 'console_sessions', 'invitations']
	LOOP
		EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
		EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
		EXECUTE format('CREATE POLICY district ON %I USING (district_id = nullif(current_setting(''app.district_id'', true), '''')::int)', t);
		EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO kendra_app', t);
	END LOOP;
END $$;
-- +goose StatementEnd
RESET ROLE;
