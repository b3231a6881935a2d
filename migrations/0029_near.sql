-- +goose Up
-- A call for help wakes the nearest units of whatever station: the last fixes by cell over the whole district.
SET LOCAL ROLE kendra_owner;
CREATE INDEX last_fixes_place ON last_fixes (district_id, cell);
RESET ROLE;
