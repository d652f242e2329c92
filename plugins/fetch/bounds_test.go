package fetch_test

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"fanflow/plugins/fetch"
)

// An answer that is too long is not read to its end: what was sent of it is little more than what stands in buffers.
func TestReadsNoMore(t *testing.T) {
	sent := make(chan int, 1)
	url, _ := raw(t, func(c net.Conn) {
		asked(c)
		write(c, "HTTP/1.1 200 OK\r\n\r\n")
		n, part := 0, []byte(strings.Repeat("x", 1<<16))
		for n < 1<<28 {
			m, err := c.Write(part)
			if n += m; err != nil {
				break
			}
		}
		sent <- n
	})
	a := fetch.New(fetch.Config{}).Do(t.Context(), fetch.Request{Method: "GET", URL: url}, []fetch.Rule{rule(t, url)}, time.Minute)
	if a.Fault != fetch.Large {
		t.Errorf("%q", a.Fault)
	}
	if n := <-sent; n > 64<<20 {
		t.Errorf("%d MB were sent", n>>20)
	}
}

// Three redirects are followed, a fourth is not; none leads from https to http, whatever the rules allow.
func TestRedirects(t *testing.T) {
	var calls atomic.Int64
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		n, _ := strconv.Atoi(r.URL.Path[1:])
		if n == 0 {
			_, _ = io.WriteString(w, "there")
			return
		}
		http.Redirect(w, r, fmt.Sprintf("/%d", n-1), http.StatusFound)
	}))
	defer plain.Close()
	secure := httptest.NewTLSServer(http.RedirectHandler(plain.URL+"/0", http.StatusFound))
	defer secure.Close()
	roots := x509.NewCertPool()
	roots.AddCert(secure.Certificate())
	c := fetch.New(fetch.Config{Roots: roots})
	for url, want := range map[string]fetch.Fault{plain.URL + "/0": "", plain.URL + "/3": "", plain.URL + "/4": fetch.Redirect, secure.URL: fetch.Redirect} {
		before := calls.Load()
		a := c.Do(t.Context(), fetch.Request{Method: "GET", URL: url}, []fetch.Rule{rule(t, plain.URL), rule(t, secure.URL)}, time.Minute)
		if a.Fault != want || want == "" && string(a.Body) != "there" {
			t.Errorf("%s: %q %s", url, a.Fault, a.Why)
		}
		if n := calls.Load() - before; n > 4 || url == secure.URL && n > 0 {
			t.Errorf("%s: %d requests", url, n)
		}
	}
}

// A host that was down is tried by one request, the others are told so meanwhile. Who asked and goes away shows nothing of the host.
func TestProbe(t *testing.T) {
	var mode atomic.Value
	mode.Store("fail")
	waiting := make(chan struct{}, 8)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if mode.Load() == "wait" {
			waiting <- struct{}{}
			<-r.Context().Done()
			return
		}
		w.WriteHeader(http.StatusInternalServerError)
	}))
	defer s.Close()
	now := time.Date(2026, 11, 2, 21, 30, 0, 0, time.UTC)
	c := fetch.New(fetch.Config{Now: func() time.Time { return now }})
	get := func(ctx context.Context) fetch.Fault {
		return c.Do(ctx, fetch.Request{Method: "GET", URL: s.URL}, []fetch.Rule{rule(t, s.URL)}, time.Minute).Fault
	}
	for range 5 {
		get(t.Context())
	}
	if f := get(t.Context()); f != fetch.Down {
		t.Fatalf("after five failures: %q", f)
	}
	now = now.Add(10 * time.Second)
	mode.Store("wait")
	ctx, leave := context.WithCancel(t.Context())
	probe := make(chan fetch.Fault, 1)
	go func() { probe <- get(ctx) }()
	<-waiting
	second, end := context.WithTimeout(t.Context(), limit)
	if f := get(second); f != fetch.Down {
		t.Errorf("beside the probe: %q", f)
	}
	end()
	leave()
	<-probe
	mode.Store("fail")
	if f := get(t.Context()); f != "" {
		t.Errorf("the next probe: %q", f)
	}
	if f := get(t.Context()); f != fetch.Down {
		t.Errorf("after the probe has failed: %q", f)
	}
}

// Whose path fails at a host finds it down; others are served there. Its places are for all.
func TestDownForOne(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/fails" {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	defer s.Close()
	now := time.Date(2026, 11, 2, 21, 30, 0, 0, time.UTC)
	c := fetch.New(fetch.Config{Now: func() time.Time { return now }})
	get := func(by, path string) fetch.Fault {
		return c.Do(t.Context(), fetch.Request{Method: "GET", URL: s.URL + path, By: by}, []fetch.Rule{rule(t, s.URL)}, time.Minute).Fault
	}
	for range 5 {
		get("a", "/fails")
	}
	if f := get("a", "/"); f != fetch.Down {
		t.Errorf("who failed: %q", f)
	}
	if f := get("b", "/"); f != "" {
		t.Errorf("another: %q", f)
	}
	for i := range 1000 { // others come and go
		get(fmt.Sprint("c", i), "/")
	}
	if f := get("a", "/"); f != fetch.Down {
		t.Errorf("who failed, after many others: %q", f)
	}
	now = now.Add(10 * time.Second)
	if f := get("a", "/"); f != "" {
		t.Errorf("who failed, after ten seconds: %q", f)
	}
}

// A URL that has become long by what was put into it is sent.
func TestLongURL(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, len(r.URL.RawQuery)) }))
	defer s.Close()
	a := fetch.New(fetch.Config{}).Do(t.Context(), fetch.Request{Method: "GET", URL: s.URL + "/?" + strings.Repeat("x", 9000)}, []fetch.Rule{rule(t, s.URL)}, time.Minute)
	if a.Fault != "" || string(a.Body) != "9000" {
		t.Errorf("%s: %q %s", a.Fault, a.Body, a.Why)
	}
}
