package book

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// RetentionView is the rules in force, and the changes that wait for a second
// person, each with what would go.
type RetentionView struct {
	Rules []RetentionLine
	Asks  []RetentionAsked
	// WouldGo counts what would go at once by the rule of the question.
	WouldGo *int
}

// RetentionLine is a rule in force and what is due by it now.
type RetentionLine struct {
	RetentionRule

	Due int
}

// RetentionAsked is a change that waits.
type RetentionAsked struct {
	Keep

	AskID   uuid.UUID
	AskedBy uuid.UUID
	AskedAt time.Time
	WouldGo int
}

// Retention tells the district office how long what is kept, what a change would
// destroy, and which changes wait. What an order keeps is in no count.
func (b *Book) Retention(ctx context.Context, who staff.Caller, ask *Keep) (*RetentionView, error) {
	now := b.now()
	if !slices.ContainsFunc(who.Posts, func(p staff.Post) bool { return p.Covers(now) && slices.Contains(office, p.Role) }) {
		return nil, contract.NewProblem(contract.CodeForbidden)
	}
	out := &RetentionView{}
	v := b.rules.Load().of(who.District)
	var known bool
	err := b.read(ctx, who.District, func(tx pgx.Tx) error {
		var codes []string
		for _, r := range v.keeping() {
			if slices.Contains(codes, r.Code) {
				continue
			}
			codes = append(codes, r.Code)
			now := v.keeps(r.Code, now)
			if now == nil {
				continue
			}
			n, err := goes(ctx, tx, who.District, now, b.now())
			if err != nil {
				return err
			}
			out.Rules = append(out.Rules, RetentionLine{*now, n})
			known = known || ask != nil && r.Code == ask.Rule
		}
		if err := b.asked(ctx, tx, who.District, out); err != nil {
			return err
		}
		if ask == nil || !known {
			return nil
		}
		n, err := goes(ctx, tx, who.District, ask.rule(), now)
		out.WouldGo = &n
		return err
	})
	if err == nil && ask != nil && !known {
		return nil, refusal(contract.CodeUnknownReference, "rule")
	}
	return out, err
}

// rule is the change as a rule that holds already.
func (k *Keep) rule() *RetentionRule {
	return &RetentionRule{Code: k.Rule, Months: k.Months, Days: k.Days, Basis: k.Basis}
}

// asked lists the changes that wait for a second person.
func (b *Book) asked(ctx context.Context, tx pgx.Tx, district int32, out *RetentionView) error {
	rows, err := tx.Query(ctx, `SELECT `+matterColumns+` FROM matters WHERE district_id = $1 AND centre = $2 AND kind = $3 AND state = $4
		ORDER BY seq DESC LIMIT 50`, district, HQ, matterRetention, matterOpen)
	if err != nil {
		return fmt.Errorf("read changes of retention: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanMatter)
	if err != nil {
		return fmt.Errorf("read changes of retention: %w", err)
	}
	for _, m := range list {
		n, err := goes(ctx, tx, district, m.Data.Keep.rule(), b.now())
		if err != nil {
			return err
		}
		out.Asks = append(out.Asks, RetentionAsked{
			Keep: *m.Data.Keep, AskID: m.MatterID, AskedBy: m.Data.OpenedBy, AskedAt: m.Data.Times[stepAsked], WouldGo: n,
		})
	}
	return nil
}

// goes counts what is due by a rule at a time.
func goes(ctx context.Context, tx pgx.Tx, district int32, r *RetentionRule, now time.Time) (n int, err error) {
	before := r.before(now)
	switch query, sealed := keptQueries[r.Code]; {
	case sealed:
		err = tx.QueryRow(ctx, `SELECT count(*) FROM (`+query+`) x`, district, before).Scan(&n)
	case slices.Contains(ownRules, r.Code):
		return goesOwn(ctx, tx, district, r.Code, before)
	case r.Code == rulePositions:
		err = tx.QueryRow(ctx, `SELECT count(*) FROM positions WHERE district_id = $1 AND at < $2`, district, before.Truncate(24*time.Hour)).Scan(&n)
	case r.Code == ruleTracks:
		err = tx.QueryRow(ctx, `SELECT count(*) FROM tracks WHERE district_id = $1 AND day < $2::text::date`, district, day(before)).Scan(&n)
	default:
		err = tx.QueryRow(ctx, `SELECT (SELECT count(*) FROM auth_events WHERE district_id = $1 AND at < $2)
			+ (SELECT count(*) FROM alarms WHERE district_id = $1 AND at < $2)
			+ (SELECT count(*) FROM read_denials WHERE district_id = $1 AND at < $2)
			+ (SELECT count(*) FROM push_sends WHERE district_id = $1 AND queued_at < $2)`, district, before).Scan(&n)
	}
	return n, wrap(err, "count what would go")
}
