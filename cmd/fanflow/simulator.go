package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/spf13/cobra"

	"fanflow/wechat/simulator"
)

func simulatorCommand() *cobra.Command {
	var config, addr, state, mode string
	var anyMedia bool
	c := &cobra.Command{
		Use:     "simulator --config FILE [--listen ADDR]",
		Short:   "Run the simulated WeChat platform alone, for the accounts of the same file",
		Example: "  fanflow simulator --config fanflow.toml --listen 127.0.0.1:9090",
		Args:    noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := loadConfig(config, os.Environ())
			if err != nil {
				return err
			}
			if addr == "" {
				if addr, err = hostPort(cfg.Accounts[0].APIBase); err != nil {
					return usagef("%s: api_base: %w; say where to listen with --listen", cfg.file, err)
				}
			}
			switch mode {
			case "", "plain", "compatible", "safe":
			default:
				return usagef("--mode %q is none of plain, compatible and safe", mode)
			}
			return playPlatform(c.Context(), cfg, playing{addr: addr, state: state, mode: mode, anyMedia: anyMedia}, c.ErrOrStderr())
		},
	}
	c.Flags().StringVar(&config, "config", "", "the configuration file of the service")
	c.Flags().StringVar(&addr, "listen", "", "address to listen on (default: host and port of api_base)")
	c.Flags().StringVar(&state, "state", "", "file that keeps the platform's state (default: in memory)")
	c.Flags().StringVar(&mode, "mode", "", "how pushes come: plain, compatible or safe (default: safe for accounts with an aes_key)")
	anyMediaFlag(c, &anyMedia)
	return c
}

// anyMediaFlag lets flows with the media ids of the real account be played.
func anyMediaFlag(c *cobra.Command, on *bool) {
	c.Flags().BoolVar(on, "any-media", false, "take every media id in replies, also what was never uploaded to the simulated platform")
}

// playing is how the simulated platform runs.
type playing struct {
	addr  string // where it listens
	state string // its state file; empty: memory
	mode  string // of all accounts; empty: as each has an aes_key or not
	// anyMedia takes media ids in replies that the simulated platform does not know, such as those of the real account.
	anyMedia bool
	start    time.Time // when its clock begins, if no state says otherwise; zero: now
}

// hostPort is where a URL's server listens.
func hostPort(base string) (string, error) {
	u, err := url.Parse(base)
	if err != nil {
		return "", err
	}
	if u.Port() != "" {
		return u.Host, nil
	}
	if u.Scheme == "https" {
		return "", fmt.Errorf("%s is no address the simulator can listen on", base)
	}
	return u.Host + ":80", nil
}

// newSimulator plays the platform for the accounts of cfg.
func newSimulator(cfg *Config, p playing, out io.Writer) (*simulator.Server, error) {
	sc := simulator.Config{PublicURL: cfg.PublicURL, StateFile: p.state, Start: p.start, Logger: newLogger(out)}
	sc.Switches.AnyMedia = p.anyMedia
	for i := range cfg.Accounts {
		c := &cfg.Accounts[i]
		a := simulator.Account{
			Name: c.Name, Type: c.Type, AppID: c.AppID, AppSecret: c.AppSecret, Token: c.Token, AESKey: c.AESKey, Mode: p.mode, Verified: c.Verified, Test: c.Test,
		}
		for _, id := range c.Templates {
			a.Templates = append(a.Templates, id)
		}
		sc.Accounts = append(sc.Accounts, a)
	}
	sim, err := simulator.New(sc)
	if wrong := new(json.UnmarshalTypeError); errors.As(err, &wrong) {
		return nil, fmt.Errorf("%w; another version of fanflow wrote this file: move it away, and the platform begins anew", err)
	}
	return sim, err
}

// playPlatform serves the simulator until ctx ends.
func playPlatform(ctx context.Context, cfg *Config, p playing, out io.Writer) error {
	logger := newLogger(out)
	ln, err := listen(p.addr, "--listen")
	if err != nil {
		return err
	}
	sim, err := newSimulator(cfg, p, out)
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	server := newServer(sim, logger)
	failed := make(chan error, 2)
	go func() { failed <- server.Serve(ln) }()
	go func() {
		if err := sim.Run(work); err != nil && work.Err() == nil {
			failed <- err
		}
	}()
	logger.Info("the simulated platform is ready", "address", "http://"+ln.Addr().String())
	select {
	case <-ctx.Done():
		err = nil
	case err = <-failed:
		if errors.Is(err, http.ErrServerClosed) {
			err = nil
		}
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if e := server.Shutdown(ending); e != nil {
		_ = server.Close() // followers hold long polls open; they will come again
	}
	stop()
	return errors.Join(err, sim.Close())
}
