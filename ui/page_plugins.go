package ui

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"fanflow/flows"
	"fanflow/store"
)

// pluginsBody is the data of plugins.html.
type pluginsBody struct {
	Account string
	Plugins []flows.PluginInfo
}

func (s *server) pluginsPage(w http.ResponseWriter, r *http.Request) error {
	a, err := s.account(r)
	if err != nil {
		return err
	}
	all, err := s.Engine.Plugins(r.Context(), a.Name)
	if err != nil {
		return err
	}
	return s.member(w, r, "plugins", page{Title: "nav.plugins", Active: "plugins", Account: a, Body: pluginsBody{a.Name, all}})
}

// pluginBody is the data of plugin.html.
type pluginBody struct {
	Plugin   flows.PluginInfo
	Settings []settingLine
	Hooks    []hookLine
	Versions []versionLine // newest first
	Log      []logLine     // newest first
	File     string
	Source   []string // lines
}

// settingLine is a setting that the plugin declares. Of a secret it is told only whether there is one.
type settingLine struct {
	Name, Title, Type string
	Required          bool
	Secret, Set       bool
	Value             string
}

type hookLine struct{ Name, Match string }

// logLine is a line of a script's log.
type logLine struct {
	At             stamp
	Account        string
	OpenID         string
	Version        int
	Level, Text    string
	Failed, Undone bool
}

func (s *server) pluginPage(w http.ResponseWriter, r *http.Request) error {
	a, p, err := s.plugin(r)
	if err != nil {
		return err
	}
	body := pluginBody{Plugin: p, Settings: settingLines(p), Hooks: hookLines(s.say(r), p)}
	versions, err := s.versions(r.Context(), a, scriptID(a, store.KindPlugin, p.Name))
	if err != nil {
		return err
	}
	for _, v := range slices.Backward(versions) {
		body.Versions = append(body.Versions, versionLine{v.Version, stampOf(a.Location, v.Pushed), v.By, v.Published})
	}
	if body.Log, err = s.logLines(a, store.KindPlugin, p.Name); err != nil {
		return err
	}
	sc, err := s.Store.Script(r.Context(), scriptID(a, store.KindPlugin, p.Name), p.Number)
	if err != nil {
		return err
	}
	body.File, body.Source = sc.File, strings.Split(strings.TrimRight(sc.Source, "\n"), "\n")
	title := p.Title
	if title == "" {
		title = p.Name
	}
	return s.member(w, r, "plugin", page{Title: title, Active: "plugins", Account: a, Body: body})
}

// settingLines are the settings in the order of the plugin's schema.
func settingLines(p flows.PluginInfo) (out []settingLine) {
	for _, f := range p.Config {
		l := settingLine{Name: f.Name, Title: f.Title, Type: f.Type, Required: f.Required}
		if f.Type == "secret" {
			l.Secret, l.Set = true, slices.Contains(p.Setting.Secrets, f.Name)
			out = append(out, l)
			continue
		}
		value := f.Default
		if v, ok := p.Setting.Config[f.Name]; ok {
			l.Set = true
			if b, err := json.Marshal(v); err == nil {
				value = b
			}
		}
		if len(value) > 0 {
			l.Value = plainJSON(value)
		}
		out = append(out, l)
	}
	return out
}

func hookLines(say *words, p flows.PluginInfo) (out []hookLine) {
	h := &p.Hooks
	for _, l := range []struct {
		name  string
		match []string
	}{{"on_event", h.Events}, {"before_send", h.Sends}, {"after_send", h.Sent}, {"on_webhook", h.Webhooks}, {"every", h.Every}} {
		if len(l.match) > 0 {
			out = append(out, hookLine{l.name, strings.Join(l.match, say.t("list.comma"))})
		}
	}
	return out
}

// logLines are the last lines of a script, the newest first.
func (s *server) logLines(a *Account, kind, name string) (out []logLine, err error) {
	lines, err := s.Engine.Log(a.Name, kind, name)
	for _, l := range lines {
		out = append(out, logLine{
			At: stampOf(a.Location, l.At), Account: a.Name, OpenID: l.OpenID, Version: l.Version, Level: l.Level, Text: l.Text, Failed: l.Failed, Undone: l.Undone,
		})
	}
	return out, err
}

func (s *server) pausePluginForm(w http.ResponseWriter, r *http.Request) error {
	return s.setPluginPausedForm(w, r, true)
}

func (s *server) resumePluginForm(w http.ResponseWriter, r *http.Request) error {
	return s.setPluginPausedForm(w, r, false)
}

func (s *server) setPluginPausedForm(w http.ResponseWriter, r *http.Request, paused bool) error {
	a, err := s.account(r)
	if err != nil {
		return err
	}
	if err := s.setPluginPaused(r.Context(), a, param(r, "name"), paused); err != nil {
		return err
	}
	http.Redirect(w, r, link("a", a.Name, "plugins", param(r, "name")), http.StatusSeeOther)
	return nil
}
