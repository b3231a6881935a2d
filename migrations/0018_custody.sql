-- +goose Up
-- The span of custody that runs stands in its complaint's row, which is written with it anyway; spans are those that ended.
SET LOCAL ROLE kendra_owner;

ALTER TABLE custody RENAME TO spans;
ALTER INDEX custody_pkey RENAME TO spans_pkey;
ALTER TABLE complaints ADD COLUMN held_n int, ADD COLUMN held_from timestamptz, ADD COLUMN held_seq bigint;

-- +goose StatementBegin
DO $$
DECLARE d int;
BEGIN
	FOR d IN SELECT district_id FROM districts LOOP
		PERFORM set_config('app.district_id', d::text, true);
		UPDATE complaints c SET held_n = s.n, held_from = s.from_at, held_seq = s.seq
			FROM spans s WHERE c.district_id = d AND s.district_id = d AND s.complaint_id = c.complaint_id AND s.until_at IS NULL;
		DELETE FROM spans WHERE district_id = d AND until_at IS NULL;
	END LOOP;
	PERFORM set_config('app.district_id', '', true);
END $$;
-- +goose StatementEnd

ALTER TABLE complaints ALTER COLUMN held_n SET NOT NULL, ALTER COLUMN held_from SET NOT NULL, ALTER COLUMN held_seq SET NOT NULL;
ALTER TABLE spans ALTER COLUMN until_at SET NOT NULL;
COMMENT ON TABLE spans IS 'class R: who held a complaint before who has it now, under which post, from when to when';

CREATE VIEW custody WITH (security_invoker = true) AS
	SELECT district_id, centre, complaint_id, n, officer_id, post_id, role, from_at, until_at, seq FROM spans
	UNION ALL SELECT district_id, centre, complaint_id, held_n, owner_id, owner_post, owner_role, held_from, NULL, held_seq FROM complaints;
COMMENT ON VIEW custody IS 'class R: who held a complaint, under which post, from when to when; without gap or overlap';
GRANT SELECT ON custody TO kendra_app;
RESET ROLE;
