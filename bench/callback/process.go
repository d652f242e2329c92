package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// server is a process that is measured.
type server struct {
	base string // of its URL
	cmd  *exec.Cmd
}

// start runs a server that prints its address in the first line.
func start(cmd *exec.Cmd) (server, error) {
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return server{}, err
	}
	if err := cmd.Start(); err != nil {
		return server{}, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return server{}, fmt.Errorf("%s did not say where it listens: %w\n%s", cmd.Path, errors.Join(err, cmd.Wait()), stderr.Bytes())
	}
	return server{strings.TrimPrefix(strings.TrimSpace(line), "listening on "), cmd}, nil
}

// stop ends the process; the figures are taken, so how it ends is of no interest.
func (s server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	_ = s.cmd.Wait()
}

// cpu is the processor time that the process has used, its own and the kernel's for it; 0 where there is no /proc.
func (s server) cpu() time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	// The name, in brackets, may hold anything. Of what follows it the 12th and 13th are the two times, in hundredths of a
	// second. Source: man 5 proc_pid_stat
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	var ticks int64
	for _, field := range fields[11:13] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
