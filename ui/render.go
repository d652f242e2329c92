package ui

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"
)

//go:embed templates/*.html
var templateFiles embed.FS

// pageNames are the templates that stand on layout.html, the frame of every page.
var pageNames = []string{"login", "error", "overview", "flows", "flow", "publish", "funnel", "fans", "fan", "plugins", "plugin", "phone"}

// views are the pages in one language.
type views struct {
	pages map[string]*template.Template
}

func loadViews(w *words, a *assets) (*views, error) {
	frame, err := template.New("layout.html").Funcs(template.FuncMap{
		"t":      w.t,
		"or_key": w.or,
		"why":    w.why,
		"asset":  a.url,
		"path":   link,
		"stamp":  stampOf,
		"number": number,
		"span":   w.span,
		"json":   plainJSON,
		"add":    func(a, b int) int { return a + b },
	}).ParseFS(templateFiles, "templates/layout.html", "templates/parts.html", "templates/icons.html")
	if err != nil {
		return nil, fmt.Errorf("parse templates: %w", err)
	}
	v := &views{pages: map[string]*template.Template{}}
	for _, name := range pageNames {
		page, err := frame.Clone()
		if err == nil {
			page, err = page.ParseFS(templateFiles, "templates/"+name+".html")
		}
		if err != nil {
			return nil, fmt.Errorf("parse template %s: %w", name, err)
		}
		v.pages[name] = page
	}
	return v, nil
}

// page is what layout.html knows; Body is the page's own.
type page struct {
	Lang      string
	OtherLang string // link to this page in the other language
	Title     string // key of the catalogue, or text
	Active    string // which entry of the menu this page belongs to
	Account   *Account
	Accounts  []Account
	Demo      bool
	LoggedIn  bool
	Version   string
	Now       stamp
	Body      any
}

// show renders a page. It is rendered whole before anything is sent, so that an error does not leave half a page.
func (s *server) show(w http.ResponseWriter, r *http.Request, status int, name string, p page) error {
	lang := language(r)
	rememberLanguage(w, r)
	p.Lang, p.OtherLang = lang, otherLang(r, lang)
	p.Accounts, p.Demo, p.Version = s.Accounts, s.Demo, s.Version
	if p.Account == nil {
		p.Account = &s.Accounts[0]
	}
	p.Now = stampOf(p.Account.Location, s.Now())
	var b bytes.Buffer
	if err := s.views[lang].pages[name].ExecuteTemplate(&b, "layout.html", p); err != nil {
		return fmt.Errorf("render page %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", lang)
	w.Header().Add("Vary", "Accept-Language, Cookie")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // a reader that has gone needs no error
	return nil
}

// member renders a page for who has logged in.
func (s *server) member(w http.ResponseWriter, r *http.Request, name string, p page) error {
	p.LoggedIn = true
	return s.show(w, r, http.StatusOK, name, p)
}

// say gives the texts in the request's language, for words that are put together in Go.
func (s *server) say(r *http.Request) *words { return s.words[language(r)] }

func (s *server) errorPage(w http.ResponseWriter, r *http.Request, f *fault) {
	in, _ := s.loggedIn(r) // on an error page the menu is a courtesy
	title := s.say(r).or(fmt.Sprintf("error.%d", f.Status), http.StatusText(f.Status))
	err := s.show(w, r, f.Status, "error", page{Title: title, LoggedIn: in, Body: f})
	if err != nil {
		s.log.Error("render error page", "error", err)
		http.Error(w, f.Detail, f.Status)
	}
}

func otherLang(r *http.Request, lang string) string {
	q := url.Values{}
	if r.Method == http.MethodGet {
		q = r.URL.Query()
	}
	for _, l := range languages {
		if l != lang {
			q.Set("lang", l)
		}
	}
	return "?" + q.Encode()
}

// link joins parts into the path of a URL, each escaped.
func link(parts ...any) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteByte('/')
		b.WriteString(url.PathEscape(fmt.Sprint(p)))
	}
	return b.String()
}

// stamp is a time as a page shows it.
type stamp struct {
	ISO  string // with the zone's offset
	Text string // in the zone, to the second
}

func stampOf(zone *time.Location, at time.Time) stamp {
	if at.IsZero() {
		return stamp{}
	}
	at = at.In(zone)
	return stamp{ISO: at.Format(time.RFC3339), Text: at.Format("2006-01-02 15:04:05")}
}

// number groups thousands with thin spaces that do not break.
func number(n int64) string {
	digits := fmt.Sprint(n)
	sign := ""
	if n < 0 {
		sign, digits = "−", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "\u202f" + digits[i:]
	}
	return sign + digits
}

// span says a number of seconds in one or two units.
func (w *words) span(seconds int64) string {
	units := []struct {
		key string
		len int64
	}{{"span.day", 86400}, {"span.hour", 3600}, {"span.minute", 60}, {"span.second", 1}}
	for i, u := range units {
		if seconds < u.len && u.len > 1 {
			continue
		}
		text := w.t(u.key, "n", seconds/u.len)
		if i+1 < len(units) {
			if rest := seconds % u.len / units[i+1].len; rest > 0 {
				text += " " + w.t(units[i+1].key, "n", rest)
			}
		}
		return text
	}
	return ""
}

// plainJSON shows a JSON value to people: a string without its quotes.
func plainJSON(v json.RawMessage) string {
	var s string
	if json.Unmarshal(v, &s) == nil {
		return s
	}
	return string(v)
}
