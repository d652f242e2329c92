package flows

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"fanflow/store"
)

// maxNeeds is how many answers from outside one decision may ask for.
const maxNeeds = 64

// need is a question to the outside that ends a run of decide, unless its answer is remembered. The script cannot catch it.
type need struct {
	Kind  needKind `json:"kind,omitempty"`
	Key   string   `json:"key"`
	N     int64    `json:"n,omitempty"`     // units in a row
	Limit int64    `json:"limit,omitempty"` // highest unit; 0: none
	Text  string   `json:"-"`               // needSign: what is signed, of which Key has the digest
}

type needKind int

const (
	needKey   needKind = iota // the value of a key of the account
	needUnits                 // units of a pool
	needSend                  // how a send stands
	needHTTP                  // what an address answers: Key is the request
	needSign                  // a signature with a secret of a plugin: Key is who signs what how
)

func (n need) Error() string { return fmt.Sprintf("the decision needs %q", n.Key) }

// answer to a need, as the trace keeps it.
type answer struct {
	need
	KV    store.KV `json:"kv,omitzero"`     // needKey
	First int64    `json:"first,omitempty"` // needUnits
	Found bool     `json:"found,omitempty"` // needUnits: there are some; needSend
	// Status and Channel are those of the send.
	Status  store.Status `json:"status,omitempty"`
	Channel string       `json:"channel,omitempty"`
	HTTP    *httpAnswer  `json:"http,omitempty"`
	Sign    string       `json:"sign,omitempty"` // in hex
}

// memory holds the answers that a decision was given, by the order of its questions.
type memory struct {
	answers []answer
	asked   int
}

// ask gives the remembered answer, or the need as the error that ends the run.
func (m *memory) ask(n need) (answer, error) {
	if m.asked < len(m.answers) && m.answers[m.asked].is(n) {
		m.asked++
		return m.answers[m.asked-1], nil
	}
	return answer{}, n
}

// is reports whether the answer is to such a question.
func (a *answer) is(n need) bool {
	n.Text, a.Text = "", ""
	return a.need == n
}

// errManyNeeds is the script's fault.
var errManyNeeds = errors.New("the script asks for more than 64 keys or units in one step: do less at once")

// fetcher answers the needs of one decision and holds what it was lent.
type fetcher struct {
	engine  *Engine
	account string
	memory  memory
	lent    []store.Claim // units held, of answers kept and dropped
	// readsLimit is how long all reading over HTTP may take; 0: as long as for a fan.
	readsLimit time.Duration
	// web are the requests that were made, by their keys, and spent how long they took: no conflict lets them be made again.
	web   map[string]*httpAnswer
	spent time.Duration
}

// fetch answers a need. What was remembered beyond the place of the question came of another path and is dropped.
// wait allows it to wait for units that other decisions hold.
func (f *fetcher) fetch(ctx context.Context, n need, wait bool) error {
	a := answer{need: n}
	var err error
	switch n.Kind {
	case needKey:
		a.KV, err = f.engine.store.KV(ctx, f.account, n.Key)
	case needSend:
		var s store.Send
		s, err = f.engine.store.Send(ctx, f.account, n.Key)
		a.Found, a.Status, a.Channel = err == nil, s.Status, s.Channel
		if errors.Is(err, store.ErrNotFound) {
			err = nil
		}
	case needUnits:
		a.First, a.Found, err = f.engine.units.take(ctx, pool{f.account, n.Key}, n.N, n.Limit, wait && f.mayWait(n.Key))
		if a.Found {
			f.lent = append(f.lent, store.Claim{Key: n.Key, From: a.First, To: a.First + n.N - 1})
		}
	case needHTTP:
		a.HTTP, err = f.get(ctx, n)
	case needSign:
		a.Sign, err = f.sign(ctx, n)
	}
	if err != nil {
		return fmt.Errorf("fetch %q of account %s: %w", n.Key, f.account, err)
	}
	f.memory.answers = append(f.memory.answers[:f.memory.asked], a)
	return nil
}

// mayWait reports whether the decision may wait for a pool's units: it holds none, or of pools alone whose names come before. So
// no two decisions ever wait for each other.
func (f *fetcher) mayWait(key string) bool {
	return !slices.ContainsFunc(f.lent, func(c store.Claim) bool { return c.Key >= key })
}

// settle takes for good what the Change claims and gives the rest back. A nil Change claims nothing.
func (f *fetcher) settle(c *store.Change) {
	taken := map[store.Claim]bool{}
	if c != nil {
		for _, cl := range c.Claims {
			taken[cl] = true
		}
	}
	for _, l := range f.lent {
		p, r := pool{f.account, l.Key}, store.Range{From: l.From, To: l.To}
		if taken[l] {
			f.engine.units.commit(p, r)
		} else {
			f.engine.units.giveBack(p, r)
		}
	}
	if c != nil {
		for _, w := range c.Writes {
			f.engine.units.refresh(pool{f.account, w.Key})
		}
	}
	f.lent, f.memory = nil, memory{}
}

// doubt gives everything back and lets its pools be read again: what the store holds of them is not known.
func (f *fetcher) doubt() {
	for _, l := range f.lent {
		f.engine.units.refresh(pool{f.account, l.Key})
	}
	f.settle(nil)
}
