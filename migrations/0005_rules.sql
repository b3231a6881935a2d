-- +goose Up
-- The rules as they begin: code lists, time limits, ladders, sections of law and
-- columns of the nine registers. No official form or limit is known for most of
-- it, so HQ's book changes each by an op; the law officer signs off the sections.
SET LOCAL ROLE kendra_owner;

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('disability', 'none', 'कोई नहीं', 'None', 10),
	('disability', 'visual', 'दृष्टि बाधित', 'Visual', 20),
	('disability', 'hearing_speech', 'श्रवण एवं वाक् बाधित', 'Hearing or speech', 30),
	('disability', 'locomotor', 'चलन सम्बन्धी दिव्यांगता', 'Locomotor', 40),
	('disability', 'intellectual', 'बौद्धिक दिव्यांगता', 'Intellectual', 50),
	('disability', 'mental_illness', 'मानसिक रुग्णता', 'Mental illness', 60),
	('disability', 'other', 'अन्य', 'Other', 70);

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('risk_level', 'low', 'निम्न', 'Low', 10),
	('risk_level', 'medium', 'मध्यम', 'Medium', 20),
	('risk_level', 'high', 'उच्च', 'High', 30);

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('immediate_need', 'medical', 'चिकित्सा', 'Medical care', 10),
	('immediate_need', 'shelter', 'आश्रय', 'Shelter', 20),
	('immediate_need', 'escort', 'पुलिस द्वारा सुरक्षित पहुँचाना', 'Police escort', 30),
	('immediate_need', 'ambulance', 'एम्बुलेंस', 'Ambulance', 40),
	('immediate_need', 'counselling', 'काउंसलिंग', 'Counselling', 50),
	('immediate_need', 'legal_aid', 'विधिक सहायता', 'Legal aid', 60),
	('immediate_need', 'child_care', 'बच्चों की देखभाल', 'Care of her children', 70),
	('immediate_need', 'none', 'कोई नहीं', 'None', 80);

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('alert', 'media', 'मीडिया में प्रकाशित प्रकरण', 'In the media', 10),
	('alert', 'suicide_threat', 'आत्महत्या की आशंका', 'Threat of suicide', 20);

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('action', 'visited', 'मौके पर जाकर देखा', 'Visited', 10),
	('action', 'called', 'दूरभाष पर वार्ता', 'Called', 20),
	('action', 'statement', 'बयान अंकित किया', 'Statement taken', 30),
	('action', 'place_seen', 'घटनास्थल का निरीक्षण', 'Place of the incident seen', 40),
	('action', 'notice_served', 'नोटिस तामील', 'Notice served', 50),
	('action', 'evidence_taken', 'साक्ष्य संकलन', 'Evidence taken', 60),
	('action', 'safety_plan', 'सुरक्षा योजना बनाई गई', 'Safety plan made', 70),
	('action', 'medical_arranged', 'चिकित्सा की व्यवस्था कराई गई', 'Medical care arranged', 80),
	('action', 'parties_heard', 'पक्षों को सुना गया', 'Parties heard', 90),
	('action', 'other', 'अन्य', 'Other', 100);

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('pause_reason', 'she_asked', 'आवेदिका के अनुरोध पर', 'She asked', 10),
	('pause_reason', 'out_of_station', 'आवेदिका का बाहर होना', 'She is out of station', 20),
	('pause_reason', 'medical', 'चिकित्सीय कारण', 'Medical reason', 30),
	('pause_reason', 'court_matter', 'प्रकरण न्यायालय में विचाराधीन', 'Matter before a court', 40),
	('pause_reason', 'awaiting_report', 'रिपोर्ट की प्रतीक्षा', 'Awaiting a report', 50),
	('pause_reason', 'other', 'अन्य', 'Other', 60);

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('reopen_reason', 'not_satisfied', 'आवेदिका असंतुष्ट', 'Not satisfied', 10),
	('reopen_reason', 'new_facts', 'नये तथ्य प्रकाश में आये', 'New facts', 20),
	('reopen_reason', 'order_of_senior', 'वरिष्ठ अधिकारी का आदेश', 'Order of a senior officer', 30),
	('reopen_reason', 'court_order', 'न्यायालय का आदेश', 'Order of a court', 40),
	('reopen_reason', 'new_incident', 'नयी घटना', 'New incident', 50),
	('reopen_reason', 'other', 'अन्य', 'Other', 60);

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('close_reason', 'satisfied', 'आवेदिका संतुष्ट', 'Satisfied', 10),
	('close_reason', 'no_further_wish', 'आवेदिका आगे कार्यवाही नहीं चाहती', 'Wishes nothing further', 20),
	('close_reason', 'not_reachable', 'आवेदिका से सम्पर्क नहीं हो सका', 'Not reachable', 30),
	('close_reason', 'unsafe_to_call', 'आवेदिका को कॉल करना सुरक्षित नहीं', 'Not safe to call', 40),
	('close_reason', 'fir_goes_on', 'एफआईआर की विवेचना प्रचलित', 'FIR goes on', 50),
	('close_reason', 'other', 'अन्य', 'Other', 60);

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('referral_answer', 'accepted', 'स्वीकार किया', 'Accepted', 10),
	('referral_answer', 'service_given', 'सेवा दी गई', 'Service given', 20),
	('referral_answer', 'not_available', 'सेवा उपलब्ध नहीं', 'Not available', 30),
	('referral_answer', 'declined', 'अस्वीकार किया', 'Declined', 40),
	('referral_answer', 'no_answer', 'उत्तर नहीं मिला', 'No answer', 50);

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('issue', 'domestic_violence', 'घरेलू हिंसा', 'Domestic violence', 10),
	('issue', 'dowry', 'दहेज', 'Dowry', 20),
	('issue', 'maintenance', 'भरण-पोषण', 'Maintenance', 30),
	('issue', 'addiction', 'नशा', 'Addiction', 40),
	('issue', 'in_laws', 'ससुराल पक्ष से विवाद', 'In-laws', 50),
	('issue', 'children', 'सन्तान सम्बन्धी', 'Children', 60),
	('issue', 'property', 'सम्पत्ति', 'Property', 70),
	('issue', 'other', 'अन्य', 'Other', 80);

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('relationship', 'husband', 'पति', 'Husband', 10),
	('relationship', 'in_laws', 'ससुराल पक्ष', 'In-laws', 20),
	('relationship', 'parents', 'माता-पिता', 'Parents', 30),
	('relationship', 'brother', 'भाई', 'Brother', 40),
	('relationship', 'son', 'पुत्र', 'Son', 50),
	('relationship', 'neighbour', 'पड़ोसी', 'Neighbour', 60),
	('relationship', 'partner', 'साथी', 'Partner', 70),
	('relationship', 'employer', 'नियोक्ता', 'Employer', 80),
	('relationship', 'stranger', 'अपरिचित', 'Stranger', 90),
	('relationship', 'other', 'अन्य', 'Other', 100);

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('counselling_result', 'settled', 'आपसी सहमति से समाधान', 'Settled', 10),
	('counselling_result', 'next_session', 'अगला सत्र नियत', 'Next session', 20),
	('counselling_result', 'not_settled', 'समाधान नहीं हुआ', 'Not settled', 30),
	('counselling_result', 'other_party_absent', 'विपक्षी अनुपस्थित', 'Other party absent', 40),
	('counselling_result', 'woman_declined', 'महिला ने काउंसलिंग से मना किया', 'Woman declined', 50),
	('counselling_result', 'fir_wanted', 'महिला एफआईआर चाहती है', 'FIR wanted', 60),
	('counselling_result', 'referred', 'अन्य संस्था को संदर्भित', 'Referred', 70);

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('fir_step', 'statement', 'बयान अंकित', 'Statement', 10),
	('fir_step', 'medical', 'चिकित्सीय परीक्षण', 'Medical examination', 20),
	('fir_step', 'medical_declined', 'चिकित्सीय परीक्षण हेतु सहमति नहीं दी', 'Medical examination declined', 25),
	('fir_step', 'medical_report', 'चिकित्सीय रिपोर्ट प्राप्त', 'Medical report received', 30),
	('fir_step', 'cwc_told', 'बाल कल्याण समिति एवं विशेष न्यायालय को सूचना', 'CWC and special court told', 40),
	('fir_step', 'arrest', 'गिरफ्तारी', 'Arrest', 50),
	('fir_step', 'progress_told', 'विवेचना की प्रगति से अवगत कराया', 'Progress told', 60),
	('fir_step', 'chargesheet', 'आरोप-पत्र प्रेषित', 'Charge sheet', 70),
	('fir_step', 'final_report', 'अन्तिम रिपोर्ट प्रेषित', 'Final report', 80),
	('fir_step', 'transferred', 'विवेचना स्थानान्तरित', 'Transferred', 90),
	('fir_step', 'other', 'अन्य', 'Other', 100);

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('fir_result', 'under_investigation', 'विवेचनाधीन', 'Under investigation', 10),
	('fir_result', 'chargesheeted', 'आरोप-पत्र प्रेषित', 'Charge sheet sent', 20),
	('fir_result', 'final_report', 'अन्तिम रिपोर्ट प्रेषित', 'Final report sent', 30),
	('fir_result', 'transferred', 'स्थानान्तरित', 'Transferred', 40),
	('fir_result', 'cancelled', 'निरस्त', 'Cancelled', 50);

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('preventive_step', 'arrested', 'गिरफ्तार', 'Arrested', 10),
	('preventive_step', 'released', 'रिहा', 'Released', 20),
	('preventive_step', 'produced', 'मजिस्ट्रेट के समक्ष पेश', 'Produced', 30),
	('preventive_step', 'order', 'मजिस्ट्रेट का आदेश', 'Order', 40),
	('preventive_step', 'bond', 'मुचलका', 'Bond', 50),
	('preventive_step', 'closed', 'समाप्त', 'Closed', 60);

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('preventive_result', 'bound_over', 'मुचलके पर पाबन्द', 'Bound over', 10),
	('preventive_result', 'released', 'रिहा', 'Released', 20),
	('preventive_result', 'not_confirmed', 'आदेश की पुष्टि नहीं हुई', 'Not confirmed', 30),
	('preventive_result', 'dropped', 'कार्यवाही समाप्त', 'Dropped', 40);

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('magistrate', 'sdm', 'उप जिला मजिस्ट्रेट', 'Sub-divisional magistrate', 10),
	('magistrate', 'executive_magistrate', 'कार्यपालक मजिस्ट्रेट', 'Executive magistrate', 20),
	('magistrate', 'city_magistrate', 'नगर मजिस्ट्रेट', 'City magistrate', 30),
	('magistrate', 'judicial_magistrate', 'न्यायिक मजिस्ट्रेट', 'Judicial magistrate', 40);

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('wants', 'nothing', 'कुछ नहीं', 'Nothing', 10),
	('wants', 'more_action', 'और कार्यवाही', 'More action', 20),
	('wants', 'fir', 'प्रथम सूचना रिपोर्ट', 'FIR', 30),
	('wants', 'protection', 'सुरक्षा', 'Protection', 40),
	('wants', 'counselling', 'काउंसलिंग', 'Counselling', 50),
	('wants', 'other', 'अन्य', 'Other', 60);

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('follow_mode', 'visit', 'भेंट', 'Visit', 10),
	('follow_mode', 'call', 'कॉल', 'Call', 20),
	('follow_mode', 'at_centre', 'केन्द्र पर', 'At the centre', 30),
	('follow_mode', 'video', 'वीडियो कॉल', 'Video call', 40);

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('safe_now', 'safe', 'सुरक्षित', 'Safe', 10),
	('safe_now', 'partly', 'आंशिक रूप से सुरक्षित', 'Partly safe', 20),
	('safe_now', 'unsafe', 'असुरक्षित', 'Unsafe', 30),
	('safe_now', 'unknown', 'ज्ञात नहीं', 'Unknown', 40);

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('protection', 'none', 'कोई नहीं', 'None', 10),
	('protection', 'police_visits', 'पुलिस की नियमित भेंट', 'Police visits', 20),
	('protection', 'shelter', 'आश्रय गृह', 'Shelter', 30),
	('protection', 'protection_order', 'संरक्षण आदेश', 'Protection order', 40),
	('protection', 'escort', 'पुलिस साथ', 'Escort', 50),
	('protection', 'helpline', 'हेल्पलाइन', 'Helpline', 60);

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('follow_close', 'plan_done', 'योजना पूर्ण', 'Plan done', 10),
	('follow_close', 'moved_away', 'महिला अन्यत्र चली गई', 'Moved away', 20),
	('follow_close', 'she_asked', 'महिला के अनुरोध पर', 'She asked', 30),
	('follow_close', 'fir_goes_on', 'एफआईआर की विवेचना प्रचलित', 'FIR goes on', 40),
	('follow_close', 'not_reachable', 'महिला से सम्पर्क नहीं हो सका', 'Not reachable', 50),
	('follow_close', 'other', 'अन्य', 'Other', 60);

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('inspection_kind', 'daily', 'दैनिक', 'Daily', 10),
	('inspection_kind', 'weekly', 'साप्ताहिक', 'Weekly', 20),
	('inspection_kind', 'monthly', 'मासिक', 'Monthly', 30),
	('inspection_kind', 'surprise', 'आकस्मिक', 'Surprise', 40),
	('inspection_kind', 'annual', 'वार्षिक', 'Annual', 50);

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('review_verdict', 'in_order', 'ठीक पाया गया', 'In order', 10),
	('review_verdict', 'needs_correction', 'सुधार आवश्यक', 'Needs correction', 20),
	('review_verdict', 'misconduct_suspected', 'कदाचार की आशंका', 'Misconduct suspected', 30);

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('objection_decision', 'upheld', 'आपत्ति स्वीकार', 'Upheld', 10),
	('objection_decision', 'dismissed', 'आपत्ति अस्वीकार', 'Dismissed', 20);

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('day_verdict', 'seen', 'अवलोकित', 'Seen', 10),
	('day_verdict', 'directed', 'निर्देश दिये', 'Directed', 20),
	('day_verdict', 'stepped_in', 'स्वयं हस्तक्षेप किया', 'Stepped in', 30);

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('read_reason', 'call_her', 'आवेदिका को कॉल करना', 'Call her', 10),
	('read_reason', 'visit', 'भेंट', 'Visit', 20),
	('read_reason', 'inquiry', 'जाँच', 'Inquiry', 30),
	('read_reason', 'counselling', 'काउंसलिंग', 'Counselling', 40),
	('read_reason', 'fir', 'प्रथम सूचना रिपोर्ट', 'FIR', 50),
	('read_reason', 'court', 'न्यायालय', 'Court', 60),
	('read_reason', 'medical', 'चिकित्सा', 'Medical', 70),
	('read_reason', 'order_of_senior', 'वरिष्ठ अधिकारी का आदेश', 'Order of a senior officer', 80);

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('photo_ground', 'arrest', 'गिरफ्तारी', 'Arrest', 10),
	('photo_ground', 'conviction', 'दोषसिद्धि', 'Conviction', 20),
	('photo_ground', 'security_order', 'प्रतिभूति का आदेश', 'Order for security', 30);

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('preventive', 'bnss_126', 'धारा 126 बी.एन.एस.एस. (107 दं.प्र.सं.)', 'BNSS 126 (CrPC 107)', 10),
	('preventive', 'bnss_127', 'धारा 127 बी.एन.एस.एस. (108 दं.प्र.सं.)', 'BNSS 127 (CrPC 108)', 20),
	('preventive', 'bnss_128', 'धारा 128 बी.एन.एस.एस. (109 दं.प्र.सं.)', 'BNSS 128 (CrPC 109)', 30),
	('preventive', 'bnss_129', 'धारा 129 बी.एन.एस.एस. (110 दं.प्र.सं.)', 'BNSS 129 (CrPC 110)', 40),
	('preventive', 'bnss_130', 'धारा 130 बी.एन.एस.एस. (111 दं.प्र.सं.)', 'BNSS 130 (CrPC 111)', 50),
	('preventive', 'bnss_135', 'धारा 135 बी.एन.एस.एस. (116 दं.प्र.सं.)', 'BNSS 135 (CrPC 116)', 60),
	('preventive', 'bnss_168', 'धारा 168 बी.एन.एस.एस. (149 दं.प्र.सं.)', 'BNSS 168 (CrPC 149)', 70),
	('preventive', 'bnss_170', 'धारा 170 बी.एन.एस.एस. (151 दं.प्र.सं.)', 'BNSS 170 (CrPC 151)', 80),
	('preventive', 'bnss_172', 'धारा 172 बी.एन.एस.एस. (नयी)', 'BNSS 172 (new)', 90);

