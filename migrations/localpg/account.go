package localpg

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// fallback is where root keeps what an unprivileged server could not reach.
const fallback = "/var/lib/kendra"

// account is the user the server runs as.
type account struct {
	uid, gid int
	drop     bool // we are root and must become somebody else
}

// accountFor picks the user: ourselves, or for root the owner of the data
// directory, or nobody.
func accountFor(data string) (account, error) {
	if os.Geteuid() != 0 {
		return account{uid: os.Geteuid(), gid: os.Getegid()}, nil
	}
	if info, err := os.Stat(data); err == nil {
		if st := info.Sys().(*syscall.Stat_t); st.Uid != 0 {
			return account{uid: int(st.Uid), gid: int(st.Gid), drop: true}, nil
		}
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		return account{}, fmt.Errorf("find an unprivileged user for the server: %w", err)
	}
	uid, err := strconv.Atoi(nobody.Uid)
	if err != nil {
		return account{}, fmt.Errorf("read the uid of nobody: %w", err)
	}
	gid, err := strconv.Atoi(nobody.Gid)
	if err != nil {
		return account{}, fmt.Errorf("read the gid of nobody: %w", err)
	}
	return account{uid: uid, gid: gid, drop: true}, nil
}

// Home returns the directory that Start will really use for dir: dir itself, or
// a directory below /var/lib/kendra where the server's user can't reach dir.
func Home(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find the data directory: %w", err)
	}
	who, err := accountFor(filepath.Join(dir, "data"))
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("make the data directory: %w", err)
	}
	if who.reaches(dir) {
		return dir, nil
	}
	moved := filepath.Join(fallback, filepath.Base(dir)+"-"+shortHash(dir))
	if err := os.MkdirAll(moved, 0o755); err != nil {
		return "", fmt.Errorf("make the data directory: %w", err)
	}
	return moved, nil
}

// reaches says whether the account can pass every directory on the way to path.
// Only a dropped account can fail: what we opened ourselves, we reach.
func (a account) reaches(path string) bool {
	if !a.drop {
		return true
	}
	for _, dir := range ancestors(path) {
		info, err := os.Stat(dir)
		if err != nil {
			return false
		}
		st := info.Sys().(*syscall.Stat_t)
		need := fs.FileMode(0o001)
		if int(st.Uid) == a.uid {
			need = 0o100
		}
		if info.Mode()&need == 0 {
			return false
		}
	}
	return true
}

// own gives the tree to the account when we are root and its top is not the
// account's yet, so that a restored or copied directory works.
func (a account) own(root string) error {
	if !a.drop {
		return nil
	}
	info, err := os.Stat(root)
	if err != nil {
		return fmt.Errorf("look at %s: %w", root, err)
	}
	if int(info.Sys().(*syscall.Stat_t).Uid) == a.uid {
		return nil
	}
	return filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, a.uid, a.gid) //nolint:gosec // a directory of our own that nobody else may write
	})
}

// room makes a directory that only the account can enter.
func (a account) room(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	info, err := os.Lstat(path)
	if err != nil {
		return fmt.Errorf("look at directory: %w", err)
	}
	// A stranger's directory, or a link, under a name we could be expected to
	// use in a shared place must not be trusted with the socket.
	owner := int(info.Sys().(*syscall.Stat_t).Uid)
	if !info.IsDir() || (owner != a.uid && owner != os.Geteuid()) {
		return fmt.Errorf("%s belongs to somebody else (uid %d)", path, owner)
	}
	if err := os.Chmod(path, 0o700); err != nil {
		return fmt.Errorf("close directory: %w", err)
	}
	return a.own(path)
}

// reachable returns a bin directory that the account can run: the given one, or
// a copy of its installation under the fallback directory.
func (a account) reachable(bin string) (string, error) {
	if a.reaches(bin) {
		return bin, nil
	}
	home := filepath.Dir(bin)
	info, err := os.Stat(filepath.Join(bin, "postgres"))
	if err != nil {
		return "", fmt.Errorf("look at the server: %w", err)
	}
	copied := filepath.Join(fallback, "postgres-"+shortHash(fmt.Sprint(home, info.Size(), info.ModTime().UnixNano())))
	if _, err := os.Stat(copied); err == nil {
		return filepath.Join(copied, filepath.Base(bin)), nil
	}
	if err := os.MkdirAll(fallback, 0o755); err != nil {
		return "", fmt.Errorf("make a place for the server: %w", err)
	}
	unfinished, err := os.MkdirTemp(fallback, "copy-")
	if err != nil {
		return "", fmt.Errorf("make a place for the server: %w", err)
	}
	defer os.RemoveAll(unfinished)
	tree := filepath.Join(unfinished, "tree")
	if err := CopyTree(tree, home); err != nil {
		return "", err
	}
	// A concurrent start may have been first; its copy is as good.
	if err := os.Rename(tree, copied); err != nil {
		if _, statErr := os.Stat(copied); statErr != nil {
			return "", fmt.Errorf("put the server in its place: %w", err)
		}
	}
	return filepath.Join(copied, filepath.Base(bin)), nil
}

// CopyTree copies a directory of plain files, directories and links, with their
// modes; to must not exist. It is how a prepared data directory is handed out.
func CopyTree(to, from string) error {
	err := filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		info, err := entry.Info()
		if err != nil {
			return err
		}
		switch {
		case entry.IsDir():
			return os.Mkdir(target, info.Mode().Perm()|0o700)
		case info.Mode()&fs.ModeSymlink != 0:
			link, err := os.Readlink(path)
			if err != nil {
				return err
			}
			return os.Symlink(link, target) //nolint:gosec // a directory of our own that nobody else may write
		case info.Mode().IsRegular():
			return copyFile(target, path, info.Mode().Perm())
		}
		return nil // a socket or a pipe is nothing to copy
	})
	if err != nil {
		return fmt.Errorf("copy %s: %w", from, err)
	}
	return nil
}

func copyFile(to, from string, mode fs.FileMode) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}

func shortHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:6])
}
