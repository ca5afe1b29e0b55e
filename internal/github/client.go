// Package github is the one place of Cairn that talks to GitHub. It reads what a
// pull request or a branch is, in one GraphQL query, as [repo.Snapshot] values;
// it writes check runs and comments; and it keeps every call below GitHub's
// limits, over all replicas.
//
// It never judges what it read, never retries a job (it says when to come back,
// [RateLimitedError]), and never lets a token into an error or a log line.
//
// Start reading at [Client] and [Client.ReadPullRequest].
package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	gogithub "github.com/google/go-github/v60/github"
	"github.com/gregjones/httpcache"
	"github.com/rs/zerolog"

	"github.com/cairn-dev/cairn/internal/repo"
)

// Clock tells the time and waits. Waiting ends early when the caller's context does.
type Clock interface {
	Now() time.Time
	After(d time.Duration) <-chan time.Time
}

// Observer is told of every call that leaves the process. Its methods are called
// by several goroutines at once and must not block.
type Observer interface {
	Request(Request)
	Budget(Budget)
}

// Request is one answered (or failed) call.
type Request struct {
	InstallationID int64  // 0: the App itself
	Resource       string // core, graphql, search
	Route          string // "GET /repos/{owner}/{repo}/check-runs/{id}", from a closed list; "GET other"
	Status         int    // 0 when no answer came
	Duration       time.Duration
}

// Budget is what GitHub's headers say is left of the primary rate limit.
type Budget struct {
	InstallationID   int64
	Resource         string
	Limit, Remaining int // requests for core, points for graphql
	Reset            time.Time
}

// Config says which GitHub is talked to, as which App. Only the three URLs differ
// on GitHub Enterprise Server.
type Config struct {
	WebURL     string // https://github.com
	V3URL      string // https://api.github.com/
	V4URL      string // https://api.github.com/graphql
	AppID      int64
	PrivateKey []byte // PEM
	UserAgent  string // "cairn/1.0"

	Transport  http.RoundTripper // nil: one like http.DefaultTransport
	Clock      Clock             // nil: the system's
	Logger     zerolog.Logger
	Pauses     PauseStore // nil: pauses are this process's own
	Observer   Observer   // nil: nobody
	CacheBytes int64      // for conditional requests; 0: 32 MiB
}

// Defaults and bounds of a Client.
const (
	defaultCacheBytes = 32 << 20
	requestTimeout    = 30 * time.Second // GitHub ends a GraphQL query after about 10 s
)

// Client talks to GitHub for all installations of one App. It is safe for
// concurrent use.
//
// Each installation has one access token, for REST and GraphQL together, fetched
// at first use and again a minute before it expires; callers that need it at the
// same time wait for one request. (That is why ghinstallation is used directly:
// go-githubapp's ClientCreator fetches a token for each client it makes.)
type Client struct {
	web, v3, v4 *url.URL
	appID       int64
	key         []byte
	userAgent   string
	base        http.RoundTripper
	clock       Clock
	logger      zerolog.Logger
	pauses      *pauses
	observer    Observer
	cache       *lru

	app        *gogithub.Client // as the App itself
	appLimiter *limiter         // its calls, and those that fetch tokens: they count apart

	mu            sync.Mutex
	installations map[int64]*installation
}

// installation is what one installation's calls share.
type installation struct {
	id      int64
	http    *http.Client
	rest    *gogithub.Client
	limiter *limiter
	v4      string
}

// New returns a Client. It makes no call; a wrong URL or key is an error.
func New(cfg Config) (*Client, error) {
	c := &Client{
		appID: cfg.AppID, key: cfg.PrivateKey, userAgent: cfg.UserAgent,
		base: cfg.Transport, clock: cfg.Clock, logger: cfg.Logger, observer: cfg.Observer,
		installations: map[int64]*installation{},
	}
	var problems []error
	parse := func(name, text string) *url.URL {
		u, err := url.Parse(strings.TrimRight(text, "/"))
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			problems = append(problems, fmt.Errorf("%s %q is not an http(s) URL", name, text))
			return &url.URL{}
		}
		return u
	}
	c.web, c.v3, c.v4 = parse("the web URL", cfg.WebURL), parse("the v3 URL", cfg.V3URL), parse("the v4 URL", cfg.V4URL)
	if cfg.AppID <= 0 {
		problems = append(problems, errors.New("the App's ID is missing"))
	}
	if c.userAgent == "" {
		c.userAgent = "cairn"
	}
	if c.base == nil {
		c.base = newTransport()
	}
	if c.clock == nil {
		c.clock = systemClock{}
	}
	if c.observer == nil {
		c.observer = nobody{}
	}
	size := cfg.CacheBytes
	if size == 0 {
		size = defaultCacheBytes
	}
	c.cache = newLRU(size)
	c.pauses = newPauses(cfg.Pauses, c.clock, cfg.Logger)

	c.appLimiter = c.newLimiter(0)
	transport, err := ghinstallation.NewAppsTransport(c.appLimiter, cfg.AppID, cfg.PrivateKey)
	if err != nil {
		problems = append(problems, errors.New("the App's private key is not an RSA key in PEM form")) // the cause might quote the key
	}
	if err := errors.Join(problems...); err != nil {
		return nil, fmt.Errorf("set up the GitHub client: %w", err)
	}
	c.app = c.newREST(c.newHTTP(transport))
	return c, nil
}

