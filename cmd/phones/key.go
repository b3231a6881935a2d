package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	contract "kendra/mobile-contract"
	"kendra/mobile-contract/phone"
)

// privateJWK is a private key as these commands keep it (RFC 7518, 6.2).
type privateJWK struct {
	contract.JWK
	D string `json:"d,omitempty"`
}

func runKey(_ context.Context, args []string, s streams) error {
	f := flags(s, "key", "Makes a P-256 private key. Keep its output in a file that only you can read.")
	public := f.Bool("public", false, "read a key on stdin and print its public half")
	thumb := f.Bool("thumbprint", false, "read a key on stdin and print its RFC 7638 thumbprint")
	if err := parse(f, args); err != nil {
		return err
	}
	if !*public && !*thumb {
		return makeKey(s.out)
	}
	k, err := readKey(s.in)
	if err != nil {
		return err
	}
	if *thumb {
		_, err = fmt.Fprintln(s.out, k.Thumbprint())
		return err
	}
	return json.NewEncoder(s.out).Encode(k.JWK)
}

func makeKey(out io.Writer) error {
	priv, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("make key: %w", err)
	}
	jwk, err := contract.NewJWK(&priv.PublicKey)
	if err != nil {
		return fmt.Errorf("make key: %w", err)
	}
	d, err := priv.Bytes()
	if err != nil {
		return fmt.Errorf("make key: %w", err)
	}
	return json.NewEncoder(out).Encode(privateJWK{jwk, contract.Encode(d)})
}

// readKey reads a private or a public JWK.
func readKey(in io.Reader) (privateJWK, error) {
	var k privateJWK
	if err := json.NewDecoder(io.LimitReader(in, 1<<16)).Decode(&k); err != nil {
		return k, errors.New("read key: not a JWK") // its own text may hold the key
	}
	if _, err := contract.ParseJWK(k.JWK); err != nil {
		return k, fmt.Errorf("read key: %w", err)
	}
	return k, nil
}

// openKey reads a private key from a file and checks that its halves fit.
func openKey(path string) (*ecdsa.PrivateKey, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	defer file.Close()
	k, err := readKey(file)
	if err != nil {
		return nil, err
	}
	if k.D == "" {
		return nil, errors.New("read key: this is a public key, it can't sign")
	}
	d, err := contract.Decode(k.D)
	if err != nil {
		return nil, errors.New("read key: its d is not base64url")
	}
	priv, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), d)
	if err != nil {
		return nil, errors.New("read key: its d is no private key of P-256")
	}
	if jwk, err := contract.NewJWK(&priv.PublicKey); err != nil || jwk != k.JWK {
		return nil, errors.New("read key: its two halves do not belong together")
	}
	return priv, nil
}

func runID(_ context.Context, args []string, s streams) error {
	if err := parse(flags(s, "id", "Prints a UUIDv7."), args); err != nil {
		return err
	}
	id, err := phone.NewID(time.Now(), rand.Reader)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.out, id)
	return err
}

func runSalt(_ context.Context, args []string, s streams) error {
	if err := parse(flags(s, "salt", "Prints 128 random bits, base64url."), args); err != nil {
		return err
	}
	salt, err := phone.NewSalt(rand.Reader)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.out, salt)
	return err
}
