// Package config holds the settings of the server and the policy of an
// organisation: types, defaults, and every problem of a file at once, with its
// place. It reads nothing but what it is given; it applies nothing.
//
// Start reading at [Server] and [Policy].
package config

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"gopkg.in/yaml.v3"
)

// Server is how one Cairn process runs: valid and complete. LoadServer makes it.
type Server struct {
	Listen      string // host:port
	PublicURL   string // where people reach Cairn, for links in check runs; "" leaves them out
	DatabaseURL Secret // a SQLite file or postgres://…; may hold a password
	LogLevel    string // debug, info, warn, error
	LogFormat   string // json, text
	Workers     int    // jobs worked on at the same time, 1-256

	APITokens []string // SHA-256 sums, hexadecimal, of the tokens that may read the API
	APIOpen   bool     // everybody who reaches the port may read the API

	CatalogHosts  []string // host or host:port, lower case, that catalog files may refer to
	KeepOrphans   bool     // what a catalog file does not describe any more stays, marked as orphan
	CatalogStrict bool     // nothing of a catalog file with a broken document is taken in

	GitHub GitHub

	PolicyRepository string // the repository of each organisation that holds its policy
	PolicyPath       string // the policy's path in it
}

// GitHub says which GitHub is talked to, and as which App. The three URLs are all
// that GitHub Enterprise Server needs.
type GitHub struct {
	WebURL        string // https://github.com
	V3URL         string // https://api.github.com/
	V4URL         string // https://api.github.com/graphql
	AppID         int64
	WebhookSecret Secret
	PrivateKey    Secret // PEM
}

// SettingsError lists everything that is wrong with the settings, one line each,
// by the name of the setting.
type SettingsError []string

func (e SettingsError) Error() string {
	if len(e) == 1 {
		return "1 problem in the settings:\n  " + e[0]
	}
	return fmt.Sprintf("%d problems in the settings:\n  %s", len(e), strings.Join(e, "\n  "))
}

// Setting is one setting's names and what it means; the table of them is the
// reference that `cairn config` and docs/operators.md show.
type Setting struct {
	Env     string
	Key     string // dotted path in the YAML file
	Default string
	Help    string
	Secret  bool
}

// Settings describes every setting of `cairn serve`, in the order of the manual.
func Settings() []Setting {
	return []Setting{
		{Env: "GITHUB_APP_INTEGRATION_ID", Key: "github.app.integration_id", Help: "the App's ID, a number, from its settings page"},
		{Env: "GITHUB_APP_WEBHOOK_SECRET", Key: "github.app.webhook_secret", Secret: true, Help: "the secret that signs deliveries, at least 16 characters"},
		{Env: "GITHUB_APP_PRIVATE_KEY", Key: "github.app.private_key", Secret: true, Help: "the App's private key, PEM"},
		{Env: "GITHUB_APP_PRIVATE_KEY_FILE", Key: "github.app.private_key_file", Help: "a file that holds the private key, instead of the key itself"},
		{Env: "GITHUB_WEB_URL", Key: "github.web_url", Default: "https://github.com", Help: "GitHub's pages"},
		{Env: "GITHUB_V3_API_URL", Key: "github.v3_api_url", Default: "https://api.github.com", Help: "GitHub's REST API; on Enterprise Server https://HOST/api/v3"},
		{Env: "GITHUB_V4_API_URL", Key: "github.v4_api_url", Default: "https://api.github.com/graphql", Help: "GitHub's GraphQL API; on Enterprise Server https://HOST/api/graphql"},
		{Env: "CAIRN_LISTEN", Key: "listen", Default: ":8080", Help: "host:port to listen on"},
		{Env: "CAIRN_PUBLIC_URL", Key: "public_url", Help: "where people reach Cairn, for links"},
		{Env: "CAIRN_DATABASE_URL", Key: "database_url", Default: "cairn.db", Secret: true, Help: "a SQLite file, or postgres://… for several replicas"},
		{Env: "CAIRN_POLICY_REPOSITORY", Key: "policy_repository", Default: ".github", Help: "the repository of an organisation that holds its policy"},
		{Env: "CAIRN_POLICY_PATH", Key: "policy_path", Default: ".platform/policy.yaml", Help: "the policy's path in that repository"},
		{Env: "CAIRN_API_TOKENS", Key: "api_tokens", Help: "who may read the API: SHA-256 sums of their tokens, hexadecimal, with commas between"},
		{Env: "CAIRN_API_OPEN", Key: "api_open", Default: "false", Help: "true lets everybody who reaches the port read the API"},
		{Env: "CAIRN_CATALOG_HOSTS", Key: "catalog_hosts", Help: "hosts outside of GitHub that catalog files may refer to, with commas between: host or host:port, read over https"},
		{Env: "CAIRN_CATALOG_ORPHANS", Key: "catalog_orphans", Default: "delete", Help: "delete what a catalog file does not describe any more, or keep it, marked as orphan"},
		{Env: "CAIRN_CATALOG_STRICT", Key: "catalog_strict", Default: "false", Help: "true takes in nothing of a catalog file with a broken document, as Backstage does"},
		{Env: "CAIRN_WORKERS", Key: "workers", Default: "8", Help: "jobs worked on at the same time, 1-256"},
		{Env: "CAIRN_LOG_LEVEL", Key: "log_level", Default: "info", Help: "debug, info, warn or error"},
		{Env: "CAIRN_LOG_FORMAT", Key: "log_format", Default: "json", Help: "json or text"},
	}
}

