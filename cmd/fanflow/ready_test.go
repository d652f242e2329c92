package main

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"
)

// TestReadyWithTheClock: the service is not ready before it has the simulator's time. Else the simulator could be moved on before
// it knows whom to wait for.
func TestReadyWithTheClock(t *testing.T) {
	asked, answer, gone := make(chan struct{}, 8), make(chan struct{}), make(chan struct{})
	sim := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q struct {
			Seen  int64
			Leave bool
		}
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
			t.Error(err)
		}
		asked <- struct{}{}
		switch {
		case q.Leave:
			return
		case q.Seen > 0: // nothing new until the end
			select {
			case <-r.Context().Done():
			case <-gone:
			}
			return
		}
		<-answer
		_ = json.NewEncoder(w).Encode(order{Order: 1, Now: time.Now().Format(time.RFC3339Nano)})
	}))
	defer sim.Close()
	defer close(gone)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := parseConfig("test.toml", twoConfig(ln.Addr().String(), sim.Listener.Addr().String(), filepath.Join(t.TempDir(), "fanflow.db")), nil)
	if err != nil {
		t.Fatal(err)
	}
	var logged syncBuffer
	a, err := openApp(t.Context(), cfg, newLogger(&logged), false)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- runApp(ctx, a, ln, a.handler, func() { close(ready) }) }()
	status := func() int {
		res, err := http.Get("http://" + ln.Addr().String() + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		return res.StatusCode
	}
	<-asked
	if got := status(); got != http.StatusServiceUnavailable {
		t.Errorf("before the clock is known: %d, want 503", got)
	}
	close(answer)
	<-ready
	if got := status(); got != http.StatusOK {
		t.Errorf("after: %d, want 200", got)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
