-- +goose Up
-- Files of cases: sealed pieces under the key of the case, in the same database as the books, so that one backup holds
-- both and a key that is deleted takes them with it. They stand beside the books: what a file is and to which case it
-- belongs says an entry (file.attach).
SET LOCAL ROLE kendra_owner;

CREATE TABLE files (
	district_id int NOT NULL,
	file_id uuid NOT NULL,
	centre text NOT NULL,
	case_id uuid NOT NULL,
	subject_id uuid NOT NULL,
	class text NOT NULL CHECK (class IN ('V', 'X')),
	purpose text NOT NULL,
	officer_id uuid NOT NULL,
	created_at timestamptz NOT NULL,
	expires_at timestamptz,
	size bigint NOT NULL CHECK (size BETWEEN 1 AND 10485760),
	stored bigint NOT NULL CHECK (stored BETWEEN 0 AND size),
	pieces int NOT NULL CHECK (pieces >= 0),
	state text NOT NULL CHECK (state IN ('open', 'whole', 'attached', 'refused', 'ended')),
	why text NOT NULL,
	media text NOT NULL,
	digest bytea,
	has_thumb boolean NOT NULL,
	op_id uuid,
	PRIMARY KEY (district_id, file_id),
	CONSTRAINT files_whole CHECK (state NOT IN ('whole', 'attached') OR stored = size AND media <> '' AND digest IS NOT NULL),
	CONSTRAINT files_attached CHECK ((state = 'attached') = (op_id IS NOT NULL) AND (state = 'attached') = (expires_at IS NULL))
);
-- These do not begin with the district, for the reason told in 0004.
CREATE INDEX files_officer ON files (officer_id, district_id, created_at);
CREATE INDEX files_centre ON files (centre, district_id, created_at);
CREATE INDEX files_case ON files (case_id, district_id);
CREATE INDEX files_expires ON files (expires_at, district_id) WHERE expires_at IS NOT NULL;
COMMENT ON TABLE files IS 'class R: files of cases, without a name: who brought them, how far they have come, what they are; the digest of the plaintext is sealed';

CREATE TABLE file_pieces (
	district_id int NOT NULL,
	file_id uuid NOT NULL,
	what text NOT NULL CHECK (what IN ('d', 't')),
	n int NOT NULL CHECK (n >= 0),
	at bigint NOT NULL CHECK (at >= 0),
	sealed bytea NOT NULL,
	PRIMARY KEY (district_id, file_id, what, n),
	FOREIGN KEY (district_id, file_id) REFERENCES files (district_id, file_id) ON DELETE CASCADE
);
-- What is sealed does not get smaller.
ALTER TABLE file_pieces ALTER COLUMN sealed SET STORAGE EXTERNAL;
COMMENT ON TABLE file_pieces IS 'class V: sealed pieces of files and of their thumbnails; a piece opens in its place alone';

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
	FOREACH t IN ARRAY ARRAY['files', 'file_pieces']
	LOOP
		EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
		EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
		EXECUTE format('CREATE POLICY district ON %I USING (district_id = nullif(current_setting(''app.district_id'', true), '''')::int)', t);
		EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO kendra_app', t);
	END LOOP;
END $$;
-- +goose StatementEnd

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('file_purpose', 'scan', 'प्रार्थना पत्र की प्रति', 'Her application on paper', 10),
	('file_purpose', 'signatures', 'हस्ताक्षरित पत्र', 'Signed paper', 20),
	('file_purpose', 'evidence', 'साक्ष्य', 'Evidence', 30),
	('file_purpose', 'recording', 'ध्वनि अभिलेख', 'Recording', 40),
	('file_purpose', 'undertaking', 'वचन-पत्र', 'Undertaking', 50),
	('file_purpose', 'paper', 'कार्यवाही का पत्र', 'Paper of a proceeding', 60),
	('file_purpose', 'photo', 'व्यक्ति की फोटो', 'Photo of a person', 70);
RESET ROLE;
