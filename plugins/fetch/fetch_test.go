package fetch_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"fanflow/plugins/fetch"
)

// limit is what tests give a request that is never answered: they wait it out. The others have time.
const limit = 300 * time.Millisecond

// resolver answers every question for IPv4 with the address that it is told then, and has none of IPv6.
func resolver(t testing.TB, address func() string) *net.Resolver {
	t.Helper()
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go serveDNS(ours, address)
		return theirs, nil
	}}
}

// serveDNS speaks DNS over a stream: each message stands behind its length. Source: RFC 1035, section 4.
func serveDNS(c net.Conn, address func() string) {
	defer c.Close()
	for {
		var size uint16
		if binary.Read(c, binary.BigEndian, &size) != nil {
			return
		}
		q := make([]byte, size)
		if _, err := io.ReadFull(c, q); err != nil || len(q) < 17 {
			return
		}
		end := 12
		for q[end] != 0 {
			end += int(q[end]) + 1
		}
		question := q[12 : end+5]
		isA := binary.BigEndian.Uint16(question[len(question)-4:]) == 1
		reply := append([]byte{q[0], q[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, question...)
		if isA {
			reply[7] = 1
			a := netip.MustParseAddr(address()).As4()
			reply = append(reply, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
			reply = append(reply, a[:]...)
		}
		_ = binary.Write(c, binary.BigEndian, uint16(len(reply)))
		if _, err := c.Write(reply); err != nil {
			return
		}
	}
}

// raw listens on this machine and lets serve answer each connection as it likes.
func raw(t *testing.T, serve func(net.Conn)) (url string, seen *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	seen = &atomic.Int64{}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			seen.Add(1)
			go func() { defer c.Close(); serve(c) }()
		}
	}()
	return "http://" + l.Addr().String(), seen
}

// asked reads the head of a request.
func asked(c net.Conn) { _, _ = http.ReadRequest(bufio.NewReader(c)) }

// until keeps a connection until the other side ends it.
func until(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

func write(c net.Conn, s string) { _, _ = io.WriteString(c, s) }

// Every fault that a listener can show has its word, the answer comes within the limit, and after five in a row nobody asks for
// ten seconds; then one does.
func TestFaults(t *testing.T) {
	bomb := func(w io.Writer) {
		z := gzip.NewWriter(w)
		zeros := make([]byte, 1<<20)
		for range 64 {
			if _, err := z.Write(zeros); err != nil {
				return
			}
		}
		_ = z.Close()
	}
	for name, row := range map[string]struct {
		want  fetch.Fault
		serve func(net.Conn)
	}{
		"silent":           {fetch.Timeout, until},
		"stalls before":    {fetch.Timeout, func(c net.Conn) { asked(c); until(c) }},
		"stalls after":     {fetch.Timeout, func(c net.Conn) { asked(c); write(c, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"); until(c) }},
		"drips":            {fetch.Timeout, func(c net.Conn) { asked(c); drip(c, "HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n") }},
		"ends before":      {fetch.Reset, func(c net.Conn) { asked(c) }},
		"ends in the body": {fetch.Reset, func(c net.Conn) { asked(c); write(c, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc") }},
		"resets in the body": {fetch.Reset, func(c net.Conn) {
			asked(c)
			write(c, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")
			_ = c.(*net.TCPConn).SetLinger(0)
		}},
		"a gigabyte": {fetch.Large, func(c net.Conn) {
			asked(c)
			write(c, "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
			flood(c)
		}},
		"a gigabyte in parts": {fetch.Large, func(c net.Conn) { asked(c); write(c, "HTTP/1.1 200 OK\r\n\r\n"); flood(c) }},
		"headers":             {fetch.Large, func(c net.Conn) { asked(c); write(c, "HTTP/1.1 200 OK\r\nX: "); flood(c) }},
		"a bomb":              {fetch.Encoding, func(c net.Conn) { asked(c); write(c, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"); bomb(c) }},
		"no HTTP":             {fetch.Encoding, func(c net.Conn) { asked(c); write(c, "220 mail.example.com ESMTP\r\n") }},
		"redirects to itself": {fetch.Redirect, func(c net.Conn) {
			asked(c)
			write(c, "HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		}},
		"redirects inside": {fetch.Redirect, func(c net.Conn) {
			asked(c)
			write(c, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nConnection: close\r\n\r\n")
		}},
		"redirects away": {fetch.Redirect, func(c net.Conn) {
			asked(c)
			write(c, "HTTP/1.1 307 X\r\nLocation: https://evil.cn/\r\nConnection: close\r\n\r\n")
		}},
		"redirects to a file": {fetch.Redirect, func(c net.Conn) {
			asked(c)
			write(c, "HTTP/1.1 301 X\r\nLocation: file:///etc/passwd\r\nConnection: close\r\n\r\n")
		}},
		"500": {"", func(c net.Conn) {
			asked(c)
			write(c, "HTTP/1.1 500 No\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, seen := raw(t, row.serve)
			now := time.Date(2026, 11, 2, 21, 30, 0, 0, time.UTC)
			c := fetch.New(fetch.Config{Now: func() time.Time { return now }})
			get := func() fetch.Answer {
				most := time.Minute
				if row.want == fetch.Timeout {
					most = limit
				}
				return c.Do(t.Context(), fetch.Request{Method: "GET", URL: url + "/a?token=hush"}, []fetch.Rule{rule(t, url)}, most)
			}
			for range 5 {
				a := get()
				if a.Fault != row.want || strings.Contains(a.Why, "hush") || row.want != "" && a.Why == "" {
					t.Fatalf("%q %q, want %q", a.Fault, a.Why, row.want)
				}
			}
			before := seen.Load()
			if a := get(); a.Fault != fetch.Down || seen.Load() != before {
				t.Errorf("after five faults: %q, %d connections more", a.Fault, seen.Load()-before)
			}
			now = now.Add(11 * time.Second)
			if a := get(); a.Fault != row.want || seen.Load() == before {
				t.Errorf("ten seconds later: %q", a.Fault)
			}
			if a := get(); a.Fault != fetch.Down {
				t.Errorf("after the probe has failed: %q", a.Fault)
			}
		})
	}
}

func drip(c net.Conn, head string) {
	write(c, head)
	for range 100 {
		if _, err := io.WriteString(c, "x"); err != nil {
			return
		}
		time.Sleep(limit / 10)
	}
}

func flood(c net.Conn) {
	part := []byte(strings.Repeat("x", 1<<16))
	for range 1 << 14 {
		if _, err := c.Write(part); err != nil {
			return
		}
	}
}

// A closed port is refused, a name without an address has none, a certificate of somebody else is not trusted.
func TestNoConnection(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + l.Addr().String()
	l.Close()
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	defer secure.Close()
	secure.Config.ErrorLog = nil
	plain, _ := raw(t, func(c net.Conn) { asked(c); write(c, "HTTP/1.1 200 OK\r\n\r\n") })
	none := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no network") }}
	for _, row := range []struct {
		url  string
		want fetch.Fault
	}{
		{closed, fetch.Refused}, {"https://crm.example.com", fetch.DNS}, {secure.URL, fetch.TLS}, {strings.Replace(plain, "http:", "https:", 1), fetch.TLS},
	} {
		c := fetch.New(fetch.Config{Resolver: none})
		if a := c.Do(t.Context(), fetch.Request{Method: "GET", URL: row.url}, []fetch.Rule{rule(t, row.url)}, time.Minute); a.Fault != row.want {
			t.Errorf("%s: %q %q, want %q", row.url, a.Fault, a.Why, row.want)
		}
	}
}

// A name that means a public address at first and a private one when it is dialled does not get there: nobody is connected to.
func TestRebinding(t *testing.T) {
	url, seen := raw(t, func(c net.Conn) { asked(c); write(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") })
	_, port, _ := strings.Cut(strings.TrimPrefix(url, "http://"), ":")
	address := "93.184.216.34"
	c := fetch.New(fetch.Config{Resolver: resolver(t, func() string { return address })})
	dialled := 0
	c.OnDial(func(netip.AddrPort) error { dialled++; return errors.New("the network is not for tests") })
	get := func(allow string) fetch.Answer {
		return c.Do(t.Context(), fetch.Request{Method: "GET", URL: "http://crm.example.com:" + port}, []fetch.Rule{rule(t, allow)}, time.Minute)
	}
	open := "http://crm.example.com:" + port
	if a := get(open); a.Fault != fetch.Reset || dialled != 1 {
		t.Fatalf("public: %q, %d dials", a.Fault, dialled)
	}
	for _, a := range []string{"127.0.0.1", "10.0.0.8", "169.254.169.254", "0.0.0.0"} {
		if address = a; get(open).Fault != fetch.Private || dialled != 1 || seen.Load() != 0 {
			t.Errorf("%s is dialled", a)
		}
	}
	c = fetch.New(fetch.Config{Resolver: resolver(t, func() string { return address })})
	address = "127.0.0.1"
	if a := get("private:" + open); a.Fault != fetch.Private || seen.Load() != 0 {
		t.Errorf("a host of the own network at this machine: %q", a.Fault)
	}
}

// A proxy of the environment would dial for us, past the guard: it is not asked, not even where a rule opens the own network, which it
// is in.
func TestNoProxy(t *testing.T) {
	proxy, seen := raw(t, func(c net.Conn) { asked(c); write(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") })
	t.Setenv("HTTP_PROXY", proxy)
	t.Setenv("HTTPS_PROXY", proxy)
	c := fetch.New(fetch.Config{Resolver: resolver(t, func() string { return "10.0.0.8" })})
	dialled := ""
	c.OnDial(func(a netip.AddrPort) error { dialled += a.String(); return errors.New("the network is not for tests") })
	for allow, want := range map[string]fetch.Fault{"http://crm.example.com": fetch.Private, "private:http://crm.example.com": fetch.Reset} {
		a := c.Do(t.Context(), fetch.Request{Method: "GET", URL: "http://crm.example.com"}, []fetch.Rule{rule(t, allow)}, time.Minute)
		if a.Fault != want || seen.Load() != 0 {
			t.Errorf("%s: %q, the proxy saw %d", allow, a.Fault, seen.Load())
		}
	}
	if dialled != "10.0.0.8:80" {
		t.Errorf("dialled: %s", dialled)
	}
}

// What is sent, and what is given: the script's headers, the key, no compression; on another host none of the script's headers.
func TestSent(t *testing.T) {
	heads := make(chan http.Header, 4)
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		heads <- r.Header.Clone()
		fmt.Fprint(w, "there")
	}))
	defer other.Close()
	first := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		heads <- r.Header.Clone()
		if r.URL.Path == "/away" {
			http.Redirect(w, r, other.URL, http.StatusFound)
			return
		}
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Trace", "7")
		fmt.Fprintf(w, "%s %s", r.Method, body)
	}))
	defer first.Close()
	c := fetch.New(fetch.Config{})
	allow := []fetch.Rule{rule(t, first.URL), rule(t, other.URL)}
	a := c.Do(t.Context(), fetch.Request{
		Method: "POST", URL: first.URL, Headers: map[string]string{"Authorization": "Bearer x"}, Body: []byte("hello"), Key: "k-1",
	}, allow, time.Minute)
	h := <-heads
	if string(a.Body) != "POST hello" || a.Status != 200 || a.Headers["x-trace"] != "7" || h.Get("Authorization") != "Bearer x" || h.Get("Idempotency-Key") != "k-1" || h.Get("Accept-Encoding") != "" {
		t.Errorf("%+v, sent %v", a, h)
	}
	a = c.Do(t.Context(), fetch.Request{Method: "GET", URL: first.URL + "/away", Headers: map[string]string{"Authorization": "Bearer x", "X-Key": "y", "Accept": "text/plain", "Accept-Key": "z"}}, allow, time.Minute)
	<-heads
	if h = <-heads; string(a.Body) != "there" || h.Get("Authorization") != "" || h.Get("X-Key") != "" || h.Get("Accept-Key") != "" || h.Get("Accept") != "text/plain" {
		t.Errorf("%+v, sent away %v", a, h)
	}
	if a = c.Do(t.Context(), fetch.Request{Method: "POST", URL: first.URL + "/away"}, allow, time.Minute); a.Fault != fetch.Redirect {
		t.Errorf("a POST is redirected: %q", a.Fault)
	}
	for _, bad := range []map[string]string{{"Host": "x"}, {"content-length": "9"}, {"X-A": "a\r\nHost: b"}, {"X A": "b"}, {"": "c"}, {"X-A": "a", "x-a": "b"}} {
		if a = c.Do(t.Context(), fetch.Request{Method: "GET", URL: first.URL, Headers: bad}, allow, time.Minute); a.Fault != fetch.Denied {
			t.Errorf("%v is sent", bad)
		}
	}
}

// That one who asks may not reach a host's address, or has no time left, is no fault of the host's: others are served there.
func TestNotDown(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			<-r.Context().Done()
		}
	}))
	defer s.Close()
	at := strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
	c := fetch.New(fetch.Config{})
	get := func(path string, limit time.Duration, rules ...string) fetch.Fault {
		var allow []fetch.Rule
		for _, r := range rules {
			allow = append(allow, rule(t, r))
		}
		return c.Do(t.Context(), fetch.Request{Method: "GET", URL: at + path}, allow, limit).Fault
	}
	port := at[strings.LastIndex(at, ":"):]
	for range 6 {
		if f := get("/", time.Minute, "http://*"+port); f != fetch.Private {
			t.Fatalf("without a rule for it: %q", f)
		}
		if f := get("/slow", 20*time.Millisecond, at); f != fetch.Timeout {
			t.Fatalf("without time: %q", f)
		}
	}
	if f := get("/", time.Minute, at); f != "" {
		t.Errorf("after others could not: %q", f)
	}
}

// Eight requests are at a host; the ninth waits its time and gives up. An answer is kept as long as the request says.
func TestPlacesAndCache(t *testing.T) {
	release, calls := make(chan struct{}), atomic.Int64{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		switch r.URL.Path {
		case "/wait":
			<-release
		case "/none":
			http.NotFound(w, r)
		}
	}))
	defer s.Close()
	now := time.Date(2026, 11, 2, 21, 30, 0, 0, time.UTC)
	c := fetch.New(fetch.Config{Now: func() time.Time { return now }})
	allow := []fetch.Rule{rule(t, s.URL)}
	done := make(chan fetch.Answer, 8)
	for range 8 {
		go func() {
			done <- c.Do(t.Context(), fetch.Request{Method: "GET", URL: s.URL + "/wait"}, allow, time.Minute)
		}()
	}
	for calls.Load() < 8 {
		time.Sleep(time.Millisecond)
	}
	if a := c.Do(t.Context(), fetch.Request{Method: "GET", URL: s.URL}, allow, limit/10); a.Fault != fetch.Busy || calls.Load() != 8 {
		t.Errorf("the ninth: %q", a.Fault)
	}
	close(release)
	for range 8 {
		if a := <-done; a.Fault != "" {
			t.Error(a.Fault, a.Why)
		}
	}
	for range 2 { // a refusal is none that is kept
		if a := c.Do(t.Context(), fetch.Request{Method: "GET", URL: s.URL + "/none", Cache: time.Minute, CacheKey: "none"}, allow, time.Minute); a.Status != http.StatusNotFound || a.Cached {
			t.Errorf("%d, kept: %v", a.Status, a.Cached)
		}
	}
	kept := func(key string) bool {
		return c.Do(t.Context(), fetch.Request{Method: "GET", URL: s.URL, Cache: time.Minute, CacheKey: key}, allow, time.Minute).Cached
	}
	if kept("a") || !kept("a") || kept("b") {
		t.Error("an answer is not kept for its own key")
	}
	if now = now.Add(time.Minute); kept("a") {
		t.Error("an answer is kept too long")
	}
}
