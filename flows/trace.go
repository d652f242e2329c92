package flows

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"fanflow/store"
	"fanflow/wechat"
)

// semantics numbers the rules that decisions follow. It is raised with every change of them that lets an old event come out
// otherwise: a step of other rules is not decided again by a replay.
const semantics = 3

// Verdict is what became of one candidate for an event.
type Verdict struct {
	Flow string `json:"flow"`
	No   int    `json:"no,omitempty"` // of the enrollment; 0 for a trigger
	Rule string `json:"rule,omitempty"`
	Said string `json:"said"` // took, listened, refused: …, asleep: …, paused, later: …, told too deep
}

type verdict = Verdict

// maxTried is how many verdicts a decision keeps.
const maxTried = 32

// tried notes what became of a candidate.
func (d *decision) tried(v verdict) {
	if len(d.verdicts) < maxTried {
		d.verdicts = append(d.verdicts, v)
	}
}

// trace is the last entry of a decision: with the fan before it, which the journal gives, it is all that is needed to decide
// again, and it says why it came out so. The step's time and cause stand in its row.
type trace struct {
	Event   *happened `json:"event,omitempty"`
	Engine  int       `json:"engine"`            // semantics
	Catalog uint64    `json:"catalog"`           // the revision of what was published
	Config  string    `json:"config"`            // digest of the account's settings
	Answers []answer  `json:"answers,omitempty"` // what was read outside, in the order of asking
	Flow    string    `json:"flow,omitempty"`    // that took the event
	Tried   []verdict `json:"tried,omitempty"`
	Lua     int       `json:"lua,omitempty"` // Lua states that were started
	Sum     string    `json:"sum,omitempty"` // of what the Change has beside its entries; empty: nothing
	Log     []logLine `json:"log,omitempty"` // what scripts wrote
	Lost    string    `json:"lost,omitempty"`
}

// happened is an event as it came: the document of a push, or the job, or what else made it.
type happened struct {
	Push  string     `json:"push,omitempty"`  // the document, after decryption
	Job   *store.Job `json:"job,omitempty"`   // without what the row says: account, fan, and the id if it is the cause
	Event *eventForm `json:"event,omitempty"` // where neither says it all
	// Packed is the same, deflated, where it is long.
	Packed []byte `json:"packed,omitempty"`

	raw json.RawMessage // all of it in JSON, as the trace keeps it
	// torn tells that it holds what is no text (no UTF-8), which JSON cannot keep.
	torn bool
}

// eventForm is an event with what is kept of a push that came without a document.
type eventForm struct {
	event
	Header *header `json:"push,omitempty"`
}

type header struct {
	To    string `json:"to,omitempty"`
	Type  string `json:"type"`
	Event string `json:"event,omitempty"`
}

const (
	packFrom    = 2 << 10  // an event longer than this is packed
	maxHappened = 16 << 10 // and not kept if it is longer than this then
)

// happened gives what is kept of the event, the same in every part of the decision.
func (d *decision) happened() (*happened, error) {
	if d.told != nil {
		return d.told, nil
	}
	ev := d.input.event
	h := &happened{}
	if d.job != nil {
		j := *d.job
		j.Account, j.OpenID, j.Why = "", "", ""
		if j.ID == d.cause {
			j.ID = ""
		}
		h.Job = &j
	}
	switch {
	case ev.Settle != nil:
		h.Event = &eventForm{event: *ev}
	case ev.Push != nil && len(ev.Push.Raw) > 0 && utf8.Valid(ev.Push.Raw):
		h.Push = string(ev.Push.Raw)
	case d.job == nil || d.job.Kind != eventKind:
		h.Event = &eventForm{event: *ev}
	}
	if ev.Push != nil && h.Event != nil {
		h.Event.Header = &header{To: ev.Push.ToUserName, Type: ev.Push.MsgType, Event: ev.Push.Event}
	}
	torn := h.Event != nil && !wellFormed(ev.Subject, ev.Scene, ev.Report, ev.Fields)
	if err := h.pack(); err != nil {
		return nil, fmt.Errorf("keep event %s: %w", ev.Name, err)
	}
	h.torn = torn
	d.told = h
	return h, nil
}

