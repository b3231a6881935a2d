-- +goose Up
-- People, phones and access: who serves where, on which handset, since when.
-- Each table comment begins with its class: V victim, X suspect or third
-- party, R restricted (officers), I operations, P public; "list:" marks the
-- small tables without tenant rows.
SET LOCAL ROLE kendra_owner;

CREATE TABLE districts (
	district_id int PRIMARY KEY,
	code text NOT NULL UNIQUE,
	hi text NOT NULL,
	en text NOT NULL
);
COMMENT ON TABLE districts IS 'list: districts served by this database';

CREATE TABLE codes (
	list text NOT NULL,
	code text NOT NULL,
	hi text NOT NULL,
	en text NOT NULL,
	sort int NOT NULL DEFAULT 0,
	valid_from timestamptz NOT NULL DEFAULT '2024-07-01 00:00:00+05:30',
	valid_to timestamptz,
	PRIMARY KEY (list, code)
);
COMMENT ON TABLE codes IS 'list: code lists with labels in Hindi and English';

CREATE TABLE ladders (
	urgency text NOT NULL CHECK (urgency IN ('urgent', 'soon', 'routine')),
	rung int NOT NULL CHECK (rung BETWEEN 1 AND 20),
	after_s int NOT NULL CHECK (after_s > 0),
	action text NOT NULL CHECK (action IN ('remind', 'pass', 'expire')),
	to_role text,
	valid_from timestamptz NOT NULL DEFAULT '2024-07-01 00:00:00+05:30',
	PRIMARY KEY (urgency, valid_from, rung)
);
COMMENT ON TABLE ladders IS 'list: what the clock does with a task nobody has taken up, counted from its sending';

CREATE TABLE circles (
	district_id int NOT NULL,
	circle text NOT NULL,
	hi text NOT NULL,
	en text NOT NULL,
	PRIMARY KEY (district_id, circle)
);
COMMENT ON TABLE circles IS 'class P: circles of a district';

CREATE TABLE centres (
	district_id int NOT NULL,
	centre text NOT NULL CHECK (centre ~ '^[A-Z][A-Z0-9]{1,7}$'),
	circle text,
	hi text NOT NULL,
	en text NOT NULL,
	lat double precision,
	lon double precision,
	phone text,
	PRIMARY KEY (district_id, centre),
	FOREIGN KEY (district_id, circle) REFERENCES circles (district_id, circle)
);
COMMENT ON TABLE centres IS 'class P: Mission Shakti Kendras (one a station) and HQ, the book of the district office';

CREATE TABLE officers (
	district_id int NOT NULL,
	officer_id uuid NOT NULL,
	number text NOT NULL,
	name_hi text NOT NULL,
	name_en text NOT NULL,
	rank text NOT NULL,
	is_woman boolean NOT NULL,
	state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'suspended', 'retired')),
	state_at timestamptz NOT NULL,
	PRIMARY KEY (district_id, officer_id),
	CONSTRAINT officers_number UNIQUE (district_id, number)
);
COMMENT ON TABLE officers IS 'class R: officers and their state';

CREATE TABLE pins (
	district_id int NOT NULL,
	officer_id uuid NOT NULL,
	hash text NOT NULL,
	set_at timestamptz NOT NULL,
	PRIMARY KEY (district_id, officer_id),
	FOREIGN KEY (district_id, officer_id) REFERENCES officers (district_id, officer_id)
);
COMMENT ON TABLE pins IS 'class R: argon2id of the peppered PIN';

CREATE TABLE tries (
	district_id int NOT NULL,
	subject text NOT NULL,
	failures int NOT NULL,
	window_at timestamptz NOT NULL,
	next_at timestamptz NOT NULL,
	PRIMARY KEY (district_id, subject)
);
COMMENT ON TABLE tries IS 'class I: wrong PINs and codes by keyed hash of the officer number, device or address, known or not';

CREATE TABLE once_codes (
	district_id int NOT NULL,
	code_hash bytea NOT NULL,
	purpose text NOT NULL CHECK (purpose IN ('enrol', 'activate')),
	centre text NOT NULL,
	officer_id uuid,
	issued_at timestamptz NOT NULL,
	expires_at timestamptz NOT NULL,
	used_at timestamptz,
	failures int NOT NULL DEFAULT 0,
	PRIMARY KEY (district_id, code_hash)
);
COMMENT ON TABLE once_codes IS 'class I: enrolment and activation codes, by keyed hash';

