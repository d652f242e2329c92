package bolt

import (
	"slices"
	"strconv"
	"strings"

	"fanflow/store"
)

// describe writes or reads the record that v points to, and reports whether it knows the type. The fields stand in the order and
// under the names of the structs in package store; records_test.go fails when one is missing.
func describe(c *coder, v any) bool {
	switch v := v.(type) {
	case *store.Fan:
		fan(c, v)
	case *store.Row:
		row(c, v)
	case *store.Receipt:
		receipt(c, v)
	case *store.Job:
		job(c, v)
	case *store.Send:
		send(c, v)
	case *store.Enrollment:
		enrollment(c, v)
	case *store.Count:
		funnel(c, v)
	case *store.CohortCount:
		cohort(c, v)
	case *store.Totals:
		totals(c, v)
	case *uint64:
		ordinal(c, v)
	case *int64:
		integer(c, v)
	case *int:
		integer(c, v)
	default:
		return false
	}
	return true
}

func fan(c *coder, f *store.Fan) {
	c.begin()
	if c.field("id", false) {
		c.begin()
		text(c, "account", &f.ID.Account, false)
		text(c, "openid", &f.ID.OpenID, false)
		c.end()
	}
	serial(c, "rev", &f.Rev, false)
	flag(c, "subscribed", &f.Subscribed, false)
	moment(c, "subscribed_at", &f.SubscribedAt, true)
	moment(c, "decided_at", &f.DecidedAt, true)
	moment(c, "first_seen", &f.FirstSeen, true)
	moment(c, "last_seen", &f.LastSeen, true)
	text(c, "scene", &f.Scene, true)
	text(c, "unionid", &f.UnionID, true)
	text(c, "remark", &f.Remark, true)
	flag(c, "opt_out", &f.OptOut, true)
	list(c, "tags", &f.Tags, words)
	table(c, "attrs", &f.Attrs, value)
	list(c, "live", &f.Live, enrollment)
	table(c, "past", &f.Past, past)
	list(c, "windows", &f.Windows, window)
	list(c, "keyed", &f.Keyed, keyed)
	list(c, "kept", &f.Kept, kept)
	serial(c, "fence", &f.Fence, true)
	serial(c, "seq", &f.Seq, true)
	flag(c, "erased", &f.Erased, true)
	c.end()
}

func enrollment(c *coder, e *store.Enrollment) {
	c.begin()
	text(c, "flow", &e.Flow, false)
	count(c, "no", &e.No, false)
	count(c, "version", &e.Version, false)
	count(c, "entry_version", &e.EntryVersion, true)
	count(c, "pub", &e.Pub, true)
	text(c, "state", &e.State, false)
	table(c, "vars", &e.Vars, value)
	moment(c, "entered_at", &e.EnteredAt, false)
	moment(c, "state_at", &e.StateAt, false)
	moment(c, "left_at", &e.LeftAt, true)
	text(c, "left", &e.Left, true)
	list(c, "goals", &e.Goals, words)
	text(c, "trigger", &e.Trigger, true)
	count(c, "priority", &e.Priority, true)
	serial(c, "fence", &e.Fence, false)
	text(c, "day", &e.Day, false)
	list(c, "reached", &e.Reached, step)
	list(c, "timers", &e.Timers, timer)
	text(c, "calls", &e.Calls, true)
	if c.field("caller", e.Caller == nil) {
		if c.reading {
			e.Caller = &store.Caller{}
		}
		caller(c, e.Caller)
	}
	table(c, "variants", &e.Variants, words)
	text(c, "scene", &e.Scene, true)
	list(c, "tags", &e.Tags, words)
	c.end()
}

func timer(c *coder, t *store.Timer) {
	c.begin()
	text(c, "name", &t.Name, false)
	moment(c, "due", &t.Due, false)
	text(c, "job", &t.Job, false)
	text(c, "over", &t.Over, true)
	c.end()
}

