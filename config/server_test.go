package config_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cairn-dev/cairn/config"
)

func testKey(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
}

func env(values map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { v, ok := values[name]; return v, ok }
}

func TestLoadServerFromEnvironment(t *testing.T) {
	t.Parallel()
	key := testKey(t)
	got, err := config.LoadServer("", env(map[string]string{
		"GITHUB_APP_INTEGRATION_ID": "42",
		"GITHUB_APP_WEBHOOK_SECRET": "0123456789abcdef",
		"GITHUB_APP_PRIVATE_KEY":    strings.ReplaceAll(key, "\n", `\n`),
		"GITHUB_V3_API_URL":         "https://ghe.acme.example/api/v3/",
	}))
	if err != nil {
		t.Fatal(err)
	}
	want := config.Server{
		Listen: ":8080", DatabaseURL: "cairn.db", LogLevel: "info", LogFormat: "json", Workers: 8,
		PolicyRepository: ".github", PolicyPath: ".platform/policy.yaml",
		GitHub: config.GitHub{
			WebURL: "https://github.com", V3URL: "https://ghe.acme.example/api/v3", V4URL: "https://api.github.com/graphql",
			AppID: 42, WebhookSecret: "0123456789abcdef", PrivateKey: config.Secret(key),
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
}

func TestEnvironmentWinsOverFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	keyFile := filepath.Join(dir, "key.pem")
	write(t, keyFile, testKey(t))
	file := filepath.Join(dir, "cairn.yaml")
	write(t, file, "listen: 127.0.0.1:9000\nlog_level: debug\ngithub:\n  app:\n    integration_id: 7\n    webhook_secret: 0123456789abcdef\n    private_key_file: "+keyFile+"\n")
	got, err := config.LoadServer(file, env(map[string]string{"CAIRN_LISTEN": "127.0.0.1:9001"}))
	if err != nil {
		t.Fatal(err)
	}
	if got.Listen != "127.0.0.1:9001" || got.LogLevel != "debug" || got.GitHub.AppID != 7 {
		t.Errorf("listen %q, log level %q, app %d; want the environment's port and the file's rest", got.Listen, got.LogLevel, got.GitHub.AppID)
	}
}

func TestEveryProblemIsReportedAtOnce(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "cairn.yaml")
	write(t, file, "listne: :80\nworkers: many\ngithub:\n  app: 5\n")
	_, err := config.LoadServer(file, env(map[string]string{
		"GITHUB_APP_WEBHOOK_SECRET": "short",
		"GITHUB_V4_API_URL":         "api.github.com/graphql",
		"CAIRN_LOG_LEVEL":           "loud",
		"CAIRN_LISTEN":              "8080",
		"CAIRN_API_TOKENS":          "hunter2",
		"GITHUB_APP_PRIVATE_KEY":    "not a key",
		"CAIRN_DATABASE_URL":        "mysql://root:hunter2@db/cairn",
	}))
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		file + ":1: listne: no such setting",
		file + ":2: workers: \"many\" is not a whole number",
		file + ":4: settings are needed here",
		"GITHUB_APP_INTEGRATION_ID: not set",
		"GITHUB_APP_WEBHOOK_SECRET: shorter than 16",
		"GITHUB_APP_PRIVATE_KEY: is no PEM",
		"GITHUB_V4_API_URL: \"api.github.com/graphql\" is not an http(s) URL",
		"CAIRN_LOG_LEVEL: \"loud\" is none of",
		"CAIRN_LISTEN: \"8080\" is not host:port",
		"CAIRN_DATABASE_URL: the scheme \"mysql\" is not known",
		"CAIRN_API_TOKENS: an entry is no SHA-256 sum",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q:\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "\"short\"") {
		t.Errorf("the error shows a secret:\n%v", err)
	}
}

// Each is wrong in a way that only a parser finds, and may hold a password.
func TestMalformedURLsAreToldWithoutTheirText(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{
		"GITHUB_V3_API_URL":  "http://u:hunter2@h o st",
		"GITHUB_WEB_URL":     "ftp://u:hunter2@host",
		"CAIRN_DATABASE_URL": "postgres://u:hunter2@db/cairn?sslmode=bogus",
		"CAIRN_LISTEN":       "127.0.0.1:99999999",
	} {
		_, err := config.LoadServer("", env(map[string]string{name: value}))
		if err == nil || !strings.Contains(err.Error(), name+": ") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	t.Parallel()
	s := config.Server{DatabaseURL: "postgres://cairn:hunter2@db/cairn", GitHub: config.GitHub{WebhookSecret: "hunter2", PrivateKey: "hunter2"}}
	asJSON, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{fmt.Sprintf("%v", s), fmt.Sprintf("%+v", s), fmt.Sprintf("%#v", s), string(asJSON)} {
		if strings.Contains(text, "hunter2") {
			t.Errorf("a secret is printed: %s", text)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAKeyOfAnotherKindIsNamed(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	_, err = config.LoadServer("", env(map[string]string{"GITHUB_APP_PRIVATE_KEY": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))}))
	if err == nil || !strings.Contains(err.Error(), "GITHUB_APP_PRIVATE_KEY: is a PEM block") {
		t.Errorf("an elliptic key: %v", err)
	}
}

func TestWhatASettingsFileSaysTwiceIsTold(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cairn.yaml")
	if err := os.WriteFile(file, []byte("listen: :1\nlisten: :2\n---\nworkers: 3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := config.LoadServer(file, env(nil))
	for _, want := range []string{file + ":2: listen: is there twice", "a second document is not read"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
}