// wellFormed reports whether all texts in the values are UTF-8.
func wellFormed(values ...any) bool {
	for _, v := range values {
		switch v := v.(type) {
		case string:
			if !utf8.ValidString(v) {
				return false
			}
		case []any:
			if !wellFormed(v...) {
				return false
			}
		case map[string]any:
			for key, value := range v {
				if !wellFormed(key, value) {
					return false
				}
			}
		}
	}
	return true
}

// eventKind is the kind of the jobs whose event is read from them alone.
const eventKind = "event"

// pack makes a long event short.
func (h *happened) pack() error {
	raw, err := encode(h)
	if err != nil {
		return err
	}
	if h.raw = raw; len(raw) <= packFrom {
		return nil
	}
	var b bytes.Buffer
	z, err := flate.NewWriter(&b, flate.DefaultCompression)
	if err != nil {
		return err
	}
	if _, err := z.Write(raw); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	*h = happened{Packed: b.Bytes()}
	h.raw, err = encode(h)
	return err
}

// unpack undoes pack.
func (h *happened) unpack() (*happened, error) {
	if h.Packed == nil {
		return h, nil
	}
	raw, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(h.Packed)), 1<<20))
	if err != nil {
		return nil, err
	}
	u := &happened{}
	if err := readExact(raw, u); err != nil {
		return nil, err
	}
	return u, nil
}

// traceRoom is about what the trace adds to the Change, on the safe side.
func (d *decision) traceRoom() (event, answers int, err error) {
	h, err := d.happened()
	if err != nil {
		return 0, 0, err
	}
	event = 512 + min(len(h.raw), maxHappened)
	for _, v := range d.verdicts {
		event += 64 + 2*(len(v.Flow)+len(v.Rule)+len(v.Said))
	}
	for i := range d.logs {
		event += 64 + len(d.logs[i].Flow) + 2*len(d.logs[i].Text)
	}
	for i := range d.memory.answers[:d.memory.asked] {
		a := &d.memory.answers[i]
		answers += 128 + 2*len(a.Key) + len(a.KV.Value) + 48*len(a.KV.Free) + a.HTTP.size()
	}
	return event, answers, nil
}

// trace adds the trace to a Change that is otherwise whole. Where there is no room for it the step says so, and is folded by a
// replay instead of decided again.
func (d *decision) trace(c *store.Change) error {
	h, err := d.happened()
	if err != nil {
		return err
	}
	t := trace{
		Engine: semantics, Catalog: d.edition.Rev, Config: d.config, Event: h, Answers: d.memory.answers[:d.memory.asked],
		Flow: d.taken, Tried: d.verdicts, Lua: d.lua, Log: d.wrote(),
	}
	if t.Sum, err = sumOf(c); err != nil {
		return err
	}
	if d.hurried {
		t.Lost = "a script ran out of time, which hangs on the machine"
	}
	if h.torn {
		t.Lost = "the event is no UTF-8 and cannot be kept as it came"
	}
	if len(h.raw) > maxHappened {
		t.Event, t.Answers, t.Lost = nil, nil, "the event is too long to be kept"
	}
	if err := t.into(c); err != nil {
		return err
	}
	if d.draft.size() < store.MaxChange/16 && len(h.raw) < store.MaxChange/16 && len(t.Answers) == 0 {
		return nil
	}
	n, err := c.Size()
	if err != nil || n <= store.MaxChange {
		return err
	}
	c.Entries = c.Entries[:len(c.Entries)-1]
	t.Event, t.Answers, t.Tried, t.Lost = nil, nil, nil, "the Change has no room for it"
	if err := t.into(c); err != nil {
		return err
	}
	if n, err = c.Size(); err == nil && n > store.MaxChange {
		c.Entries = c.Entries[:len(c.Entries)-1]
	}
	return err
}

