package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/spf13/cobra"

	"fanflow/examples"
	"fanflow/store"
	"fanflow/wechat/simulator"
)

type demoFlags struct {
	listen, dir, config string
	empty, anyMedia     bool
	dev                 devFlags
}

func demoCommand() *cobra.Command {
	var f demoFlags
	c := &cobra.Command{
		Use:   "demo",
		Short: "Try everything on this machine: simulated platform, example campaigns, UI",
		Long: "demo runs the service, a simulated WeChat platform and the web UI on one port, with example campaigns.\n" +
			"Nothing leaves this machine. Without --dir everything is gone when it stops.",
		Example: "  fanflow demo\n  fanflow demo --dir ./demo --listen 127.0.0.1:9000",
		Args:    noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if !c.Flags().Changed("listen") {
				f.listen = wantedListen(f)
			}
			return demo(c.Context(), f, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	c.Flags().StringVar(&f.listen, "listen", "127.0.0.1:8080", "address to listen on; port 0 takes a free one")
	c.Flags().StringVar(&f.dir, "dir", "", "folder that keeps the demo's data (default: a temporary one)")
	c.Flags().StringVar(&f.config, "config", "", "take the accounts and the admin token from this file")
	c.Flags().BoolVar(&f.empty, "empty", false, "without the example campaigns")
	f.dev.add(c)
	anyMediaFlag(c, &f.anyMedia)
	return c
}

func demo(ctx context.Context, f demoFlags, out, errOut io.Writer) error {
	ln, err := listen(f.listen, "--listen")
	if err != nil {
		return err
	}
	dir, temporary, err := demoDir(f.dir)
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	if temporary {
		defer os.RemoveAll(dir)
	}
	cfg, fresh, err := demoConfig(f, dir, "http://"+ln.Addr().String())
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	if err := f.dev.check(cfg); err != nil {
		return errors.Join(err, ln.Close())
	}
	return playDemo(ctx, demoRun{flags: f, dir: dir, cfg: cfg, printToken: fresh, out: out, errOut: errOut}, ln)
}

// demoDir gives the folder to work in, and whether it is to be removed at the end.
func demoDir(dir string) (string, bool, error) {
	if dir == "" {
		tmp, err := os.MkdirTemp("", "fanflow-demo-")
		return tmp, true, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", false, usagef("--dir: %w", err)
	}
	return dir, false, nil
}

// wantedListen is where the demo listens when no flag says so: FANFLOW_LISTEN, else the address of --config, else the usual one.
func wantedListen(f demoFlags) string {
	if addr := os.Getenv("FANFLOW_LISTEN"); addr != "" {
		return addr
	}
	if c, err := loadConfig(f.config, nil); f.config != "" && err == nil {
		return c.Listen
	}
	return f.listen
}

// demoConfig takes the accounts of --config, else those of DIR/fanflow.toml, else makes one. Address, data file and clock are this
// run's, whatever the files say, and what holds is written to DIR/fanflow.toml, so that the other commands can be given that
// file. fresh says that the admin token was made just now and nobody knows it yet.
func demoConfig(f demoFlags, dir, base string) (cfg *Config, fresh bool, err error) {
	own := filepath.Join(dir, "fanflow.toml")
	from := f.config
	if from == "" {
		from = own
	}
	text, err := os.ReadFile(from)
	if errors.Is(err, fs.ErrNotExist) && from == own {
		text, fresh, err = demoToml(), os.Getenv("FANFLOW_ADMIN_TOKEN") == "", nil
	}
	if err != nil {
		return nil, false, usagef("cannot read the configuration: %v", err)
	}
	data, err := filepath.Abs(filepath.Join(dir, "fanflow.db")) // the file is read from other folders too
	if err != nil {
		return nil, false, fmt.Errorf("find the data folder: %w", err)
	}
	environ := append(os.Environ(), "FANFLOW_CLOCK=simulator", "FANFLOW_PUBLIC_URL="+base, "FANFLOW_DATA="+data, "FANFLOW_LISTEN="+strings.TrimPrefix(base, "http://"))
	for _, name := range accountNames(string(text)) {
		environ = append(environ, "FANFLOW_ACCOUNT_"+envName(name)+"_API_BASE="+base)
	}
	if cfg, err = parseConfig(from, string(text), environ); err != nil {
		return nil, false, err
	}
	if sameFile(f.config, own) {
		return cfg, fresh, nil // the operator's own file is not written over
	}
	return cfg, fresh, writeConfig(own, cfg)
}

func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// writeConfig keeps a configuration as a file that only its owner may read.
func writeConfig(path string, cfg *Config) error {
	var b bytes.Buffer
	b.WriteString("# Written by 'fanflow demo' at every start. The simulated platform and the service both live at this address.\n")
	enc := toml.NewEncoder(&b)
	enc.Indent = ""
	if err := enc.Encode(cfg); err != nil {
		return fmt.Errorf("write the demo's configuration: %w", err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		return fmt.Errorf("write the demo's configuration: %w", err)
	}
	return nil
}

// demoToml is the account of a demo that was given none.
func demoToml() []byte {
	return fmt.Appendf(nil, `admin_token = %q

[[account]]
name        = "demo"
title       = "fanflow 演示"
type        = "service"
app_id      = "wxdemo0000000000"
app_secret  = %q
token       = %q
hook_secret = %q
verified    = true

[account.templates]
COUPON_EXPIRING = "DEMO_COUPON_EXPIRING_0000000000000000000000"
`, rand.Text(), rand.Text(), rand.Text(), rand.Text())
}

type demoRun struct {
	flags       demoFlags
	dir         string
	cfg         *Config
	printToken  bool
	out, errOut io.Writer
}

// playDemo runs simulator and service behind one address until ctx ends.
func playDemo(ctx context.Context, d demoRun, ln net.Listener) error {
	sim, err := newSimulator(d.cfg, playing{
		state: filepath.Join(d.dir, "simulator.db"), anyMedia: d.flags.anyMedia, start: daytime(time.Now().In(d.cfg.Accounts[0].location)),
	}, d.errOut)
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	a, err := openApp(ctx, d.cfg, newLogger(d.cfg.masked(d.errOut)), true)
	if err != nil {
		return errors.Join(err, sim.Close(), ln.Close())
	}
	if d.flags.dev.dir != "" {
		a.watch = newWatcher(a, d.flags.dev.dir, d.cfg.masked(d.errOut))
	}
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	go func() {
		if err := sim.Run(work); err != nil && work.Err() == nil {
			a.logger.Error("the simulated platform", "err", err)
		}
	}()
	err = runApp(ctx, a, ln, besideSimulator(sim, a.handler), func() {
		if !d.flags.empty {
			if err := loadExamples(ctx, a); err != nil {
				a.logger.Error("load the example campaigns", "err", err)
			}
		}
		d.greet(ln.Addr().String())
	})
	stop()
	return errors.Join(err, sim.Close())
}

// daytime is when a fresh demo's clock begins: now, or noon where it is early. The example reminds at ten in the morning of the
// sixth day, and "six days later" shall show it at whatever hour somebody tries.
func daytime(now time.Time) time.Time {
	if now.Hour() >= 10 {
		return now
	}
	return time.Date(now.Year(), now.Month(), now.Day(), 12, 0, 0, 0, now.Location())
}

// platformPaths is how the paths begin that the platform has: control calls, the server API, files and pages.
var platformPaths = []string{
	"/sim/", "/cgi-bin/", "/sns/", "/connect/", "/customservice/", "/datacube/", "/wxaapi/", "/wxa/", "/mmbiz_", "/mmvideo/", "/mp/", "/s/",
}

// besideSimulator gives the platform's own paths to the simulator and all others to the service.
func besideSimulator(sim *simulator.Server, service http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, p := range platformPaths {
			if strings.HasPrefix(r.URL.Path, p) {
				sim.ServeHTTP(w, r)
				return
			}
		}
		service.ServeHTTP(w, r)
	})
}

// loadExamples publishes the example scripts that the data file has never seen; what was edited since stays.
func loadExamples(ctx context.Context, a *app) error {
	account := a.cfg.Accounts[0].Name
	for _, e := range examples.All() {
		id := store.ScriptID{Account: account, Kind: e.Kind, Name: e.Name}
		if e.Kind == store.KindPlugin {
			id.Account = ""
		}
		if _, err := a.store.Script(ctx, id, 0); err == nil {
			continue
		} else if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		s, err := a.engine.Push(ctx, account, e.Kind, e.File, e.Source, "demo")
		if err != nil {
			return fmt.Errorf("%s: %w", e.File, err)
		}
		if _, err := a.engine.Publish(ctx, s.ScriptID, s.Version, "demo"); err != nil {
			return fmt.Errorf("publish %s: %w", e.File, err)
		}
	}
	return a.setEntries(ctx, account)
}

func (d demoRun) greet(addr string) {
	login := "sign in with the admin_token that stands in " + filepath.Join(d.dir, "fanflow.toml")
	if d.printToken {
		login = "sign in with the token " + d.cfg.AdminToken
	}
	kept := d.dir
	if d.flags.dir == "" {
		kept += " (removed when the demo stops; keep it with --dir)"
	}
	fmt.Fprintf(d.out, `fanflow demo is ready.

  Address  http://%[1]s/
  Login    %[2]s
  Data     %[3]s

Three things to try:
  1. Open http://%[1]s/phone, become a fan, and answer the welcome with 1: a coupon code comes back.
  2. Move the clock on by six days: the reminder arrives as a template card.
  3. Look at http://%[1]s/flows: the funnel counts every fan, and each has a timeline.

Stop with Ctrl-C.
`, addr, login, kept)
}
