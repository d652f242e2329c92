package ui

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"fanflow/flows"
	"fanflow/store"
)

// versionView is one version of a script, without its source.
type versionView struct {
	Kind        string    `json:"kind"`
	Name        string    `json:"name"`
	Version     int       `json:"version"`
	File        string    `json:"file"`
	Digest      string    `json:"digest"`
	Pushed      time.Time `json:"pushed"`
	By          string    `json:"by,omitempty"`
	Published   bool      `json:"published"` // it is the current one
	PublishedAt time.Time `json:"published_at,omitzero"`
}

// findingView is what a check has to say about a line of a script.
type findingView struct {
	File     string         `json:"file"`
	Line     int            `json:"line"`
	Rule     string         `json:"rule"`
	Severity flows.Severity `json:"severity"`
	Msg      string         `json:"msg"`
	Mend     string         `json:"mend,omitempty"`
}

func viewFindings(list []flows.Finding) []findingView {
	views := make([]findingView, len(list))
	for i, f := range list {
		views[i] = findingView{File: f.File, Line: f.Line, Rule: f.Rule, Severity: f.Severity, Msg: f.Msg, Mend: f.Mend}
	}
	return views
}

// scriptID names a script as seen from an account: plugins are shared by all.
func scriptID(a *Account, kind, name string) store.ScriptID {
	id := store.ScriptID{Account: a.Name, Kind: kind, Name: name}
	if kind == store.KindPlugin {
		id.Account = ""
	}
	return id
}

func kindOf(r *http.Request) (string, error) {
	kind := param(r, "kind")
	if !slices.Contains([]string{store.KindFlow, store.KindPlugin, store.KindBroadcast}, kind) {
		return "", faultf(http.StatusNotFound, "kinds of scripts are flow, plugin and broadcast, not %q", kind)
	}
	return kind, nil
}

// accountAndKind reads the part of the path that all script routes share.
func (s *server) accountAndKind(r *http.Request) (*Account, string, error) {
	a, err := s.account(r)
	if err != nil {
		return nil, "", err
	}
	kind, err := kindOf(r)
	return a, kind, err
}

// publication says which version of a script is current; nil if none is.
func (s *server) publication(ctx context.Context, id store.ScriptID) (*store.Publication, error) {
	catalog, err := s.Store.Catalog(ctx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(catalog.Publications, func(p store.Publication) bool { return p.ScriptID == id })
	if i < 0 {
		return nil, nil
	}
	return &catalog.Publications[i], nil
}

// versions lists the versions of one script, or of all of a kind where id has no name; by name, oldest first.
func (s *server) versions(ctx context.Context, a *Account, id store.ScriptID) ([]versionView, error) {
	scripts, err := s.Store.Scripts(ctx, id.Account, id.Kind)
	if err != nil {
		return nil, err
	}
	catalog, err := s.Store.Catalog(ctx)
	if err != nil {
		return nil, err
	}
	current := map[store.ScriptID]store.Publication{}
	for _, p := range catalog.Publications {
		current[p.ScriptID] = p
	}
	views := []versionView{}
	for _, sc := range scripts {
		if id.Name == "" || id.Name == sc.Name {
			views = append(views, viewVersion(a, sc, current[sc.ScriptID]))
		}
	}
	return views, nil
}

func viewVersion(a *Account, sc store.Script, current store.Publication) versionView {
	v := versionView{
		Kind: sc.Kind, Name: sc.Name, Version: sc.Version, File: sc.File, Digest: sc.Digest, Pushed: sc.Pushed, By: sc.By,
		Published: current.Version == sc.Version,
	}
	if v.Published {
		v.PublishedAt = current.Published
	}
	inZone(a.Location, &v.Pushed, &v.PublishedAt)
	return v
}

func (s *server) apiScripts(w http.ResponseWriter, r *http.Request) error {
	a, kind, err := s.accountAndKind(r)
	if err != nil {
		return err
	}
	all, err := s.versions(r.Context(), a, scriptID(a, kind, ""))
	if err != nil {
		return err
	}
	items, next, err := paged(r, all)
	if err != nil {
		return err
	}
	return writeList(w, items, next)
}

func (s *server) apiScript(w http.ResponseWriter, r *http.Request) error {
	a, kind, err := s.accountAndKind(r)
	if err != nil {
		return err
	}
	version, err := versionOf(r)
	if err != nil {
		return err
	}
	sc, err := flows.LoadScript(r.Context(), s.Store, scriptID(a, kind, param(r, "name")), version)
	if err != nil {
		return err
	}
	current, err := s.publication(r.Context(), sc.ScriptID)
	if err != nil {
		return err
	}
	if current == nil {
		current = &store.Publication{}
	}
	return writeJSON(w, http.StatusOK, struct {
		versionView
		Source string `json:"source"`
	}{viewVersion(a, sc, *current), sc.Source})
}

// scriptIn is a script as it is pushed or checked.
type scriptIn struct {
	File    string `json:"file"`
	Source  string `json:"source"`
	Publish bool   `json:"publish"`
}

func readScript(w http.ResponseWriter, r *http.Request) (scriptIn, error) {
	var in scriptIn
	if err := readJSON(w, r, &in); err != nil {
		return in, err
	}
	if in.File == "" || in.Source == "" {
		return in, faultf(http.StatusBadRequest, "file (its name, for messages) and source must be given")
	}
	return in, nil
}

// scriptOut answers a push, a publication or a check.
type scriptOut struct {
	Kind      string        `json:"kind"`
	Name      string        `json:"name"`
	Version   int           `json:"version,omitempty"`
	Published bool          `json:"published"`
	Findings  []findingView `json:"findings"`
	Flows     []string      `json:"flows,omitempty"` // that were published again with the plugin
}

func (s *server) apiCheck(w http.ResponseWriter, r *http.Request) error {
	a, kind, err := s.accountAndKind(r)
	if err != nil {
		return err
	}
	in, err := readScript(w, r)
	if err != nil {
		return err
	}
	name, findings, err := s.Engine.Check(r.Context(), a.Name, kind, in.File, in.Source)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, scriptOut{Kind: kind, Name: name, Findings: viewFindings(findings)})
}

