package ui

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"fanflow/flows"
	"fanflow/store"
)

// flowsBody is the data of flows.html.
type flowsBody struct {
	Account string
	Flows   []flows.FlowInfo
}

func (s *server) flowsPage(w http.ResponseWriter, r *http.Request) error {
	a, err := s.account(r)
	if err != nil {
		return err
	}
	infos, err := s.Engine.Flows(r.Context(), a.Name)
	if err != nil {
		return err
	}
	return s.member(w, r, "flows", page{Title: "nav.flows", Active: "flows", Account: a, Body: flowsBody{a.Name, infos}})
}

// flowBody is the data of flow.html.
type flowBody struct {
	Flow     *flows.Flow
	Info     flows.FlowInfo
	Graph    drawing
	Triggers []string
	States   []stateLine
	Anywhere []edgeView    // from every state
	Versions []versionLine // newest first
	Log      []logLine     // newest first
	File     string
	Source   []string // lines
}

type stateLine struct {
	Name         string
	Line         int
	First, Final bool
	Goal         string
	Live         int64
	Edges        []edgeView // On in the reader's words
}

type versionLine struct {
	Version   int
	Pushed    stamp
	By        string
	Published bool
}

func (s *server) flowPage(w http.ResponseWriter, r *http.Request) error {
	a, err := s.account(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	f, live, err := s.flow(r, a)
	if err != nil {
		return err
	}
	say := s.say(r)
	body := flowBody{Flow: f}
	for _, t := range f.Triggers {
		body.Triggers = append(body.Triggers, say.trigger(t))
	}
	if body.Info, err = s.flowInfo(r, a, f.Name); err != nil {
		return err
	}
	body.States = stateLines(say, f, live)
	for _, e := range f.Anywhere {
		if e.To == "" {
			e.To = say.t("flow.leaves")
		}
		body.Anywhere = append(body.Anywhere, edgeView{On: say.why(e.On), To: e.To})
	}
	body.Graph = draw(flowGraph(say, body.States))
	versions, err := s.versions(ctx, a, scriptID(a, store.KindFlow, f.Name))
	if err != nil {
		return err
	}
	for _, v := range slices.Backward(versions) {
		body.Versions = append(body.Versions, versionLine{v.Version, stampOf(a.Location, v.Pushed), v.By, v.Published})
	}
	if body.Log, err = s.logLines(a, store.KindFlow, f.Name); err != nil {
		return err
	}
	sc, err := s.Store.Script(ctx, scriptID(a, store.KindFlow, f.Name), f.Version)
	if err != nil {
		return err
	}
	body.File, body.Source = sc.File, strings.Split(strings.TrimRight(sc.Source, "\n"), "\n")
	title := f.Title
	if title == "" {
		title = f.Name
	}
	return s.member(w, r, "flow", page{Title: title, Active: "flows", Account: a, Body: body})
}

// flow is the version of a flow that the request asks for, and how many enrollments each of its states holds now.
func (s *server) flow(r *http.Request, a *Account) (*flows.Flow, map[string]int64, error) {
	version, err := versionOf(r)
	if err != nil {
		return nil, nil, err
	}
	f, err := s.Engine.Flow(r.Context(), a.Name, param(r, "flow"), version)
	if err != nil {
		return nil, nil, refusedScript(r.Context(), err)
	}
	live, err := s.Store.Waiting(r.Context(), a.Name, f.Name)
	return f, live, err
}

// flowInfo is a flow's line of the list of flows.
func (s *server) flowInfo(r *http.Request, a *Account, name string) (flows.FlowInfo, error) {
	infos, err := s.Engine.Flows(r.Context(), a.Name)
	if err != nil {
		return flows.FlowInfo{}, err
	}
	i := slices.IndexFunc(infos, func(f flows.FlowInfo) bool { return f.Name == name })
	if i < 0 {
		return flows.FlowInfo{}, faultf(http.StatusNotFound, "there is no flow %q", name)
	}
	return infos[i], nil
}

// stateLines are the states of a version, then those that only fans on older versions are in.
func stateLines(say *words, f *flows.Flow, live map[string]int64) []stateLine {
	var lines []stateLine
	for _, st := range f.States {
		l := stateLine{Name: st.Name, Line: st.Line, First: st.Name == f.First, Final: st.Final, Goal: st.Goal, Live: live[st.Name]}
		for _, e := range st.Edges {
			l.Edges = append(l.Edges, edgeView{On: say.on(e.On), To: e.To})
		}
		lines = append(lines, l)
	}
	var older []string
	for name, n := range live {
		known := slices.ContainsFunc(lines, func(l stateLine) bool { return l.Name == name })
		if n > 0 && !known {
			older = append(older, name)
		}
	}
	slices.Sort(older)
	for _, name := range older {
		lines = append(lines, stateLine{Name: name, Live: live[name]})
	}
	return lines
}

// on says what leads along an edge: its first word is an event's name.
func (w *words) on(on string) string {
	event, rest, _ := strings.Cut(on, " ")
	return strings.TrimSpace(w.or("event."+event, event) + " " + rest)
}

func (w *words) trigger(t flows.Trigger) string {
	event := w.or("event."+t.Event, t.Event)
	match := strings.Join(t.Match, w.t("list.comma"))
	if match == "" || match == "*" {
		return event
	}
	return w.t("flow.trigger", "event", event, "match", match)
}

// flowGraph makes states and edges into what is drawn; edges between the same two states are one arc.
func flowGraph(say *words, lines []stateLine) ([]graphState, []graphArc) {
	index := map[string]int{}
	var states []graphState
	for i, l := range lines {
		index[l.Name] = i
		states = append(states, graphState{Name: l.Name, Note: say.t("graph.live", "n", number(l.Live)), First: l.First, Final: l.Final})
	}
	var arcs []graphArc
	for from, l := range lines {
		for _, e := range l.Edges {
			to, ok := index[e.To]
			if !ok {
				continue
			}
			at := slices.IndexFunc(arcs, func(x graphArc) bool { return x.From == from && x.To == to })
			if at < 0 {
				arcs = append(arcs, graphArc{From: from, To: to, Label: e.On})
			} else {
				arcs[at].Label += say.t("list.comma") + e.On
			}
		}
	}
	return states, arcs
}

// publishBody is the data of publish.html: who is affected, before it is done.
type publishBody struct {
	Flow             string
	Version, Current int
	States           []affected
}

type affected struct {
	Name string
	Live int64
	Kept bool // the new version has the state
}

func (s *server) publishPage(w http.ResponseWriter, r *http.Request) error {
	a, err := s.account(r)
	if err != nil {
		return err
	}
	f, live, err := s.flow(r, a)
	if err != nil {
		return err
	}
	body := publishBody{Flow: f.Name, Version: f.Version}
	for _, l := range stateLines(s.say(r), f, live) {
		if l.Live > 0 {
			kept := slices.ContainsFunc(f.States, func(st flows.State) bool { return st.Name == l.Name })
			body.States = append(body.States, affected{l.Name, l.Live, kept})
		}
	}
	current, err := s.publication(r.Context(), scriptID(a, store.KindFlow, f.Name))
	if err != nil {
		return err
	}
	if current != nil {
		body.Current = current.Version
	}
	return s.member(w, r, "publish", page{Title: "flow.publish", Active: "flows", Account: a, Body: body})
}

func (s *server) publishForm(w http.ResponseWriter, r *http.Request) error {
	a, err := s.account(r)
	if err != nil {
		return err
	}
	r.Body = http.MaxBytesReader(w, r.Body, 8<<10)
	version, err := strconv.Atoi(r.PostFormValue("version"))
	if err != nil || version < 1 {
		return faultf(http.StatusBadRequest, "the form names no version")
	}
	if _, err := s.publish(r.Context(), scriptID(a, store.KindFlow, param(r, "flow")), version, "ui", nil); err != nil {
		return err
	}
	return s.toFlow(w, r, a)
}

func (s *server) pauseForm(w http.ResponseWriter, r *http.Request) error {
	return s.setPausedForm(w, r, true)
}

func (s *server) resumeForm(w http.ResponseWriter, r *http.Request) error {
	return s.setPausedForm(w, r, false)
}

func (s *server) setPausedForm(w http.ResponseWriter, r *http.Request, paused bool) error {
	a, err := s.account(r)
	if err != nil {
		return err
	}
	if err := s.setPaused(r.Context(), a, param(r, "flow"), paused); err != nil {
		return fmt.Errorf("flow %s: %w", param(r, "flow"), err)
	}
	return s.toFlow(w, r, a)
}

// toFlow shows the flow again after a form of its page was taken.
func (s *server) toFlow(w http.ResponseWriter, r *http.Request, a *Account) error {
	http.Redirect(w, r, link("a", a.Name, "flows", param(r, "flow")), http.StatusSeeOther)
	return nil
}
