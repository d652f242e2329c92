package callback_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"fanflow/wechat"
	"fanflow/wechat/callback"
)

// receiver notes how it is called.
type receiver struct {
	answer func(*wechat.Push) (wechat.Reply, error)
	mu     sync.Mutex
	calls  []string
}

func newReceiver(answer func(*wechat.Push) (wechat.Reply, error)) *receiver {
	return &receiver{answer: answer}
}

func (r *receiver) note(call string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, call)
}

func (r *receiver) log() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.calls)
}

func (r *receiver) Receive(_ context.Context, p *wechat.Push) (wechat.Reply, error) {
	r.note("receive " + p.MsgID)
	return r.answer(p)
}

func (r *receiver) Written(p *wechat.Push) { r.note("written " + p.MsgID) }

func (r *receiver) Late(_ context.Context, p *wechat.Push, reply wechat.Reply) error {
	r.note("late " + p.MsgID + " " + reply.Content)
	return nil
}

// slow answers after d.
func slow(d time.Duration) func(*wechat.Push) (wechat.Reply, error) {
	return func(p *wechat.Push) (wechat.Reply, error) {
		time.Sleep(d)
		return echo(p)
	}
}

// platform plays WeChat's part over connections in memory, so that a bubble's clock rules both ends.
type platform struct {
	t      *testing.T
	h      *callback.Handler
	client *http.Client
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
	start  time.Time

	mu       sync.Mutex
	outcomes []string
}

func (w *platform) Accept() (net.Conn, error) {
	select {
	case c := <-w.conns:
		return c, nil
	case <-w.closed:
		return nil, net.ErrClosed
	}
}

func (w *platform) Close() error   { w.once.Do(func() { close(w.closed) }); return nil }
func (w *platform) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// play runs a handler with a server inside the current bubble; the returned function ends both.
func play(t *testing.T, c callback.Config) (*platform, func()) {
	w := &platform{t: t, conns: make(chan net.Conn), closed: make(chan struct{}), start: time.Now()}
	c.Observe = func(o string) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.outcomes = append(w.outcomes, o)
	}
	w.h = handler(t, c)
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		w.conns <- there
		return here, nil
	}}
	w.client = &http.Client{Transport: transport, Timeout: 5 * time.Second} // WeChat's patience
	server := &http.Server{Handler: w.h}
	go func() { _ = server.Serve(w) }()
	return w, func() {
		transport.CloseIdleConnections()
		_ = server.Shutdown(context.Background())
		if err := w.h.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		synctest.Wait()
	}
}

// push makes one delivery and returns what WeChat reads: the reply's text, "success", "500", or "nothing".
func (w *platform) push(id int, content string) string {
	resp, err := w.client.Post("http://fans"+plainURL(token, now), "text/xml", strings.NewReader(textPush(id, content)))
	if err != nil {
		return "nothing"
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Error(err)
	}
	if resp.StatusCode != http.StatusOK {
		return strings.TrimSpace(resp.Status[:3] + string(body))
	}
	if p, err := wechat.Parse(body); err == nil {
		return p.Body.(*wechat.Text).Content
	}
	return string(body)
}

// at waits until d has passed since the start.
func (w *platform) at(d time.Duration) {
	time.Sleep(d - time.Since(w.start))
	synctest.Wait()
}

// seen gives the outcomes so far: the last one is told after its answer was read.
func (w *platform) seen() []string {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.outcomes)
}

func equal(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got)\n%s", what, diff)
	}
}

func TestDeliveriesInFlightShareOneRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(slow(2 * time.Second))
		w, end := play(t, callback.Config{Receiver: r})
		var wg sync.WaitGroup
		got := make([]string, 4)
		for i := range got {
			wg.Go(func() { got[i] = w.push(1+i/3, "hi") })
		}
		wg.Wait()
		synctest.Wait()
		equal(t, "answers", got, "echo hi", "echo hi", "echo hi", "echo hi")
		calls := r.log()
		slices.Sort(calls)
		equal(t, "calls", calls, "receive 1", "receive 2", "written 1", "written 2")
		end()
	})
}

func TestRepeatIsAnsweredFromMemoryForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(echo)
		w, end := play(t, callback.Config{Receiver: r})
		first := w.push(1, "hi")
		w.at(19 * time.Second)
		second := w.push(1, "hi")
		w.at(21 * time.Second)
		third := w.push(1, "hi")
		synctest.Wait()
		equal(t, "answers", []string{first, second, third}, "echo hi", "echo hi", "echo hi")
		equal(t, "calls", r.log(), "receive 1", "written 1", "receive 1", "written 1")
		equal(t, "outcomes", w.seen(), "ok", "joined", "ok")
		end()
	})
}

func TestSlowReplyIsGivenToTheNextDelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(slow(7 * time.Second))
		w, end := play(t, callback.Config{Receiver: r, AnswerOnRetry: true})
		got := []string{w.push(1, "hi")}
		if waited := time.Since(w.start); waited != 5*time.Second {
			t.Errorf("the first delivery was over after %v", waited)
		}
		got = append(got, w.push(1, "hi"))
		w.at(time.Minute)
		equal(t, "answers", got, "nothing", "echo hi")
		equal(t, "calls", r.log(), "receive 1", "written 1")
		equal(t, "outcomes", w.seen(), "retry-left-open", "joined")
		end()
	})
}

func TestReplyReadyAfterPatienceWaitsForTheNextDelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(slow(4800 * time.Millisecond))
		w, end := play(t, callback.Config{Receiver: r, AnswerOnRetry: true})
		got := []string{w.push(1, "hi"), w.push(1, "hi")}
		synctest.Wait()
		equal(t, "answers", got, "nothing", "echo hi")
		equal(t, "calls", r.log(), "receive 1", "written 1")
		end()
	})
}

func TestDeliveryLeftOpenEndsByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, end := play(t, callback.Config{Receiver: newReceiver(slow(10 * time.Second)), AnswerOnRetry: true})
		w.client.Timeout = 0 // somebody who waits longer than WeChat does
		got := w.push(1, "hi")
		if waited := time.Since(w.start); got != "nothing" || waited != 5500*time.Millisecond {
			t.Errorf("got %q after %v", got, waited)
		}
		end()
	})
}

func TestReplyThatMissesAllThreeIsLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(slow(20 * time.Second))
		w, end := play(t, callback.Config{Receiver: r, AnswerOnRetry: true})
		got := []string{w.push(1, "hi"), w.push(1, "hi"), w.push(1, "hi")}
		equal(t, "calls before", r.log(), "receive 1")
		w.at(21 * time.Second)
		equal(t, "calls", r.log(), "receive 1", "late 1 echo hi", "written 1")
		// What comes still is not answered with the reply: the fan would have it twice.
		got = append(got, w.push(1, "hi"))
		equal(t, "answers", got, "nothing", "nothing", "success", "success")
		equal(t, "outcomes", w.seen(), "retry-left-open", "retry-left-open", "success-first", "joined")
		end()
	})
}

func TestReplyForWhichNobodyComesAgainIsLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(slow(7 * time.Second))
		w, end := play(t, callback.Config{Receiver: r, AnswerOnRetry: true})
		got := []string{w.push(1, "hi")}
		w.at(14900 * time.Millisecond)
		equal(t, "calls before", r.log(), "receive 1")
		w.at(15 * time.Second)
		equal(t, "answers", got, "nothing")
		equal(t, "calls", r.log(), "receive 1", "late 1 echo hi", "written 1")
		end()
	})
}

func TestZeroReplyIsNeverLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(func(*wechat.Push) (wechat.Reply, error) {
			time.Sleep(7 * time.Second)
			return wechat.Reply{}, nil
		})
		w, end := play(t, callback.Config{Receiver: r, AnswerOnRetry: true})
		w.push(1, "hi")
		w.at(time.Minute)
		equal(t, "calls", r.log(), "receive 1", "written 1")
		end()
	})
}

func TestSuccessFirstAndTheReplyLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(slow(7 * time.Second))
		w, end := play(t, callback.Config{Receiver: r})
		got := w.push(1, "hi")
		if waited := time.Since(w.start); got != "success" || waited != 4500*time.Millisecond {
			t.Errorf("got %q after %v", got, waited)
		}
		equal(t, "calls before", r.log(), "receive 1")
		w.at(7 * time.Second)
		equal(t, "calls", r.log(), "receive 1", "late 1 echo hi", "written 1")
		end()
	})
}

func TestFailureLetsWeChatDeliverAgain(t *testing.T) {
	for _, fails := range []struct {
		name string
		how  func() error
	}{
		{"error", func() error { return errors.New("disk full") }},
		{"panic", func() error { panic("index out of range") }},
	} {
		t.Run(fails.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var logged bytes.Buffer
				tries := 0
				r := newReceiver(func(p *wechat.Push) (wechat.Reply, error) {
					if tries++; tries == 1 {
						if err := fails.how(); err != nil {
							return wechat.Reply{}, err
						}
					}
					return echo(p)
				})
				w, end := play(t, callback.Config{Receiver: r, Logger: slog.New(slog.NewTextHandler(&logged, nil))})
				got := []string{w.push(1, "hi"), w.push(1, "hi")}
				synctest.Wait()
				equal(t, "answers", got, "500", "echo hi")
				equal(t, "calls", r.log(), "receive 1", "written 1", "receive 1", "written 1")
				equal(t, "outcomes", w.seen(), "error", "ok")
				if !strings.Contains(logged.String(), "receiver") {
					t.Errorf("log = %q", logged.String())
				}
				end()
			})
		})
	}
}

func TestShutdown(t *testing.T) {
	t.Run("waits for the receiver", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newReceiver(slow(3 * time.Second))
			w, end := play(t, callback.Config{Receiver: r})
			got := make(chan string, 1)
			go func() { got <- w.push(1, "hi") }()
			synctest.Wait()
			if err := w.h.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			if waited := time.Since(w.start); waited != 3*time.Second {
				t.Errorf("Shutdown returned after %v", waited)
			}
			equal(t, "answers", []string{<-got, w.push(2, "hi")}, "echo hi", "503")
			end()
			equal(t, "calls", r.log(), "receive 1", "written 1")
		})
	})
	t.Run("leaves an unanswered reply to the next process", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newReceiver(slow(7 * time.Second))
			w, end := play(t, callback.Config{Receiver: r, AnswerOnRetry: true})
			w.push(1, "hi")
			w.at(8 * time.Second)
			end()
			equal(t, "calls", r.log(), "receive 1", "written 1")
		})
	})
	t.Run("gives up with its context", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			stuck := make(chan struct{})
			w, end := play(t, callback.Config{Receiver: &stubborn{receiver: newReceiver(echo), over: stuck}})
			go w.push(1, "hi")
			synctest.Wait()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if err := w.h.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Shutdown: %v", err)
			}
			<-stuck // its context was cancelled
			end()
		})
	})
}

// stubborn goes on until its context ends.
type stubborn struct {
	*receiver
	over chan struct{}
}

func (s *stubborn) Receive(ctx context.Context, _ *wechat.Push) (wechat.Reply, error) {
	<-ctx.Done()
	close(s.over)
	return wechat.Reply{}, ctx.Err()
}
