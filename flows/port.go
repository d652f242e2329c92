package flows

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"fanflow/plugins"
	"fanflow/plugins/sandbox"
	"fanflow/store"
)

// port is what a decision lends to the standard modules and to plain data: the account's shared keys, by way of the decision's
// memory, so that nothing is read or taken behind its back.
type port struct {
	d     *decision
	flow  *compiled
	walk  *walk           // that it serves, or whose function the script was started for
	state *sandbox.State  // nil: it serves plain data
	read  map[string]bool // the requests that it has read, where each script has reads of its own
}

var _ plugins.Port = (*port)(nil)

// ask gives the answer to a need, or ends the run with it: a script at once, so that it cannot catch it.
func (p *port) ask(n need) (answer, error) {
	a, err := p.d.ask(n)
	if err != nil && p.state != nil {
		p.state.Abort(err)
	}
	return a, err
}

// Get gives a key's value as this decision sees it: what it wrote itself, else what the store held, with the units it claimed.
func (p *port) Get(key string) (json.RawMessage, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	if v, ok := p.d.draft.written(key); ok {
		return v, nil
	}
	a, err := p.ask(need{Kind: needKey, Key: key})
	if err != nil {
		return nil, err
	}
	kv := a.KV
	p.d.draft.read(key, kv.Rev)
	for _, c := range p.d.draft.claims {
		if c.Key == key {
			kv.Take(c.From, c.To)
		}
	}
	return kv.Value, nil
}

// Set writes a key.
func (p *port) Set(key string, value json.RawMessage) error {
	if err := p.mayWrite(key); err != nil {
		return err
	}
	return p.d.draft.write(key, value)
}

// Increment claims the next units of a key, all in a row, and gives the highest: over all fans no number is given twice.
func (p *port) Increment(key string, by int64) (int64, error) {
	if err := p.mayWrite(key); err != nil {
		return 0, err
	}
	if by < 1 {
		return 0, fmt.Errorf("kv.increment: by must be 1 or more, not %d", by)
	}
	if v, ok := p.d.draft.written(key); ok {
		return p.countOn(key, v, by)
	}
	a, err := p.ask(need{Kind: needUnits, Key: key, N: by})
	if err != nil {
		return 0, err
	}
	if err := checkCount(key, a.First-1, by); err != nil {
		return 0, err
	}
	return a.First + by - 1, p.claim(key, a.First, a.First+by-1)
}

// maxCount is the highest count: beyond it a script's numbers are not exact, and two fans could be given the same.
const maxCount = 1 << 53

func checkCount(key string, from, by int64) error {
	if by > maxCount || from > maxCount-by {
		return fmt.Errorf("%s cannot count further than 2^53", key)
	}
	return nil
}

// Take claims one unit that is at most limit.
func (p *port) Take(key string, limit int64) (int64, bool, error) {
	if err := p.mayWrite(key); err != nil {
		return 0, false, err
	}
	if limit < 1 {
		return 0, false, nil
	}
	if v, ok := p.d.draft.written(key); ok {
		if n := (&store.KV{Value: v}).Top(); n >= limit {
			return 0, false, nil
		}
		n, err := p.countOn(key, v, 1)
		return n, err == nil, err
	}
	a, err := p.ask(need{Kind: needUnits, Key: key, N: 1, Limit: limit})
	if err != nil {
		return 0, false, err
	}
	if !a.Found {
		return 0, false, nil
	}
	return a.First, true, p.claim(key, a.First, a.First)
}

// countOn counts on from what this decision has written itself.
func (p *port) countOn(key string, written json.RawMessage, by int64) (int64, error) {
	n := (&store.KV{Value: written}).Top()
	if err := checkCount(key, n, by); err != nil {
		return 0, err
	}
	return n + by, p.d.draft.write(key, json.RawMessage(fmt.Sprint(n+by)))
}

func (p *port) claim(key string, from, to int64) error {
	why := p.walk.why
	if s := p.d.scripts[p.flow]; s != nil && s.call != nil { // what the script has set before is noted before
		why = s.call.walk.why
		if err := s.call.keep(); err != nil {
			return err
		}
	}
	p.d.draft.claims = append(p.d.draft.claims, store.Claim{Key: key, From: from, To: to})
	value := json.RawMessage(fmt.Sprint(to))
	return p.d.draft.add(store.Entry{Kind: store.Claimed, Flow: p.flow.Name, Name: key, Value: value, Why: why})
}

// mayWrite says why a key cannot be written, or counted.
func (p *port) mayWrite(key string) error {
	if p.walk.hook == beforeSend {
		return errors.New("before_send only reads keys of kv: count or keep what it was about in on_event or after_send")
	}
	return checkKey(key)
}

// Log writes a line to the decision's log.
func (p *port) Log(level, text string) { p.d.note(p.flow, level, text) }

// reservedKeys begin the keys in which the engine counts for itself.
const reservedKeys = "fanflow:"

func checkKey(key string) error {
	if key == "" {
		return fmt.Errorf("a key of kv is a text that is not empty")
	}
	if strings.HasPrefix(key, reservedKeys) {
		return fmt.Errorf("keys that begin with %q are the engine's own", reservedKeys)
	}
	return store.CheckName("key", key)
}
