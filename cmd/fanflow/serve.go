package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

func serveCommand() *cobra.Command {
	var config string
	var dev devFlags
	c := &cobra.Command{
		Use:     "serve --config FILE",
		Short:   "Run the service",
		Example: "  fanflow serve --config fanflow.toml\n  fanflow serve --config fanflow.toml --dev ./scripts",
		Args:    noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := loadConfig(config, os.Environ())
			if err != nil {
				return err
			}
			if err := dev.check(cfg); err != nil {
				return err
			}
			return serve(c.Context(), cfg, dev, c.ErrOrStderr())
		},
	}
	c.Flags().StringVar(&config, "config", "", "the configuration file")
	dev.add(c)
	return c
}

func newLogger(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }

// serve runs the service until ctx ends.
func serve(ctx context.Context, cfg *Config, dev devFlags, out io.Writer) error {
	out = cfg.masked(out)
	logger := newLogger(out)
	ln, err := listen(cfg.Listen, cfg.file+": listen")
	if err != nil {
		return err
	}
	a, err := openApp(ctx, cfg, logger, false)
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	if dev.dir != "" {
		a.watch = newWatcher(a, dev.dir, out)
	}
	return runApp(ctx, a, ln, a.handler, func() { logger.Info("fanflow is ready", "address", "http://"+ln.Addr().String()) })
}

// listen opens the address, or says in one line who gave it and how to mend it.
func listen(addr, key string) (net.Listener, error) {
	ln, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s: %s is in use by another program; stop that one or choose another address", key, addr)
	}
	if err != nil {
		return nil, usagef("%s: cannot listen on %q: %w; write it as host:port", key, addr, err)
	}
	return ln, nil
}

// runApp serves handler on ln and works until ctx ends, then stops in order: no new requests and orders of the clock, what
// runs is finished, the data file is closed.
func runApp(ctx context.Context, a *app, ln net.Listener, handler http.Handler, ready func()) error {
	if err := a.engine.Recover(ctx); err != nil {
		return errors.Join(err, a.close(ctx), ln.Close())
	}
	if err := a.checkSettings(ctx); err != nil {
		return errors.Join(err, a.close(ctx), ln.Close())
	}
	a.served = true
	if names := a.cfg.unheard; len(names) > 0 {
		a.logger.Warn("variables of the environment for accounts that the configuration does not have; see how the names are spelt", "file", a.cfg.file, "variables", names)
	}
	for i := range a.cfg.Accounts {
		if keys := a.cfg.Accounts[i].unheeded(); len(keys) > 0 {
			a.logger.Warn("settings that this version understands and does not follow yet", "account", a.cfg.Accounts[i].Name, "keys", keys)
		}
	}
	a.starting.Store(true)
	server := newServer(handler, a.logger)
	failed := make(chan error, 2)
	go func() {
		if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			failed <- fmt.Errorf("serve HTTP: %w", err)
		}
	}()
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := a.run(work); err != nil && work.Err() == nil {
			failed <- err
		}
	})
	a.awaitClock(ctx)
	a.starting.Store(false)
	ready()

	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	stop()
	wg.Wait()
	if e := server.Shutdown(ending); e != nil {
		err = errors.Join(err, fmt.Errorf("end the open requests: %w", e))
	}
	return errors.Join(err, a.close(ending))
}

// checkSettings refuses to serve with settings that do not fit the plugins that are published.
func (a *app) checkSettings(ctx context.Context) error {
	wrong, err := a.engine.CheckSettings(ctx)
	switch {
	case err != nil:
		return err
	case len(wrong) == 0:
		return a.unusedSettings(ctx)
	case len(wrong) == 1:
		return usagef("%s: %s", a.cfg.file, wrong[0])
	}
	return usagef("%s: %s, and %d more", a.cfg.file, wrong[0], len(wrong)-1)
}

// unusedSettings warns of settings for plugins that are not published: they are not yet, or the name is misspelt.
func (a *app) unusedSettings(ctx context.Context) error {
	unused, err := a.engine.UnusedSettings(ctx)
	if err != nil {
		return err
	}
	if len(unused) > 0 {
		a.logger.Warn("settings for plugins that are not published; publish them or see how their names are spelt", "file", a.cfg.file, "plugins", unused)
	}
	return nil
}

// awaitClock waits a moment for the simulator's time, so that the first push is not taken for one from another day.
func (a *app) awaitClock(ctx context.Context) {
	if a.follow == nil {
		return
	}
	select {
	case <-a.follow.ready:
	case <-time.After(5 * time.Second):
	case <-ctx.Done():
	}
}

func newServer(h http.Handler, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
}
