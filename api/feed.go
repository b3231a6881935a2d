package api

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// defaultLimit is the length of a page when none is asked for.
const defaultLimit = 100

func limitOf(l *int) int {
	if l == nil {
		return defaultLimit
	}
	return *l
}

func orZero(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}

// GetFeed gives the entries of a centre after a cursor.
func (s *server) GetFeed(ctx context.Context, in GetFeedRequestObject) (GetFeedResponseObject, error) {
	p := in.Params
	page, err := s.Book.Feed(ctx, of(ctx).caller, p.Centre, orZero(p.After), limitOf(p.Limit), orZero(p.FromSize))
	if err != nil {
		return nil, err
	}
	return feedPage{page}, nil
}

// feedPage writes the stored lines as they stand, instead of taking them apart
// and putting them together again: that costs four times as much.
type feedPage struct{ *book.FeedPage }

// VisitGetFeedResponse writes the page.
func (p feedPage) VisitGetFeedResponse(c *fiber.Ctx) error {
	note, err := json.Marshal(p.Checkpoint)
	if err != nil {
		return err
	}
	proof, err := json.Marshal(hashes(p.Consistency))
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	r := c.Response() // its buffer is used again from answer to answer
	r.AppendBodyString(`{"centre":"` + p.Centre + `","next":` + strconv.FormatInt(p.Next, 10))
	r.AppendBodyString(`,"more":` + strconv.FormatBool(p.More) + `,"size":` + strconv.FormatInt(p.Size, 10))
	r.AppendBodyString(`,"checkpoint":`)
	r.AppendBody(note)
	r.AppendBodyString(`,"consistency":`)
	r.AppendBody(proof)
	r.AppendBodyString(`,"entries":[`)
	r.AppendBody(p.Lines)
	r.AppendBodyString(`]}`)
	return nil
}

// GetProof proves that an entry stands in the book.
func (s *server) GetProof(ctx context.Context, in GetProofRequestObject) (GetProofResponseObject, error) {
	p, err := s.Book.Prove(ctx, of(ctx).caller, in.Params.Centre, in.Params.Seq, in.Params.Size)
	if err != nil {
		return nil, err
	}
	return GetProof200JSONResponse{
		Centre: in.Params.Centre, Seq: p.Seq, Size: p.Size, LeafHash: contract.Encode(p.LeafHash), Path: hashes(p.Path),
	}, nil
}

// ListHeld lists what waits in a centre's book.
func (s *server) ListHeld(ctx context.Context, in ListHeldRequestObject) (ListHeldResponseObject, error) {
	held, more, err := s.Book.Held(ctx, of(ctx).caller, in.Params.Centre, in.Params.After, limitOf(in.Params.Limit))
	if err != nil {
		return nil, err
	}
	out := ListHeld200JSONResponse{Centre: in.Params.Centre, Held: []contract.HeldOp{}, More: more}
	for _, h := range held {
		out.Held = append(out.Held, contract.HeldOp{
			OpID: h.OpID, Kind: contract.Kind(h.Kind), WaitsFor: h.WaitsFor, Since: contract.At(h.Since), OfficerID: h.OfficerID,
		})
		out.Next = &h.OpID
	}
	return out, nil
}
