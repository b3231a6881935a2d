package migrations

import (
	"context"
	"io/fs"
	"testing/fstest"
)

// UpTo brings a database to the schema of the files up to the one of a number, as
// one stands that has not been migrated since.
func UpTo(ctx context.Context, databaseURL, number string) error {
	old := fstest.MapFS{}
	list, err := fs.Glob(files, "*.sql")
	if err != nil {
		return err
	}
	for _, name := range list {
		if name[:len(number)] > number {
			continue
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		old[name] = &fstest.MapFile{Data: text}
	}
	return up(ctx, databaseURL, old)
}
