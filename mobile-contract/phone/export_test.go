package phone

// CheckRun is checkRun, for its test.
var CheckRun = checkRun //nolint:gochecknoglobals // a window for tests
