package staff

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// QueueKnown puts into a pipeline the question which officers exist, and to
// which centres squads and beats belong.
func QueueKnown(b *pgx.Batch, district int32, officers, squads, beats []uuid.UUID,
	known map[uuid.UUID]bool, squadOf, beatOf map[uuid.UUID]string,
) {
	if len(officers) > 0 {
		b.Queue(`SELECT officer_id FROM officers WHERE district_id = $1 AND officer_id = ANY($2)`,
			district, officers).Query(func(rows pgx.Rows) error {
			ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
			for _, id := range ids {
				known[id] = true
			}
			return err
		})
	}
	if len(squads) > 0 {
		b.Queue(`SELECT squad_id, centre FROM squads WHERE district_id = $1 AND squad_id = ANY($2)`,
			district, squads).Query(textsInto(squadOf))
	}
	if len(beats) > 0 {
		b.Queue(`SELECT beat_id, centre FROM beats WHERE district_id = $1 AND beat_id = ANY($2)
			UNION SELECT beat_id, centre FROM beat_versions WHERE district_id = $1 AND beat_id = ANY($2)`,
			district, beats).Query(textsInto(beatOf))
	}
}

// QueueLock puts into a pipeline the locks of officers, in the order of their
// ids, and tells of each the keyed hashes of his own number. The lock lets
// other tables go on referring to him.
func QueueLock(b *pgx.Batch, district int32, officers []uuid.UUID, tell func(id uuid.UUID, numbers [][]byte)) {
	b.Queue(`SELECT officer_id, phone_hashes FROM officers WHERE district_id = $1 AND officer_id = ANY($2)
		ORDER BY officer_id FOR NO KEY UPDATE`, district, officers).Query(func(rows pgx.Rows) error {
		var id uuid.UUID
		var numbers [][]byte
		_, err := pgx.ForEachRow(rows, []any{&id, &numbers}, func() error {
			tell(id, numbers)
			numbers = nil
			return nil
		})
		return err
	})
}

func textsInto(m map[uuid.UUID]string) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		var id uuid.UUID
		var text string
		_, err := pgx.ForEachRow(rows, []any{&id, &text}, func() error {
			m[id] = text
			return nil
		})
		return err
	}
}

// SquadsOf lists the squads of a centre, by their names.
func SquadsOf(ctx context.Context, tx pgx.Tx, district int32, centre string) ([]uuid.UUID, error) {
	rows, err := tx.Query(ctx, `SELECT squad_id FROM squads WHERE district_id = $1 AND centre = $2 ORDER BY en`, district, centre)
	if err != nil {
		return nil, fmt.Errorf("read squads: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return nil, fmt.Errorf("read squads: %w", err)
	}
	return ids, nil
}

// BeatArea is the area (GeoJSON) of a beat of the staff list, and whose it is.
type BeatArea struct{ Centre, Area string }

// BeatAreas returns the district's beats of the staff list that have an area.
func BeatAreas(ctx context.Context, tx pgx.Tx, district int32) (map[uuid.UUID]BeatArea, error) {
	rows, err := tx.Query(ctx, `SELECT beat_id, centre, area FROM beats WHERE district_id = $1 AND area IS NOT NULL`, district)
	if err != nil {
		return nil, fmt.Errorf("read beats: %w", err)
	}
	areas := map[uuid.UUID]BeatArea{}
	var id uuid.UUID
	var b BeatArea
	if _, err := pgx.ForEachRow(rows, []any{&id, &b.Centre, &b.Area}, func() error {
		areas[id] = b
		return nil
	}); err != nil {
		return nil, fmt.Errorf("read beats: %w", err)
	}
	return areas, nil
}

// BeatName is a beat of the staff list.
type BeatName struct {
	ID             uuid.UUID
	Centre         string
	NameHi, NameEn string
}

// BeatNames lists the beats of the staff list of a district.
func BeatNames(ctx context.Context, tx pgx.Tx, district int32) ([]BeatName, error) {
	rows, err := tx.Query(ctx, `SELECT beat_id, centre, hi, en FROM beats WHERE district_id = $1 ORDER BY centre, en`, district)
	if err != nil {
		return nil, fmt.Errorf("read beats: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[BeatName])
	if err != nil {
		return nil, fmt.Errorf("read beats: %w", err)
	}
	return list, nil
}
