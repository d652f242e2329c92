package main

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/gorilla/mux"
)

// routes puts WeChat's way in and the operations' pages beside the UI, which has all other paths.
func (a *app) routes(pages http.Handler) http.Handler {
	r := mux.NewRouter()
	r.HandleFunc("/callback/{account}", func(w http.ResponseWriter, req *http.Request) {
		h, ok := a.callbacks[mux.Vars(req)["account"]]
		if !ok {
			a.metrics.pushes.WithLabelValues("", "unknown-account").Inc()
			http.NotFound(w, req)
			return
		}
		h.ServeHTTP(w, req)
	})
	r.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) }).Methods(http.MethodGet, http.MethodHead)
	r.HandleFunc("/readyz", a.readyz).Methods(http.MethodGet, http.MethodHead)
	r.Handle("/metrics", a.metrics.handler()).Methods(http.MethodGet)
	r.PathPrefix("/").Handler(pages)
	r.SkipClean(true)
	return drained(r)
}

// maxDrain is how much of a body that nobody wanted is read away, in bytes.
const maxDrain = 16 << 20

// drained reads away what a handler left of the body. Many clients send all of it before they read the answer; closing on them
// midway would show them a broken connection instead of the 413.
func drained(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := r.Body
		next.ServeHTTP(w, r)
		if r.Header.Get("Expect") == "" { // who asks before sending has been told
			_, _ = io.CopyN(io.Discard, body, maxDrain)
		}
	})
}

// readyz says whether the service has come up and the data file can be read. With a simulator's clock it has come up when it lives
// by that clock and the simulator knows it: what moves the clock then waits for all that is due.
func (a *app) readyz(w http.ResponseWriter, req *http.Request) {
	if a.starting.Load() {
		http.Error(w, "starting", http.StatusServiceUnavailable)
		return
	}
	ctx, cancel := context.WithTimeout(req.Context(), 2*time.Second)
	defer cancel()
	if _, err := a.store.Catalog(ctx); err != nil {
		http.Error(w, "the data file cannot be read", http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte("ready\n"))
}
