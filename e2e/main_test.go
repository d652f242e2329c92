// Package e2e_test plays a newcomer: it starts the built binary and uses it in a real browser, as the README says.
package e2e_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

var (
	binary  string          // fanflow, built from this checkout
	browser context.Context // one Chromium for all tests; each test has a tab of its own
	shots   string          // folder for screenshots
)

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "fanflow-e2e-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	if shots, err = shotsFolder(dir); err != nil {
		return 1, err
	}
	binary = filepath.Join(dir, "fanflow")
	args := []string{"build", "-o", binary}
	if raceEnabled {
		args = append(args, "-race")
	}
	build := exec.Command("go", append(args, "./cmd/fanflow")...)
	build.Dir = ".."
	if out, err := build.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("build fanflow: %w\n%s", err, out)
	}
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), browserOptions()...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()
	browser = ctx
	if err := chromedp.Do(browser); err != nil { // no time-out here: the browser would end with it
		return 1, fmt.Errorf("start Chromium (make deps installs it): %w", err)
	}
	return m.Run(), nil
}

// shotsFolder is $E2E_SHOTS, where screenshots stay, or a folder that goes with the test.
func shotsFolder(dir string) (string, error) {
	if keep := os.Getenv("E2E_SHOTS"); keep != "" {
		abs, err := filepath.Abs(keep)
		if err != nil {
			return "", err
		}
		return abs, os.MkdirAll(abs, 0o755)
	}
	shots := filepath.Join(dir, "shots")
	return shots, os.Mkdir(shots, 0o755)
}

func browserOptions() []chromedp.ExecAllocatorOption {
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-domain-reliability", true),
		chromedp.Flag("no-pings", true),
		chromedp.Flag("lang", "en"),
		chromedp.WindowSize(1280, 900),
	)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium refuses root otherwise
	}
	return options
}
