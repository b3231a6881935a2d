package console

import "net/http"

// style shows every part of the pages, for those who change them.
func (p *Pages) style(x *exchange) error {
	return p.send(x, http.StatusOK, "style", "page.style", styleBody{States: complaintStates()})
}

type styleBody struct{ States []string }
