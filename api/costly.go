package api

import (
	"time"

	"github.com/gofiber/fiber/v2"

	contract "kendra/mobile-contract"
)

// costly are the calls that read days and weeks at once. They share a few
// places, and so a few connections of the database: however many of them come,
// phones sync beside them.
//
//nolint:gochecknoglobals // a static table, never written after start
var costly = map[string]bool{"getDay": true, "getReturns": true, "getReads": true, "getRetention": true, "readExport": true}

// costlyAtOnce is how many of them run at once in one process, of two dozen
// connections; costlyWait is how long one waits for its place before it is asked
// to come again.
const (
	costlyAtOnce = 4
	costlyWait   = time.Second
)

// bound runs a costly call in one of its places.
func (s *server) bound(c *fiber.Ctx) error {
	route, _ := c.Locals(routeKey).(*contract.Route)
	if route == nil {
		return c.Next()
	}
	return s.placed(route.OperationID, c.Next)
}

// placed runs what a call does in one of the places of the costly ones, if it is one.
func (s *server) placed(call string, run func() error) error {
	if !costly[call] {
		return run()
	}
	patience := time.NewTimer(costlyWait)
	defer patience.Stop()
	select {
	case s.places <- struct{}{}:
		defer func() { <-s.places }()
		return run()
	case <-patience.C:
		return contract.NewProblem(contract.CodeOverloaded)
	}
}
