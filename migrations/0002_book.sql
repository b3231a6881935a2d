-- +goose Up
-- The book and what is folded from it. entries, ops, tiles and held are the
-- book; everything below "projections" can be thrown away and folded again.
SET LOCAL ROLE kendra_owner;

CREATE TABLE heads (
	district_id int NOT NULL,
	centre text NOT NULL,
	size bigint NOT NULL,
	root bytea NOT NULL,
	frontier bytea NOT NULL,
	PRIMARY KEY (district_id, centre),
	FOREIGN KEY (district_id, centre) REFERENCES centres (district_id, centre)
) WITH (fillfactor = 50);
COMMENT ON TABLE heads IS 'class I: size, root and frontier of each book; its row is the lock of the centre';

CREATE TABLE entries (
	district_id int NOT NULL,
	centre text NOT NULL,
	seq bigint NOT NULL CHECK (seq > 0),
	op_id uuid NOT NULL,
	kind text NOT NULL,
	case_id uuid NOT NULL,
	officer_id uuid NOT NULL,
	post_id uuid NOT NULL,
	role text NOT NULL,
	device_id uuid NOT NULL,
	session_id uuid NOT NULL,
	device_seq bigint NOT NULL,
	device_at timestamptz NOT NULL,
	at timestamptz NOT NULL,
	received_at timestamptz NOT NULL,
	rules_seq bigint NOT NULL,
	seen_by uuid[] NOT NULL,
	guarded boolean NOT NULL,
	cells bigint[] NOT NULL,
	facts text NOT NULL,
	flags text NOT NULL,
	lines text NOT NULL,
	op_hash bytea NOT NULL,
	sig bytea NOT NULL,
	sealed bytea NOT NULL,
	leaf_hash bytea NOT NULL,
	wire bytea NOT NULL,
	PRIMARY KEY (district_id, centre, seq)
);
COMMENT ON TABLE entries IS 'class I: the book; append-only; sealed is the op with its V and X fields sealed, byte for byte; wire is the line phones are given';

-- The only index begins with (district_id, op_id): a second one that begins
-- with the district makes PostgreSQL read the whole district on a fresh table.
CREATE TABLE ops (
	district_id int NOT NULL,
	op_id uuid NOT NULL,
	centre text NOT NULL,
	seq bigint NOT NULL,
	op_hash bytea NOT NULL,
	PRIMARY KEY (district_id, op_id)
);
COMMENT ON TABLE ops IS 'class I: known op_ids; seq 0 while held, -1 when struck';

CREATE TABLE tiles (
	district_id int NOT NULL,
	centre text NOT NULL,
	level int NOT NULL CHECK (level IN (8, 16, 24)),
	idx bigint NOT NULL,
	hash bytea NOT NULL,
	PRIMARY KEY (district_id, centre, level, idx)
);
COMMENT ON TABLE tiles IS 'class I: roots of complete subtrees of 256, 256^2, 256^3 leaves, for proofs of old sizes';

CREATE TABLE held (
	district_id int NOT NULL,
	op_id uuid NOT NULL,
	centre text NOT NULL,
	kind text NOT NULL,
	waits_for text NOT NULL,
	officer_id uuid NOT NULL,
	device_id uuid NOT NULL,
	session_id uuid NOT NULL,
	offset_ms bigint NOT NULL,
	received_at timestamptz NOT NULL,
	op_hash bytea NOT NULL,
	sig bytea NOT NULL,
	sealed bytea NOT NULL,
	PRIMARY KEY (district_id, op_id)
);
CREATE INDEX held_waits ON held (district_id, centre, waits_for);
COMMENT ON TABLE held IS 'class I: ops that wait for something that has not arrived, sealed under their own key; a row goes when its op is entered or struck';

CREATE TABLE case_keys (
	district_id int NOT NULL,
	case_id uuid NOT NULL,
	class text NOT NULL CHECK (class IN ('V', 'X', 'H')),
	wrapped bytea NOT NULL,
	kek text NOT NULL,
	made_at timestamptz NOT NULL,
	PRIMARY KEY (district_id, case_id, class)
);
COMMENT ON TABLE case_keys IS 'class I: one sealing key per case and class, wrapped by the keyset outside the database; deleting a row shreds';