// maxSettingsFile bounds the settings file and the private key file, in bytes.
const maxSettingsFile = 1 << 20

// DatabaseURL reads that one setting, for commands that need no other.
func DatabaseURL(path string, lookup func(string) (string, bool)) (Secret, error) {
	l := load(path, lookup)
	if len(l.problems) > 0 {
		return "", l.problems
	}
	database := l.database()
	if len(l.problems) > 0 {
		return "", l.problems
	}
	return database, nil
}

// LoadServer reads the settings from the YAML file at path ("" for none) and from
// the environment, which wins. Every problem is reported at once, as a
// SettingsError.
func LoadServer(path string, lookup func(string) (string, bool)) (Server, error) {
	l := load(path, lookup)
	server := l.build()
	if len(l.problems) > 0 {
		return Server{}, l.problems
	}
	return server, nil
}

// load gathers the raw values.
func load(path string, lookup func(string) (string, bool)) *loader {
	l := &loader{values: map[string]string{}, source: map[string]string{}}
	for _, s := range Settings() {
		l.values[s.Env], l.source[s.Env] = s.Default, s.Env
	}
	if path != "" {
		l.readFile(path)
	}
	for _, s := range Settings() {
		if v, ok := lookup(s.Env); ok && v != "" {
			l.values[s.Env], l.source[s.Env] = v, s.Env
		}
	}
	return l
}

// loader carries raw values on their way to a Server, and collects what is wrong.
type loader struct {
	values   map[string]string // by environment name
	source   map[string]string // where each value came from, for messages
	problems SettingsError
}

func (l *loader) problem(env, format string, args ...any) {
	name := env
	if source := l.source[env]; source != "" {
		name = source
	}
	l.problems = append(l.problems, name+": "+fmt.Sprintf(format, args...))
}

func (l *loader) build() Server {
	s := Server{
		Listen:           l.values["CAIRN_LISTEN"],
		PublicURL:        strings.TrimSuffix(l.values["CAIRN_PUBLIC_URL"], "/"),
		DatabaseURL:      l.database(),
		LogLevel:         l.oneOf("CAIRN_LOG_LEVEL", "debug", "info", "warn", "error"),
		LogFormat:        l.oneOf("CAIRN_LOG_FORMAT", "json", "text"),
		APITokens:        l.tokens("CAIRN_API_TOKENS"),
		APIOpen:          l.oneOf("CAIRN_API_OPEN", "true", "false") == "true",
		CatalogHosts:     l.hosts("CAIRN_CATALOG_HOSTS"),
		KeepOrphans:      l.oneOf("CAIRN_CATALOG_ORPHANS", "delete", "keep") == "keep",
		CatalogStrict:    l.oneOf("CAIRN_CATALOG_STRICT", "true", "false") == "true",
		Workers:          int(l.number("CAIRN_WORKERS", 1, 256)),
		PolicyRepository: l.values["CAIRN_POLICY_REPOSITORY"],
		PolicyPath:       l.values["CAIRN_POLICY_PATH"],
		GitHub: GitHub{
			WebURL:        l.url("GITHUB_WEB_URL"),
			V3URL:         l.url("GITHUB_V3_API_URL"),
			V4URL:         l.url("GITHUB_V4_API_URL"),
			AppID:         l.number("GITHUB_APP_INTEGRATION_ID", 1, 1<<53),
			WebhookSecret: l.webhookSecret(),
			PrivateKey:    l.privateKey(),
		},
	}
	if s.PublicURL != "" {
		l.url("CAIRN_PUBLIC_URL")
	}
	_, port, err := net.SplitHostPort(s.Listen)
	if _, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil {
		l.problem("CAIRN_LISTEN", "%q is not host:port, such as :8080 or 127.0.0.1:8080", s.Listen)
	}
	if strings.Contains(s.PolicyRepository, "/") {
		l.problem("CAIRN_POLICY_REPOSITORY", "%q: name the repository without its organisation, such as .github", s.PolicyRepository)
	}
	if strings.HasPrefix(s.PolicyPath, "/") || strings.Contains(s.PolicyPath, "..") {
		l.problem("CAIRN_POLICY_PATH", "%q: a path inside the repository is needed, such as .platform/policy.yaml", s.PolicyPath)
	}
	return s
}