-- Why a complaint needs the in-charge's own hand.
INSERT INTO codes (list, code, hi, en, sort) VALUES
	('sensitive', 'child', 'पीड़ित बालक या बालिका', 'Child', 10),
	('sensitive', 'sexual_offence', 'यौन अपराध', 'Sexual offence', 20),
	('sensitive', 'repeat', 'पुनः शिकायत', 'Repeated complaint', 30),
	('sensitive', 'high_risk', 'उच्च जोखिम', 'High risk', 40),
	('sensitive', 'police', 'पुलिस कर्मी के विरुद्ध', 'Against the police', 50),
	('sensitive', 'media', 'मीडिया में प्रकाशित प्रकरण', 'In the media', 60),
	('sensitive', 'suicide_threat', 'आत्महत्या की आशंका', 'Threat of suicide', 70);

-- Categories that a rule holds for. A category may stand in several.
INSERT INTO codes (list, code, hi, en, sort) VALUES
	('sexual_category', 'sexual_assault', 'यौन हमला', 'Sexual assault', 10),
	('sexual_category', 'child_offence', 'बालक के विरुद्ध अपराध', 'Offence against a child', 20),
	('sexual_category', 'trafficking', 'मानव तस्करी', 'Human trafficking', 30);

-- A woman officer records these (BNS 64-71, 74-79, 124).
INSERT INTO codes (list, code, hi, en, sort) VALUES
	('woman_officer_category', 'sexual_assault', 'यौन हमला', 'Sexual assault', 10),
	('woman_officer_category', 'street_harassment', 'सार्वजनिक स्थान पर छेड़छाड़', 'Street harassment', 20),
	('woman_officer_category', 'stalking', 'पीछा करना', 'Stalking', 30),
	('woman_officer_category', 'acid_threat', 'तेज़ाब की धमकी', 'Acid threat', 40),
	('woman_officer_category', 'child_offence', 'बालक के विरुद्ध अपराध', 'Offence against a child', 50),
	('woman_officer_category', 'phone_online', 'फोन या ऑनलाइन उत्पीड़न', 'Phone or online harassment', 60);

