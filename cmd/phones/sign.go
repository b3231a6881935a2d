package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	contract "kendra/mobile-contract"
	"kendra/mobile-contract/phone"
)

const aboutSign = `Signs with ES256 and prints base64url without padding.

  phones sign --key FILE < bytes         a signature of exactly these bytes
  phones sign --key FILE --op < op.json  an item of a batch: {"op":...,"sig":"..."}
  phones sign --key FILE --dpop --method POST --url URL --token TOKEN
                                         the DPoP header of a request`

// signing is what the flags of sign say.
type signing struct {
	op, dpop, check bool
	claims          phone.Claims
	skew            time.Duration
}

func runSign(_ context.Context, args []string, s streams) error {
	f := flags(s, "sign", aboutSign)
	var g signing
	file := f.String("key", "", "file of the private JWK")
	f.BoolVar(&g.op, "op", false, "stdin is an op; print it with its signature, byte for byte")
	f.BoolVar(&g.check, "check", false, "with --op: fail where the contract does not allow the op, instead of warning")
	f.BoolVar(&g.dpop, "dpop", false, "make a DPoP proof; stdin is not read")
	f.StringVar(&g.claims.Method, "method", "", "with --dpop: method of the request")
	f.StringVar(&g.claims.URL, "url", "", "with --dpop: URL of the request")
	f.StringVar(&g.claims.Token, "token", "", "with --dpop: the access token")
	f.StringVar(&g.claims.Nonce, "nonce", "", "with --dpop: the nonce asked for, if one was")
	f.DurationVar(&g.skew, "skew", 0, "with --dpop: server's time minus yours, where your clock is wrong")
	if err := parse(f, args); err != nil {
		return err
	}
	if err := g.usable(f, *file); err != nil {
		return err
	}
	key, err := openKey(*file)
	if err != nil {
		return err
	}
	return g.sign(key, s)
}

func (g signing) usable(f *flag.FlagSet, file string) error {
	switch {
	case file == "":
		return wrong(f, "--key is needed")
	case g.op && g.dpop:
		return wrong(f, "an op or a proof, not both")
	case g.dpop && (g.claims.Method == "" || g.claims.URL == ""):
		return wrong(f, "a proof needs --method and --url")
	}
	return nil
}

func (g signing) sign(key *ecdsa.PrivateKey, s streams) error {
	if g.dpop {
		return g.proof(key, s.out)
	}
	text, err := io.ReadAll(io.LimitReader(s.in, 1<<20+1))
	if err != nil {
		return fmt.Errorf("read stdin: %w", err)
	}
	switch {
	case len(text) > 1<<20:
		return errors.New("stdin is longer than 1 MiB")
	case g.op:
		return g.item(key, text, s)
	}
	sig, err := contract.SignES256(key, text)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.out, contract.Encode(sig))
	return err
}

func (g signing) proof(key *ecdsa.PrivateKey, out io.Writer) error {
	g.claims.At = time.Now().Add(g.skew)
	id, err := phone.NewID(g.claims.At, rand.Reader)
	if err != nil {
		return err
	}
	g.claims.ID = id.String()
	proof, err := phone.Proof(key, g.claims)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, proof)
	return err
}

// item signs an op. Space around it is not part of the op; space in it is. One
// that the server will refuse is signed too, with a warning: refusals want to
// be tried.
func (g signing) item(key *ecdsa.PrivateKey, text []byte, s streams) error {
	text = bytes.Trim(text, " \t\r\n")
	if !json.Valid(text) {
		return errors.New("stdin is not one JSON document")
	}
	if _, _, err := contract.DecodeOp(text); err != nil {
		if g.check {
			return fmt.Errorf("the contract does not allow this op: %w", err)
		}
		fmt.Fprintf(s.err, "phones sign: the server will refuse this op: %v\n", err)
	}
	sig, err := contract.SignES256(key, contract.OpMessage(contract.HashOp(text)))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "{\"op\":%s,\"sig\":%q}\n", text, contract.Encode(sig))
	return err
}
