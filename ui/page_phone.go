package ui

import (
	"net/http"
	"slices"
	"strings"

	"fanflow/store"
)

// phoneBody is the data of phone.html: a drawn phone that plays a fan against /sim.
type phoneBody struct {
	OpenID string // of the fan to begin with; empty: the browser's last one, or a new one
	Keys   []string
	Scenes []string
	Words  []string // texts that published flows listen to
	Places []place
	Setup  phoneSetup
}

// place is a preset of the location sheet. Its name is in the catalogue.
type place struct {
	Key                 string
	Latitude, Longitude float64
}

// places are well-known spots in four cities.
var places = []place{
	{"place.shanghai", 31.2304, 121.4737},
	{"place.beijing", 39.9087, 116.4605},
	{"place.guangzhou", 23.1065, 113.3245},
	{"place.chengdu", 30.6570, 104.0817},
}

// phoneSetup is what phone.js needs to know, with the words it says.
type phoneSetup struct {
	Account string            `json:"account"`
	Title   string            `json:"title"`
	AppID   string            `json:"app_id"`
	Zone    string            `json:"zone"`
	Lang    string            `json:"lang"`
	OpenID  string            `json:"openid"`
	Words   map[string]string `json:"words"`
}

func (s *server) phonePage(w http.ResponseWriter, r *http.Request) error {
	a := &s.Accounts[0]
	if i := slices.IndexFunc(s.Accounts, func(x Account) bool { return x.Name == r.URL.Query().Get("account") }); i >= 0 {
		a = &s.Accounts[i]
	}
	say := s.say(r)
	body := phoneBody{OpenID: r.URL.Query().Get("openid"), Places: places}
	body.Setup = phoneSetup{
		Account: a.Name, Title: a.Title, AppID: a.AppID, Zone: a.Location.String(), Lang: say.lang, OpenID: body.OpenID,
		Words: map[string]string{},
	}
	for key, text := range say.text {
		if name, ok := strings.CutPrefix(key, "js."); ok {
			body.Setup.Words[name] = text
		}
	}
	if err := s.hints(r, a, &body); err != nil {
		return err
	}
	return s.member(w, r, "phone", page{Title: "nav.phone", Active: "phone", Account: a, Body: body})
}

// hints collects what the account's published flows listen to, so that a newcomer has something to tap.
func (s *server) hints(r *http.Request, a *Account, body *phoneBody) error {
	catalog, err := s.Store.Catalog(r.Context())
	if err != nil {
		return err
	}
	for _, p := range catalog.Publications {
		if p.Account != a.Name || p.Kind != store.KindFlow {
			continue
		}
		f, err := s.Engine.Flow(r.Context(), a.Name, p.Name, 0)
		if err != nil { // the phone works without its hints
			s.log.Warn("read a flow for the phone", "account", a.Name, "flow", p.Name, "error", err)
			continue
		}
		for _, t := range f.Triggers {
			for _, m := range t.Match {
				body.hint(t.Event, m)
			}
		}
		for _, st := range f.States {
			for _, e := range st.Edges {
				event, match, _ := strings.Cut(e.On, " ")
				if event != "text" {
					body.hint(event, match)
				}
			}
		}
	}
	return nil
}

func (b *phoneBody) hint(event, match string) {
	add := func(list *[]string, v string) {
		if v != "" && !slices.Contains(*list, v) {
			*list = append(*list, v)
		}
	}
	switch event {
	case "click":
		if !strings.ContainsAny(match, "*?[") {
			add(&b.Keys, match)
		}
	case "scan":
		add(&b.Scenes, strings.ReplaceAll(strings.ReplaceAll(match, "*", "1"), "?", "1"))
	case "text":
		if !strings.ContainsAny(match, "*%^$[") {
			add(&b.Words, match)
		}
	}
}
