package main

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"runtime/metrics"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"fanflow/flows"
	"fanflow/store"
	"fanflow/wechat"
)

// load runs fans against an engine.
type load struct {
	engine *flows.Engine
	corpus *corpus
	fans   map[int]*fan // healthy ones
	ids    atomic.Int64

	mu sync.Mutex
	r  *result
}

// fan writes one word after the other.
type fan struct {
	mu    sync.Mutex
	count int
}

// say gives what the engine answers to a fan's word.
func (l *load) say(ctx context.Context, openID, word string) (string, error) {
	p := &wechat.Push{
		ToUserName: "gh_bench", FromUserName: openID, CreateTime: time.Now().Unix(), MsgType: "text",
		MsgID: strconv.FormatInt(l.ids.Add(1), 10), Body: &wechat.Text{Content: word},
	}
	reply, err := l.engine.Receive(ctx, account, p)
	l.engine.Written(account, p)
	return reply.Content, err
}

// expect counts what was not as it should be.
func (l *load) expect(what, got, want string, err error) {
	if err == nil && got == want {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.r.Wrong++; l.r.Wrong == 1 {
		l.r.First = fmt.Sprintf("(%s: %q, not %q; %v)", what, got, want, err)
	}
}

// healthy lets rate words a second come for a while and gives the 99th percentile of how long their fans waited, in ms.
func (l *load) healthy(ctx context.Context, rate int, length time.Duration) (p99 float64) {
	const fans = 100
	var wg sync.WaitGroup
	waits := make([]time.Duration, int(length.Seconds()*float64(rate)))
	start := time.Now()
	for i := range waits {
		if l.fans[i%fans] == nil {
			l.fans[i%fans] = &fan{}
		}
		f, due := l.fans[i%fans], start.Add(time.Duration(i)*time.Second/time.Duration(rate))
		time.Sleep(time.Until(due))
		if ctx.Err() != nil {
			break
		}
		wg.Go(func() {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.count++
			got, err := l.say(ctx, fmt.Sprintf("healthy-%d", i%fans), "healthy")
			waits[i] = time.Since(due)
			l.expect("healthy", got, strconv.Itoa(f.count), err)
		})
	}
	wg.Wait()
	l.r.Healthy += int64(len(waits))
	slices.Sort(waits)
	return float64(waits[len(waits)*99/100].Microseconds()) / 1000
}

// attack runs hostile scripts on n goroutines until end is called.
func (l *load) attack(ctx context.Context, n int) (end func()) {
	var wg sync.WaitGroup
	var over atomic.Bool
	files := slices.Sorted(maps.Keys(l.corpus.sources))
	for k := range n {
		wg.Go(func() {
			for i := k * len(l.corpus.words) / n; !over.Load() && ctx.Err() == nil; i++ {
				word := l.corpus.words[i%len(l.corpus.words)]
				began := time.Now()
				got, err := l.say(ctx, fmt.Sprintf("hostile-%d", k), word)
				l.took(time.Since(began))
				want := apology
				if rings[word] != "" {
					want = ""
				}
				l.expect(word, got, want, err)
			}
		})
	}
	wg.Go(func() { // somebody tries to publish one a second
		for i := 0; !over.Load() && ctx.Err() == nil; i++ {
			l.check(ctx, files[i%len(files)])
			for range 10 {
				if !over.Load() {
					time.Sleep(100 * time.Millisecond)
				}
			}
		}
	})
	return func() { over.Store(true); wg.Wait() }
}

func (l *load) took(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.r.Hostile++
	l.r.LongestS = max(l.r.LongestS, d.Seconds())
}

// check lets a source be looked at that is no program, or none that can be declared.
func (l *load) check(ctx context.Context, file string) {
	_, findings, err := l.engine.Check(ctx, account, store.KindFlow, file, l.corpus.sources[file])
	got := "findings"
	if len(findings) == 0 {
		got = "none"
	}
	l.expect(file, got, "findings", err)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.r.Checks++
}

// live collects garbage and gives the bytes of what is left.
func live() uint64 {
	runtime.GC()
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// watch gives the most live heap that a look every 50 ms finds.
func watch(ctx context.Context, length time.Duration) <-chan uint64 {
	found := make(chan uint64, 1)
	go func() {
		var most uint64
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for end := time.Now().Add(length); time.Now().Before(end) && ctx.Err() == nil; <-tick.C {
			most = max(most, live())
		}
		found <- most
	}()
	return found
}
