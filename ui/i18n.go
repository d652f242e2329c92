package ui

import (
	"embed"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

//go:embed i18n/*.json
var catalogueFiles embed.FS

// languages that the UI speaks; the first is spoken where nothing else is asked for.
var languages = []string{"zh-CN", "en"}

// words is the catalogue of one language.
type words struct {
	lang    string
	text    map[string]string
	reasons []reason // the longer one first
}

// loadWords reads the embedded catalogues, by language.
func loadWords() (map[string]*words, error) {
	all := make(map[string]*words, len(languages))
	for _, lang := range languages {
		b, err := catalogueFiles.ReadFile("i18n/" + lang + ".json")
		if err != nil {
			return nil, fmt.Errorf("read catalogue %s: %w", lang, err)
		}
		w := &words{lang: lang}
		if err := json.Unmarshal(b, &w.text); err != nil {
			return nil, fmt.Errorf("read catalogue %s: %w", lang, err)
		}
		if w.reasons, err = reasonsOf(w.text); err != nil {
			return nil, fmt.Errorf("read catalogue %s: %w", lang, err)
		}
		all[lang] = w
	}
	return all, nil
}

// t gives the text of a key with its {name} parts filled in from pairs of name and value. A key that is not in the catalogue
// comes back as it is.
func (w *words) t(key string, pairs ...any) string {
	text, ok := w.text[key]
	if !ok {
		return key
	}
	if len(pairs) < 2 {
		return text
	}
	old := make([]string, 0, len(pairs))
	for i := 0; i+1 < len(pairs); i += 2 {
		old = append(old, fmt.Sprintf("{%v}", pairs[i]), fmt.Sprint(pairs[i+1]))
	}
	return strings.NewReplacer(old...).Replace(text)
}

// or gives the text of a key, or what stands instead where the catalogue has no such key: for words that others coin, such as
// the event of a plugin.
func (w *words) or(key, instead string) string {
	if text, ok := w.text[key]; ok {
		return text
	}
	return instead
}

const langCookie = "fanflow_lang"

// language picks the language of a request: ?lang=, then the cookie, then Accept-Language.
func language(r *http.Request) string {
	if asked := r.URL.Query().Get("lang"); known(asked) {
		return asked
	}
	if c, err := r.Cookie(langCookie); err == nil && known(c.Value) {
		return c.Value
	}
	return accepted(r.Header.Get("Accept-Language"))
}

// rememberLanguage keeps what ?lang= asked for in a cookie.
func rememberLanguage(w http.ResponseWriter, r *http.Request) {
	if asked := r.URL.Query().Get("lang"); known(asked) {
		http.SetCookie(w, &http.Cookie{
			Name: langCookie, Value: asked, Path: "/", MaxAge: int((365 * 24 * time.Hour).Seconds()),
			HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: overTLS(r),
		})
	}
}

func known(lang string) bool { return lang == languages[0] || lang == languages[1] }

// accepted picks from an Accept-Language header by its weights; the earlier wins a tie.
func accepted(header string) string {
	best, weight := languages[0], 0.0
	for part := range strings.SplitSeq(header, ",") {
		tag, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		q := 1.0
		if v, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			parsed, err := strconv.ParseFloat(v, 64)
			if err != nil {
				continue
			}
			q = parsed
		}
		base, _, _ := strings.Cut(strings.ToLower(tag), "-")
		for _, lang := range languages {
			if strings.HasPrefix(strings.ToLower(lang), base) && base != "" && q > weight {
				best, weight = lang, q
			}
		}
	}
	return best
}