func caller(c *coder, r *store.Caller) {
	c.begin()
	text(c, "flow", &r.Flow, false)
	count(c, "no", &r.No, false)
	c.end()
}

func keyed(c *coder, k *store.Keyed) {
	c.begin()
	text(c, "flow", &k.Flow, false)
	text(c, "key", &k.Key, false)
	text(c, "kind", &k.Kind, false)
	text(c, "job", &k.Job, false)
	moment(c, "due", &k.Due, false)
	c.end()
}

func kept(c *coder, k *store.Kept) {
	c.begin()
	text(c, "push", &k.Push, false)
	raw(c, "reply", &k.Reply, false)
	moment(c, "at", &k.At, false)
	c.end()
}

func facts(c *coder, f *store.Facts) {
	c.begin()
	text(c, "scene", &f.Scene, true)
	list(c, "tags", &f.Tags, words)
	table(c, "variants", &f.Variants, words)
	if c.field("caller", f.Caller == nil) {
		if c.reading {
			f.Caller = &store.Caller{}
		}
		caller(c, f.Caller)
	}
	c.end()
}

func step(c *coder, s *store.Step) {
	c.begin()
	text(c, "state", &s.State, false)
	count(c, "pos", &s.Pos, false)
	moment(c, "at", &s.At, false)
	flag(c, "passed", &s.Passed, true)
	c.end()
}

func past(c *coder, p *store.Past) {
	c.begin()
	count(c, "count", &p.Count, false)
	moment(c, "left_at", &p.LeftAt, true)
	c.end()
}

func window(c *coder, w *store.Window) {
	c.begin()
	text(c, "trigger", &w.Trigger, false)
	moment(c, "opened", &w.Opened, false)
	moment(c, "until", &w.Until, false)
	count(c, "left", &w.Left, false)
	c.end()
}

func row(c *coder, r *store.Row) {
	c.begin()
	serial(c, "seq", &r.Seq, false)
	serial(c, "rev", &r.Rev, true)
	moment(c, "at", &r.At, false)
	text(c, "cause", &r.Cause, false)
	text(c, "kind", &r.Kind, false)
	text(c, "flow", &r.Flow, true)
	count(c, "no", &r.No, true)
	count(c, "version", &r.Version, true)
	text(c, "state", &r.State, true)
	text(c, "from", &r.From, true)
	text(c, "name", &r.Name, true)
	text(c, "text", &r.Text, true)
	raw(c, "value", &r.Value, true)
	text(c, "why", &r.Why, true)
	count(c, "step", &r.Step, true)
	text(c, "day", &r.Day, true)
	count(c, "priority", &r.Priority, true)
	serial(c, "fence", &r.Fence, true)
	flag(c, "done", &r.Done, true)
	text(c, "send", &r.Send, true)
	text(c, "job", &r.Job, true)
	text(c, "channel", &r.Channel, true)
	moment(c, "due", &r.Due, true)
	moment(c, "created", &r.Created, true)
	if c.field("window", r.Window == nil) {
		if c.reading {
			r.Window = &store.Window{}
		}
		window(c, r.Window)
	}
	text(c, "key", &r.Key, true)
	count(c, "pub", &r.Pub, true)
	if c.field("facts", r.Facts == nil) {
		if c.reading {
			r.Facts = &store.Facts{}
		}
		facts(c, r.Facts)
	}
	c.end()
}

func receipt(c *coder, r *store.Receipt) {
	c.begin()
	serial(c, "rev", &r.Rev, false)
	raw(c, "reply", &r.Reply, true)
	moment(c, "at", &r.At, false)
	moment(c, "until", &r.Until, true)
	c.end()
}

func job(c *coder, j *store.Job) {
	c.begin()
	text(c, "id", &j.ID, false)
	text(c, "account", &j.Account, false)
	text(c, "openid", &j.OpenID, true)
	text(c, "kind", &j.Kind, false)
	moment(c, "due", &j.Due, false)
	serial(c, "fence", &j.Fence, true)
	text(c, "flow", &j.Flow, true)
	count(c, "no", &j.No, true)
	text(c, "state", &j.State, true)
	text(c, "name", &j.Name, true)
	raw(c, "args", &j.Args, true)
	count(c, "depth", &j.Depth, true)
	count(c, "attempt", &j.Attempt, true)
	text(c, "why", &j.Why, true)
	flag(c, "parked", &j.Parked, true)
	c.end()
}

