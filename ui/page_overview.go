package ui

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	"fanflow/flows"
	"fanflow/store"
	"fanflow/wechat"
)

// home leads from "/", "/flows" and "/fans" to the same of the first account.
func (s *server) home(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, strings.TrimSuffix(link("a", s.Accounts[0].Name)+r.URL.Path, "/"), http.StatusSeeOther)
	return nil
}

// overviewBody is the data of overview.html.
type overviewBody struct {
	Account string
	Totals  store.Totals
	Live    int64 // enrollments, over all flows
	Flows   []flows.FlowInfo
	Quotas  []meter
	Sends   []sendLine
	Jobs    []jobLine
}

// meter is a quota as it is drawn.
type meter struct {
	Name, Period, Label string
	Used, Limit         int64
	Share               int64 // of the limit that is used, in thousandths
	Closed              bool
	Resets              stamp
}

// sendLine is a send as it is listed.
type sendLine struct {
	Account, OpenID         string
	At                      stamp // when it was accepted, else when it is due
	Channel, Status, Reason string
	Text                    string
}

type jobLine struct {
	Account, OpenID string
	Due             stamp
	Kind, What      string
	Parked          bool
}

const (
	recentSends = 8
	nextJobs    = 8
)

func (s *server) overviewPage(w http.ResponseWriter, r *http.Request) error {
	a, err := s.account(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	body := overviewBody{Account: a.Name}
	if body.Totals, err = s.Store.Totals(ctx, a.Name); err != nil {
		return err
	}
	if body.Flows, err = s.Engine.Flows(ctx, a.Name); err != nil {
		return err
	}
	for _, f := range body.Flows {
		body.Live += f.Live
	}
	quotas, err := s.Quotas(ctx, a.Name)
	if err != nil {
		return err
	}
	body.Quotas = s.meters(s.say(r), a, quotas)
	sends, _, err := s.Store.Sends(ctx, a.Name, store.SendFilter{}, "", recentSends)
	if err != nil {
		return err
	}
	body.Sends = viewSends(a, sends)
	slices.SortStableFunc(body.Sends, func(x, y sendLine) int { return strings.Compare(y.At.Text, x.At.Text) })
	jobs, _, err := s.Store.Jobs(ctx, a.Name, store.JobFilter{}, "", nextJobs)
	if err != nil {
		return err
	}
	for _, j := range jobs {
		body.Jobs = append(body.Jobs, jobLine{
			Account: a.Name, OpenID: j.OpenID, Due: stampOf(a.Location, j.Due), Kind: j.Kind, What: jobWhat(j), Parked: j.Parked,
		})
	}
	return s.member(w, r, "overview", page{Title: "nav.overview", Active: "overview", Account: a, Body: body})
}

// jobWhat says in a few words what a job is about.
func jobWhat(j store.Job) string {
	parts := slices.DeleteFunc([]string{j.Flow, j.State, j.Name}, func(s string) bool { return s == "" })
	return strings.Join(parts, " · ")
}

func (s *server) meters(w *words, a *Account, quotas []store.Quota) []meter {
	var ms []meter
	for _, q := range quotas {
		m := meter{
			Name: q.Quota, Period: q.Period, Label: w.or("quota."+q.Quota, q.Quota), Used: q.Used, Limit: q.Limit,
			Closed: q.Closed, Resets: stampOf(a.Location, q.Resets),
		}
		if q.Limit > 0 {
			m.Share = min(1000, q.Used*1000/q.Limit)
		}
		ms = append(ms, m)
	}
	return ms
}

func viewSends(a *Account, sends []store.Send) []sendLine {
	lines := make([]sendLine, len(sends))
	for i, d := range sends {
		at := d.SentAt
		if at.IsZero() {
			at = d.Due
		}
		lines[i] = sendLine{
			Account: a.Name, OpenID: d.OpenID, At: stampOf(a.Location, at), Channel: d.Channel, Status: string(d.Status), Reason: d.Reason,
			Text: outgoingText(d.Content),
		}
	}
	return lines
}

// outgoingText says a message in one line.
func outgoingText(content json.RawMessage) string {
	var m wechat.Outgoing
	if json.Unmarshal(content, &m) != nil {
		return string(content)
	}
	t := m.Template
	if t == nil {
		t = m.Notice
	}
	switch {
	case m.Text != "":
		return m.Text
	case len(m.Articles) > 0:
		return m.Articles[0].Title
	case t != nil:
		parts := []string{t.Name}
		for _, key := range slices.Sorted(maps.Keys(t.Data)) {
			parts = append(parts, t.Data[key])
		}
		return strings.Join(parts, " · ")
	}
	return m.Image + m.Voice
}
