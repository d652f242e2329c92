package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// server is one of the programs under measurement, a process of its own.
type server struct {
	name     string
	base     string // http://host:port
	yard     bool   // answers anything with an empty 200
	dataFile string
	cmd      *exec.Cmd
	log      *bytes.Buffer
}

func startAll(ctx context.Context, dir, bin string, c aCase) (started []*server, err error) {
	for _, start := range []func(context.Context, string, string, aCase) (*server, error){startFanflow, startUndurable, startEmpty} {
		v, err := start(ctx, dir, bin, c)
		if v != nil {
			started = append(started, v)
		}
		if err != nil {
			return started, err
		}
	}
	return started, nil
}

// startFanflow publishes the case's flow in a new data file and serves it.
func startFanflow(ctx context.Context, dir, bin string, c aCase) (*server, error) {
	addr, err := freePort()
	if err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "fanflow.toml")
	data := filepath.Join(dir, "fanflow.db")
	text := fmt.Sprintf(`listen = %q
data = %q
admin_token = "bench"
public_url = "http://%[1]s"

[[account]]
name = "bench"
type = "service"
app_id = "wxbench0000000000"
app_secret = "bench"
token = "bench"
aes_key = %[3]q
api_base = "http://127.0.0.1:1" # nothing is sent
hook_secret = "bench"
time_zone = "Asia/Shanghai"
verified = true
`, addr, data, c.key)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, err
	}
	program := filepath.Join(bin, "fanflow")
	if out, err := exec.CommandContext(ctx, program, "flow", "push", c.flow, "--publish", "--config", config).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("publish %s: %w\n%s", c.flow, err, out)
	}
	v := &server{name: "fanflow serve", base: "http://" + addr, dataFile: data, log: &bytes.Buffer{}}
	v.cmd = exec.CommandContext(ctx, program, "serve", "--config", config)
	v.cmd.Stdout, v.cmd.Stderr = v.log, v.log
	if err := v.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start fanflow serve: %w", err)
	}
	return v, v.ready(ctx)
}

// ready waits until the service says that it is.
func (v *server) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, v.base+"/readyz", nil)
		if err != nil {
			return err
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s was not ready in time; it said:\n%s", v.name, v.log)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func startUndurable(ctx context.Context, _, bin string, c aCase) (*server, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "undurable"), "-store", "nosync", "-aes-key", c.key, c.flow)
	return startYardstick(&server{name: "undurable, nosync"}, cmd)
}

func startEmpty(ctx context.Context, _, bin string, _ aCase) (*server, error) {
	return startYardstick(&server{name: "empty 200", yard: true}, exec.CommandContext(ctx, filepath.Join(bin, "empty")))
}

// startYardstick starts a program that prints its address in the first line.
func startYardstick(v *server, cmd *exec.Cmd) (*server, error) {
	v.log = &bytes.Buffer{}
	v.cmd, cmd.Stderr = cmd, v.log
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", v.name, err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		err = errors.Join(err, cmd.Wait())
		return nil, fmt.Errorf("%s did not say where it listens: %w\n%s", v.name, err, v.log)
	}
	v.base = strings.TrimPrefix(strings.TrimSpace(line), "listening on ")
	return v, nil
}

// stop ends the process; the figures are taken, so how it ends is of no interest.
func (v *server) stop() {
	_ = v.cmd.Process.Signal(syscall.SIGTERM)
	_ = v.cmd.Wait()
}

// freePort finds an address that nobody listens on now.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// memory of a server in MiB: what it holds itself, and the part of its files (bbolt maps its data file) in memory.
type memory struct {
	Server   string  `json:"server"`
	Anon     float64 `json:"rss_anon_mib"`
	File     float64 `json:"rss_file_mib"`
	DataFile float64 `json:"data_file_mib"`
}

func (v *server) memory() (memory, error) {
	m := memory{Server: v.name}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", v.cmd.Process.Pid))
	if err != nil {
		return m, err
	}
	for line := range strings.SplitSeq(string(status), "\n") {
		name, value, _ := strings.Cut(line, ":")
		kib, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 64)
		switch {
		case err != nil:
		case name == "RssAnon":
			m.Anon = kib / 1024
		case name == "RssFile":
			m.File = kib / 1024
		}
	}
	if v.dataFile != "" {
		info, err := os.Stat(v.dataFile)
		if err != nil {
			return m, err
		}
		m.DataFile = float64(info.Size()) / (1 << 20)
	}
	return m, nil
}
