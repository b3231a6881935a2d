-- +goose Up
-- How long what is sealed outside complaints and entries about persons is kept. The times are drafts for the law officer,
-- as those of 0013 are; the district office changes them by two persons.
SET LOCAL ROLE kendra_owner;

INSERT INTO retention_rules (code, months, days, basis) VALUES
	('visits', 12, 0, 'D: a year after the visit or round'),
	('tasks', 12, 0, 'D: a year after the task was sent'),
	('firs', 240, 0, 'D: twenty years after the FIR or the report, when it has ended'),
	('inspections', 36, 0, 'D: three years after the inspection, when it is closed'),
	('other', 36, 0, 'D: three years');

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('retention', 'visits', 'भ्रमण एवं गश्त का विवरण', 'What visits and rounds say of anybody', 32),
	('retention', 'tasks', 'कार्य की रिपोर्ट', 'What was reported of tasks', 34),
	('retention', 'firs', 'बिना शिकायत की प्राथमिकी एवं निरोधात्मक कार्यवाही', 'FIRs and preventive action without a complaint', 36),
	('retention', 'inspections', 'निरीक्षण की टिप्पणियाँ', 'Remarks of inspections', 37),
	('retention', 'other', 'अन्य टिप्पणियाँ, उत्तर एवं खोजे गये नम्बर', 'Other remarks, answers, numbers searched for', 38);

RESET ROLE;
