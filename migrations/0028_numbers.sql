-- +goose Up
-- Numbers by which visits are owed, units found, rounds drafted and visits judged stand in one list, with what they are called and
-- between what they may be moved; the district office moves them by an op (number.set).
SET LOCAL ROLE kendra_owner;

CREATE TABLE numbers (
	number text PRIMARY KEY CHECK (number ~ '^(coverage|unit|speed|evidence)\.[a-z0-9_.]{1,30}$'),
	value int NOT NULL,
	least int NOT NULL CHECK (least <= value),
	most int NOT NULL CHECK (value <= most),
	sort int NOT NULL,
	hi text NOT NULL,
	en text NOT NULL,
	basis text NOT NULL,
	valid_from timestamptz NOT NULL DEFAULT '2024-07-01 00:00:00+05:30'
);
COMMENT ON TABLE numbers IS 'list: numbers of rules: of what beats are owed, of units (way, calls for help, longest duty), of speeds of rounds in km/h, of evidence for a visit';
GRANT SELECT ON numbers TO kendra_app, kendra_report;
INSERT INTO numbers (number, value, least, most, sort, hi, en, basis) VALUES
	('coverage.chaupals', 1, 0, 7, 5, 'हर बीट में सप्ताह में कितनी चौपाल', 'Chaupals a week in every beat', 'the state''s order: a chaupal a week'),
	('unit.way_percent', 140, 100, 1000, 10, 'सीधी दूरी से रास्ता कितना लम्बा (प्रतिशत)', 'Way as percent of the straight line', 'D: roads of the plains are some two fifths longer than the line'),
	('unit.units', 3, 1, 3, 20, 'SOS पर कितनी निकटतम टीमें जगायी जायें', 'Nearest units that a call for help wakes', 'D: the nearest three'),
	('unit.heard_s', 7200, 60, 86400, 30, 'कितने सेकण्ड पुरानी SOS पर भी जगायें', 'Seconds: how old a call for help may come and still wake', 'D: two hours'),
	('unit.duty_s', 50400, 3600, 86400, 40, 'ड्यूटी अधिक से अधिक (सेकण्ड)', 'Seconds: how long a duty lasts at most', 'D: fourteen hours, the longest that the roster takes'),
	('speed.foot', 4, 1, 120, 50, 'पैदल चाल (किमी/घण्टा)', 'On foot, km/h', 'D: over the roads of the district, stops not counted'),
	('speed.two_wheeler', 25, 1, 120, 60, 'दोपहिया की चाल (किमी/घण्टा)', 'By two-wheeler, km/h', 'D: over the roads of the district, stops not counted'),
	('speed.car', 30, 1, 120, 70, 'कार की चाल (किमी/घण्टा)', 'By car, km/h', 'D: over the roads of the district, stops not counted'),
	('speed.van', 28, 1, 120, 80, 'वैन की चाल (किमी/घण्टा)', 'By van, km/h', 'D: over the roads of the district, stops not counted'),
	('speed.other', 20, 1, 120, 90, 'अन्य वाहन की चाल (किमी/घण्टा)', 'By other means, km/h', 'D: over the roads of the district, stops not counted'),
	('evidence.wait_s', 21600, 0, 604800, 100, 'भ्रमण के बाद साक्ष्य जाँचने तक प्रतीक्षा (सेकण्ड)', 'Seconds: wait before a visit is assessed', 'D: six hours, in which positions arrive that waited for a network'),
	('evidence.margin_s', 900, 0, 7200, 110, 'भ्रमण से पहले व बाद की गुंजाइश (सेकण्ड)', 'Seconds before and after a visit', 'D: a quarter of an hour'),
	('evidence.exact_m', 100, 1, 1000, 120, 'इतने मीटर तक स्थान सटीक', 'Metres: up to this a fix is exact', 'domain list of proof states: a fix of 100 m or better'),
	('evidence.stale_s', 120, 1, 3600, 130, 'इतने सेकण्ड तक स्थान ताज़ा', 'Seconds: up to this a fix is of the moment', 'D: two minutes'),
	('evidence.near_m', 300, 1, 5000, 140, 'स्थान के निकट (मीटर)', 'Metres: near a place', 'D: near a place'),
	('evidence.far_m', 2000, 100, 50000, 150, 'स्थान से दूर (मीटर)', 'Metres: far from a place', 'D: beyond all accuracy'),
	('evidence.speed_ms', 50, 10, 500, 160, 'असम्भव चाल (मीटर/सेकण्ड)', 'Speed that cannot be, m/s', 'D: 180 km/h'),
	('evidence.clock_s', 120, 1, 86400, 170, 'घड़ी का अन्तर इतना मान्य (सेकण्ड)', 'Seconds: a clock is right up to this', 'D: two minutes'),
	('evidence.same_count', 3, 2, 100, 180, 'ठीक एक ही बिन्दु पर लगातार प्रविष्टियाँ', 'Acts in a row at the very same point', 'D: three'),
	('evidence.fixes', 4, 1, 1000, 190, 'कम से कम इतने स्थान-अंकन पर कुछ कहा जाये', 'Positions from which something can be said', 'D: four'),
	('evidence.dwell_s', 600, 60, 86400, 200, 'स्थान पर ठहराव (सेकण्ड)', 'Seconds to have stayed at a place', 'D: ten minutes'),
	('evidence.inside_pct', 60, 1, 100, 210, 'ठहरने हेतु इतने प्रतिशत अंकन भीतर', 'Percent of positions inside, to have stayed', 'D: of the positions'),
	('evidence.away_pct', 80, 1, 100, 220, 'अन्यत्र मानने हेतु इतने प्रतिशत अंकन दूर', 'Percent of positions away, to have been elsewhere', 'D: of the positions'),
	('evidence.replay_moves', 6, 2, 1000, 230, 'नकल पहचानने हेतु कम से कम चालें', 'Moves from which a copied way can be told', 'D: six'),
	('evidence.replay_pct', 60, 1, 100, 240, 'नकल मानने हेतु इतने प्रतिशत चालें समान', 'Percent of moves alike, to be a copy', 'D: of the moves'),
	('evidence.apart_m', 10, 0, 1000, 250, 'दो फोन अलग मानने की दूरी (मीटर)', 'Metres beyond which two phones stand apart', 'D: beyond twice both accuracies'),
	('evidence.apart_count', 3, 1, 100, 260, 'ऐसे कितने अंकन', 'How many such positions', 'D: three'),
	('evidence.strong_at', 6, 1, 100, 270, 'पुष्ट: पक्ष में अंक', 'Strong: points for', 'D: points for, and none against'),
	('evidence.weak_at', 3, 1, 100, 280, 'कमज़ोर: विपक्ष में अंक', 'Weak: points against', 'D: points against'),
	('evidence.points.fix', 1, 0, 100, 290, 'अंक: सटीक ताज़ा स्थान', 'Points for an exact fix of the moment', 'D: points of this reason'),
	('evidence.points.place', 1, 0, 100, 300, 'अंक: सूची के स्थान के निकट', 'Points for near a place of the list', 'D: points of this reason'),
	('evidence.points.dwell', 2, 0, 100, 310, 'अंक: स्थान पर ठहराव', 'Points for having stayed', 'D: points of this reason'),
	('evidence.points.second_phone', 3, 0, 100, 320, 'अंक: दूसरे कर्मी का फोन', 'Points for the second phone', 'D: without it, or the code of the place, no visit is strong'),
	('evidence.points.mock', 3, 0, 100, 330, 'अंक: बनावटी स्थान', 'Points against: a made-up position', 'D: points of this reason'),
	('evidence.points.speed', 3, 0, 100, 340, 'अंक: असम्भव चाल', 'Points against: a speed that cannot be', 'D: points of this reason'),
	('evidence.points.away', 3, 0, 100, 350, 'अंक: फोन अन्यत्र', 'Points against: a phone that was elsewhere', 'D: points of this reason'),
	('evidence.points.replay', 3, 0, 100, 360, 'अंक: पुराने रास्ते की नकल', 'Points against: a way gone before', 'D: points of this reason'),
	('evidence.points.same_point', 1, 0, 100, 370, 'अंक: एक ही बिन्दु', 'Points against: the very same point', 'D: alone it makes nothing weak'),
	('evidence.points.marker', 2, 0, 100, 380, 'अंक: स्थान का कोड', 'Points for the code of the place', 'domain list of proof states: an exact fix and the marker of the place make a visit strong, with the time spent there'),
	('evidence.points.marker_away', 3, 0, 100, 390, 'अंक: स्थान का कोड दूर पढ़ा गया', 'Points against: a code read far from its place', 'D: the code was photographed');

DROP TABLE evidence_rules;
DROP TABLE unit_rules;
DROP TABLE round_speeds;
RESET ROLE;
