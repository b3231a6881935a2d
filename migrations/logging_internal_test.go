package migrations

import (
	"strings"
	"testing"
)

func TestEachSettingThatMakesTheLogTalkIsNamedWithWhatToType(t *testing.T) {
	t.Parallel()
	quiet := map[string]string{}
	for _, r := range logRules {
		quiet[r.name] = r.want
	}
	if told := talkative(quiet); len(told) > 0 {
		t.Fatalf("a quiet log is said to talk: %v", told)
	}
	loud := map[string][]string{
		"log_statement": {"all", "mod"}, "log_min_duration_statement": {"0", "250"}, "log_min_duration_sample": {"0"},
		"log_transaction_sample_rate": {"1", "0.01"}, "log_min_error_statement": {"error", "log", "debug5"},
		"log_parameter_max_length": {"-1", "64"}, "log_parameter_max_length_on_error": {"-1", "1"}, "log_error_verbosity": {"default", "verbose"},
		"debug_print_parse": {"on"}, "debug_print_rewritten": {"on"}, "debug_print_plan": {"on"},
		"auto_explain.log_min_duration": {"0", "1000"}, "pgaudit.log": {"all", "read, write"},
	}
	if len(loud) != len(logRules) {
		t.Errorf("%d settings are tried, there are %d rules", len(loud), len(logRules))
	}
	for name, values := range loud {
		for _, value := range values {
			was := quiet[name]
			quiet[name] = value
			told := talkative(quiet)
			quiet[name] = was
			if len(told) != 1 || !strings.HasPrefix(told[0], name+" is ") || !strings.Contains(told[0], "ALTER SYSTEM SET "+name+" = "+was) {
				t.Errorf("%s = %s: %v", name, value, told)
			}
		}
	}
	// An extension that is not loaded writes nothing.
	if told := talkative(map[string]string{}); len(told) > 0 {
		t.Errorf("settings that are not there: %v", told)
	}
}
