package server

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// Metrics are Cairn's own figures, in Prometheus' form. Labels are bounded: event
// types, kinds and outcomes are fixed lists; installations are few.
type Metrics struct {
	Registry *prometheus.Registry

	deliveries *prometheus.CounterVec
	ack        prometheus.Histogram
	jobs       *prometheus.CounterVec
	jobTime    *prometheus.HistogramVec
	requests   *prometheus.CounterVec
	remaining  *prometheus.GaugeVec
}

// NewMetrics registers every metric in a registry of its own.
func NewMetrics(version string) *Metrics {
	m := &Metrics{
		Registry: prometheus.NewRegistry(),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cairn_deliveries_total", Help: "Webhook deliveries by event and result (accepted, repeated, ignored, or why it was refused).",
		}, []string{"event", "result"}),
		ack: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "cairn_delivery_ack_seconds", Help: "Time from a delivery's arrival to its answer.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}),
		jobs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cairn_jobs_total", Help: "Jobs worked on, by kind and result (done, retried, paused, failed).",
		}, []string{"kind", "result"}),
		jobTime: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "cairn_job_seconds", Help: "Time one round of a job took.", Buckets: prometheus.ExponentialBuckets(.005, 2.5, 10),
		}, []string{"kind"}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cairn_github_requests_total", Help: "Requests to GitHub by installation, resource, operation and status class.",
		}, []string{"installation", "resource", "operation", "status"}),
		remaining: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "cairn_github_requests_remaining", Help: "What GitHub said is left of the hour's budget.",
		}, []string{"installation", "resource"}),
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{Name: "cairn_build_info", Help: "Always 1.", ConstLabels: prometheus.Labels{"version": version}})
	info.Set(1)
	m.Registry.MustRegister(m.deliveries, m.ack, m.jobs, m.jobTime, m.requests, m.remaining, info,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *Metrics) countDelivery(event, result string) {
	m.deliveries.WithLabelValues(event, result).Inc()
}

func (m *Metrics) observeAck(d time.Duration) { m.ack.Observe(d.Seconds()) }

// JobDone counts one round of a job. result is done, retried, paused or failed.
func (m *Metrics) JobDone(kind, result string, took time.Duration) {
	m.jobs.WithLabelValues(kind, result).Inc()
	m.jobTime.WithLabelValues(kind).Observe(took.Seconds())
}

// GitHubRequest counts one request to GitHub.
func (m *Metrics) GitHubRequest(installation, resource, operation, status string) {
	m.requests.WithLabelValues(installation, resource, operation, status).Inc()
}

// GitHubRemaining notes what is left of an installation's budget.
func (m *Metrics) GitHubRemaining(installation, resource string, remaining int) {
	m.remaining.WithLabelValues(installation, resource).Set(float64(remaining))
}

// Depth is the queue as it stands.
type Depth struct {
	Waiting, Running, Failed int
	OldestWaiting            time.Duration
}

// WatchQueue exports the queue's depth, read at each scrape.
func (m *Metrics) WatchQueue(read func(context.Context) (Depth, error)) {
	m.Registry.MustRegister(&queueCollector{
		read:   read,
		jobs:   prometheus.NewDesc("cairn_queue_jobs", "Jobs in the queue by state.", []string{"state"}, nil),
		oldest: prometheus.NewDesc("cairn_queue_oldest_seconds", "How long the oldest waiting job has been due.", nil, nil),
	})
}

type queueCollector struct {
	read         func(context.Context) (Depth, error)
	jobs, oldest *prometheus.Desc
}

func (c *queueCollector) Describe(ch chan<- *prometheus.Desc) { ch <- c.jobs; ch <- c.oldest }

func (c *queueCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	depth, err := c.read(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(c.jobs, err)
		return
	}
	for state, n := range map[string]int{"waiting": depth.Waiting, "running": depth.Running, "failed": depth.Failed} {
		ch <- prometheus.MustNewConstMetric(c.jobs, prometheus.GaugeValue, float64(n), state)
	}
	ch <- prometheus.MustNewConstMetric(c.oldest, prometheus.GaugeValue, depth.OldestWaiting.Seconds())
}
