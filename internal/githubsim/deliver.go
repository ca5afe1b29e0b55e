package githubsim

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Delivery is one attempt to deliver a webhook, as the App's log shows it.
type Delivery struct {
	ID             int64
	GUID           string
	At             time.Time
	Redelivery     bool
	Duration       time.Duration
	StatusCode     int    // 0 while it is under way
	Status         string // "OK", or what went wrong
	Event, Action  string
	InstallationID int64
	RepositoryID   int64
	RequestHeader  http.Header
	Payload        []byte
	ResponseHeader http.Header
	Response       []byte
}

// deliverer sends webhooks, a few at a time, and keeps the log of attempts. Like
// GitHub it promises no order and never sends again by itself.
type deliverer struct {
	s      *Server
	client *http.Client
	slots  chan struct{}

	mu   sync.Mutex
	log  []*Delivery // oldest first; guarded by mu
	busy int
	idle chan struct{} // closed when nothing is under way
}

// deliveryTimeout is how long GitHub waits for an answer.
const deliveryTimeout = 10 * time.Second

func newDeliverer(s *Server) *deliverer {
	idle := make(chan struct{})
	close(idle)
	return &deliverer{
		s: s, slots: make(chan struct{}, 16), idle: idle,
		client: &http.Client{Timeout: deliveryTimeout, Transport: &http.Transport{MaxIdleConnsPerHost: 16}},
	}
}

// emit sends an event to the App where it is installed and asked for. The Server's
// lock is held.
func (s *Server) emit(event, action string, installation *Installation, r *Repository, sender *Account, body obj) {
	if installation == nil || s.opts.WebhookURL == "" {
		return
	}
	always := []string{"installation", "installation_repositories", "ping", "github_app_authorization"}
	if !slices.Contains(always, event) && !slices.Contains(s.app.Events, event) && !s.alwaysSent(event, action) {
		return
	}
	if action != "" {
		body["action"] = action
	}
	if _, whole := body["installation"]; !whole {
		body["installation"] = obj{"id": installation.ID, "node_id": nodeID("IntegrationInstallation", installation.ID)}
	}
	d := &Delivery{Event: event, Action: action, InstallationID: installation.ID, GUID: uuid.NewString()}
	if r != nil {
		d.RepositoryID = r.ID
		if _, there := body["repository"]; !there {
			body["repository"] = s.repository(r)
		}
	}
	if installation.Account.Type == "Organization" && !strings.HasPrefix(event, "installation") {
		body["organization"] = s.organisation(installation.Account)
	}
	body["sender"] = s.user(sender)
	payload, err := encode(body)
	if err != nil {
		panic(err) // maps of strings and numbers always encode
	}
	d.Payload = payload
	times := 1
	if s.faults.RepeatDeliveries {
		times = 2
	}
	for range times {
		s.send(*d)
	}
}

// alwaysSent are the events that reach an App with checks:write unasked.
func (s *Server) alwaysSent(event, action string) bool {
	if s.app.Permissions["checks"] != "write" {
		return false
	}
	return (event == "check_run" && (action == "rerequested" || action == "requested_action")) ||
		(event == "check_suite" && (action == "requested" || action == "rerequested"))
}

// send logs an attempt and starts it. The Server's lock is held.
func (s *Server) send(d Delivery) {
	d.ID, d.At = s.state.id(), s.opts.Now().UTC()
	if n := len(s.hooks.log); n > 0 {
		d.ID = max(d.ID, s.hooks.log[n-1].ID+1)
	}
	d.RequestHeader = s.hookHeader(&d)
	failed := ""
	switch {
	case s.faults.StopDeliveries:
		failed = "failed to connect to host"
	case s.faults.DropDeliveries > 0:
		s.faults.DropDeliveries--
		failed = "timed out"
	}
	s.hooks.start(&d, s.opts.WebhookURL, failed)
}

