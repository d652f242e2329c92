package simulator

import (
	"encoding/json"
	"slices"
	"time"
)

const (
	eventMassFinished = "MASSSENDJOBFINISH"
	eventMassSlice    = "mass slice"   // a job of the simulator's own: the next part of a mass send
	eventMassExpired  = "mass expired" // the same: nobody confirmed a mass send

	// massSlice is how long one part of a mass send stands for; a part is delivered at the beginning of its time.
	massSlice = time.Second
	// massDelay is when the result is pushed after the last part. The platform does not state it.
	massDelay = 10 * time.Second
	// massConfirm is how long a send to all waits for the administrator.
	massConfirm = 30 * time.Minute

	massSucceeded = "send success"
	massFailed    = "send fail"
	massRefused   = "err(40001)"
	massUnheard   = "err(40002)"
)

// mass is one mass send.
type mass struct {
	ID       int64       `json:"id"`
	DataID   int64       `json:"msg_data_id,omitempty"` // of articles
	Item     *Item       `json:"item"`
	Accepted time.Time   `json:"accepted"`
	Quota    []massQuota `json:"quota,omitempty"`
	Reprints bool        `json:"reprints,omitempty"` // send_ignore_reprint

	Pending bool   `json:"pending,omitempty"` // waits for the administrator
	Result  string `json:"result,omitempty"`  // the event's Status, once it is decided
	Done    bool   `json:"done,omitempty"`    // the event is out
	Next    int    `json:"next"`              // how many of Waiting were gone through
	Total   int    `json:"total"`             // fans in range
	Sent    int    `json:"sent"`
	Errors  int    `json:"errors"`

	Base      string    `json:"base,omitempty"` // of its articles' addresses
	ArticleID string    `json:"article_id,omitempty"`
	Check     []reprint `json:"check,omitempty"` // what the originality check found
	Deleted   bool      `json:"deleted,omitempty"`
}

func (a *account) saveMass(m *mass) { a.file.put("mass", a.AppID, decimal(m.ID), m) }

// startMass checks a mass send as the platform's review does, and begins it. The lock is held.
func (s *Server) startMass(a *account, m *mass, to []*fan, now time.Time) {
	m.Pending = false
	m.Result = a.review(m)
	if m.Result == massSucceeded && m.DataID != 0 {
		if list, err := a.draftArticles(m.Item.MediaID); err == nil {
			m.ArticleID = a.publish(&published{DataID: m.DataID, Articles: list, Made: now}, m.Base)
			m.Item = m.Item.published(list)
		}
	}
	if m.Result == massSucceeded {
		to = slices.DeleteFunc(slices.Clone(to), func(f *fan) bool { return !f.Subscribed || f.blacklisted() })
		n := a.sliceSize()
		if len(to) > n {
			a.sends.waiting.put(decimal(m.ID), openIDsOf(to[n:]))
			to = to[:n]
		}
		a.deliverMass(m, to, now)
	}
	s.goOn(a, m, now)
}

// published is the item with the addresses of its articles.
func (item *Item) published(list []article) *Item {
	shown := *item
	shown.Articles = slices.Clone(item.Articles)
	for i := range shown.Articles {
		shown.Articles[i].URL = list[i].URL
	}
	return &shown
}

func openIDsOf(fans []*fan) []string {
	list := make([]string, len(fans))
	for i, f := range fans {
		list[i] = f.openID
	}
	return list
}

// appendFan leaves out a fan who has another OpenID by now.
func (a *account) appendFan(to []*fan, openID string) []*fan {
	if f := a.fans[openID]; f != nil {
		to = append(to, f)
	}
	return to
}

// goOn saves the send and plans its next part, or its result. The lock is held.
func (s *Server) goOn(a *account, m *mass, now time.Time) {
	a.saveMass(m)
	s.due.add(s.file, a.nextJob(m, now))
}

// nextJob is what is to be done of a send: its next part, or its result.
func (a *account) nextJob(m *mass, now time.Time) job {
	next := job{App: a.AppID, Event: eventMassFinished, Due: now.Add(massDelay), MsgID: m.ID}
	if list, _ := a.sends.waiting.get(decimal(m.ID)); m.Next < len(list) {
		next.Event, next.Due, next.Step = eventMassSlice, now.Add(massSlice), m.Next
	}
	return next
}

// resumeMasses gives the sends a job that have none, as a kill between two lines of the state file leaves them. One that nobody
// can have been told of ends as failed. The locks are held, or the server is not in use yet.
func (s *Server) resumeMasses() {
	for _, app := range s.apps {
		a := s.accounts[app]
		for _, m := range a.masses {
			if m.Done {
				continue
			}
			next := job{App: app, Event: eventMassExpired, Due: m.Accepted.Add(massConfirm), MsgID: m.ID}
			if !m.Pending {
				m.Result = orElse(m.Result, massFailed)
				next = a.nextJob(m, s.Now())
			}
			if !s.due.has(next) {
				s.due.insert(s.file, next)
			}
		}
	}
}

// nextSlice delivers the part of a mass send that begins with the fan step. A part that was delivered before a crash is not
// delivered again: resumeMasses saw to the next one.
func (s *Server) nextSlice(a *account, id int64, step int, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	m := a.masses[id]
	if m == nil {
		return
	}
	if m.Next != step {
		return
	}
	list, _ := a.sends.waiting.get(decimal(id))
	part := list[step:min(step+a.sliceSize(), len(list))]
	to := make([]*fan, 0, len(part))
	for _, openID := range part {
		to = a.appendFan(to, openID)
	}
	m.Next += len(part)
	a.deliverMass(m, to, now)
	s.goOn(a, m, now)
}

