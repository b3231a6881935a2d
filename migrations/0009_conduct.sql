-- +goose Up
-- The conduct of the squads: from how many on a pattern is raised, how soon it
-- is answered, and what is still to be looked at.
SET LOCAL ROLE kendra_owner;

-- Ladders are checked by the book, which knows them all.
ALTER TABLE ladders DROP CONSTRAINT ladders_urgency_check,
	ADD CONSTRAINT ladders_urgency_check CHECK (urgency ~ '^[a-z][a-z0-9_]{0,39}$');

CREATE TABLE conduct_rules (
	pattern text NOT NULL,
	span text NOT NULL CHECK (span IN ('day', 'week')),
	n int NOT NULL CHECK (n > 0),
	within_s bigint NOT NULL DEFAULT 0,
	metres int NOT NULL DEFAULT 0,
	percent int NOT NULL DEFAULT 0,
	basis text NOT NULL,
	valid_from timestamptz NOT NULL DEFAULT '2024-07-01 00:00:00+05:30',
	PRIMARY KEY (pattern, valid_from)
);
COMMENT ON TABLE conduct_rules IS 'list: from how many on a pattern in the work of a squad is raised; HQ''s book changes it';
GRANT SELECT ON conduct_rules TO kendra_app, kendra_report;

-- No source names numbers: all are ours, to be moved as the first weeks teach.
INSERT INTO conduct_rules (pattern, span, n, within_s, metres, percent, basis) VALUES
	('one_ground', 'day', 8, 3600, 0, 0, 'D: eight persons on one ground within the hour'),
	('same_facts', 'week', 3, 0, 0, 0, 'D: the same words about three persons'),
	('no_word', 'week', 10, 0, 0, 0, 'D: ten warnings, and no woman has said a word'),
	('one_place', 'week', 20, 0, 0, 0, 'D: twenty persons within a few hundred metres'),
	('women', 'week', 25, 0, 0, 50, 'D: half of those spoken to are women'),
	('after_shift', 'week', 3, 0, 0, 0, 'D: three entries while nobody was on duty'),
	('far_from_place', 'week', 3, 0, 1000, 0, 'D: three entries a kilometre from their round'),
	('children', 'week', 5, 0, 0, 0, 'D: five children'),
	('same_person', 'week', 3, 0, 0, 0, 'D: stopped before by the same officer, three times');

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('conduct_pattern', 'one_ground', 'कम समय में एक ही आधार पर अनेक व्यक्ति', 'Many persons on one ground in a short time', 10),
	('conduct_pattern', 'same_facts', 'एक ही तथ्य बार-बार', 'The same facts again and again', 20),
	('conduct_pattern', 'no_word', 'किसी महिला के कथन के बिना चेतावनियाँ', 'Warnings without a woman''s word', 30),
	('conduct_pattern', 'one_place', 'एक ही स्थान बार-बार', 'One place again and again', 40),
	('conduct_pattern', 'women', 'महिलाओं से पूछताछ', 'Women questioned', 50),
	('conduct_pattern', 'after_shift', 'ड्यूटी के बाहर प्रविष्टियाँ', 'Entries after the shift', 60),
	('conduct_pattern', 'far_from_place', 'स्थान से दूर की गयी प्रविष्टियाँ', 'Entries far from the place', 70),
	('conduct_pattern', 'children', 'बालकों को रोकना', 'Children stopped', 80),
	('conduct_pattern', 'same_person', 'उसी कर्मी द्वारा वही व्यक्ति', 'The same person by the same officer', 90);

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('conduct_answer', 'in_order', 'जाँच की गयी, ठीक पाया गया', 'Looked into, in order', 10),
	('conduct_answer', 'instructed', 'स्क्वाड को निर्देशित किया गया', 'Squad instructed', 20),
	('conduct_answer', 'corrected', 'प्रविष्टियाँ सुधारी गयीं', 'Entries put right', 30),
	('conduct_answer', 'withdrawn', 'स्क्वाड को हटाया गया', 'Squad withdrawn', 40),
	('conduct_answer', 'inquiry', 'विभागीय जाँच प्रस्तावित', 'Inquiry proposed', 50);

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('role', 'public', 'पर्ची द्वारा कथन', 'Said by a slip', 180),
	('ladder', 'conduct', 'आचरण सम्बन्धी प्रश्न अनुत्तरित', 'Question of conduct not answered', 70),
	('limit', 'conduct_answer', 'आचरण सम्बन्धी प्रश्न का उत्तर', 'Answer to a question of conduct', 230);

INSERT INTO limits (code, register, starts, ends, months, seconds, ladder, hi, en, basis) VALUES
	('conduct_answer', 'squad', 'raised', 'answered', 0, 259200, 'conduct', 'आचरण सम्बन्धी प्रश्न का उत्तर', 'Answer to a question of conduct', 'D: three days');

INSERT INTO ladders (urgency, rung, after_s, action, to_role) VALUES
	('conduct', 1, 0, 'raise', 'co'),
	('conduct', 2, 259200, 'raise', 'sp');

-- beside the books
CREATE TABLE conduct_due (
	district_id int NOT NULL,
	centre text NOT NULL,
	squad_id uuid NOT NULL,
	span text NOT NULL CHECK (span IN ('day', 'week')),
	day date NOT NULL,
	n bigint NOT NULL,
	due_at timestamptz NOT NULL,
	PRIMARY KEY (district_id, squad_id, span, day)
);
COMMENT ON TABLE conduct_due IS 'class I: days and weeks of squads whose entries are still to be looked at for patterns; n counts those that came; a row goes when that is done';
ALTER TABLE conduct_due ENABLE ROW LEVEL SECURITY;
ALTER TABLE conduct_due FORCE ROW LEVEL SECURITY;
CREATE POLICY district ON conduct_due USING (district_id = nullif(current_setting('app.district_id', true), '')::int);
GRANT SELECT, INSERT, UPDATE, DELETE ON conduct_due TO kendra_app;
RESET ROLE;
