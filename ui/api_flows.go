package ui

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"fanflow/flows"
	"fanflow/store"
)

// flowLine is a flow in the list of flows.
type flowLine struct {
	Name      string `json:"name"`
	Title     string `json:"title"`
	Published int    `json:"published"` // the version that is current; 0 if none is
	Newest    int    `json:"newest"`
	Paused    bool   `json:"paused"`
	Why       string `json:"why,omitempty"` // of the pause
	Live      int64  `json:"live"`
	Entered   int64  `json:"entered"`
	Completed int64  `json:"completed"`
}

func viewFlowLine(f flows.FlowInfo) flowLine {
	return flowLine{
		Name: f.Name, Title: f.Title, Published: f.Version, Newest: f.Newest, Paused: f.Paused, Why: f.Why,
		Live: f.Live, Entered: f.Entered, Completed: f.Goals,
	}
}

// flowView is a version of a flow as its script declares it.
type flowView struct {
	Name     string        `json:"name"`
	Title    string        `json:"title"`
	Version  int           `json:"version"`
	First    string        `json:"first"`
	Priority int           `json:"priority"`
	Funnel   []string      `json:"funnel"`
	States   []stateView   `json:"states"`
	Triggers []triggerView `json:"triggers"`
	Anywhere []edgeView    `json:"anywhere"` // what leads on from every state; an exit that ends where the fan is leads to ""
	Versions []versionView `json:"versions"` // oldest first
}

type stateView struct {
	Name  string     `json:"name"`
	Final bool       `json:"final"`
	Goal  string     `json:"goal,omitempty"`
	Line  int        `json:"line,omitempty"`
	Live  int64      `json:"live"` // enrollments in it now, of all versions
	Edges []edgeView `json:"edges"`
}

type edgeView struct {
	On string `json:"on"`
	To string `json:"to"`
}

type triggerView struct {
	Event string   `json:"event"`
	Match []string `json:"match"`
}

func (s *server) apiFlows(w http.ResponseWriter, r *http.Request) error {
	a, err := s.account(r)
	if err != nil {
		return err
	}
	infos, err := s.Engine.Flows(r.Context(), a.Name)
	if err != nil {
		return err
	}
	infos, next, err := paged(r, infos)
	if err != nil {
		return err
	}
	lines := make([]flowLine, len(infos))
	for i, f := range infos {
		lines[i] = viewFlowLine(f)
	}
	return writeList(w, lines, next)
}

func (s *server) apiFlow(w http.ResponseWriter, r *http.Request) error {
	a, err := s.account(r)
	if err != nil {
		return err
	}
	f, live, err := s.flow(r, a)
	if err != nil {
		return err
	}
	v := flowView{
		Name: f.Name, Title: f.Title, Version: f.Version, First: f.First, Priority: f.Priority, Funnel: orEmpty(f.Funnel),
		States: []stateView{}, Triggers: []triggerView{}, Anywhere: []edgeView{},
	}
	for _, e := range f.Anywhere {
		v.Anywhere = append(v.Anywhere, edgeView(e))
	}
	for _, st := range f.States {
		sv := stateView{Name: st.Name, Final: st.Final, Goal: st.Goal, Line: st.Line, Live: live[st.Name], Edges: []edgeView{}}
		for _, e := range st.Edges {
			sv.Edges = append(sv.Edges, edgeView(e))
		}
		v.States = append(v.States, sv)
	}
	for _, t := range f.Triggers {
		v.Triggers = append(v.Triggers, triggerView{Event: t.Event, Match: orEmpty(t.Match)})
	}
	if v.Versions, err = s.versions(r.Context(), a, scriptID(a, store.KindFlow, f.Name)); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, v)
}

// versionOf reads ?version=; 0 where it is not given.
func versionOf(r *http.Request) (int, error) {
	v := r.URL.Query().Get("version")
	if v == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 {
		return 0, faultf(http.StatusBadRequest, "version is %q, but a number from 1 is meant", v)
	}
	return n, nil
}

// stepView is a step of a funnel. What is neither completed nor dropped is waiting in it. The times are from entering the step to
// completing it; 0 while nobody has.
type stepView struct {
	State         string `json:"state"`
	Entered       int64  `json:"entered"`
	Completed     int64  `json:"completed"`
	Dropped       int64  `json:"dropped"`
	Waiting       int64  `json:"waiting"`
	MedianSeconds int64  `json:"median_seconds"`
	P90Seconds    int64  `json:"p90_seconds"` // what 90 percent did not take longer than
}

// stateReach is a state that enrollments came to, with the time spent in it per visit.
type stateReach struct {
	State         string `json:"state"`
	Entered       int64  `json:"entered"`
	MedianSeconds int64  `json:"median_seconds"`
	P90Seconds    int64  `json:"p90_seconds"`
}