// deliverMass gives the message to fans who followed, and were on no blacklist, when it was taken. Those who had their four of the month are left out
// without an error; those who have blocked the account, or have left meanwhile, are errors. All share one item. The lock is held.
func (a *account) deliverMass(m *mass, to []*fan, now time.Time) {
	item := *m.Item
	item.At, item.text = stamp(now), ""
	part := massPart{Item: json.RawMessage(unpack(item.encode())), At: now}
	monthly := usage{Period: now.In(shanghai).Format(month)}
	for _, f := range to {
		used := 0
		if f.Month.Period == monthly.Period {
			used = f.Month.N
		}
		switch {
		case a.Type == typeService && used >= massAMonth:
		case !f.Subscribed || f.Blocked:
			m.Errors++
		default:
			m.Sent++
			f.Month = usage{Period: monthly.Period, N: used + 1}
			a.keep(f, &item)
			if a.file != nil {
				part.To = append(part.To, f.openID)
			}
		}
	}
	if len(part.To) > 0 {
		part.Mass = m
		a.file.put(partKind, a.AppID, decimal(m.ID), part)
	}
}

// partKind is the state file's kind of a massPart.
const partKind = "mass-part"

// massPart is what one part of a mass send delivered, as one line of the state file: 100,000 lines with the same message
// would cost seconds. How far the send has come stands in the same line, so that no part is delivered twice.
type massPart struct {
	Mass *mass           `json:"mass,omitempty"`
	Item json.RawMessage `json:"item"`
	At   time.Time       `json:"at"`
	To   []string        `json:"to"`
}

// massParts reads these lines back. A rewritten state file has none: by then they are the fans' own records.
type massParts struct{ a *account }

func (p massParts) restore(l line) error {
	var part massPart
	if err := json.Unmarshal(l.Value, &part); err != nil {
		return err
	}
	if part.Mass != nil {
		p.a.masses[part.Mass.ID] = part.Mass
	}
	text := pack(string(part.Item))
	for _, openID := range part.To {
		f := p.a.fan(openID)
		f.inbox.add(p.a.spill, text)
		f.Month = f.Month.plus(month, part.At)
	}
	return nil
}

func (massParts) emit(func(kind, app, id string, v any)) {}

// speeds are how many fans a minute a mass send reaches, by the setting.
// Source: developers.weixin.qq.com/doc/service/guide/product/message/Batch_Sends.html
var speeds = []int{800_000, 600_000, 450_000, 300_000, 100_000}

const speedRow = "account"

// sliceSize is how many fans one part reaches.
func (a *account) sliceSize() int {
	setting, _ := a.sends.speed.get(speedRow)
	return speeds[setting] / int(time.Minute/massSlice)
}

// review is how the platform's checks end a mass send: the originality check of articles first, then the review of what it says.
func (a *account) review(m *mass) string {
	rules := a.rules().Mass
	if m.DataID != 0 {
		m.Check = rules.Reprints
		for _, p := range m.Check {
			switch {
			case !p.Allowed:
				return "err(30002)"
			case !m.Reprints:
				return "err(30003)"
			}
		}
	}
	switch {
	case rules.Error != 0:
		return "err(" + decimal(int64(rules.Error)) + ")"
	case rules.Fails:
		return massFailed
	}
	return massSucceeded
}

// holdMass lets a send to all wait for the administrator. The lock is held.
func (s *Server) holdMass(a *account, m *mass, to []*fan, now time.Time) {
	m.Pending = true
	a.sends.waiting.put(decimal(m.ID), openIDsOf(to))
	a.saveMass(m)
	s.due.add(s.file, job{App: a.AppID, Event: eventMassExpired, Due: now.Add(massConfirm), MsgID: m.ID})
}

// pendingMass finds the send that waits for the administrator.
func (a *account) pendingMass() (int64, bool) {
	for id, m := range a.masses {
		if m.Pending {
			return id, true
		}
	}
	return 0, false
}

// settleMass ends the wait of a send: it begins, or it ends with the result. False where it does not wait.
func (s *Server) settleMass(a *account, id int64, result string, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	m := a.masses[id]
	if m == nil || !m.Pending {
		return false
	}
	list, _ := a.sends.waiting.get(decimal(id))
	a.sends.waiting.drop(decimal(id))
	if result == massSucceeded {
		to := make([]*fan, 0, len(list))
		for _, openID := range list {
			to = a.appendFan(to, openID)
		}
		s.startMass(a, m, to, now)
		return true
	}
	m.Pending, m.Result = false, result
	s.goOn(a, m, now)
	return true
}

// finishMass ends a mass send: what failed gives back what it took from the account's quota; the draft of what succeeded
// leaves the draft box. It may be called again.
func (a *account) finishMass(id int64) *mass {
	a.mu.Lock()
	defer a.mu.Unlock()
	m := a.masses[id]
	if m == nil {
		return nil
	}
	if !m.Done {
		m.Done = true
		if m.Result != massSucceeded {
			a.giveBack(m)
		} else if m.DataID != 0 {
			a.endArticles(m)
		}
		if _, ok := a.sends.waiting.get(decimal(id)); ok {
			a.sends.waiting.drop(decimal(id))
		}
		a.saveMass(m)
	}
	ended := *m
	return &ended
}

// endArticles takes the draft out of the box and notes how many fans its articles reached.
func (a *account) endArticles(m *mass) {
	if _, err := a.takeDraft(m.Item.MediaID); err != nil {
		return // another send of the same draft was quicker
	}
	if p, ok := a.articles.get(m.ArticleID); ok {
		reached := *p
		reached.Reached = m.Sent
		a.articles.put(m.ArticleID, &reached)
	}
}