func (s *server) apiPush(w http.ResponseWriter, r *http.Request) error {
	a, kind, err := s.accountAndKind(r)
	if err != nil {
		return err
	}
	in, err := readScript(w, r)
	if err != nil {
		return err
	}
	_, findings, err := s.Engine.Check(r.Context(), a.Name, kind, in.File, in.Source)
	if err != nil {
		return err
	}
	if n := errorsAmong(findings); n > 0 {
		return &fault{Status: http.StatusBadRequest, Detail: fmt.Sprintf("%s has %d errors", in.File, n), Findings: findings}
	}
	sc, err := s.Engine.Push(r.Context(), a.Name, kind, in.File, in.Source, "api")
	if err != nil {
		return err
	}
	if in.Publish {
		if _, err := s.publish(r.Context(), sc.ScriptID, sc.Version, "api", nil); err != nil {
			return err
		}
	}
	return writeJSON(w, http.StatusCreated, scriptOut{
		Kind: kind, Name: sc.Name, Version: sc.Version, Published: in.Publish, Findings: viewFindings(findings),
	})
}

// publishIn says what is to be published, and what becomes of the fans who are in the flow.
type publishIn struct {
	Version int           `json:"version"` // 0: the newest; for a rollback, the one published before
	Choice  *store.Choice `json:"choice"`  // nil: they move
	Back    bool          `json:"back"`    // of a preview: it is that of a rollback
	Flows   bool          `json:"flows"`   // of a plugin: the flows that run another version are published again with this one
}

// readPublish reads the script that a route names and what is to be published of it.
func (s *server) readPublish(w http.ResponseWriter, r *http.Request) (id store.ScriptID, in publishIn, err error) {
	a, kind, err := s.accountAndKind(r)
	if err != nil {
		return id, in, err
	}
	if err := readJSON(w, r, &in); err != nil {
		return id, in, err
	}
	if in.Version < 0 {
		return id, in, faultf(http.StatusBadRequest, "version is %d, but a number from 1 is meant, or 0 for the newest", in.Version)
	}
	return scriptID(a, kind, param(r, "name")), in, nil
}

func (s *server) apiPublish(w http.ResponseWriter, r *http.Request) error {
	id, in, err := s.readPublish(w, r)
	if err != nil {
		return err
	}
	if in.Flows && id.Kind != store.KindPlugin {
		return faultf(http.StatusBadRequest, "flows goes with a plugin: a %s is in no flow", id.Kind)
	}
	p, err := s.publish(r.Context(), id, in.Version, "api", in.Choice)
	if err != nil {
		return err
	}
	return s.writePublished(w, r, p, in.Flows)
}

