package api

import (
	"context"
	"encoding/json"

	"kendra/api/book"
	contract "kendra/mobile-contract"
)

// ListHandovers lists the sheets of a centre.
func (s *server) ListHandovers(ctx context.Context, in ListHandoversRequestObject) (ListHandoversResponseObject, error) {
	list, err := s.Book.Handovers(ctx, of(ctx).caller, in.Params.Centre)
	if err != nil {
		return nil, err
	}
	out := ListHandovers200JSONResponse{Centre: in.Params.Centre, Handovers: make([]contract.HandoverLine, len(list))}
	for i := range list {
		out.Handovers[i] = handoverLine(&list[i])
	}
	return out, nil
}

// GetHandover gives one sheet, with the text that its hash is of.
func (s *server) GetHandover(ctx context.Context, in GetHandoverRequestObject) (GetHandoverResponseObject, error) {
	h, err := s.Book.Handover(ctx, of(ctx).caller, in.HandoverID)
	if err != nil {
		return nil, err
	}
	return GetHandover200JSONResponse{Head: handoverLine(h), Sheet: json.RawMessage(h.Sheet), SheetHash: contract.Encode(h.SheetHash)}, nil
}

func handoverLine(h *book.Handover) contract.HandoverLine {
	return contract.HandoverLine{
		HandoverID: h.HandoverID, PostID: h.PostID, Role: contract.Role(h.Role), LeaverID: h.LeaverID, TakerID: h.TakerID,
		OpenedBy: h.OpenedBy, OpenedAt: contract.At(h.OpenedAt), LeaverSignedAt: atOrNil(h.LeaverSignedAt), TakerSignedAt: atOrNil(h.TakerSignedAt),
	}
}