-- Settlements in these are followed up monthly, six times.
INSERT INTO codes (list, code, hi, en, sort) VALUES
	('settlement_category', 'domestic_violence', 'घरेलू हिंसा', 'Domestic violence', 10),
	('settlement_category', 'dowry', 'दहेज', 'Dowry', 20),
	('settlement_category', 'marital_dispute', 'वैवाहिक विवाद', 'Marital dispute', 30);

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('complaint_state', 'received', 'प्राप्त', 'Received', 10),
	('complaint_state', 'registered', 'दर्ज', 'Registered', 20),
	('complaint_state', 'assigned', 'जाँच अधिकारी को सौंपी', 'Assigned', 30),
	('complaint_state', 'in_action', 'कार्यवाही प्रचलित', 'In action', 40),
	('complaint_state', 'disposed', 'निस्तारित', 'Disposed', 50),
	('complaint_state', 'feedback', 'फीडबैक', 'Feedback', 60),
	('complaint_state', 'closed', 'समाप्त', 'Closed', 70),
	('complaint_state', 'transferred', 'स्थानान्तरित', 'Transferred', 80);

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('ladder', 'urgent', 'तत्काल कार्य', 'Urgent task', 10),
	('ladder', 'soon', 'शीघ्र कार्य', 'Task soon', 20),
	('ladder', 'routine', 'सामान्य कार्य', 'Routine task', 30),
	('ladder', 'overdue', 'समय-सीमा बीतना', 'Overdue', 40),
	('ladder', 'statutory', 'वैधानिक समय-सीमा बीतना', 'Statutory limit passed', 50),
	('ladder', 'day', 'दैनिक समीक्षा शेष', 'Day not reviewed', 60);

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('limit', 'register', 'शिकायत दर्ज करना', 'Registration', 10),
	('limit', 'assign', 'जाँच अधिकारी नियुक्त करना', 'Inquiry officer named', 20),
	('limit', 'first_action', 'प्रथम कार्यवाही', 'First action', 30),
	('limit', 'disposal', 'निस्तारण', 'Disposal', 40),
	('limit', 'overall', 'निस्तारण की कुल अवधि', 'Disposal from arrival', 50),
	('limit', 'feedback', 'फीडबैक', 'Feedback', 60),
	('limit', 'follow_up', 'फॉलोअप', 'Follow-up', 70),
	('limit', 'fir_decision', 'एफआईआर पर निर्णय', 'Decision on the FIR', 80),
	('limit', 'efir_sign', 'ई-एफआईआर पर हस्ताक्षर', 'Signature of the e-FIR', 90),
	('limit', 'fir_enquiry', 'प्रारम्भिक जाँच', 'Preliminary enquiry', 100),
	('limit', 'ncr_magistrate', 'एन.सी.आर. मजिस्ट्रेट को भेजना', 'NCR to the magistrate', 110),
	('limit', 'medical', 'चिकित्सीय परीक्षण', 'Medical examination', 120),
	('limit', 'medical_report', 'चिकित्सीय रिपोर्ट', 'Medical report', 130),
	('limit', 'cwc', 'बाल कल्याण समिति एवं विशेष न्यायालय को सूचना', 'CWC and special court told', 140),
	('limit', 'investigation', 'विवेचना पूर्ण करना', 'Investigation', 150),
	('limit', 'progress', 'विवेचना की प्रगति से अवगत कराना', 'Progress told', 160),
	('limit', 'detention_alarm', 'निरोध की चेतावनी', 'Detention: alarm', 170),
	('limit', 'detention', 'रिहाई या पेशी', 'Out or produced', 180),
	('limit', 'compliance', 'निर्देश का अनुपालन', 'Compliance with a direction', 190),
	('limit', 'referral_answer', 'संदर्भित संस्था का उत्तर', 'Answer to a referral', 200),
	('limit', 'day_sign', 'दैनिक समीक्षा एवं आख्या', 'Day reviewed and signed', 210),
	('limit', 'squad_review', 'स्क्वाड प्रविष्टि की समीक्षा', 'Squad entry reviewed', 220);

