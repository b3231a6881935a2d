-- +goose Up
-- The nine registers: the life of a complaint, what hangs on it, the clocks that
-- run over it and the in-charge's day. All of it is folded from the books but
-- for outbox, slips and slip_tries, which stand beside them.
SET LOCAL ROLE kendra_owner;

-- rules: what holds from the start; HQ's book changes it, district by district

ALTER TABLE ladders DROP CONSTRAINT ladders_urgency_check, DROP CONSTRAINT ladders_after_s_check, DROP CONSTRAINT ladders_action_check;
ALTER TABLE ladders
	ADD CONSTRAINT ladders_urgency_check CHECK (urgency IN ('urgent', 'soon', 'routine', 'overdue', 'statutory', 'day')),
	ADD CONSTRAINT ladders_after_s_check CHECK (after_s >= 0),
	ADD CONSTRAINT ladders_action_check CHECK (action IN ('remind', 'pass', 'expire', 'raise'));
COMMENT ON TABLE ladders IS 'list: what the clock does with a task nobody has taken up, counted from its sending, and with a limit that has passed, counted from then';

CREATE TABLE limits (
	code text NOT NULL,
	category text NOT NULL DEFAULT '',
	risk_level text NOT NULL DEFAULT '',
	register text NOT NULL,
	starts text NOT NULL,
	ends text NOT NULL,
	months int NOT NULL DEFAULT 0 CHECK (months BETWEEN 0 AND 120),
	seconds bigint NOT NULL DEFAULT 0 CHECK (seconds BETWEEN 0 AND 315360000),
	ladder text NOT NULL,
	hi text NOT NULL,
	en text NOT NULL,
	basis text NOT NULL,
	valid_from timestamptz NOT NULL DEFAULT '2024-07-01 00:00:00+05:30',
	PRIMARY KEY (code, category, risk_level, valid_from)
);
COMMENT ON TABLE limits IS 'list: time limits; an empty category or risk means any';

CREATE TABLE offences (
	code text NOT NULL,
	act text NOT NULL,
	section text NOT NULL,
	old_section text NOT NULL DEFAULT '',
	hi text NOT NULL,
	en text NOT NULL,
	is_sexual boolean NOT NULL,
	is_child boolean NOT NULL,
	cognizable boolean NOT NULL,
	is_grave boolean NOT NULL DEFAULT false,
	valid_from timestamptz NOT NULL DEFAULT '2024-07-01 00:00:00+05:30',
	valid_to timestamptz,
	PRIMARY KEY (code, valid_from)
);
COMMENT ON TABLE offences IS 'list: sections of law by the date of the incident; to be signed off by the law officer';

CREATE TABLE register_columns (
	register text NOT NULL,
	name text NOT NULL,
	pos int NOT NULL,
	type text NOT NULL CHECK (type IN ('text', 'code', 'number', 'date', 'time', 'yes_no', 'place', 'file', 'officer', 'link', 'list')),
	class text NOT NULL CHECK (class IN ('open', 'V', 'X')),
	list text NOT NULL DEFAULT '',
	PRIMARY KEY (register, name)
);
COMMENT ON TABLE register_columns IS 'list: columns of the nine registers as they begin; labels are the code list "label"';

CREATE TABLE rule_changes (
	district_id int NOT NULL,
	centre text NOT NULL,
	seq bigint NOT NULL,
	kind text NOT NULL,
	valid_from timestamptz NOT NULL,
	body text NOT NULL,
	PRIMARY KEY (district_id, centre, seq)
);
COMMENT ON TABLE rule_changes IS 'class I: changes of codes, columns, limits, ladders and sections that the district office entered in its book';

-- registers

-- A complaint's entry has some three kilobytes, half of them ciphertext: to try to compress it and to store it out of
-- line costs more than the room it takes.
ALTER TABLE entries SET (toast_tuple_target = 4080);
ALTER TABLE serials ADD COLUMN struck bigint NOT NULL DEFAULT 0, ADD COLUMN sums text NOT NULL DEFAULT '{}';
ALTER TABLE lines
	ADD COLUMN subject_id uuid,
	ADD COLUMN complaint_id uuid,
	ADD COLUMN state text NOT NULL DEFAULT '',
	ADD COLUMN category text NOT NULL DEFAULT '',
	ADD COLUMN due_at timestamptz,
	ADD COLUMN cols text NOT NULL DEFAULT '{}',
	ADD COLUMN sums text NOT NULL DEFAULT '{}';
COMMENT ON TABLE lines IS 'class I: the lines of the registers; their columns stand in the entry named by seq, cols are those that later steps filled';
CREATE INDEX lines_due ON lines (district_id, centre, register, due_at) WHERE due_at IS NOT NULL;

