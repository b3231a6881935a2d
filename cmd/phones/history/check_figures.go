package history

import (
	"maps"
	"slices"
)

// figuresAgain counts figures of the days again by SQL of its own, from entries
// and rows that no tally is made of:
//
//   - wishes for an FIR: requests, and the sessions and calls that were the first to tell;
//   - complaints that were registered, each once;
//   - FIRs registered here and received, of lines that are not struck;
//   - arrests that steps tell of, and that reports of preventive action do, of
//     what is not struck.
const figuresAgain = `WITH said AS (SELECT seq, op_id, at, kind, convert_from(wire, 'UTF8')::json -> 'body' AS b FROM entries
	WHERE district_id = $1 AND centre = $2 AND kind IN ('fir.request', 'fir.decline', 'fir.register', 'counselling.session',
		'complaint.receive', 'feedback.call', 'fir.step', 'preventive.step', 'preventive.report', 'entry.correct')),
words AS (
	SELECT seq, at, kind, (b ->> 'complaint_id')::uuid AS complaint_id FROM said
		WHERE kind IN ('fir.request', 'fir.decline', 'fir.register') OR kind = 'counselling.session' AND b ->> 'result' = 'fir_wanted'
	UNION ALL SELECT seq, at, kind, (b -> 'session' ->> 'complaint_id')::uuid FROM said WHERE b -> 'session' ->> 'result' = 'fir_wanted'
	UNION ALL SELECT seq, at, kind, (coalesce(b -> 'feedback', b) ->> 'complaint_id')::uuid FROM said
		WHERE kind IN ('feedback.call', 'entry.correct') AND coalesce(b -> 'feedback', b) ->> 'wants' = 'fir'
	UNION ALL SELECT seq, at, kind, op_id FROM said WHERE kind = 'complaint.receive' AND b ->> 'fir_wanted' = 'true'),
happened (at, code) AS (
	SELECT at, 'fir.wanted' FROM words w WHERE kind = 'fir.request' OR kind IN ('counselling.session', 'feedback.call', 'entry.correct')
		AND NOT EXISTS (SELECT FROM words x WHERE x.complaint_id = w.complaint_id AND x.seq < w.seq)
	UNION ALL SELECT registered_at, 'complaint.registered' FROM complaints
		WHERE district_id = $1 AND centre = $2 AND registered_at IS NOT NULL
	UNION ALL SELECT at, CASE WHEN cols::json ->> 'from_id' IS NULL THEN 'fir.firs' ELSE 'fir.received' END FROM lines
		WHERE district_id = $1 AND centre = $2 AND register = 'fir' AND struck_seq IS NULL
	UNION ALL SELECT at, 'arrests' FROM said WHERE (kind = 'fir.step' AND b ->> 'step' = 'arrest' OR
		kind = 'preventive.step' AND b ->> 'step' = 'arrested') AND NOT EXISTS (SELECT FROM matters m WHERE m.district_id = $1
		AND m.matter_id = coalesce(b ->> 'fir_id', b ->> 'preventive_id')::uuid AND m.state = 'struck')
	UNION ALL SELECT l.at, 'preventive.arrests' FROM lines l JOIN said s ON s.seq = l.seq
		WHERE l.district_id = $1 AND l.centre = $2 AND l.register = 'preventive' AND l.struck_seq IS NULL
		AND coalesce(s.b -> 'preventive', s.b) ->> 'arrested_at' IS NOT NULL)
SELECT to_char(at AT TIME ZONE 'Asia/Kolkata', 'YYYY-MM-DD'), code, count(*) FROM happened GROUP BY 1, 2`

// refigured are the counts that figuresAgain counts.
var refigured = []string{"fir.wanted", "complaint.registered", "fir.firs", "fir.received", "arrests", "preventive.arrests"}

// figures compares what the days count with what was counted again.
func (c *checker) figures() {
	days := map[string]bool{}
	for _, m := range []map[string]map[string]int64{c.tally, c.again} {
		for day := range m {
			days[day] = true
		}
	}
	for _, day := range slices.Sorted(maps.Keys(days)) {
		for _, code := range refigured {
			if c.tally[day][code] != c.again[day][code] {
				c.note(0, "%s figures %s as %d, its entries as %d", day, code, c.tally[day][code], c.again[day][code])
			}
		}
	}
}