CREATE TABLE case_marks (
	district_id int NOT NULL,
	case_id uuid NOT NULL,
	field text NOT NULL,
	class text NOT NULL CHECK (class IN ('V', 'X')),
	mask text NOT NULL,
	keyed_hash bytea NOT NULL,
	PRIMARY KEY (district_id, case_id, field)
);
COMMENT ON TABLE case_marks IS 'class V: masked digits and keyed hashes beside the book; die with the key, not rebuilt';

-- projections

CREATE TABLE posts (
	district_id int NOT NULL,
	post_id uuid NOT NULL,
	centre text NOT NULL,
	officer_id uuid NOT NULL,
	role text NOT NULL,
	squad_id uuid,
	beat_id uuid,
	circle text,
	from_at timestamptz NOT NULL,
	until_at timestamptz,
	seq bigint NOT NULL,
	PRIMARY KEY (district_id, post_id)
);
CREATE INDEX posts_officer ON posts (district_id, officer_id);
CREATE INDEX posts_centre ON posts (district_id, centre, role);
COMMENT ON TABLE posts IS 'class R: who holds which post from when to when';

CREATE TABLE serials (
	district_id int NOT NULL,
	centre text NOT NULL,
	register text NOT NULL,
	year int NOT NULL,
	last bigint NOT NULL,
	PRIMARY KEY (district_id, centre, register, year)
) WITH (fillfactor = 50);
COMMENT ON TABLE serials IS 'class I: last serial given in each register and year';

CREATE TABLE lines (
	district_id int NOT NULL,
	centre text NOT NULL,
	register text NOT NULL,
	year int NOT NULL,
	serial bigint NOT NULL,
	seq bigint NOT NULL,
	at timestamptz NOT NULL,
	officer_id uuid NOT NULL,
	beat_id uuid,
	corrects_seq bigint,
	struck_seq bigint,
	corrected_seq bigint,
	PRIMARY KEY (district_id, centre, register, year, serial)
);
COMMENT ON TABLE lines IS 'class I: the lines of the registers; their columns stand in the entry named by seq';

CREATE TABLE duties (
	district_id int NOT NULL,
	centre text NOT NULL,
	duty_id uuid NOT NULL,
	officer_id uuid NOT NULL,
	post_id uuid NOT NULL,
	role text NOT NULL,
	squad_id uuid,
	device_id uuid NOT NULL,
	started_at timestamptz NOT NULL,
	ended_at timestamptz,
	PRIMARY KEY (district_id, duty_id)
);
CREATE INDEX duties_officer ON duties (district_id, officer_id, started_at);
CREATE INDEX duties_open ON duties (district_id, centre) WHERE ended_at IS NULL;
COMMENT ON TABLE duties IS 'class R: spells of duty; no position is kept outside them';

CREATE TABLE briefings (
	district_id int NOT NULL,
	centre text NOT NULL,
	squad_id uuid NOT NULL,
	day date NOT NULL,
	brief_id uuid NOT NULL,
	leader_id uuid NOT NULL,
	members uuid[] NOT NULL,
	briefed_by uuid NOT NULL,
	briefed_at timestamptz NOT NULL,
	PRIMARY KEY (district_id, squad_id, day)
);
COMMENT ON TABLE briefings IS 'class R: the briefing of a squad for a day (IST); the last one given stands';

CREATE TABLE tasks (
	district_id int NOT NULL,
	centre text NOT NULL,
	task_id uuid NOT NULL,
	seq bigint NOT NULL,
	task_kind text NOT NULL,
	urgency text NOT NULL,
	state text NOT NULL,
	to_officer uuid,
	to_squad uuid,
	to_role text,
	holder_id uuid,
	sent_by uuid NOT NULL,
	sent_at timestamptz NOT NULL,
	due_at timestamptz,
	rung int NOT NULL,
	next_at timestamptz,
	notices int NOT NULL,
	steps text NOT NULL,
	PRIMARY KEY (district_id, task_id)
);
CREATE INDEX tasks_next ON tasks (district_id, next_at) WHERE next_at IS NOT NULL;
CREATE INDEX tasks_centre ON tasks (district_id, centre, seq);
COMMENT ON TABLE tasks IS 'class I: tasks and their steps; what was said stands in the entry';

CREATE TABLE traces (
	district_id int NOT NULL,
	centre text NOT NULL,
	officer_id uuid NOT NULL,
	lat double precision NOT NULL,
	lon double precision NOT NULL,
	accuracy_m double precision NOT NULL,
	at timestamptz NOT NULL,
	repeats int NOT NULL,
	since timestamptz NOT NULL,
	PRIMARY KEY (district_id, centre, officer_id)
);
COMMENT ON TABLE traces IS 'class R: the last place an officer recorded in a book, for flags of doubt';