func (s *Server) hookHeader(d *Delivery) http.Header {
	secret := []byte(s.opts.WebhookSecret)
	sum256, sum1 := hmac.New(sha256.New, secret), hmac.New(sha1.New, secret)
	sum256.Write(d.Payload)
	sum1.Write(d.Payload)
	h := http.Header{}
	for k, v := range map[string]string{
		"Accept": "*/*", "Content-Type": "application/json", "User-Agent": "GitHub-Hookshot/5c5f1e3",
		"X-GitHub-Delivery": d.GUID, "X-GitHub-Event": d.Event, "X-GitHub-Hook-ID": itoa(s.app.ID + 5000),
		"X-GitHub-Hook-Installation-Target-ID": itoa(s.app.ID), "X-GitHub-Hook-Installation-Target-Type": "integration",
		"X-Hub-Signature": "sha1=" + hex.EncodeToString(sum1.Sum(nil)), "X-Hub-Signature-256": "sha256=" + hex.EncodeToString(sum256.Sum(nil)),
	} {
		h.Set(k, v)
	}
	return h
}

func (d *deliverer) start(delivery *Delivery, url, failed string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.log = append(d.log, delivery)
	if failed != "" {
		delivery.Status, delivery.StatusCode = failed, http.StatusBadGateway
		return
	}
	if d.busy == 0 {
		d.idle = make(chan struct{})
	}
	d.busy++
	go d.deliver(delivery, url)
}

func (d *deliverer) deliver(delivery *Delivery, url string) {
	d.slots <- struct{}{}
	started := time.Now()
	status, code, header, body := d.post(delivery, url)
	took := time.Since(started)
	<-d.slots
	d.mu.Lock()
	defer d.mu.Unlock()
	delivery.Status, delivery.StatusCode, delivery.ResponseHeader, delivery.Response, delivery.Duration = status, code, header, body, took
	d.busy--
	if d.busy == 0 {
		close(d.idle)
	}
}

func (d *deliverer) post(delivery *Delivery, url string) (status string, code int, header http.Header, body []byte) {
	ctx, cancel := context.WithTimeout(context.Background(), deliveryTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(delivery.Payload))
	if err != nil {
		return "invalid URL", http.StatusBadGateway, nil, nil
	}
	req.Header = delivery.RequestHeader.Clone()
	res, err := d.client.Do(req)
	if err != nil {
		return "failed to connect to host", http.StatusBadGateway, nil, nil
	}
	defer res.Body.Close()
	body, err = io.ReadAll(io.LimitReader(res.Body, 64<<10))
	if err != nil {
		return "timed out", http.StatusGatewayTimeout, res.Header, body
	}
	status = "OK"
	if res.StatusCode >= 300 {
		status = "Invalid HTTP Response: " + itoa(int64(res.StatusCode))
	}
	return status, res.StatusCode, res.Header, body
}

// Quiet waits until no delivery is under way.
func (s *Server) Quiet(ctx context.Context) error {
	for {
		s.hooks.mu.Lock()
		idle, busy := s.hooks.idle, s.hooks.busy
		s.hooks.mu.Unlock()
		if busy == 0 {
			return nil
		}
		select {
		case <-idle:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Deliveries returns the log, oldest first.
func (s *Server) Deliveries() []Delivery {
	s.hooks.mu.Lock()
	defer s.hooks.mu.Unlock()
	out := make([]Delivery, len(s.hooks.log))
	for i, d := range s.hooks.log {
		out[i] = *d
	}
	return out
}

// Redeliver sends a logged delivery again, with its GUID. It reports whether the
// log holds it.
func (s *Server) Redeliver(id int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.redeliver(id)
}

func (s *Server) redeliver(id int64) bool {
	for _, d := range s.Deliveries() {
		if d.ID == id {
			s.send(Delivery{
				GUID: d.GUID, Redelivery: true, Event: d.Event, Action: d.Action,
				InstallationID: d.InstallationID, RepositoryID: d.RepositoryID, Payload: d.Payload,
			})
			return true
		}
	}
	return false
}