// newTransport keeps a connection for every call that may be under way, where
// http.DefaultTransport keeps two.
func newTransport() http.RoundTripper {
	shared, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return http.DefaultTransport
	}
	own := shared.Clone()
	own.MaxIdleConnsPerHost = 2 * maxConcurrent
	return own
}

// RepositoryURL is where people see a repository.
func (c *Client) RepositoryURL(name repo.Name) string {
	return c.web.JoinPath(name.Owner, name.Repo).String()
}

// newHTTP follows redirects only to the same host: the transport signs every
// request, and a token must not reach a host that GitHub merely names.
func (c *Client) newHTTP(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport: transport,
		Timeout:   requestTimeout,
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			first := via[0].URL
			if len(via) >= 5 || req.URL.Host != first.Host || req.URL.Scheme != first.Scheme {
				return http.ErrUseLastResponse
			}
			return nil
		},
	}
}

func (c *Client) newREST(client *http.Client) *gogithub.Client {
	rest := gogithub.NewClient(client)
	rest.BaseURL = &url.URL{Scheme: c.v3.Scheme, Host: c.v3.Host, Path: c.v3.Path + "/"}
	rest.UserAgent = c.userAgent
	return rest
}

// installation returns what talks for one installation: the token's transport
// over the cache of conditional requests over the limiter over the network.
func (c *Client) installation(id int64) (*installation, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i, ok := c.installations[id]; ok {
		return i, nil
	}
	limiter := c.newLimiter(id)
	conditional := &httpcache.Transport{
		Transport:           revalidate{limiter},
		Cache:               c.cache.partition(id),
		MarkCachedResponses: true,
	}
	// One AppsTransport each: ghinstallation writes to it when it fetches a token.
	apps, err := ghinstallation.NewAppsTransport(c.appLimiter, c.appID, c.key)
	if err != nil {
		return nil, errors.New("the App's private key is not an RSA key in PEM form")
	}
	signed := ghinstallation.NewFromAppsTransport(apps, id)
	signed.BaseURL = c.v3.String()
	signed.InstallationTokenOptions = &gogithub.InstallationTokenOptions{} // nil would be sent as the JSON text "null"

	client := c.newHTTP(&tokenTransport{token: signed, next: conditional})
	i := &installation{id: id, http: client, rest: c.newREST(client), limiter: limiter, v4: c.v4.String()}
	c.installations[id] = i
	return i, nil
}

// forget drops an installation's token, so that the next call fetches another:
// GitHub revokes tokens when an installation is suspended or its key changes.
func (c *Client) forget(id int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.installations, id)
}

// tokenTransport signs requests with the installation's token.
type tokenTransport struct {
	token *ghinstallation.Transport
	next  http.RoundTripper
}

func (t *tokenTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	token, err := t.token.Token(req.Context())
	if err != nil {
		if req.Body != nil {
			err = errors.Join(err, req.Body.Close())
		}
		return nil, err
	}
	signed := req.Clone(req.Context())
	signed.Header.Set("Authorization", "token "+token)
	return t.next.RoundTrip(signed)
}

type systemClock struct{}

func (systemClock) Now() time.Time                         { return time.Now() }
func (systemClock) After(d time.Duration) <-chan time.Time { return time.After(d) }

type nobody struct{}

func (nobody) Request(Request) {}
func (nobody) Budget(Budget)   {}

// wait blocks for d of the clock's time or until ctx ends.
func wait(ctx context.Context, clock Clock, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-clock.After(d):
		return nil
	}
}
