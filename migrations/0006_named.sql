-- +goose Up

-- Who is named on the case of a sexual offence or a child, and what opens it in need: code lists and the limit of the
-- review. The names themselves stand in the complaint as its steps left it.
SET LOCAL ROLE kendra_owner;

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('name_reason', 'inquiry', 'जाँच', 'Inquiry', 10),
	('name_reason', 'supervision', 'पर्यवेक्षण', 'Supervision', 20),
	('name_reason', 'fir', 'प्रथम सूचना रिपोर्ट पर निर्णय', 'Decision on the FIR', 30),
	('name_reason', 'support', 'पीड़िता की सहायता', 'Support of the victim', 40),
	('name_reason', 'medical', 'चिकित्सीय परीक्षण', 'Medical examination', 50),
	('name_reason', 'court', 'न्यायालय कार्य', 'Court', 60),
	('unname_reason', 'work_over', 'कार्य पूर्ण', 'Work done', 10),
	('unname_reason', 'posted_away', 'स्थानान्तरण या अवकाश', 'Posted away or on leave', 20),
	('unname_reason', 'interest', 'हितों का टकराव', 'Conflict of interest', 30),
	('unname_reason', 'by_mistake', 'त्रुटि से नामित', 'Named by mistake', 40),
	('glass_reason', 'danger_to_her', 'पीड़िता को तत्काल खतरा', 'She is in danger now', 10),
	('glass_reason', 'medical', 'तत्काल चिकित्सा', 'Medical need at once', 20),
	('glass_reason', 'named_absent', 'नामित अधिकारी उपलब्ध नहीं', 'No named officer at hand', 30),
	('glass_reason', 'court_order', 'न्यायालय का आदेश', 'Order of a court', 40),
	('glass_verdict', 'justified', 'उचित', 'Justified', 10),
	('glass_verdict', 'not_justified', 'अनुचित', 'Not justified', 20),
	('limit', 'glass_review', 'आपात पठन की समीक्षा', 'Review of a reading in need', 230);

INSERT INTO limits (code, risk_level, register, starts, ends, months, seconds, ladder, hi, en, basis) VALUES
	('glass_review', '', 'help_desk', 'allowed', 'reviewed', 0, 86400, 'statutory', 'आपात पठन की समीक्षा', 'Review of a reading in need', 'D: within a day');
RESET ROLE;
