package ui

import (
	"context"
	"net/http"

	"fanflow/flows"
	"fanflow/store"
)

func (s *server) apiPlugins(w http.ResponseWriter, r *http.Request) error {
	a, err := s.account(r)
	if err != nil {
		return err
	}
	all, err := s.Engine.Plugins(r.Context(), a.Name)
	if err != nil {
		return err
	}
	items, next, err := paged(r, all)
	if err != nil {
		return err
	}
	return writeList(w, items, next)
}

func (s *server) apiPlugin(w http.ResponseWriter, r *http.Request) error {
	_, p, err := s.plugin(r)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, p)
}

// plugin is the plugin that the path names.
func (s *server) plugin(r *http.Request) (*Account, flows.PluginInfo, error) {
	a, err := s.account(r)
	if err != nil {
		return nil, flows.PluginInfo{}, err
	}
	p, err := s.Engine.Plugin(r.Context(), a.Name, param(r, "name"))
	return a, p, err
}

func (s *server) apiPausePlugin(w http.ResponseWriter, r *http.Request) error {
	return s.apiSetPluginPaused(w, r, true)
}

func (s *server) apiResumePlugin(w http.ResponseWriter, r *http.Request) error {
	return s.apiSetPluginPaused(w, r, false)
}

func (s *server) apiSetPluginPaused(w http.ResponseWriter, r *http.Request, paused bool) error {
	a, err := s.account(r)
	if err != nil {
		return err
	}
	name := param(r, "name")
	if err := s.setPluginPaused(r.Context(), a, name, paused); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, map[string]any{"name": name, "paused": paused})
}

// setPluginPaused pauses or resumes the hooks of a published plugin.
func (s *server) setPluginPaused(ctx context.Context, a *Account, name string, paused bool) error {
	why := ""
	if paused {
		why = "operator"
	}
	if err := s.Engine.PausePlugin(ctx, name, why); err != nil {
		return err
	}
	p, err := s.publication(ctx, scriptID(a, store.KindPlugin, name))
	if err != nil || p == nil {
		return err
	}
	s.published(*p)
	return nil
}

func (s *server) apiFlowLog(w http.ResponseWriter, r *http.Request) error {
	return s.apiLog(w, r, store.KindFlow, param(r, "flow"))
}

func (s *server) apiPluginLog(w http.ResponseWriter, r *http.Request) error {
	return s.apiLog(w, r, store.KindPlugin, param(r, "name"))
}

// apiLog gives the last lines of a script, the newest first.
func (s *server) apiLog(w http.ResponseWriter, r *http.Request, kind, name string) error {
	a, err := s.account(r)
	if err != nil {
		return err
	}
	if _, err := flows.LoadScript(r.Context(), s.Store, scriptID(a, kind, name), 0); err != nil {
		return err
	}
	lines, err := s.Engine.Log(a.Name, kind, name)
	if err != nil {
		return err
	}
	for i := range lines {
		inZone(a.Location, &lines[i].At)
	}
	items, next, err := paged(r, lines)
	if err != nil {
		return err
	}
	return writeList(w, items, next)
}