CREATE TABLE complaints (
	district_id int NOT NULL,
	centre text NOT NULL,
	complaint_id uuid NOT NULL,
	case_id uuid NOT NULL,
	correlation_id uuid NOT NULL,
	seq bigint NOT NULL,
	year int NOT NULL,
	serial bigint NOT NULL,
	state text NOT NULL CHECK (state IN ('received', 'registered', 'assigned', 'in_action', 'disposed', 'feedback', 'closed', 'transferred')),
	category text NOT NULL,
	risk_level text NOT NULL,
	channel text NOT NULL,
	owner_id uuid,
	owner_post uuid,
	owner_role text NOT NULL,
	arrived_at timestamptz NOT NULL,
	registered_at timestamptz,
	disposed_at timestamptz,
	closed_at timestamptz,
	state_at timestamptz NOT NULL,
	last_seq bigint NOT NULL,
	data text NOT NULL,
	PRIMARY KEY (district_id, complaint_id)
);
CREATE INDEX complaints_open ON complaints (district_id, centre, seq) WHERE closed_at IS NULL;
-- These do not begin with the district: while a table is fresh the planner would take any index that does for a look
-- into the primary key, and read the whole district.
CREATE INDEX complaints_seq ON complaints (centre, district_id, seq);
CREATE INDEX complaints_case ON complaints (case_id, district_id) WHERE case_id <> complaint_id;
CREATE INDEX complaints_correlation ON complaints (correlation_id, district_id) WHERE correlation_id <> complaint_id;
CREATE INDEX complaints_arrived ON complaints (centre, district_id, arrived_at);
COMMENT ON TABLE complaints IS 'class I: complaints as their steps left them: ids, codes and times; what was said stands sealed in the entries';

CREATE TABLE custody (
	district_id int NOT NULL,
	centre text NOT NULL,
	complaint_id uuid NOT NULL,
	n int NOT NULL,
	officer_id uuid,
	post_id uuid,
	role text NOT NULL,
	from_at timestamptz NOT NULL,
	until_at timestamptz,
	seq bigint NOT NULL,
	PRIMARY KEY (district_id, complaint_id, n)
);
COMMENT ON TABLE custody IS 'class R: who held a complaint, under which post, from when to when; without gap or overlap';

CREATE TABLE matters (
	district_id int NOT NULL,
	centre text NOT NULL,
	matter_id uuid NOT NULL,
	kind text NOT NULL,
	complaint_id uuid,
	seq bigint NOT NULL,
	register text NOT NULL,
	year int NOT NULL,
	serial bigint NOT NULL,
	state text NOT NULL,
	owner_id uuid,
	due_at timestamptz,
	data text NOT NULL,
	PRIMARY KEY (district_id, matter_id)
);
CREATE INDEX matters_complaint ON matters (district_id, complaint_id) WHERE complaint_id IS NOT NULL;
CREATE INDEX matters_due ON matters (district_id, centre, kind, due_at) WHERE due_at IS NOT NULL;
COMMENT ON TABLE matters IS 'class I: what hangs on a complaint or stands by itself: referrals, counselling plans, FIRs, preventive actions, follow-up plans, inspections, warnings';

CREATE TABLE clock_lists (
	district_id int NOT NULL,
	centre text NOT NULL,
	subject_id uuid NOT NULL,
	complaint_id uuid,
	next_at timestamptz,
	day_due timestamptz,
	list text NOT NULL,
	PRIMARY KEY (district_id, subject_id)
);
CREATE INDEX clocks_next ON clock_lists (district_id, next_at) WHERE next_at IS NOT NULL;
CREATE INDEX clocks_days ON clock_lists (district_id, centre, day_due) WHERE day_due IS NOT NULL;
COMMENT ON TABLE clock_lists IS 'class I: the limits that run or ran over one subject, all in a row; next_at is when the next rung is told, day_due the end of a day that is to be signed';

CREATE TABLE steps (
	district_id int NOT NULL,
	centre text NOT NULL,
	subject_id uuid NOT NULL,
	seq bigint NOT NULL,
	PRIMARY KEY (district_id, centre, subject_id, seq)
);
COMMENT ON TABLE steps IS 'class I: which entries are steps of which complaint or matter';

-- the day

CREATE TABLE tallies (
	district_id int NOT NULL,
	centre text NOT NULL,
	day date NOT NULL,
	code text NOT NULL,
	n bigint NOT NULL,
	PRIMARY KEY (district_id, centre, day, code)
) WITH (fillfactor = 70);
COMMENT ON TABLE tallies IS 'class P: counts of a centre by day (IST), as the daily return has them';