INSERT INTO codes (list, code, hi, en, sort) VALUES
	('label', 'extra', 'अतिरिक्त खाने', 'Added columns', 1640),
	('label', 'earlier', 'पूर्व शिकायतें', 'Earlier complaints', 1650),
	('label', 'opposite_mobile', 'विपक्षी का मोबाइल', 'Mobile of the opposite party', 1660),
	('label', 'alerts', 'विशेष सूचना', 'Alerts', 1670),
	('label', 'about_by', 'शिकायत जिस कर्मी के विरुद्ध', 'Officers complained of', 1680),
	('label', 'parent_id', 'मूल शिकायत', 'First complaint', 1690),
	('label', 'visit_id', 'बीट भेंट', 'Visit', 1700),
	('label', 'round_id', 'स्क्वाड गश्त', 'Round', 1710),
	('label', 'status_safe', 'पर्ची से स्थिति जानना सुरक्षित', 'Safe to ask by slip', 1720),
	('label', 'disposed_at', 'निस्तारण समय', 'Disposed at', 1730),
	('label', 'closed_at', 'समाप्ति समय', 'Closed at', 1740),
	('label', 'reopened', 'पुनः खोली (बार)', 'Times reopened', 1750),
	('label', 'from_centre', 'प्रेषक केन्द्र', 'From centre', 1760),
	('label', 'is_electronic', 'ई-एफआईआर', 'e-FIR', 1770),
	('label', 'enquiry', 'प्रारम्भिक जाँच', 'Preliminary enquiry', 1780),
	('label', 'step', 'चरण', 'Step', 1790),
	('label', 'leave_no', 'अनुमति सं.', 'Leave no', 1800),
	('label', 'design', 'अपराध करने की योजना', 'Design to commit an offence', 1810),
	('label', 'woman_arrested', 'महिला की गिरफ्तारी', 'Woman arrested', 1820),
	('label', 'photo_ground', 'फोटो का आधार', 'Ground for the photo', 1830),
	('label', 'from_line', 'प्रेषक थाने की क्रम सं.', 'Line at the first station', 1832),
	('label', 'from_id', 'प्रेषक थाने की प्रविष्टि', 'Entry of the first station', 1834),
	('label', 'to_id', 'प्राप्तकर्ता थाने की प्रविष्टि', 'Entry of the other station', 1836),
	('label', 'medical_declined_at', 'चिकित्सा हेतु असहमति', 'Medical examination declined', 1838),
	('label', 'remedy', 'एफआईआर पंजीकृत न किये जाने पर महिला सूचना का सार लिखित में डाक द्वारा पुलिस अधीक्षक को भेज सकती है, और उसके पश्चात मजिस्ट्रेट को आवेदन कर सकती है (धारा 173(4) बी.एन.एस.एस.)', 'Where the FIR was declined she may send the information in writing and by post to the Superintendent of Police, and after that apply to the Magistrate (BNSS 173(4))', 1840);

-- Counted from starts to ends. A basis that begins with D is our default; a row
-- with a risk level holds for that level in place of the row without.
INSERT INTO limits (code, risk_level, register, starts, ends, months, seconds, ladder, hi, en, basis) VALUES
	('register', '', 'help_desk', 'arrived', 'registered', 0, 1800, 'overdue', 'शिकायत दर्ज करना', 'Registration', 'D: at once, and half an hour for the paper'),
	('assign', '', 'help_desk', 'registered', 'assigned', 0, 7200, 'overdue', 'जाँच अधिकारी नियुक्त करना', 'Inquiry officer named', 'D: within the same shift'),
	('assign', 'high', 'help_desk', 'registered', 'assigned', 0, 1800, 'overdue', 'जाँच अधिकारी नियुक्त करना', 'Inquiry officer named', 'D: high risk cannot wait for the shift'),
	('first_action', '', 'help_desk', 'registered', 'acted', 0, 86400, 'overdue', 'प्रथम कार्यवाही', 'First action', 'D: within a day'),
	('first_action', 'high', 'help_desk', 'registered', 'acted', 0, 3600, 'overdue', 'प्रथम कार्यवाही', 'First action', 'D: high risk, within the hour'),
	('disposal', '', 'help_desk', 'registered', 'disposed', 0, 259200, 'overdue', 'निस्तारण', 'Disposal', 'Practice of Bareilly: three days'),
	('overall', '', 'help_desk', 'arrived', 'disposed', 0, 604800, 'overdue', 'निस्तारण की कुल अवधि', 'Disposal from arrival', 'D: nothing resets it'),
	('feedback', '', 'feedback', 'disposed', 'asked', 0, 259200, 'overdue', 'फीडबैक', 'Feedback', 'Practice of Bareilly: feedback call; D: three days, three tries'),
	('follow_up', '', 'follow_up', 'planned', 'done', 0, 86400, 'overdue', 'फॉलोअप', 'Follow-up', 'D: the planned day and one of grace'),
	('fir_decision', '', 'fir', 'fir_wanted', 'decided', 0, 3600, 'statutory', 'एफआईआर पर निर्णय', 'Decision on the FIR', 'BNSS 173(1): at once; D: an hour for the head of the station'),
	('efir_sign', '', 'fir', 'registered', 'signed', 0, 259200, 'statutory', 'ई-एफआईआर पर हस्ताक्षर', 'Signature of the e-FIR', 'BNSS 173(1)'),
	('fir_enquiry', '', 'fir', 'enquiry', 'decided', 0, 1209600, 'statutory', 'प्रारम्भिक जाँच', 'Preliminary enquiry', 'BNSS 173(3)'),
	('ncr_magistrate', '', 'fir', 'declined', 'sent', 0, 1296000, 'statutory', 'एन.सी.आर. मजिस्ट्रेट को भेजना', 'NCR to the magistrate', 'BNSS 174(1): fortnightly'),
	('medical', '', 'fir', 'registered', 'examined', 0, 86400, 'statutory', 'चिकित्सीय परीक्षण', 'Medical examination', 'BNSS 184(1): by her consent'),
	('medical_report', '', 'fir', 'examined', 'reported', 0, 604800, 'statutory', 'चिकित्सीय रिपोर्ट', 'Medical report', 'BNSS 184(6)'),
	('cwc', '', 'fir', 'registered', 'told', 0, 86400, 'statutory', 'बाल कल्याण समिति एवं विशेष न्यायालय को सूचना', 'CWC and special court told', 'POCSO 19(6)'),
	('investigation', '', 'fir', 'registered', 'ended', 2, 0, 'statutory', 'विवेचना पूर्ण करना', 'Investigation', 'BNSS 193(2)'),
	('progress', '', 'fir', 'registered', 'told', 0, 7776000, 'statutory', 'विवेचना की प्रगति से अवगत कराना', 'Progress told', 'BNSS 193(3)'),
	('detention_alarm', '', 'preventive', 'arrested', 'out_or_produced', 0, 72000, 'statutory', 'निरोध की चेतावनी', 'Detention: alarm', 'D: four hours before BNSS 170(2), 172(2)'),
	('detention', '', 'preventive', 'arrested', 'out_or_produced', 0, 86400, 'statutory', 'रिहाई या पेशी', 'Out or produced', 'BNSS 170(2), 172(2)'),
	('compliance', '', 'inspection', 'directed', 'complied', 0, 604800, 'overdue', 'निर्देश का अनुपालन', 'Compliance with a direction', 'D: where the direction names no day'),
	('referral_answer', '', 'help_desk', 'sent', 'answered', 0, 604800, 'overdue', 'संदर्भित संस्था का उत्तर', 'Answer to a referral', 'D: she should hear within the week'),
	('day_sign', '', 'help_desk', 'day_begins', 'signed', 0, 72000, 'day', 'दैनिक समीक्षा एवं आख्या', 'Day reviewed and signed', 'D: 20:00; the return is sent daily'),
	('squad_review', '', 'squad', 'entered', 'reviewed', 0, 604800, 'overdue', 'स्क्वाड प्रविष्टि की समीक्षा', 'Squad entry reviewed', 'Squads are reviewed weekly');

