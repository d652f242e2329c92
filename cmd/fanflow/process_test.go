package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// binary is the program under test, built once for all tests that run it as a process.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "fanflow-test-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "fanflow")
	args := []string{"build", "-o", path}
	if raceDetector {
		args = append(args, "-race")
	}
	out, err := exec.Command("go", append(args, ".")...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := binary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// process is a running fanflow.
type process struct {
	t    testing.TB
	cmd  *exec.Cmd
	out  *syncBuffer
	done chan error
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// start runs fanflow with args; it is stopped at the end of the test if nobody has.
func start(t testing.TB, args ...string) *process {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: exec.Command(path, args...), out: &syncBuffer{}, done: make(chan error, 1)}
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.done <- p.cmd.Wait() }()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("fanflow %s said:\n%s", strings.Join(args, " "), tail(p.out.String(), 8000))
		}
	})
	return p
}

func tail(s string, n int) string { return s[max(0, len(s)-n):] }

// kill ends the process as a power cut would.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	select {
	case err := <-p.done:
		p.done <- err
	case <-time.After(10 * time.Second):
		p.t.Error("a killed process does not end")
	}
}

// stop asks the process to end and gives its exit code.
func (p *process) stop() int {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	return p.wait()
}

// wait gives the exit code of a process that ends by itself.
func (p *process) wait() int {
	p.t.Helper()
	select {
	case err := <-p.done:
		p.done <- err
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(60 * time.Second):
		p.t.Fatal("the process does not end")
		return -1
	}
}

// ready waits until the service answers.
func (p *process) ready(base string) {
	p.t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	for time.Now().Before(deadline) {
		res, err := http.Get(base + "/readyz")
		if err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case err := <-p.done:
			p.done <- err
			p.t.Fatalf("the process ended before it was ready: %v\n%s", err, p.out)
		case <-time.After(10 * time.Millisecond):
		}
	}
	p.t.Fatalf("not ready after a minute:\n%s", p.out)
}

// said waits until the process has printed text.
func (p *process) said(text string) {
	p.t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	for !strings.Contains(p.out.String(), text) {
		select {
		case err := <-p.done:
			p.done <- err
			p.t.Fatalf("the process ended without saying %q: %v\n%s", text, err, p.out)
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("%q was not said:\n%s", text, p.out)
		}
	}
}

// freeAddr is an address that nobody listens on just now.
func freeAddr(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// command runs fanflow to its end and gives what it printed and its exit code.
func command(t testing.TB, args ...string) (string, int) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// client speaks to a service and to the simulated platform.
type client struct {
	t             testing.TB
	service, sim  string // base URLs
	account, app  string
	token, secret string
}

func (c *client) request(method, url string, in any, header map[string]string) (int, []byte) {
	c.t.Helper()
	var body io.Reader
	switch v := in.(type) {
	case nil:
	case []byte:
		body = bytes.NewReader(v)
	default:
		b, err := json.Marshal(v)
		if err != nil {
			c.t.Fatal(err)
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(c.t.Context(), method, url, body)
	if err != nil {
		c.t.Fatal(err)
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return res.StatusCode, text
}

// json asks and decodes, and fails the test on anything but 2xx.
func (c *client) json(method, url string, in, out any) {
	c.t.Helper()
	code, text := c.request(method, url, in, map[string]string{"Authorization": "Bearer " + c.token})
	if code/100 != 2 {
		c.t.Fatalf("%s %s: %d %s", method, url, code, text)
	}
	if out != nil {
		if err := json.Unmarshal(text, out); err != nil {
			c.t.Fatalf("%s %s: %v in %s", method, url, err, text)
		}
	}
}

// item is what a fan has received.
type item struct {
	Kind       string            `json:"kind"`
	At         time.Time         `json:"at"`
	MsgType    string            `json:"msgtype"`
	Content    string            `json:"content"`
	TemplateID string            `json:"template_id"`
	Data       map[string]string `json:"data"`
}

// do plays the fan and gives what the fan sees of it at once.
func (c *client) do(fan string, action any) []item {
	c.t.Helper()
	var r struct {
		Seen []item `json:"seen"`
	}
	c.json("POST", c.sim+"/sim/"+c.app+"/fans/"+fan+"/do", action, &r)
	return r.Seen
}

func (c *client) inbox(fan string) []item {
	c.t.Helper()
	var r struct {
		Items []item `json:"items"`
	}
	c.json("GET", c.sim+"/sim/"+c.app+"/fans/"+fan+"/inbox", nil, &r)
	return r.Items
}

func (c *client) advance(span string) {
	c.t.Helper()
	c.json("POST", c.sim+"/sim/clock", map[string]string{"advance": span}, nil)
}

func (c *client) api(path string, out any) {
	c.t.Helper()
	c.json("GET", c.service+"/api/v1/accounts/"+c.account+path, nil, out)
}

// expect fails unless one of the items is of the kind and holds the text.
func expect(t testing.TB, items []item, kind, text string) {
	t.Helper()
	for _, i := range items {
		if i.Kind == kind && (strings.Contains(i.Content, text) || strings.Contains(i.TemplateID, text)) {
			return
		}
	}
	t.Fatalf("no %s with %q among %+v", kind, text, items)
}