func send(c *coder, s *store.Send) {
	c.begin()
	text(c, "id", &s.ID, false)
	text(c, "account", &s.Account, false)
	text(c, "openid", &s.OpenID, false)
	text(c, "flow", &s.Flow, true)
	count(c, "no", &s.No, true)
	text(c, "channel", &s.Channel, false)
	text(c, "purpose", &s.Purpose, false)
	text(c, "status", &s.Status, false)
	text(c, "reason", &s.Reason, true)
	raw(c, "content", &s.Content, false)
	moment(c, "created", &s.Created, false)
	moment(c, "due", &s.Due, false)
	moment(c, "expires", &s.Expires, true)
	text(c, "late", &s.Late, true)
	moment(c, "tried", &s.Tried, true)
	moment(c, "sent_at", &s.SentAt, true)
	if c.field("msgid", s.MsgID == 0) { // a number in quotes
		id := strconv.FormatInt(s.MsgID, 10)
		words(c, &id)
		s.MsgID = numeral(c, id)
	}
	count(c, "depth", &s.Depth, true)
	text(c, "passed", &s.Passed, true)
	c.end()
}

// numeral reads a whole number that stands in quotes.
func numeral(c *coder, s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != s {
		c.fail(errUnusual)
	}
	return n
}

func funnel(c *coder, n *store.Count) {
	c.begin()
	counts(c, n)
	c.end()
}

func cohort(c *coder, n *store.CohortCount) {
	c.begin()
	text(c, "cohort", &n.Cohort, true)
	text(c, "tag", &n.Tag, true)
	counts(c, &n.Count)
	c.end()
}

// counts are the fields of a cell of the funnel.
func counts(c *coder, n *store.Count) {
	text(c, "day", &n.Day, false)
	text(c, "state", &n.State, false)
	text(c, "goal", &n.Goal, true)
	count(c, "entered", &n.Entered, false)
	count(c, "completed", &n.Completed, false)
	count(c, "dropped", &n.Dropped, false)
	durations(c, "took", &n.Took)
	flag(c, "coarse", &n.Coarse, true)
	flag(c, "rough", &n.Rough, true)
	durations(c, "stay", &n.Stay)
}

// durations are counts by bucket. JSON has texts for keys, and sorts them as such.
func durations(c *coder, name string, v *map[int]int64) {
	if !c.field(name, len(*v) == 0) {
		return
	}
	c.begin()
	if c.reading {
		*v = map[int]int64{}
		for i := 0; !c.next('}') && c.err == nil; i++ {
			if i > 0 {
				c.char(',')
			}
			var key string
			var times int64
			words(c, &key)
			c.char(':')
			integer(c, &times)
			(*v)[int(numeral(c, key))] = times
		}
	} else {
		type counted struct {
			bucket string
			times  int64
		}
		all := make([]counted, 0, len(*v))
		for bucket, times := range *v {
			all = append(all, counted{strconv.Itoa(bucket), times})
		}
		slices.SortFunc(all, func(a, b counted) int { return strings.Compare(a.bucket, b.bucket) })
		for i, n := range all {
			if i > 0 {
				c.b = append(c.b, ',')
			}
			c.b = append(append(append(c.b, '"'), n.bucket...), '"', ':')
			c.b = strconv.AppendInt(c.b, n.times, 10)
		}
	}
	c.end()
}

func totals(c *coder, t *store.Totals) {
	c.begin()
	count(c, "fans", &t.Fans, false)
	count(c, "subscribed", &t.Subscribed, false)
	count(c, "jobs", &t.Jobs, false)
	c.end()
}