-- Counted in seconds from the passing of the limit.
INSERT INTO ladders (urgency, rung, after_s, action, to_role) VALUES
	('overdue', 1, 7200, 'raise', 'centre_incharge'),
	('overdue', 2, 86400, 'raise', 'sho'),
	('overdue', 3, 172800, 'raise', 'co'),
	('overdue', 4, 259200, 'raise', 'addl_sp'),
	('overdue', 5, 604800, 'raise', 'sp'),
	('statutory', 1, 0, 'raise', 'sho'),
	('statutory', 2, 3600, 'raise', 'co'),
	('statutory', 3, 14400, 'raise', 'sp'),
	('day', 1, 0, 'raise', 'sho'),
	('day', 2, 43200, 'raise', 'co');

-- Sections hold by the date of the incident: BNS from 1 July 2024, IPC before.
-- What is cognizable follows the First Schedule of BNSS. The law officer signs
-- all of it off; what is said to be unverified first.
INSERT INTO offences (code, act, section, old_section, hi, en, is_sexual, is_child, cognizable) VALUES
	-- The pairs of 64-71 with the 376 group are unverified.
	('bns_64', 'BNS', '64', '376', 'बलात्संग', 'Rape', true, false, true),
	('bns_65', 'BNS', '65', '376(3), 376AB', 'सोलह या बारह वर्ष से कम आयु की बालिका से बलात्संग', 'Rape of a girl under sixteen or twelve', true, true, true),
	('bns_66', 'BNS', '66', '376A', 'बलात्संग में मृत्यु या सतत विकृतशील दशा कारित करना', 'Rape causing death or a persistent vegetative state', true, false, true),
	-- Cognizable only on her complaint.
	('bns_67', 'BNS', '67', '376B', 'पृथक्करण के दौरान पति द्वारा पत्नी के साथ मैथुन', 'Sexual intercourse by a husband upon his wife during separation', true, false, true),
	('bns_68', 'BNS', '68', '376C', 'प्राधिकार में किसी व्यक्ति द्वारा मैथुन', 'Sexual intercourse by a person in authority', true, false, true),
	('bns_69', 'BNS', '69', '', 'प्रवंचनापूर्ण साधनों से मैथुन', 'Sexual intercourse by deceitful means', true, false, true),
	('bns_70', 'BNS', '70', '376D, 376DA, 376DB', 'सामूहिक बलात्संग', 'Gang rape', true, false, true),
	('bns_71', 'BNS', '71', '376E', 'बलात्संग की पुनरावृत्ति', 'Repeat offender in rape', true, false, true),
	('bns_72', 'BNS', '72', '228A', 'पीड़िता की पहचान का प्रकटीकरण', 'Disclosure of the identity of the victim', false, false, true),
	('bns_74', 'BNS', '74', '354', 'लज्जा भंग करने के आशय से स्त्री पर हमला या आपराधिक बल', 'Assault or criminal force to woman with intent to outrage her modesty', true, false, true),
	('bns_75', 'BNS', '75', '354A', 'लैंगिक उत्पीड़न', 'Sexual harassment', true, false, true),
	('bns_76', 'BNS', '76', '354B', 'विवस्त्र करने के आशय से स्त्री पर हमला या आपराधिक बल', 'Assault or criminal force to woman with intent to disrobe', true, false, true),
	('bns_77', 'BNS', '77', '354C', 'दृश्यरतिकता', 'Voyeurism', true, false, true),
	('bns_78', 'BNS', '78', '354D', 'पीछा करना', 'Stalking', true, false, true),
	('bns_79', 'BNS', '79', '509', 'स्त्री की लज्जा का अनादर करने वाला शब्द, अंगविक्षेप या कार्य', 'Word, gesture or act intended to insult the modesty of a woman', true, false, true),
	('bns_80', 'BNS', '80', '304B', 'दहेज मृत्यु', 'Dowry death', false, false, true),
	-- Cognizable if she or her relative gives the information.
	('bns_85', 'BNS', '85', '498A', 'पति या उसके नातेदार द्वारा स्त्री के प्रति क्रूरता', 'Cruelty by the husband or his relative', false, false, true),
	('bns_87', 'BNS', '87', '366', 'विवाह आदि के लिए विवश करने को स्त्री का व्यपहरण या अपहरण', 'Kidnapping or abducting a woman to compel her to marry', false, false, true),
	-- The pair with 323 is unverified.
	('bns_115_2', 'BNS', '115(2)', '323', 'स्वेच्छया उपहति कारित करना', 'Voluntarily causing hurt', false, false, false),
	('bns_124', 'BNS', '124', '326A, 326B', 'अम्ल आदि से घोर उपहति कारित करना या उसका प्रयत्न', 'Grievous hurt by acid, or the attempt', false, false, true),
	('bns_126_2', 'BNS', '126(2)', '341', 'सदोष अवरोध', 'Wrongful restraint', false, false, true),
	('bns_137', 'BNS', '137', '363', 'व्यपहरण', 'Kidnapping', false, false, true),
	-- The pair with 370 is unverified.
	('bns_143', 'BNS', '143', '370', 'व्यक्ति का दुर्व्यापार', 'Trafficking of a person', false, false, true),
	('bns_296', 'BNS', '296', '294', 'अश्लील कार्य और गाने', 'Obscene acts and songs', false, false, true),
	-- Whether an older notification makes 506 cognizable in Uttar Pradesh is unverified.
	('bns_351', 'BNS', '351', '506', 'आपराधिक अभित्रास (धमकी)', 'Criminal intimidation', false, false, false),
	('bns_352', 'BNS', '352', '504', 'लोक शान्ति भंग कराने के आशय से अपमान', 'Intentional insult to provoke breach of the peace', false, false, false);

