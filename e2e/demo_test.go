package e2e_test

import (
	"bytes"
	"io"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// demo is a running `fanflow demo`.
type demo struct {
	t     *testing.T
	base  string // http://127.0.0.1:port
	token string // printed at the first start in a folder
	cmd   *exec.Cmd
	out   *output
	done  chan error
}

// output gathers what a process prints and tells when a line has come.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{}
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Write(p)
	select {
	case o.more <- struct{}{}:
	default:
	}
	return len(p), nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

var (
	printedAddress = regexp.MustCompile(`(?m)^\s*Address\s+(http://\S+?)/?\s*$`)
	printedToken   = regexp.MustCompile(`(?m)^\s*Login\s.*token (\S+)\s*$`)
)

// startDemo runs `fanflow demo` in dir on a free port and reads what it prints once it is ready. It is stopped with the test
// unless stop was called before.
func startDemo(t *testing.T, dir string) *demo {
	t.Helper()
	d := &demo{t: t, out: &output{more: make(chan struct{}, 1)}, done: make(chan error, 1)}
	d.cmd = exec.Command(binary, "demo", "--listen", "127.0.0.1:0", "--dir", dir)
	d.cmd.Stdout, d.cmd.Stderr = d.out, d.out
	if err := d.cmd.Start(); err != nil {
		t.Fatalf("start the demo: %v", err)
	}
	go func() { d.done <- d.cmd.Wait() }()
	t.Cleanup(func() {
		if d.cmd != nil {
			d.stop()
		}
	})
	timeout := time.After(60 * time.Second)
	for !strings.Contains(d.out.String(), "Stop with Ctrl-C") {
		select {
		case <-d.out.more:
		case err := <-d.done:
			d.cmd = nil
			t.Fatalf("the demo ended (%v) and said:\n%s", err, d.out)
		case <-timeout:
			t.Fatalf("the demo was not ready in time; it said:\n%s", d.out)
		}
	}
	text := d.out.String()
	address := printedAddress.FindStringSubmatch(text)
	if address == nil {
		t.Fatalf("no address in what the demo printed:\n%s", text)
	}
	d.base = address[1]
	if token := printedToken.FindStringSubmatch(text); token != nil {
		d.token = token[1]
	}
	return d
}

// stop ends the demo as Ctrl-C does; it must end in order, with status 0 and, built with -race, without a race.
func (d *demo) stop() {
	d.t.Helper()
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		d.t.Errorf("stop the demo: %v", err)
	}
	select {
	case err := <-d.done:
		if err != nil {
			d.t.Errorf("the demo ended with %v", err)
		}
	case <-time.After(30 * time.Second):
		d.t.Error("the demo did not stop; it is killed")
		if err := d.cmd.Process.Kill(); err != nil {
			d.t.Error(err)
		}
		<-d.done
	}
	d.cmd = nil
	if d.t.Failed() {
		d.t.Logf("the demo said:\n%s", d.out)
	}
}

// request sends a request with the admin token and gives status and body.
func (d *demo) request(method, path string, header http.Header, body []byte) (int, []byte) {
	d.t.Helper()
	req, err := http.NewRequest(method, d.base+path, bytes.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+d.token)
	for name, values := range header {
		req.Header[name] = values
	}
	client := http.Client{Timeout: 60 * time.Second} // moving the clock may take a while
	resp, err := client.Do(req)
	if err != nil {
		d.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		d.t.Fatalf("%s %s: %v", method, path, err)
	}
	return resp.StatusCode, answer
}