func (l *loader) oneOf(env string, allowed ...string) string {
	v := l.values[env]
	for _, a := range allowed {
		if v == a {
			return v
		}
	}
	l.problem(env, "%q is none of %s", v, strings.Join(allowed, ", "))
	return ""
}

func (l *loader) number(env string, low, high int64) int64 {
	v := l.values[env]
	if v == "" {
		l.problem(env, "not set; it is %s", help(env))
		return 0
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n < low || n > high {
		l.problem(env, "%q is not a whole number from %d to %d", v, low, high)
		return 0
	}
	return n
}

func (l *loader) tokens(env string) []string {
	var sums []string
	for sum := range strings.SplitSeq(l.values[env], ",") {
		sum = strings.ToLower(strings.TrimSpace(sum))
		if sum == "" {
			continue
		}
		if b, err := hex.DecodeString(sum); err != nil || len(b) != sha256.Size {
			l.problem(env, "an entry is no SHA-256 sum of 64 hexadecimal digits; `printf %%s TOKEN | sha256sum` prints one")
			continue
		}
		sums = append(sums, sum)
	}
	return sums
}

// host matches a name or an IPv4 address, with a port or without.
var host = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?$`)

func (l *loader) hosts(env string) (hosts []string) {
	for h := range strings.SplitSeq(l.values[env], ",") {
		h = strings.ToLower(strings.TrimSpace(h))
		switch {
		case h == "":
		case host.MatchString(h):
			hosts = append(hosts, h)
		default:
			l.problem(env, "%q is no host, such as files.acme.example or files.acme.example:8443", h)
		}
	}
	return hosts
}

func (l *loader) url(env string) string {
	v := l.values[env]
	u, err := url.Parse(v)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		if strings.Contains(v, "@") {
			v = "the value (not shown, it may hold a password)"
		} else {
			v = strconv.Quote(v)
		}
		l.problem(env, "%s is not an http(s) URL", v)
		return ""
	}
	if u.User != nil {
		l.problem(env, "a URL with a user or password in it is not taken")
		return ""
	}
	return strings.TrimSuffix(v, "/")
}

// database never quotes the URL, which may hold a password.
func (l *loader) database() Secret {
	const env = "CAIRN_DATABASE_URL"
	v := l.values[env]
	switch scheme, _, isURL := strings.Cut(v, "://"); {
	case !isURL && strings.TrimPrefix(strings.TrimPrefix(v, "sqlite:"), "file:") == ":memory:":
		l.problem(env, "the database must be a file: Cairn keeps deliveries on disk")
	case !isURL, scheme == "sqlite", scheme == "file":
	case scheme != "postgres" && scheme != "postgresql":
		l.problem(env, "the scheme %q is not known: a path such as cairn.db is a SQLite file, postgres://… a PostgreSQL database", scheme)
	default:
		if _, err := pgx.ParseConfig(v); err != nil { // its message may quote what it could not take apart
			l.problem(env, "malformed (not shown, it may hold a password); the form is postgres://USER:PASSWORD@HOST:PORT/DATABASE "+
				"with special characters percent-encoded")
		}
	}
	return Secret(v)
}

func (l *loader) webhookSecret() Secret {
	v := l.values["GITHUB_APP_WEBHOOK_SECRET"]
	switch {
	case v == "":
		l.problem("GITHUB_APP_WEBHOOK_SECRET", "not set; it is %s", help("GITHUB_APP_WEBHOOK_SECRET"))
	case len(v) < 16:
		l.problem("GITHUB_APP_WEBHOOK_SECRET", "shorter than 16 characters: anybody could sign deliveries after a little guessing; `openssl rand -hex 32` makes a good one")
	}
	return Secret(v)
}

// privateKey takes the key itself or the file that holds it. Where an environment
// cannot hold line breaks, "\n" stands for them.
func (l *loader) privateKey() Secret {
	const env, fileEnv = "GITHUB_APP_PRIVATE_KEY", "GITHUB_APP_PRIVATE_KEY_FILE"
	key, file := l.values[env], l.values[fileEnv]
	switch {
	case key != "" && file != "":
		l.problem(env, "set together with %s: keep one of the two", fileEnv)
		return ""
	case key == "" && file == "":
		l.problem(env, "not set; give the App's private key here or its file in %s", fileEnv)
		return ""
	case file != "":
		text, err := readBounded(file)
		if err != nil {
			l.problem(fileEnv, "%v", err)
			return ""
		}
		return l.checkedKey(fileEnv, string(text))
	}
	if !strings.Contains(key, "\n") {
		key = strings.ReplaceAll(key, `\n`, "\n")
	}
	return l.checkedKey(env, key)
}

func (l *loader) checkedKey(env, text string) Secret {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		l.problem(env, "is no PEM: it should begin with -----BEGIN RSA PRIVATE KEY-----, as GitHub's download does")
		return ""
	}
	_, pkcs1 := x509.ParsePKCS1PrivateKey(block.Bytes)
	other, pkcs8 := x509.ParsePKCS8PrivateKey(block.Bytes)
	if _, isRSA := other.(*rsa.PrivateKey); pkcs1 != nil && (pkcs8 != nil || !isRSA) {
		l.problem(env, "is a PEM block %q, but no RSA private key can be read from it", block.Type)
		return ""
	}
	return Secret(text)
}

// readFile takes the values of the YAML file. Keys it does not know are problems,
// so that a misspelt key is never passed over.
func (l *loader) readFile(path string) {
	text, err := readBounded(path)
	if err != nil {
		l.problems = append(l.problems, err.Error())
		return
	}
	var root, second yaml.Node
	documents := yaml.NewDecoder(bytes.NewReader(text))
	if err := documents.Decode(&root); err != nil {
		if !errors.Is(err, io.EOF) {
			l.problems = append(l.problems, fmt.Sprintf("%s: %v", path, err))
		}
		return
	}
	envByKey := map[string]string{}
	for _, s := range Settings() {
		envByKey[s.Key] = s.Env
	}
	l.walk(path, "", root.Content[0], envByKey)
	if documents.Decode(&second) == nil {
		l.problems = append(l.problems, fmt.Sprintf("%s:%d: a second document is not read: keep all settings in one", path, second.Line))
	}
}

func (l *loader) walk(path, prefix string, node *yaml.Node, envByKey map[string]string) {
	if node.Kind != yaml.MappingNode {
		l.problems = append(l.problems, fmt.Sprintf("%s:%d: settings are needed here, each as `name: value`", path, node.Line))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		k, v := node.Content[i], node.Content[i+1]
		key := prefix + k.Value
		env, known := envByKey[key]
		switch {
		case seen[key]:
			l.problems = append(l.problems, fmt.Sprintf("%s:%d: %s: is there twice", path, k.Line, key))
		case known && v.Kind == yaml.ScalarNode:
			l.values[env], l.source[env] = v.Value, fmt.Sprintf("%s:%d: %s", path, v.Line, key)
		case known:
			l.problems = append(l.problems, fmt.Sprintf("%s:%d: %s: one value is needed", path, v.Line, key))
		case key == "github" || key == "github.app":
			l.walk(path, key+".", v, envByKey)
		default:
			l.problems = append(l.problems, fmt.Sprintf("%s:%d: %s: no such setting", path, k.Line, key))
		}
		seen[key] = true
	}
}

func help(env string) string {
	for _, s := range Settings() {
		if s.Env == env {
			return s.Help
		}
	}
	return ""
}

// readBounded reads a small file whole.
func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSettingsFile+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	if len(text) > maxSettingsFile {
		return nil, fmt.Errorf("%s: larger than %d bytes", path, maxSettingsFile)
	}
	return text, nil
}