-- 376A to 376E as they stood since 2013; their older texts are not kept.
INSERT INTO offences (code, act, section, hi, en, is_sexual, is_child, cognizable, valid_from, valid_to) VALUES
	('ipc_376', 'IPC', '376', 'बलात्संग', 'Rape', true, false, true, '1860-10-06 00:00:00+05:30', '2024-07-01 00:00:00+05:30'),
	('ipc_376_3', 'IPC', '376(3)', 'सोलह वर्ष से कम आयु की बालिका से बलात्संग', 'Rape of a girl under sixteen', true, true, true, '2018-04-21 00:00:00+05:30', '2024-07-01 00:00:00+05:30'),
	('ipc_376a', 'IPC', '376A', 'बलात्संग में मृत्यु या सतत विकृतशील दशा कारित करना', 'Rape causing death or a persistent vegetative state', true, false, true, '2013-02-03 00:00:00+05:30', '2024-07-01 00:00:00+05:30'),
	('ipc_376ab', 'IPC', '376AB', 'बारह वर्ष से कम आयु की बालिका से बलात्संग', 'Rape of a girl under twelve', true, true, true, '2018-04-21 00:00:00+05:30', '2024-07-01 00:00:00+05:30'),
	('ipc_376b', 'IPC', '376B', 'पृथक्करण के दौरान पति द्वारा पत्नी के साथ मैथुन', 'Sexual intercourse by a husband upon his wife during separation', true, false, true, '2013-02-03 00:00:00+05:30', '2024-07-01 00:00:00+05:30'),
	('ipc_376c', 'IPC', '376C', 'प्राधिकार में किसी व्यक्ति द्वारा मैथुन', 'Sexual intercourse by a person in authority', true, false, true, '2013-02-03 00:00:00+05:30', '2024-07-01 00:00:00+05:30'),
	('ipc_376d', 'IPC', '376D', 'सामूहिक बलात्संग', 'Gang rape', true, false, true, '2013-02-03 00:00:00+05:30', '2024-07-01 00:00:00+05:30'),
	('ipc_376da', 'IPC', '376DA', 'सोलह वर्ष से कम आयु की बालिका से सामूहिक बलात्संग', 'Gang rape of a girl under sixteen', true, true, true, '2018-04-21 00:00:00+05:30', '2024-07-01 00:00:00+05:30'),
	('ipc_376db', 'IPC', '376DB', 'बारह वर्ष से कम आयु की बालिका से सामूहिक बलात्संग', 'Gang rape of a girl under twelve', true, true, true, '2018-04-21 00:00:00+05:30', '2024-07-01 00:00:00+05:30'),
	('ipc_376e', 'IPC', '376E', 'बलात्संग की पुनरावृत्ति', 'Repeat offender in rape', true, false, true, '2013-02-03 00:00:00+05:30', '2024-07-01 00:00:00+05:30'),
	('ipc_228a', 'IPC', '228A', 'पीड़िता की पहचान का प्रकटीकरण', 'Disclosure of the identity of the victim', false, false, true, '1983-12-25 00:00:00+05:30', '2024-07-01 00:00:00+05:30'),
	('ipc_354', 'IPC', '354', 'लज्जा भंग करने के आशय से स्त्री पर हमला या आपराधिक बल', 'Assault or criminal force to woman with intent to outrage her modesty', true, false, true, '1860-10-06 00:00:00+05:30', '2024-07-01 00:00:00+05:30'),
	('ipc_354a', 'IPC', '354A', 'लैंगिक उत्पीड़न', 'Sexual harassment', true, false, true, '2013-02-03 00:00:00+05:30', '2024-07-01 00:00:00+05:30'),
	('ipc_354b', 'IPC', '354B', 'विवस्त्र करने के आशय से स्त्री पर हमला या आपराधिक बल', 'Assault or criminal force to woman with intent to disrobe', true, false, true, '2013-02-03 00:00:00+05:30', '2024-07-01 00:00:00+05:30'),
	('ipc_354c', 'IPC', '354C', 'दृश्यरतिकता', 'Voyeurism', true, false, true, '2013-02-03 00:00:00+05:30', '2024-07-01 00:00:00+05:30'),
	('ipc_354d', 'IPC', '354D', 'पीछा करना', 'Stalking', true, false, true, '2013-02-03 00:00:00+05:30', '2024-07-01 00:00:00+05:30'),
	('ipc_509', 'IPC', '509', 'स्त्री की लज्जा का अनादर करने वाला शब्द, अंगविक्षेप या कार्य', 'Word, gesture or act intended to insult the modesty of a woman', true, false, true, '1860-10-06 00:00:00+05:30', '2024-07-01 00:00:00+05:30'),
	('ipc_304b', 'IPC', '304B', 'दहेज मृत्यु', 'Dowry death', false, false, true, '1986-11-19 00:00:00+05:30', '2024-07-01 00:00:00+05:30'),
	('ipc_498a', 'IPC', '498A', 'पति या उसके नातेदार द्वारा स्त्री के प्रति क्रूरता', 'Cruelty by the husband or his relative', false, false, true, '1983-12-25 00:00:00+05:30', '2024-07-01 00:00:00+05:30'),
	('ipc_366', 'IPC', '366', 'विवाह आदि के लिए विवश करने को स्त्री का व्यपहरण या अपहरण', 'Kidnapping or abducting a woman to compel her to marry', false, false, true, '1860-10-06 00:00:00+05:30', '2024-07-01 00:00:00+05:30'),
	('ipc_323', 'IPC', '323', 'स्वेच्छया उपहति कारित करना', 'Voluntarily causing hurt', false, false, false, '1860-10-06 00:00:00+05:30', '2024-07-01 00:00:00+05:30'),
	('ipc_326a', 'IPC', '326A', 'अम्ल आदि से घोर उपहति कारित करना', 'Grievous hurt by acid', false, false, true, '2013-02-03 00:00:00+05:30', '2024-07-01 00:00:00+05:30'),
	('ipc_326b', 'IPC', '326B', 'अम्ल फेंकना या फेंकने का प्रयत्न', 'Throwing acid or the attempt', false, false, true, '2013-02-03 00:00:00+05:30', '2024-07-01 00:00:00+05:30'),
	('ipc_341', 'IPC', '341', 'सदोष अवरोध', 'Wrongful restraint', false, false, true, '1860-10-06 00:00:00+05:30', '2024-07-01 00:00:00+05:30'),
	('ipc_363', 'IPC', '363', 'व्यपहरण', 'Kidnapping', false, false, true, '1860-10-06 00:00:00+05:30', '2024-07-01 00:00:00+05:30'),
	('ipc_370', 'IPC', '370', 'व्यक्ति का दुर्व्यापार', 'Trafficking of a person', false, false, true, '2013-02-03 00:00:00+05:30', '2024-07-01 00:00:00+05:30'),
	('ipc_294', 'IPC', '294', 'अश्लील कार्य और गाने', 'Obscene acts and songs', false, false, true, '1860-10-06 00:00:00+05:30', '2024-07-01 00:00:00+05:30'),
	('ipc_506', 'IPC', '506', 'आपराधिक अभित्रास (धमकी)', 'Criminal intimidation', false, false, false, '1860-10-06 00:00:00+05:30', '2024-07-01 00:00:00+05:30'),
	('ipc_504', 'IPC', '504', 'लोक शान्ति भंग कराने के आशय से अपमान', 'Intentional insult to provoke breach of the peace', false, false, false, '1860-10-06 00:00:00+05:30', '2024-07-01 00:00:00+05:30');

INSERT INTO offences (code, act, section, hi, en, is_sexual, is_child, cognizable, valid_from) VALUES
	('pocso_4', 'POCSO', '4', 'प्रवेशन लैंगिक हमला', 'Penetrative sexual assault', true, true, true, '2012-11-14 00:00:00+05:30'),
	('pocso_6', 'POCSO', '6', 'गुरुतर प्रवेशन लैंगिक हमला', 'Aggravated penetrative sexual assault', true, true, true, '2012-11-14 00:00:00+05:30'),
	('pocso_8', 'POCSO', '8', 'लैंगिक हमला', 'Sexual assault of a child', true, true, true, '2012-11-14 00:00:00+05:30'),
	('pocso_10', 'POCSO', '10', 'गुरुतर लैंगिक हमला', 'Aggravated sexual assault of a child', true, true, true, '2012-11-14 00:00:00+05:30'),
	('pocso_12', 'POCSO', '12', 'बालक का लैंगिक उत्पीड़न', 'Sexual harassment of a child', true, true, true, '2012-11-14 00:00:00+05:30'),
	('it_66c', 'IT Act', '66C', 'पहचान की चोरी', 'Identity theft', false, false, true, '2009-10-27 00:00:00+05:30'),
	('it_66d', 'IT Act', '66D', 'कम्प्यूटर संसाधन से प्रतिरूपण द्वारा छल', 'Cheating by personation by means of a computer resource', false, false, true, '2009-10-27 00:00:00+05:30'),
	('it_66e', 'IT Act', '66E', 'एकान्तता का अतिक्रमण', 'Violation of privacy', false, false, true, '2009-10-27 00:00:00+05:30'),
	('it_67', 'IT Act', '67', 'इलेक्ट्रॉनिक रूप में अश्लील सामग्री का प्रकाशन या पारेषण', 'Publishing or sending obscene material in electronic form', false, false, true, '2000-10-17 00:00:00+05:30'),
	('it_67a', 'IT Act', '67A', 'इलेक्ट्रॉनिक रूप में कामुक कृत्य की सामग्री का प्रकाशन या पारेषण', 'Publishing or sending sexually explicit material in electronic form', false, false, true, '2009-10-27 00:00:00+05:30'),
	('it_67b', 'IT Act', '67B', 'बालकों को कामुक कृत्य में दिखाने वाली सामग्री का प्रकाशन या पारेषण', 'Publishing or sending material that shows children in sexually explicit acts', false, true, true, '2009-10-27 00:00:00+05:30'),
	-- A duty to tell her of her rights, no offence.
	('dv_5', 'DV Act', '5', 'महिला को संरक्षण, सेवा एवं अधिकारों की जानकारी देना', 'Duty to tell her of protection, services and rights', false, false, false, '2006-10-26 00:00:00+05:30'),
	-- Unverified. Cognizable for the purpose of investigation (section 8).
	('dowry_3', 'Dowry Prohibition Act', '3', 'दहेज देना या लेना', 'Giving or taking dowry', false, false, true, '1961-07-01 00:00:00+05:30'),
	('dowry_4', 'Dowry Prohibition Act', '4', 'दहेज की माँग करना', 'Demanding dowry', false, false, true, '1961-07-01 00:00:00+05:30');