// goalReach is a goal that enrollments reached, with the time since they entered the flow.
type goalReach struct {
	Goal          string `json:"goal"`
	Entered       int64  `json:"entered"`
	MedianSeconds int64  `json:"median_seconds"`
	P90Seconds    int64  `json:"p90_seconds"`
}

// tallyView is what is counted of some enrollments: all of them, those that ended as done, those that ended otherwise.
type tallyView struct {
	Entered   int64        `json:"entered"`
	Completed int64        `json:"completed"`
	Dropped   int64        `json:"dropped"`
	Steps     []stepView   `json:"steps"`
	States    []stateReach `json:"states"`
	Goals     []goalReach  `json:"goals"`
}

func viewTally(t flows.Tally) tallyView {
	v := tallyView{
		Entered: t.Entered, Completed: t.Completed, Dropped: t.Dropped, Steps: []stepView{}, States: []stateReach{}, Goals: []goalReach{},
	}
	for _, st := range t.Steps {
		v.Steps = append(v.Steps, stepView{
			State: st.State, Entered: st.Entered, Completed: st.Completed, Dropped: st.Dropped,
			Waiting: st.Entered - st.Completed - st.Dropped, MedianSeconds: st.MedianSeconds, P90Seconds: st.P90Seconds,
		})
	}
	for _, r := range t.States {
		v.States = append(v.States, stateReach{r.Name, r.Entered, r.MedianSeconds, r.P90Seconds})
	}
	for _, r := range t.Goals {
		v.Goals = append(v.Goals, goalReach{r.Name, r.Entered, r.MedianSeconds, r.P90Seconds})
	}
	return v
}

type funnelView struct {
	Flow string `json:"flow"`
	From string `json:"from"` // days of entry in the account's zone, inclusive; empty: open
	To   string `json:"to"`
	tallyView
	By     string      `json:"by,omitempty"`
	Groups []groupView `json:"groups,omitempty"`
	More   int         `json:"more,omitempty"` // groups that are left out
}

// groupView is what is counted of the enrollments that have a value in common.
type groupView struct {
	Value string `json:"value"`
	tallyView
}

// funnel counts a flow's funnel for the days that ?from= and ?to= ask for, divided as ?by= says.
func (s *server) funnel(r *http.Request, a *Account) (funnelView, error) {
	from, err := dayOf(r, "from")
	if err != nil {
		return funnelView{}, err
	}
	to, err := dayOf(r, "to")
	if err != nil {
		return funnelView{}, err
	}
	f, err := s.Engine.FunnelBy(r.Context(), a.Name, param(r, "flow"), from, to, r.URL.Query().Get("by"))
	if unknown := (*flows.ByError)(nil); errors.As(err, &unknown) {
		return funnelView{}, faultf(http.StatusBadRequest, "%v", unknown)
	}
	if err != nil {
		return funnelView{}, err
	}
	v := funnelView{Flow: f.Flow, From: from, To: to, tallyView: viewTally(f.Tally), By: f.By, More: f.More}
	for _, g := range f.Groups {
		v.Groups = append(v.Groups, groupView{g.Value, viewTally(g.Tally)})
	}
	return v, nil
}

func dayOf(r *http.Request, name string) (string, error) {
	v := r.URL.Query().Get(name)
	if _, err := time.Parse(time.DateOnly, v); v != "" && err != nil {
		return "", faultf(http.StatusBadRequest, "%s is %q, but a day like 2026-11-02 is meant", name, v)
	}
	return v, nil
}

func (s *server) apiFunnel(w http.ResponseWriter, r *http.Request) error {
	a, err := s.account(r)
	if err != nil {
		return err
	}
	v, err := s.funnel(r, a)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, v)
}

func (s *server) apiPause(w http.ResponseWriter, r *http.Request) error {
	return s.apiSetPaused(w, r, true)
}

func (s *server) apiResume(w http.ResponseWriter, r *http.Request) error {
	return s.apiSetPaused(w, r, false)
}

func (s *server) apiSetPaused(w http.ResponseWriter, r *http.Request, paused bool) error {
	a, err := s.account(r)
	if err != nil {
		return err
	}
	name := param(r, "flow")
	if err := s.setPaused(r.Context(), a, name, paused); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, map[string]any{"name": name, "paused": paused})
}

// setPaused pauses or resumes a published flow.
func (s *server) setPaused(ctx context.Context, a *Account, flow string, paused bool) error {
	why := ""
	if paused {
		why = "operator"
	}
	if err := s.Engine.Pause(ctx, a.Name, flow, why); err != nil {
		return err
	}
	p, err := s.publication(ctx, scriptID(a, store.KindFlow, flow))
	if err != nil || p == nil {
		return err
	}
	s.published(*p)
	return nil
}

// published passes a publication on to who asked to be told.
func (s *server) published(p store.Publication) {
	if s.OnPublish != nil {
		s.OnPublish(p)
	}
}