func (s *server) apiRollback(w http.ResponseWriter, r *http.Request) error {
	id, in, err := s.readPublish(w, r)
	if err != nil {
		return err
	}
	p, err := s.Engine.Rollback(r.Context(), id, in.Version, "api", in.Choice)
	if err != nil {
		return refusedScript(r.Context(), err)
	}
	s.published(p)
	return s.writePublished(w, r, p, in.Flows && id.Kind == store.KindPlugin)
}

// writePublished tells a publication, after that of the flows that run the plugin if they are to follow it.
func (s *server) writePublished(w http.ResponseWriter, r *http.Request, p store.Publication, follow bool) error {
	out := scriptOut{Kind: p.Kind, Name: p.Name, Version: p.Version, Published: true, Findings: []findingView{}}
	if follow {
		made, err := s.Engine.Republish(r.Context(), p.Name, "api")
		for _, f := range made {
			s.published(f)
			out.Flows = append(out.Flows, f.Name)
		}
		if err != nil {
			err = refusedScript(r.Context(), err)
			if f, ok := errors.AsType[*fault](err); ok {
				f.Findings = nil // they are a flow's, and the detail says more: what was published before it
			}
			return err
		}
	}
	return writeJSON(w, http.StatusOK, out)
}

// apiPreview is the dry run of a publication.
func (s *server) apiPreview(w http.ResponseWriter, r *http.Request) error {
	id, in, err := s.readPublish(w, r)
	if err != nil {
		return err
	}
	if id.Kind != store.KindFlow {
		return faultf(http.StatusBadRequest, "a %s has no fans in it: there is nothing to foresee", id.Kind)
	}
	preview := s.Engine.Preview
	if in.Back {
		preview = s.Engine.PreviewRollback
	}
	p, err := preview(r.Context(), id.Account, id.Name, in.Version, in.Choice)
	if err != nil {
		return refusedScript(r.Context(), err)
	}
	return writeJSON(w, http.StatusOK, p)
}

// apiDiff compares two versions of a flow.
func (s *server) apiDiff(w http.ResponseWriter, r *http.Request) error {
	a, kind, err := s.accountAndKind(r)
	if err != nil {
		return err
	}
	if kind != store.KindFlow {
		return faultf(http.StatusBadRequest, "only the versions of a flow are compared, not those of a %s", kind)
	}
	var versions [2]int
	for i, name := range []string{"from", "to"} {
		v := r.URL.Query().Get(name)
		if v == "" {
			continue
		}
		if versions[i], err = strconv.Atoi(v); err != nil || versions[i] < 1 {
			return faultf(http.StatusBadRequest, "%s is %q, but a number from 1 is meant", name, v)
		}
	}
	d, err := s.Engine.Diff(r.Context(), a.Name, param(r, "name"), versions[0], versions[1])
	if err != nil {
		return refusedScript(r.Context(), err)
	}
	return writeJSON(w, http.StatusOK, d)
}

// errorsAmong counts the findings for which a script is refused.
func errorsAmong(findings []flows.Finding) (n int) {
	for _, f := range findings {
		if f.Severity == flows.SeverityError {
			n++
		}
	}
	return n
}

// publish makes a version current and tells who asked to be told.
func (s *server) publish(ctx context.Context, id store.ScriptID, version int, by string, choice *store.Choice) (store.Publication, error) {
	p, err := s.Engine.PublishAs(ctx, id, version, by, choice)
	if err != nil {
		return p, refusedScript(ctx, err)
	}
	s.published(p)
	return p, nil
}

// refusedScript turns the engine's refusal to read or publish a script into an answer. What is wrong lies in the script or in
// the plugins that it needs, and the engine's sentence says so; who has logged in may read it.
func refusedScript(ctx context.Context, err error) error {
	if ctx.Err() != nil || errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrClosed) {
		return err
	}
	f := &fault{Status: http.StatusConflict, Detail: err.Error()}
	if _, ok := errors.AsType[*flows.ChoiceError](err); ok {
		f.Status = http.StatusBadRequest
	}
	if refused, ok := errors.AsType[*flows.FindingsError](err); ok {
		f.Findings = refused.Findings
	}
	return f
}
