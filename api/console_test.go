package api_test

import (
	"net/http"
	"testing"

	"kendra/api/apitest"
)

func TestAnOfficerLogsInAtAConsoleAndReads(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	b := w.AtConsole(apitest.Karwi, "centre_incharge")
	b.Do(apitest.Get("/v1/bundle")).Into(http.StatusOK, nil)
	b.Do(apitest.Get("/v1/console/sessions/current")).Into(http.StatusOK, nil)
	b.StepUp()
	b.Do(apitest.Get("/v1/complaints?centre=KRW")).Into(http.StatusOK, nil)
	b.Do(apitest.Request{Method: http.MethodDelete, Path: "/v1/console/sessions/current"}).Into(http.StatusNoContent, nil)
	b.Do(apitest.Get("/v1/bundle")).Refused(http.StatusUnauthorized, "unauthorized", "")
}