// into adds the trace as the last entry. The event, which is in JSON already, goes in as it is.
func (t *trace) into(c *store.Change) error {
	rest := *t
	rest.Event = nil
	raw, err := encode(rest)
	if err != nil {
		return fmt.Errorf("encode the trace of %s: %w", c.Cause, err)
	}
	if t.Event != nil {
		raw = slices.Concat([]byte(`{"event":`), t.Event.raw, []byte{','}, raw[1:])
	}
	c.Entries = append(c.Entries[:len(c.Entries):len(c.Entries)], store.Entry{Kind: store.Decided, Value: raw})
	return nil
}

// beside is what a Change has beside its entries, which the journal keeps anyway.
type beside struct {
	Jobs    []store.Job     `json:"jobs,omitempty"`
	Done    []string        `json:"done,omitempty"`
	Snooze  []store.Snooze  `json:"snooze,omitempty"`
	Sends   []store.Send    `json:"sends,omitempty"`
	Cancels []store.Cancel  `json:"cancels,omitempty"`
	Claims  []store.Claim   `json:"claims,omitempty"`
	Reads   []store.KVRead  `json:"reads,omitempty"`
	Writes  []store.KV      `json:"writes,omitempty"`
	Spends  []store.Spend   `json:"spends,omitempty"`
	Receipt json.RawMessage `json:"receipt,omitempty"`
}

// sumOf gives the first 8 bytes of the digest of what the Change has beside its entries.
func sumOf(c *store.Change) (string, error) {
	b := beside{c.Jobs, c.Done, c.Snooze, c.Sends, c.Cancels, c.Claims, c.Reads, c.Writes, c.Spends, c.Receipt}
	raw := []byte(c.Receipt) // the usual case costs no encoding
	if len(b.Jobs)+len(b.Done)+len(b.Snooze)+len(b.Sends)+len(b.Cancels)+len(b.Claims)+len(b.Reads)+len(b.Writes)+len(b.Spends) > 0 {
		var err error
		if raw, err = encode(b); err != nil {
			return "", fmt.Errorf("encode change of %s: %w", c.Fan, err)
		}
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:8]), nil
}

// readExact reads JSON and keeps whole numbers whole, as jsonValue does.
func readExact(raw []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	return dec.Decode(v)
}

// errNoEvent says that a step's event was not kept.
var errNoEvent = errors.New("the event was not kept")

// task makes the event again, for the fan and under the cause of its row.
func (h *happened) task(r *store.Row, fan store.FanID) (task, error) {
	t := task{fan: fan, cause: r.Cause, now: r.At}
	if h == nil {
		return t, errNoEvent
	}
	h, err := h.unpack()
	if err != nil {
		return t, fmt.Errorf("unpack the event: %w", err)
	}
	if h.Job != nil {
		j := *h.Job
		j.Account, j.OpenID = fan.Account, fan.OpenID
		if j.ID == "" {
			j.ID = r.Cause
		}
		t.job = &j
	}
	switch {
	case h.Event != nil:
		ev := h.Event.event
		exactNumbers(ev.Fields)
		if hd := h.Event.Header; hd != nil {
			ev.Push = &wechat.Push{ToUserName: hd.To, FromUserName: fan.OpenID, MsgType: hd.Type, Event: hd.Event, CreateTime: ev.Created.Unix()}
		}
		if ev.Fields == nil {
			ev.Fields = map[string]any{}
		}
		t.event = &ev
	case h.Push != "":
		p, err := wechat.Parse([]byte(h.Push))
		if err != nil {
			return t, fmt.Errorf("read the push again: %w", err)
		}
		t.event = pushEvent(p)
	case t.job != nil:
		if t.event, err = jobEvent(*t.job); err != nil {
			return t, fmt.Errorf("read the event of the job again: %w", err)
		}
	default:
		return t, errNoEvent
	}
	return t, nil
}