CREATE TABLE reviews (
	district_id int NOT NULL,
	centre text NOT NULL,
	day date NOT NULL,
	complaint_id uuid NOT NULL,
	verdict text NOT NULL,
	officer_id uuid NOT NULL,
	seq bigint NOT NULL,
	PRIMARY KEY (district_id, centre, day, complaint_id)
);
COMMENT ON TABLE reviews IS 'class I: which complaint the in-charge looked at on which day';

CREATE TABLE days (
	district_id int NOT NULL,
	centre text NOT NULL,
	day date NOT NULL,
	state text NOT NULL CHECK (state IN ('open', 'signed')),
	signed_by uuid,
	signed_at timestamptz,
	seq bigint NOT NULL,
	PRIMARY KEY (district_id, centre, day)
);
COMMENT ON TABLE days IS 'class I: days of a centre, signed or not';

CREATE TABLE returns (
	district_id int NOT NULL,
	centre text NOT NULL,
	day date NOT NULL,
	n int NOT NULL,
	signed_by uuid NOT NULL,
	signed_at timestamptz NOT NULL,
	seq bigint NOT NULL,
	figures text NOT NULL,
	PRIMARY KEY (district_id, centre, day, n)
);
COMMENT ON TABLE returns IS 'class P: daily returns as signed; n 2 and later are supplements';

-- beside the books

CREATE TABLE outbox (
	district_id int NOT NULL,
	op_id uuid NOT NULL,
	from_centre text NOT NULL,
	from_seq bigint NOT NULL,
	to_centre text NOT NULL,
	op text NOT NULL,
	made_at timestamptz NOT NULL,
	PRIMARY KEY (district_id, op_id)
);
COMMENT ON TABLE outbox IS 'class I: ops that one book owes another; a row goes when its op stands there';

CREATE TABLE slips (
	district_id int NOT NULL,
	number text NOT NULL,
	centre text NOT NULL,
	complaint_id uuid NOT NULL,
	op_id uuid NOT NULL,
	keyed_hash bytea NOT NULL,
	made_at timestamptz NOT NULL,
	PRIMARY KEY (district_id, keyed_hash)
);
CREATE INDEX slips_complaint ON slips (complaint_id, district_id);
CREATE INDEX slips_op ON slips (op_id, district_id) WHERE op_id <> complaint_id;
COMMENT ON TABLE slips IS 'class V: the slip a woman was given: its number, the op whose receipt shows it, a keyed hash of number and secret together';

CREATE TABLE slip_tries (
	district_id int NOT NULL,
	subject bytea NOT NULL,
	hour timestamptz NOT NULL,
	n int NOT NULL,
	PRIMARY KEY (district_id, subject, hour)
);
COMMENT ON TABLE slip_tries IS 'class I: tries at a slip number by the hour, by keyed hash';

CREATE INDEX case_marks_hash ON case_marks (keyed_hash, district_id, case_id);

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
	FOREACH t IN ARRAY ARRAY['rule_changes', 'complaints', 'custody', 'matters', 'clock_lists', 'steps', 'tallies', 'reviews', 'days',
		'returns', 'outbox', 'slips', 'slip_tries']
	LOOP
		EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
		EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
		EXECUTE format('CREATE POLICY district ON %I USING (district_id = nullif(current_setting(''app.district_id'', true), '''')::int)', t);
		EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO kendra_app', t);
	END LOOP;
END $$;
-- +goose StatementEnd
GRANT SELECT ON limits, offences, register_columns TO kendra_app, kendra_report;

-- One line for each clock, with the rights of whoever reads it.
CREATE VIEW clocks WITH (security_invoker = true) AS
	SELECT l.district_id, l.centre, l.subject_id, k.code, k.n, l.complaint_id,
		'epoch'::timestamptz + k.starts * interval '1 microsecond' AS starts_at,
		'epoch'::timestamptz + k.due * interval '1 microsecond' AS due_at,
		'epoch'::timestamptz + k.paused * interval '1 microsecond' AS paused_at, coalesce(k.paused_s, 0) AS paused_s,
		'epoch'::timestamptz + k.stopped * interval '1 microsecond' AS stopped_at, k.owner AS owner_role, coalesce(k.rung, 0) AS rung,
		'epoch'::timestamptz + k.next * interval '1 microsecond' AS next_at, coalesce(k.told, '') AS told_role
	FROM clock_lists l, json_to_recordset(l.list::json) AS k (code text, n int, starts bigint, due bigint, paused bigint,
		paused_s bigint, stopped bigint, owner text, rung int, told text, next bigint);
COMMENT ON VIEW clocks IS 'class I: limits that run or ran, a line each';
GRANT SELECT ON clocks TO kendra_app;

CREATE VIEW report_tallies AS SELECT district_id, centre, day, code, n FROM tallies;
COMMENT ON VIEW report_tallies IS 'class P: counts a day';
GRANT SELECT ON report_tallies TO kendra_report;
RESET ROLE;