-- push

CREATE TABLE push_sends (
	district_id int NOT NULL,
	notice_id uuid NOT NULL,
	device_id uuid NOT NULL,
	subject_id uuid NOT NULL,
	kind text NOT NULL,
	state text NOT NULL CHECK (state IN ('queued', 'handed', 'failed', 'dropped', 'no_device')),
	attempts int NOT NULL,
	queued_at timestamptz NOT NULL,
	handed_at timestamptz,
	error_code text,
	PRIMARY KEY (district_id, notice_id, device_id)
);
CREATE INDEX push_sends_subject ON push_sends (district_id, subject_id);
COMMENT ON TABLE push_sends IS 'class I: what became of each push, by ids';

-- positions on duty: not in the book, a partition a day, dropped by age

CREATE TABLE positions (
	district_id int NOT NULL,
	officer_id uuid NOT NULL,
	at timestamptz NOT NULL,
	device_id uuid NOT NULL,
	centre text NOT NULL,
	lat double precision NOT NULL,
	lon double precision NOT NULL,
	accuracy_m double precision NOT NULL,
	mock boolean NOT NULL,
	cell bigint NOT NULL,
	received_at timestamptz NOT NULL,
	PRIMARY KEY (district_id, officer_id, at)
) PARTITION BY RANGE (at);
COMMENT ON TABLE positions IS 'class R: fixes on duty, raw for seven days';

-- +goose StatementBegin
CREATE FUNCTION positions_make(day date) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
	name text := 'positions_' || to_char(day, 'YYYYMMDD');
	from_at timestamptz := day::timestamp AT TIME ZONE 'UTC';
BEGIN
	IF day NOT BETWEEN date '2020-01-01' AND date '2200-01-01' THEN
		RAISE EXCEPTION 'day out of range';
	END IF;
	IF to_regclass('public.' || name) IS NOT NULL THEN
		RETURN;
	END IF;
	PERFORM pg_advisory_xact_lock(hashtext('positions'));
	IF to_regclass('public.' || name) IS NOT NULL THEN
		RETURN;
	END IF;
	EXECUTE format('CREATE TABLE %I PARTITION OF positions FOR VALUES FROM (%L) TO (%L)',
		name, from_at, from_at + interval '1 day');
	EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
	EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
	EXECUTE format('CREATE POLICY district ON %I USING (district_id = nullif(current_setting(''app.district_id'', true), '''')::int)', name);
	EXECUTE format('COMMENT ON TABLE %I IS ''class R: one day of positions''', name);
EXCEPTION WHEN duplicate_table THEN
	NULL; -- another process made it while this one waited
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION positions_drop(before date) RETURNS int LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
	part text;
	n int := 0;
BEGIN
	FOR part IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
		WHERE i.inhparent = 'public.positions'::regclass
		AND c.relname < 'positions_' || to_char(before, 'YYYYMMDD')
	LOOP
		EXECUTE format('DROP TABLE %I', part);
		n := n + 1;
	END LOOP;
	RETURN n;
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION positions_make(date), positions_drop(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION positions_make(date), positions_drop(date) TO kendra_app;

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
	FOR t IN SELECT c.relname FROM pg_class c
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
		AND c.relname NOT IN ('districts', 'codes', 'ladders', 'goose_db_version')
	LOOP
		EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
		EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
		EXECUTE format('CREATE POLICY district ON %I USING (district_id = nullif(current_setting(''app.district_id'', true), '''')::int)', t);
		EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO kendra_app', t);
	END LOOP;
END $$;
-- +goose StatementEnd
REVOKE UPDATE, DELETE ON entries, tiles, auth_events FROM kendra_app;
REVOKE DELETE ON heads, officers, devices, sessions, centres, circles FROM kendra_app;
GRANT SELECT ON districts, codes, ladders TO kendra_app, kendra_report;

-- Views for reports: counts by day, no identity, no text, no place.
CREATE VIEW report_lines AS
	SELECT district_id, centre, register, year,
		(at AT TIME ZONE 'Asia/Kolkata')::date AS day,
		count(*) AS lines, count(struck_seq) AS struck
	FROM lines GROUP BY 1, 2, 3, 4, 5;
COMMENT ON VIEW report_lines IS 'class P: lines a day';
GRANT SELECT ON report_lines TO kendra_report;
RESET ROLE;
