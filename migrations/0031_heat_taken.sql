-- +goose Up
-- Up to which number of each book complaints were taken for the map of heat. A book that has no row yet is taken from the
-- first week that is not published.
SET LOCAL ROLE kendra_owner;

CREATE TABLE heat_taken (
	district_id int NOT NULL,
	centre text NOT NULL,
	seq bigint NOT NULL,
	PRIMARY KEY (district_id, centre)
);
COMMENT ON TABLE heat_taken IS 'class I: the last number of a book up to which complaints were taken to be counted on the map';
ALTER TABLE heat_taken ENABLE ROW LEVEL SECURITY;
ALTER TABLE heat_taken FORCE ROW LEVEL SECURITY;
CREATE POLICY district ON heat_taken USING (district_id = nullif(current_setting('app.district_id', true), '')::int);
GRANT SELECT, INSERT, UPDATE ON heat_taken TO kendra_app;

-- Complaints that name an earlier one of the same woman are few, and looked for among all.
CREATE INDEX complaints_of_parents ON complaints (district_id) WHERE data LIKE '%"parent_id"%';

-- An incident pack looks for entries by when they were received, which does not quite rise with their numbers. The index
-- holds a line for some hundred pages of entries, and costs an append nothing.
CREATE INDEX entries_received ON entries USING brin (received_at) WITH (autosummarize = on);
RESET ROLE;
