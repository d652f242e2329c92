package main

import (
	"net/http"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are what /metrics shows. No label carries a fan.
type metrics struct {
	registry *prometheus.Registry
	pushes   *prometheus.CounterVec
	jobs     *prometheus.CounterVec
	late     *prometheus.HistogramVec
	sends    *prometheus.CounterVec
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		pushes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fanflow_callback_pushes_total", Help: "Requests to /callback by account and outcome.",
		}, []string{"account", "outcome"}),
		jobs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fanflow_jobs_total", Help: "Jobs worked by kind and outcome.",
		}, []string{"kind", "outcome"}),
		late: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "fanflow_job_lateness_seconds", Help: "Time from a job's due instant to its start.",
			Buckets: []float64{.01, .05, .1, .5, 1, 5, 30, 60, 300, 3600},
		}, []string{"kind"}),
		sends: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fanflow_sends_total", Help: "Sends by account, channel and status.",
		}, []string{"account", "channel", "status"}),
	}
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "fanflow_build_info", Help: "The running build; the value is always 1.",
	}, []string{"version", "go"})
	build.WithLabelValues(version, runtime.Version()).Set(1)
	m.registry.MustRegister(m.pushes, m.jobs, m.late, m.sends, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

func (m *metrics) job(kind, outcome string, lateness time.Duration) {
	m.jobs.WithLabelValues(kind, outcome).Inc()
	m.late.WithLabelValues(kind).Observe(lateness.Seconds())
}
