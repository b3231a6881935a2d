package book

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/seal"
	contract "kendra/mobile-contract"
)

// Marks of a person entry: the words of its facts, and who it is about. They are
// no pointers, so that no register shows them as columns, and have no mask.
const (
	markFacts  = "same/facts"
	markMobile = "same/mobile"
	markWho    = "same/who"
)

// seenPerson is an earlier entry whose mark is the same.
type seenPerson struct {
	PersonID uuid.UUID
	State    string
	Outcome  string
	Officer  uuid.UUID
	SquadID  uuid.UUID
	At       time.Time
}

// marksOfPerson makes the keyed hashes of a person entry. A child is not looked
// up: there is no dossier of children (JJ Act 2015 s.74).
func (t *batch) marksOfPerson(d *draft, b *contract.SquadPerson) []seal.Mark {
	d.marks = nil
	add := func(field string, parts ...*string) {
		words := make([]string, len(parts))
		for i, p := range parts {
			switch {
			case p != nil:
				words[i] = lettersOf(*p)
			case d.op.Kind == contract.KindEntryCorrect: // what stood there before is found no more
				words[i] = d.op.ID.String()
			default:
				return
			}
		}
		mark := t.book.Blind.Mark(t.district, field, strings.Join(words, "\n"))
		mark.Field, mark.Class = field, seal.Suspect
		d.marks = append(d.marks, mark)
	}
	add(markFacts, &b.Facts)
	mobile, name := b.Mobile, b.Name
	if b.IsChild {
		mobile, name = nil, nil
	}
	add(markMobile, mobile)
	add(markWho, name, b.ParentName, b.Address)
	return d.marks
}

// lettersOf is a text without what a copyist changes first: spaces, signs and
// capital letters.
func lettersOf(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsNumber(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, text)
}

// alikeBack is how far back the facts and the person of an entry are compared.
const alikeBack = 30 * 24 * time.Hour

// compare notes what an entry about a person has in common with earlier ones,
// as booleans: the texts and the numbers themselves stay sealed.
func (s *State) compare(d *draft, b *contract.SquadPerson) {
	since, officer := d.at.Add(-alikeBack), d.officer
	if m := s.matters.get(d.subject()); m != nil {
		officer = m.Data.OpenedBy
	}
	for _, m := range d.marks {
		for _, a := range s.alike[string(m.Hash)] {
			switch {
			case a.PersonID == d.subject() || a.State == struck || a.At.Before(since):
			case m.Field == markFacts && (a.Officer == officer || a.SquadID == b.SquadID):
				d.facts[factSameFacts] = true
			case m.Field != markFacts && a.Officer == officer:
				d.facts[factSamePerson] = true
			}
		}
	}
	if b.ComplainantID != nil || slices.Contains(wordGrounds, b.Ground) {
		d.facts[factWord] = true
	}
}

// subject is the matter that the draft opens, or puts right.
func (d *draft) subject() uuid.UUID {
	if d.corrects != nil {
		return *d.corrects
	}
	return d.op.ID
}

func (s *State) sawAlike(hash []byte, m *Matter) {
	a := seenPerson{PersonID: m.MatterID, State: m.State, Outcome: m.Data.Result, Officer: m.Data.OpenedBy}
	if m.Data.Act != nil {
		a.SquadID, a.At = m.Data.Act.SquadID, m.Data.Act.At
	}
	list := s.alike[string(hash)]
	if i := slices.IndexFunc(list, func(x seenPerson) bool { return x.PersonID == a.PersonID }); i >= 0 {
		list[i] = a
		return
	}
	s.alike[string(hash)] = append(list, a)
}

// queueAlike finds which persons of the district have the same marks, the newest
// first: see queueSeen.
func (s *State) queueAlike(b *pgx.Batch, marks []seal.Mark) {
	hashes, names := asked(marks)
	b.Queue(`SELECT k.keyed_hash, m.matter_id, m.state, m.data FROM unnest($2::bytea[]) AS u (hash),
		LATERAL (SELECT keyed_hash, case_id FROM case_marks WHERE district_id = $1 AND keyed_hash >= u.hash AND keyed_hash <= u.hash
			ORDER BY keyed_hash DESC, case_id DESC LIMIT $3) k,
		LATERAL (SELECT matter_id, state, data FROM matters WHERE district_id = $1 AND matter_id = k.case_id LIMIT 1) m`,
		s.District, hashes, seenCases).Query(func(rows pgx.Rows) error {
		var hash []byte
		var text string
		var m Matter
		_, err := pgx.ForEachRow(rows, []any{&hash, &m.MatterID, &m.State, &text}, func() error {
			m.Data = MatterData{}
			if err := unjson(text, &m.Data); err != nil {
				return err
			}
			s.sawAlike(names[string(hash)], &m)
			return nil
		})
		return wrap(err, "find persons")
	})
}
