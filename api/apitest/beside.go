package apitest

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"kendra/api/seal"
)

// WriteKeys puts the district's secrets into files of a folder, as a server of its
// own reads them. Its signing keys are its own.
func (w *World) WriteKeys(dir string) {
	w.T.Helper()
	keyset, err := os.ReadFile(w.secrets.keysetPath)
	w.must(err)
	for name, text := range map[string][]byte{
		"pepper.key": w.secrets.one, "code.key": w.secrets.one, "nonce.key": w.secrets.one, "slip.key": w.secrets.second,
		"salt.key": w.secrets.second, "marker.key": w.secrets.second, "blind.key": w.secrets.blindKey, "seal.keyset": keyset,
		"checkpoint.key": []byte(w.secrets.skey + "\n" + w.secrets.vkey + "\n"),
	} {
		w.must(os.WriteFile(filepath.Join(dir, name), text, 0o600))
	}
}

// Beside is a server on the district's database that somebody else has started.
func (w *World) Beside(url string) *Server {
	transport := &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64}
	w.T.Cleanup(transport.CloseIdleConnections)
	return &Server{w: w, URL: url, client: &http.Client{Transport: transport, Timeout: 30 * time.Second}}
}

// CaseKey opens the key of a case, as somebody could who has the database and the keys.
func (w *World) CaseKey(id uuid.UUID, class byte) seal.Key {
	wrapped := seal.Wrapped{CaseID: id, Class: class}
	w.within(func(tx pgx.Tx) error {
		return tx.QueryRow(context.Background(), `SELECT wrapped, kek FROM case_keys WHERE district_id = $1 AND case_id = $2 AND class = $3`,
			District, id, string(class)).Scan(&wrapped.Bytes, &wrapped.KEK)
	})
	key, err := w.secrets.keyset.Unwrap(District, wrapped)
	w.must(err)
	return key
}
