-- +goose Up
-- Who gave the code of a new phone, so that the next code of the same officer ends the one before.
SET LOCAL ROLE kendra_owner;

ALTER TABLE once_codes ADD COLUMN issued_by uuid;
COMMENT ON COLUMN once_codes.issued_by IS 'class R: the officer at whose word a new phone may be enrolled';
RESET ROLE;