-- Grave are those whose investigation is to be completed within two months (BNSS
-- 193(2)), in both codes. In the same ones she is to be examined within a day, by
-- her consent (BNSS 184, POCSO 27): in others, such as stalking, there is nothing
-- to examine.
UPDATE offences SET is_grave = true WHERE code IN (
	'bns_64', 'bns_65', 'bns_66', 'bns_67', 'bns_68', 'bns_70', 'bns_71', 'pocso_4', 'pocso_6', 'pocso_8', 'pocso_10',
	'ipc_376', 'ipc_376_3', 'ipc_376a', 'ipc_376ab', 'ipc_376b', 'ipc_376c', 'ipc_376d', 'ipc_376da', 'ipc_376db', 'ipc_376e');

-- Each register begins with the same columns. A code without a list is one of a
-- table: stations, villages.
INSERT INTO register_columns (register, name, pos, type, class)
	SELECT r.code, c.name, c.pos, c.type, c.class FROM codes r, (VALUES
		('serial_no', 10, 'text', 'open'),
		('entered_at', 20, 'time', 'open'),
		('entered_by', 30, 'officer', 'open'),
		('station_code', 40, 'code', 'open'),
		('gd_no', 50, 'text', 'open'),
		('corrects_id', 60, 'link', 'open'),
		('remarks', 70, 'text', 'V')
	) c (name, pos, type, class) WHERE r.list = 'register';

INSERT INTO register_columns (register, name, pos, type, class, list) VALUES
	('help_desk', 'token_no', 80, 'text', 'open', ''),
	('help_desk', 'arrived_at', 90, 'time', 'open', ''),
	('help_desk', 'heard_at', 100, 'time', 'open', ''),
	('help_desk', 'registered_at', 110, 'time', 'open', ''),
	('help_desk', 'channel', 120, 'code', 'open', 'channel'),
	('help_desk', 'complainant_name', 130, 'text', 'V', ''),
	('help_desk', 'guardian_name', 140, 'text', 'V', ''),
	('help_desk', 'age', 150, 'number', 'V', ''),
	('help_desk', 'is_minor', 160, 'yes_no', 'V', ''),
	('help_desk', 'disability', 170, 'code', 'V', 'disability'),
	('help_desk', 'mobile', 180, 'text', 'V', ''),
	('help_desk', 'safe_to_call', 190, 'yes_no', 'V', ''),
	('help_desk', 'address', 200, 'text', 'V', ''),
	('help_desk', 'village_code', 210, 'code', 'open', ''),
	('help_desk', 'beat_id', 220, 'link', 'open', ''),
	('help_desk', 'category', 230, 'code', 'open', 'category'),
	('help_desk', 'account', 240, 'text', 'V', ''),
	('help_desk', 'incident_at', 250, 'time', 'V', ''),
	('help_desk', 'incident_place', 260, 'place', 'V', ''),
	('help_desk', 'opposite_party', 270, 'text', 'X', ''),
	('help_desk', 'risk_level', 280, 'code', 'open', 'risk_level'),
	('help_desk', 'immediate_need', 290, 'list', 'open', 'immediate_need'),
	('help_desk', 'woman_recorded', 300, 'yes_no', 'open', ''),
	('help_desk', 'scan', 310, 'file', 'V', ''),
	('help_desk', 'inquiry_by', 320, 'officer', 'open', ''),
	('help_desk', 'due_at', 330, 'time', 'open', ''),
	('help_desk', 'disposal', 340, 'code', 'open', 'disposal'),
	('help_desk', 'disposal_note', 350, 'text', 'V', ''),
	('help_desk', 'fir_id', 360, 'link', 'open', ''),
	('help_desk', 'counselling_id', 370, 'link', 'open', ''),
	('help_desk', 'preventive_id', 380, 'link', 'open', '');

INSERT INTO register_columns (register, name, pos, type, class, list) VALUES
	('counselling', 'complaint_id', 80, 'link', 'open', ''),
	('counselling', 'session_no', 90, 'number', 'open', ''),
	('counselling', 'session_at', 100, 'time', 'open', ''),
	('counselling', 'counsellor_by', 110, 'officer', 'open', ''),
	('counselling', 'woman', 120, 'text', 'V', ''),
	('counselling', 'other_parties', 130, 'text', 'X', ''),
	('counselling', 'relationship', 140, 'code', 'V', 'relationship'),
	('counselling', 'issue', 150, 'code', 'open', 'issue'),
	('counselling', 'woman_consents', 160, 'yes_no', 'open', ''),
	('counselling', 'seen_alone', 170, 'yes_no', 'open', ''),
	('counselling', 'summary', 180, 'text', 'V', ''),
	('counselling', 'terms', 190, 'text', 'V', ''),
	('counselling', 'result', 200, 'code', 'open', 'counselling_result'),
	('counselling', 'next_at', 210, 'time', 'open', ''),
	('counselling', 'referred_to', 220, 'code', 'open', 'referral'),
	('counselling', 'signatures', 230, 'file', 'V', '');

INSERT INTO register_columns (register, name, pos, type, class, list) VALUES
	('squad', 'squad_id', 80, 'link', 'open', ''),
	('squad', 'leader_by', 90, 'officer', 'open', ''),
	('squad', 'members_by', 100, 'list', 'open', ''),
	('squad', 'plain_clothes', 110, 'number', 'open', ''),
	('squad', 'body_camera', 120, 'yes_no', 'open', ''),
	('squad', 'briefed_by', 130, 'officer', 'open', ''),
	('squad', 'briefed_at', 140, 'time', 'open', ''),
	('squad', 'place_type', 150, 'code', 'open', 'place_type'),
	('squad', 'place', 160, 'place', 'open', ''),
	('squad', 'started_at', 170, 'time', 'open', ''),
	('squad', 'ended_at', 180, 'time', 'open', ''),
	('squad', 'reason', 190, 'code', 'open', 'reason'),
	('squad', 'persons_observed', 200, 'number', 'open', ''),
	('squad', 'persons_spoken', 210, 'number', 'open', ''),
	('squad', 'women_spoken', 220, 'number', 'open', ''),
	('squad', 'ground', 230, 'code', 'open', 'ground'),
	('squad', 'facts', 240, 'text', 'X', ''),
	('squad', 'complainant_id', 250, 'link', 'V', ''),
	('squad', 'name', 260, 'text', 'X', ''),
	('squad', 'parent_name', 270, 'text', 'X', ''),
	('squad', 'age', 280, 'number', 'X', ''),
	('squad', 'is_child', 290, 'yes_no', 'X', ''),
	('squad', 'address', 300, 'text', 'X', ''),
	('squad', 'mobile', 310, 'text', 'X', ''),
	('squad', 'outcome', 320, 'code', 'open', 'outcome'),
	('squad', 'card_no', 330, 'text', 'open', ''),
	('squad', 'undertaking', 340, 'file', 'X', ''),
	('squad', 'guardian_told_at', 350, 'time', 'X', ''),
	('squad', 'photo', 360, 'file', 'X', ''),
	('squad', 'previous_card_id', 370, 'link', 'X', ''),
	('squad', 'reviewed_by', 380, 'officer', 'open', ''),
	('squad', 'objection', 390, 'text', 'X', '');

