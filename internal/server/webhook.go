package server

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"time"

	"github.com/palantir/go-githubapp/githubapp"
	"github.com/rs/zerolog"

	"github.com/cairn-dev/cairn/internal/queue"
)

// maxDelivery is the largest body GitHub sends, in bytes (GitHub's page "Webhook
// events and payloads"). go-github reads a body without a limit of its own.
const maxDelivery = 25 << 20

// Intake keeps deliveries. Accept returns only when the delivery is on disk;
// fresh is false for a GUID it holds already.
type Intake interface {
	Accept(ctx context.Context, d queue.Delivery) (fresh bool, err error)
}

// Classify reads what a delivery may have changed. It returns an error for a
// payload that does not fit its event.
type Classify func(event, guid string, payload []byte) (queue.Delivery, error)

// Webhook is what the route for deliveries needs.
type Webhook struct {
	Secret   string
	Events   []string // the event types that have a handler; others are acknowledged and not stored
	Classify Classify
	Intake   Intake
	Now      func() time.Time
	Logger   zerolog.Logger
	Metrics  *Metrics
}

// payloadError marks a payload that does not fit its event header.
type payloadError struct{ cause error }

func (e payloadError) Error() string { return e.cause.Error() }

// signature is the form of the only signature that is taken: an HMAC of SHA-256.
var signature = regexp.MustCompile(`^sha256=[0-9a-fA-F]{64}$`)

// eventName is the form of every event type GitHub has.
var eventName = regexp.MustCompile(`^[a-z][a-z_]{0,63}$`)

// Handler answers POST /api/github/hook: 202 once the delivery is kept (or is a
// repeat, or has no handler), 400 for a delivery that is malformed, 401 for a
// missing or wrong signature, 413 for a body over 25 MB, 500 when it could not be
// kept, so that GitHub's delivery log shows it as failed and it is asked for again.
func (h *Webhook) Handler() http.Handler {
	dispatcher := githubapp.NewEventDispatcher(
		[]githubapp.EventHandler{eventList(h.Events)},
		h.Secret,
		githubapp.WithScheduler(h),
		githubapp.WithErrorCallback(h.refuse),
		githubapp.WithResponseCallback(h.acknowledge),
	)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := h.Now()
		defer func() { h.Metrics.observeAck(h.Now().Sub(started)) }()
		r.Body = http.MaxBytesReader(w, r.Body, maxDelivery)
		ctx := h.Logger.Level(zerolog.WarnLevel).WithContext(r.Context()) // the dispatcher's own line per delivery is not ours
		switch {
		case !eventName.MatchString(r.Header.Get("X-GitHub-Event")):
			h.reply(w, r, http.StatusBadRequest, "bad_event", errors.New("the X-GitHub-Event header is missing or names no event"))
		case r.Header.Get("X-GitHub-Delivery") == "" || len(r.Header.Get("X-GitHub-Delivery")) > 100:
			h.reply(w, r, http.StatusBadRequest, "bad_delivery", errors.New("the X-GitHub-Delivery header is missing or over 100 characters"))
		case r.Header.Get("X-Hub-Signature-256") == "":
			h.reply(w, r, http.StatusUnauthorized, "bad_signature", errors.New("the X-Hub-Signature-256 header is missing"))
		case !signature.MatchString(r.Header.Get("X-Hub-Signature-256")): // go-github takes SHA-1 there too
			h.reply(w, r, http.StatusUnauthorized, "bad_signature", errors.New("the X-Hub-Signature-256 header holds no SHA-256 signature"))
		default:
			dispatcher.ServeHTTP(w, r.WithContext(ctx))
		}
	})
}

// Schedule implements githubapp.Scheduler: it keeps the delivery instead of
// running a handler. It is called after the signature was checked.
func (h *Webhook) Schedule(ctx context.Context, d githubapp.Dispatch) error {
	delivery, err := h.Classify(d.EventType, d.DeliveryID, d.Payload)
	if err != nil {
		return payloadError{err}
	}
	if len(delivery.Hints) == 0 {
		h.Metrics.countDelivery(d.EventType, "ignored")
		return nil
	}
	delivery.ReceivedAt = h.Now()
	fresh, err := h.Intake.Accept(ctx, delivery)
	switch {
	case err != nil:
		return err
	case fresh:
		h.Metrics.countDelivery(d.EventType, "accepted")
	default:
		h.Metrics.countDelivery(d.EventType, "repeated")
	}
	return nil
}

func (h *Webhook) acknowledge(w http.ResponseWriter, _ *http.Request, event string, handled bool) {
	if !handled {
		h.Metrics.countDelivery("other", "ignored")
	}
	w.WriteHeader(http.StatusAccepted)
}

// refuse maps what went wrong to an answer and one log line. go-github reports a
// body over the limit and a wrong signature through the same kind of error.
func (h *Webhook) refuse(w http.ResponseWriter, r *http.Request, err error) {
	var tooLarge *http.MaxBytesError
	var payload payloadError
	var invalid githubapp.ValidationError
	switch {
	case errors.As(err, &invalid) && errors.As(invalid.Cause, &tooLarge), errors.As(err, &tooLarge):
		h.reply(w, r, http.StatusRequestEntityTooLarge, "too_large", errors.New("the body is over 25 MB"))
	case errors.As(err, &payload):
		h.reply(w, r, http.StatusBadRequest, "bad_payload", payload.cause)
	case errors.As(err, &invalid) && invalid.Cause.Error() == "payload signature check failed":
		h.reply(w, r, http.StatusUnauthorized, "bad_signature", errors.New("the signature does not fit the body and the webhook secret"))
	case errors.As(err, &invalid):
		h.reply(w, r, http.StatusBadRequest, "bad_request", invalid.Cause)
	default:
		h.reply(w, r, http.StatusInternalServerError, "not_kept", err)
	}
}

// reply answers with an error. What is wrong with a delivery is told to its
// sender; an error of Cairn's own is told to the log only.
func (h *Webhook) reply(w http.ResponseWriter, r *http.Request, status int, result string, err error) {
	h.Metrics.countDelivery("other", result)
	h.Logger.Warn().Err(err).Int("status", status).
		Str("event", clip(r.Header.Get("X-GitHub-Event"))).Str("delivery", clip(r.Header.Get("X-GitHub-Delivery"))).
		Msg("delivery refused")
	if status == http.StatusInternalServerError {
		err = errors.New("the delivery could not be kept; it is asked for again later")
	}
	http.Error(w, err.Error(), status)
}

// clip bounds a header that is not yet trusted before it reaches a log line.
func clip(s string) string {
	if len(s) > 100 {
		return s[:100] + "…"
	}
	return s
}

// eventList is the githubapp.EventHandler that tells the dispatcher which events
// go to the Scheduler. Handle is never called: the queue's workers do the work.
type eventList []string

func (e eventList) Handles() []string { return e }

func (eventList) Handle(context.Context, string, string, []byte) error { return nil }
