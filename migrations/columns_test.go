package migrations_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"kendra/migrations/dbtest"
)

var update = flag.Bool("update", false, "write the golden files anew")

const columnsFile = "testdata/columns.txt"

// columns lists every column with its class: that of its own comment, or else
// that of its table; a list is public.
const columns = `SELECT c.relname || '.' || a.attname || ' ' || coalesce(
		substring(col_description(c.oid, a.attnum) FROM '^class ([VXRIP]): .'),
		substring(obj_description(c.oid, 'pg_class') FROM '^class ([VXRIP]): .'),
		CASE WHEN obj_description(c.oid, 'pg_class') LIKE 'list:%' THEN 'P' END, 'none')
	FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
	WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition AND c.relname <> 'goose_db_version'
	AND a.attnum > 0 AND NOT a.attisdropped ORDER BY c.relname, a.attnum`

// personal is a name of what must be restricted at least.
var personal = regexp.MustCompile(`\.(name_|name$|phone|mobile|address|lat|lon|pin|secret|token|.*_token$|.*_key$|public_key|sig$)`)

func TestEveryColumnHasItsReviewedClass(t *testing.T) {
	t.Parallel()
	list := names(t, dbtest.Pool(t, dbtest.New(t).OwnerURL), columns)
	by := map[string]int{}
	for _, line := range list {
		column, class, _ := strings.Cut(line, " ")
		by[class]++
		if class == "none" {
			t.Errorf("%s has no class: its table's comment begins with one, or its own", column)
		}
		if personal.MatchString(column) && (class == "I" || class == "P") && !open[column] {
			t.Errorf("%s is of class %s: give it a comment of its own, such as 'class R: ...', or the table a higher class", column, class)
		}
	}
	got := "Every column with its class: V of a victim, X of a suspect or third person, R restricted, I operations, P public.\n\n" +
		strings.Join(list, "\n") + "\n"
	if *update {
		if err := os.WriteFile(columnsFile, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(columnsFile)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d columns: %s", len(list), fmt.Sprint(by))
	if got != string(want) {
		t.Errorf("columns have changed; run go test ./migrations -run Column -update and have %s reviewed", columnsFile)
	}
}

// open are columns with such a name that hold nothing of a person: places of
// stations, signatures over ops, keys by which rows are found.
var open = map[string]bool{
	"centres.lat": true, "centres.lon": true, "centres.phone": true, "register_columns.name": true,
	"entries.sig": true, "held.sig": true, "place_versions.lat": true, "place_versions.lon": true,
}