INSERT INTO register_columns (register, name, pos, type, class, list) VALUES
	('women_beat', 'beat_id', 80, 'link', 'open', ''),
	('women_beat', 'key_contacts', 90, 'text', 'X', ''),
	('women_beat', 'sensitive_places', 100, 'list', 'open', ''),
	('women_beat', 'care_list', 110, 'text', 'V', ''),
	('women_beat', 'officers_by', 120, 'list', 'open', ''),
	('women_beat', 'plan_id', 130, 'link', 'open', ''),
	('women_beat', 'started_at', 140, 'time', 'open', ''),
	('women_beat', 'ended_at', 150, 'time', 'open', ''),
	('women_beat', 'village_code', 160, 'code', 'open', ''),
	('women_beat', 'place_type', 170, 'code', 'open', 'place_type'),
	('women_beat', 'place', 180, 'place', 'open', ''),
	('women_beat', 'is_chaupal', 190, 'yes_no', 'open', ''),
	('women_beat', 'women', 200, 'number', 'open', ''),
	('women_beat', 'girls', 210, 'number', 'open', ''),
	('women_beat', 'topics', 220, 'list', 'open', 'topic'),
	('women_beat', 'materials', 230, 'number', 'open', ''),
	('women_beat', 'schemes_helped', 240, 'number', 'open', ''),
	('women_beat', 'settled', 250, 'number', 'open', ''),
	('women_beat', 'complaint_ids', 260, 'list', 'open', ''),
	('women_beat', 'observation', 270, 'text', 'V', ''),
	('women_beat', 'intel', 280, 'list', 'open', 'intel'),
	('women_beat', 'hazards', 290, 'list', 'open', 'hazard'),
	('women_beat', 'proof_state', 300, 'code', 'open', 'proof_state');

INSERT INTO register_columns (register, name, pos, type, class, list) VALUES
	('inspection', 'inspector_by', 80, 'officer', 'open', ''),
	('inspection', 'kind', 90, 'code', 'open', 'inspection_kind'),
	('inspection', 'inspected_at', 100, 'time', 'open', ''),
	('inspection', 'registers_seen', 110, 'list', 'open', 'register'),
	('inspection', 'findings', 120, 'text', 'open', ''),
	('inspection', 'direction', 130, 'text', 'open', ''),
	('inspection', 'due_at', 140, 'time', 'open', ''),
	('inspection', 'assigned_by', 150, 'officer', 'open', ''),
	('inspection', 'compliance', 160, 'text', 'open', ''),
	('inspection', 'complied_at', 170, 'time', 'open', ''),
	('inspection', 'closed_by', 180, 'officer', 'open', '');

INSERT INTO register_columns (register, name, pos, type, class, list) VALUES
	('fir', 'fir_no', 80, 'text', 'open', ''),
	('fir', 'registered_at', 90, 'time', 'open', ''),
	('fir', 'signed_at', 100, 'time', 'open', ''),
	('fir', 'is_zero', 110, 'yes_no', 'open', ''),
	('fir', 'transferred_to', 120, 'code', 'open', ''),
	('fir', 'sections', 130, 'list', 'open', 'offence'),
	('fir', 'victim_alias', 140, 'text', 'open', ''),
	('fir', 'victim_id', 150, 'link', 'V', ''),
	('fir', 'is_child', 160, 'yes_no', 'V', ''),
	('fir', 'accused', 170, 'text', 'X', ''),
	('fir', 'incident_at', 180, 'time', 'V', ''),
	('fir', 'incident_place', 190, 'place', 'V', ''),
	('fir', 'io_by', 200, 'officer', 'open', ''),
	('fir', 'statement_at', 210, 'time', 'open', ''),
	('fir', 'medical_at', 220, 'time', 'open', ''),
	('fir', 'medical_declined_at', 225, 'time', 'open', ''),
	('fir', 'cwc_told_at', 230, 'time', 'open', ''),
	('fir', 'arrest_at', 240, 'time', 'open', ''),
	('fir', 'progress_told_at', 250, 'time', 'open', ''),
	('fir', 'chargesheet_due_at', 260, 'time', 'open', ''),
	('fir', 'result', 270, 'code', 'open', 'fir_result');

INSERT INTO register_columns (register, name, pos, type, class, list) VALUES
	('preventive', 'section', 80, 'code', 'open', 'preventive'),
	('preventive', 'person', 90, 'text', 'X', ''),
	('preventive', 'age', 100, 'number', 'X', ''),
	('preventive', 'ground', 110, 'text', 'X', ''),
	('preventive', 'source_id', 120, 'link', 'open', ''),
	('preventive', 'reported_at', 130, 'time', 'open', ''),
	('preventive', 'arrested_at', 140, 'time', 'open', ''),
	('preventive', 'released_at', 150, 'time', 'open', ''),
	('preventive', 'produced_at', 160, 'time', 'open', ''),
	('preventive', 'magistrate', 170, 'code', 'open', 'magistrate'),
	('preventive', 'bond_amount', 180, 'number', 'open', ''),
	('preventive', 'bond_until_at', 190, 'time', 'open', ''),
	('preventive', 'result', 200, 'code', 'open', 'preventive_result');

INSERT INTO register_columns (register, name, pos, type, class, list) VALUES
	('feedback', 'complaint_id', 80, 'link', 'open', ''),
	('feedback', 'due_at', 90, 'time', 'open', ''),
	('feedback', 'called_at', 100, 'time', 'open', ''),
	('feedback', 'called_by', 110, 'officer', 'open', ''),
	('feedback', 'reached', 120, 'code', 'open', 'reached'),
	('feedback', 'polite', 130, 'yes_no', 'open', ''),
	('feedback', 'registered_at_once', 140, 'yes_no', 'open', ''),
	('feedback', 'told_action', 150, 'yes_no', 'open', ''),
	('feedback', 'satisfied', 160, 'code', 'open', 'satisfied'),
	('feedback', 'reason', 170, 'text', 'V', ''),
	('feedback', 'wants', 180, 'code', 'open', 'wants'),
	('feedback', 'is_reopened', 190, 'yes_no', 'open', '');

INSERT INTO register_columns (register, name, pos, type, class, list) VALUES
	('follow_up', 'case_id', 80, 'link', 'open', ''),
	('follow_up', 'step_no', 90, 'number', 'open', ''),
	('follow_up', 'due_at', 100, 'time', 'open', ''),
	('follow_up', 'done_at', 110, 'time', 'open', ''),
	('follow_up', 'done_by', 120, 'officer', 'open', ''),
	('follow_up', 'mode', 130, 'code', 'open', 'follow_mode'),
	('follow_up', 'safe_now', 140, 'code', 'V', 'safe_now'),
	('follow_up', 'new_incident', 150, 'yes_no', 'open', ''),
	('follow_up', 'protection', 160, 'code', 'V', 'protection'),
	('follow_up', 'note', 170, 'text', 'V', ''),
	('follow_up', 'next_due_at', 180, 'time', 'open', ''),
	('follow_up', 'close_reason', 190, 'code', 'open', 'follow_close');
RESET ROLE;
