package simulator

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"fanflow/wechat/crypt"
)

// Server is one simulated platform with its accounts. It is an http.Handler and safe for concurrent use. Fans act side by
// side; while the clock is being moved they wait.
type Server struct {
	cfg       Config
	accounts  map[string]*account // by AppID
	apps      []string            // AppIDs in order
	endpoints map[string]endpoint // by path
	clock     *clock
	gate      gate     // fans and due work on one side, a moving clock on the other
	work      activity // pushes and API calls
	due       jobs     // result events that are to come
	ids       ids
	rids      ridLog
	file      *stateFile
	spill     *spill
	shelf     *shelf
	sim       http.Handler // /sim/…

	address atomic.Value // string: where fans were last played from, as http://host:port; for the pictures they send

	life context.Context // ends with Close
	end  context.CancelFunc
	busy sync.WaitGroup // advances of the clock that outlive their request
}

// New makes a simulated platform. With a StateFile it takes up what is kept there; the file must not be in use by another
// simulator. Run has to be called for result events to come while the clock runs.
func New(c Config) (*Server, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	c = c.withDefaults()
	s := &Server{cfg: c, accounts: map[string]*account{}, endpoints: endpointTable(), clock: newClock(c.Start), ids: newIDs(time.Now())}
	s.life, s.end = context.WithCancel(context.Background())
	s.due.poke = make(chan struct{}, 1)
	s.rids.reset(nil)
	s.spill = &spill{logger: c.Logger}
	if c.StateFile != "" {
		s.spill.path = c.StateFile + ".inbox"
	}
	s.shelf = newShelf(c.StateFile)
	for _, a := range c.Accounts {
		acc := &account{Account: a, mode: a.mode(), original: originalID(a.AppID), spill: s.spill}
		if a.AESKey != "" {
			key, err := crypt.ParseKey(a.AESKey)
			if err != nil {
				return nil, fmt.Errorf("simulator: account %q: %w", a.Name, err)
			}
			acc.key = key
		}
		acc.shelf, acc.now = s.shelf, s.Now
		acc.reset()
		s.accounts[a.AppID] = acc
		s.apps = append(s.apps, a.AppID)
	}
	slices.Sort(s.apps)
	file, err := openState(c.StateFile, c.Logger, s.restore)
	if err != nil {
		return nil, fmt.Errorf("simulator: state file %s: %w", c.StateFile, err)
	}
	if err := s.sweepShelf(); err != nil {
		return nil, errors.Join(fmt.Errorf("simulator: sweep the media of %s: %w", c.StateFile, err), file.close())
	}
	s.due.restored()
	s.resumeMasses()
	s.file, s.ids.file, s.rids.file = file, file, file
	for _, a := range s.accounts {
		a.file = file
	}
	if err := s.compact(); err != nil {
		return nil, errors.Join(fmt.Errorf("simulator: state file %s: %w", c.StateFile, err), file.close(), s.spill.close())
	}
	if file.larger(largeState) {
		debug.FreeOSMemory() // what reading it left behind is as large as what was read
	}
	s.sim = s.controlRoutes()
	return s, nil
}

// Now is the simulator's time in UTC, to the millisecond. It stands still while the clock is being moved.
func (s *Server) Now() time.Time { return s.clock.now() }

// ServeHTTP serves the platform's API and the control calls.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/sim/") {
		s.serveControl(w, r)
		return
	}
	if !s.servePage(w, r) {
		s.serveAPI(w, r)
	}
}

// largeState is the size in bytes of a state file that is worth a collection of garbage after it was read.
const largeState = 16 << 20

// compactAt is the size in bytes at which a running server rewrites its state file, if it has doubled since the last time.
const compactAt = 64 << 20

// Run pushes result events as they fall due while the clock runs, and keeps the state file small, until ctx ends. What falls
// due while the clock is being moved is part of that move.
func (s *Server) Run(ctx context.Context) error {
	for {
		if err := s.gate.enter(ctx); err != nil {
			return nil
		}
		s.runDue(ctx, s.Now())
		var err error
		if s.file.outgrown(compactAt) { // inside the gate: jobs taken out of the queue would be missing
			err = s.compact()
		}
		s.gate.leave()
		if err != nil {
			return fmt.Errorf("simulator: rewrite the state file: %w", err)
		}
		timer := time.NewTimer(s.untilDue())
		select {
		case <-ctx.Done():
		case <-s.due.poke:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// untilDue is the wall time to the next due job, at most an hour.
func (s *Server) untilDue() time.Duration {
	next := s.due.next()
	if next.IsZero() {
		return time.Hour
	}
	return min(max(next.Sub(s.Now()), 0), time.Hour)
}

// Close ends pushes and moves of the clock in flight and closes the state file. It returns the first error that writing the
// state file had. A second Close does nothing.
func (s *Server) Close() error {
	s.end()
	s.busy.Wait()
	return errors.Join(s.file.close(), s.shelf.close(), s.spill.close())
}

// newPushClient is an HTTP client as the platform's push servers are: many connections, no redirects, no time-out of its own.
func newPushClient() *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.Proxy = nil
	t.MaxIdleConns, t.MaxIdleConnsPerHost = 0, 256
	return &http.Client{
		Transport:     t,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
