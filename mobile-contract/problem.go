package contract

// ProblemJSON is a problem as it goes on the wire (RFC 9457, `type` about:blank left out).
type ProblemJSON struct {
	Code      string `json:"code"`
	Status    int    `json:"status"`
	Title     string `json:"title"`
	Detail    string `json:"detail,omitempty"`
	Advice    string `json:"advice"`
	Pointer   string `json:"pointer,omitempty"`
	RequestID string `json:"request_id,omitempty"`
}
