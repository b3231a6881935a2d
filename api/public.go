package api

import (
	"context"
	"time"

	openapi_types "github.com/oapi-codegen/runtime/types"

	"kendra/api/book"
	"kendra/api/staff"
	contract "kendra/mobile-contract"
)

// forHer are the helplines that a woman with a slip is told of.
var forHer = []string{"112", "1090", "181", "1098", "1076"} //nolint:gochecknoglobals // a static table

// PublicStatus tells a woman who has a slip what became of her complaint. It is
// the one call that wants no log-in and tells anything.
func (s *server) PublicStatus(ctx context.Context, in PublicStatusRequestObject) (PublicStatusResponseObject, error) {
	r := of(ctx)
	status, err := s.Book.Slip(ctx, book.SlipQuestion{Number: in.Body.Number, Secret: in.Body.Secret, Address: prefixOf(r.address)})
	if err != nil {
		return nil, err
	}
	lang := r.lang
	if in.Body.Lang != nil {
		lang = contract.Lang(*in.Body.Lang)
	}
	say := func(list, code string) string {
		label, known := s.Book.Label(status.District, list, code)
		if !known {
			label = book.Code{Hi: code, En: code}
		}
		return inLang(label, lang)
	}
	out := PublicStatus200JSONResponse{
		Step: contract.ComplaintState(status.State), StepText: say("complaint_state", status.State), StepAt: contract.At(status.At),
		Post: say("role", status.Role) + ", " + inLang(status.Centre, lang), Helplines: []contract.Helpline{},
	}
	if status.Phone != "" {
		out.Telephone = &status.Phone
	}
	if on, err := time.Parse(time.DateOnly, status.NextOn); err == nil {
		out.NextOn = &openapi_types.Date{Time: on}
	}
	if status.Declined {
		remedy := say("label", "remedy")
		out.Remedy = &remedy
	}
	for _, number := range forHer {
		if l, known := s.Book.Label(status.District, "helpline", number); known {
			out.Helplines = append(out.Helplines, contract.Helpline{Number: number, Hi: l.Hi, En: l.En})
		}
	}
	return out, nil
}

func inLang(label book.Code, lang contract.Lang) string {
	if lang == contract.English {
		return label.En
	}
	return label.Hi
}

// PublicObjection takes the objection of a person who was warned, by his slip.
func (s *server) PublicObjection(ctx context.Context, in PublicObjectionRequestObject) (PublicObjectionResponseObject, error) {
	r, b := of(ctx), in.Body
	done, err := s.Book.Object(ctx, book.Objection{
		SlipQuestion: book.SlipQuestion{Number: b.Number, Secret: b.Secret, Address: prefixOf(r.address)}, Text: b.Text,
	})
	if err != nil {
		return nil, err
	}
	lang := r.lang
	if b.Lang != nil {
		lang = contract.Lang(*b.Lang)
	}
	post, known := s.Book.Label(done.District, "role", staff.CO)
	if !known {
		post = book.Code{Hi: staff.CO, En: staff.CO}
	}
	return PublicObjection200JSONResponse{At: contract.At(done.At), Post: inLang(post, lang)}, nil
}
