package main

import (
	"io"
	"strings"
	"testing"
)

// command runs one command line as a user does.
func command(t *testing.T, in io.Reader, args ...string) (code int, out, errOut string) {
	t.Helper()
	var o, e strings.Builder
	code = run(t.Context(), args, in, &o, &e)
	return code, o.String(), e.String()
}

func TestTheDemoIsAsExpected(t *testing.T) {
	t.Parallel()
	code, out, errOut := command(t, nil, "demo", "--exit", "--listen", "127.0.0.1:0", "--github-listen", "127.0.0.1:0")
	if code != 0 || !strings.Contains(out, "All is as expected.") {
		t.Errorf("exit code %d\n%s\n%s", code, out, errOut)
	}
	if strings.Contains(out, "BEGIN RSA") || strings.Contains(out, "ghs_") {
		t.Errorf("a secret is printed:\n%s", out)
	}
}

func TestAPortInUseIsSaid(t *testing.T) {
	t.Parallel()
	code, _, errOut := command(t, nil, "demo", "--exit", "--listen", "127.0.0.1:0", "--github-listen", "256.0.0.1:1")
	if code != exitCannot || !strings.Contains(errOut, "--github-listen") {
		t.Errorf("exit code %d, %q", code, errOut)
	}
}

func TestServeReportsEverySettingAtOnce(t *testing.T) {
	t.Setenv("GITHUB_APP_INTEGRATION_ID", "seven")
	t.Setenv("GITHUB_APP_WEBHOOK_SECRET", "short")
	t.Setenv("CAIRN_LOG_LEVEL", "loud")
	code, _, errOut := command(t, nil, "serve")
	if code != exitCannot {
		t.Errorf("exit code %d, want %d", code, exitCannot)
	}
	for _, name := range []string{"GITHUB_APP_INTEGRATION_ID", "GITHUB_APP_WEBHOOK_SECRET", "GITHUB_APP_PRIVATE_KEY", "CAIRN_LOG_LEVEL"} {
		if !strings.Contains(errOut, name) {
			t.Errorf("%s is not named:\n%s", name, errOut)
		}
	}
}

func TestWhatIsNotThereIsNotInTheHelp(t *testing.T) {
	t.Parallel()
	_, out, _ := command(t, nil, "--help")
	for _, there := range []string{"serve", "demo", "sim", "check", "catalog", "template", "sync", "queue", "config", "version"} {
		if !strings.Contains(out, "\n  "+there+" ") {
			t.Errorf("help lacks %s:\n%s", there, out)
		}
	}
	for _, absent := range []string{"dora", "survey"} {
		if strings.Contains(out, "\n  "+absent+" ") {
			t.Errorf("help names %s, which is not there", absent)
		}
	}
}