CREATE TABLE devices (
	district_id int NOT NULL,
	device_id uuid NOT NULL,
	centre text NOT NULL,
	public_key bytea NOT NULL,
	thumbprint text NOT NULL,
	label text NOT NULL DEFAULT '',
	enrolled_at timestamptz NOT NULL,
	revoked_at timestamptz,
	revoked_reason text,
	clock_offset_ms bigint NOT NULL DEFAULT 0,
	clock_at timestamptz,
	push_token text,
	push_officer uuid,
	push_session uuid,
	push_at timestamptz,
	PRIMARY KEY (district_id, device_id),
	CONSTRAINT devices_key UNIQUE (district_id, thumbprint)
);
CREATE INDEX devices_push ON devices (district_id, push_officer) WHERE push_officer IS NOT NULL;
COMMENT ON TABLE devices IS 'class R: enrolled handsets, their key, clock offset and push binding';

CREATE TABLE sessions (
	district_id int NOT NULL,
	session_id uuid NOT NULL,
	officer_id uuid NOT NULL,
	device_id uuid NOT NULL,
	public_key bytea NOT NULL,
	thumbprint text NOT NULL,
	created_at timestamptz NOT NULL,
	expires_at timestamptz NOT NULL,
	idle_at timestamptz NOT NULL,
	ended_at timestamptz,
	end_reason text,
	refresh_n int NOT NULL,
	refresh_hash bytea NOT NULL,
	rotated_at timestamptz NOT NULL,
	PRIMARY KEY (district_id, session_id),
	FOREIGN KEY (district_id, officer_id) REFERENCES officers (district_id, officer_id),
	FOREIGN KEY (district_id, device_id) REFERENCES devices (district_id, device_id)
);
CREATE INDEX sessions_open ON sessions (district_id, officer_id) WHERE ended_at IS NULL;
CREATE INDEX sessions_device ON sessions (district_id, device_id) WHERE ended_at IS NULL;
COMMENT ON TABLE sessions IS 'class R: log-ins, each with its own key; ended rows stay, for ops made before';

CREATE UNLOGGED TABLE used_once (
	district_id int NOT NULL,
	hash bytea NOT NULL,
	expires_at timestamptz NOT NULL,
	PRIMARY KEY (district_id, hash)
);
CREATE INDEX used_once_expiry ON used_once (district_id, expires_at);
COMMENT ON TABLE used_once IS 'class I: spent nonces and proof ids until they would expire by themselves';

CREATE TABLE auth_events (
	district_id int NOT NULL,
	event_id uuid NOT NULL,
	at timestamptz NOT NULL,
	kind text NOT NULL,
	ok boolean NOT NULL,
	code text,
	officer_id uuid,
	device_id uuid,
	session_id uuid,
	PRIMARY KEY (district_id, event_id)
);
COMMENT ON TABLE auth_events IS 'class R: enrolments, log-ins, refreshes, revocations, good and bad';

CREATE TABLE alarms (
	district_id int NOT NULL,
	alarm_id uuid NOT NULL,
	at timestamptz NOT NULL,
	kind text NOT NULL,
	centre text,
	subject_id uuid,
	PRIMARY KEY (district_id, alarm_id)
);
COMMENT ON TABLE alarms IS 'class I: refresh reuse, bad signatures, poison ops and the like, ids only';

CREATE TABLE squads (
	district_id int NOT NULL,
	squad_id uuid NOT NULL,
	centre text NOT NULL,
	hi text NOT NULL,
	en text NOT NULL,
	PRIMARY KEY (district_id, squad_id),
	CONSTRAINT squads_name UNIQUE (district_id, centre, en),
	FOREIGN KEY (district_id, centre) REFERENCES centres (district_id, centre)
);
COMMENT ON TABLE squads IS 'class P: anti-Romeo squads';

CREATE TABLE beats (
	district_id int NOT NULL,
	beat_id uuid NOT NULL,
	centre text NOT NULL,
	hi text NOT NULL,
	en text NOT NULL,
	area text,
	PRIMARY KEY (district_id, beat_id),
	CONSTRAINT beats_name UNIQUE (district_id, centre, en),
	FOREIGN KEY (district_id, centre) REFERENCES centres (district_id, centre)
);
COMMENT ON TABLE beats IS 'class P: women beats; area is GeoJSON';
RESET ROLE;
