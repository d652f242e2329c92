package flows

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"

	"fanflow/plugins/fetch"
	"fanflow/plugins/std/http"
)

// secrets open the texts of one request just before it is made, and know what must not be remembered of its answer.
type secrets struct {
	value  func(plugin, name string) (string, bool)
	plugin string // that makes the request
	values []string
}

// missingSecret says that a secret has no value.
type missingSecret struct{ plugin, name string }

func (e *missingSecret) Error() string {
	return fmt.Sprintf("secret %s of plugin %s is not set for this account", e.name, e.plugin)
}

// secretsOf gives those that a plugin's requests may hold. Whatever any plugin of the account knows is hidden in answers, used or not:
// a flow may ask the same system as its plugin.
func (e *Engine) secretsOf(acc *Account, plugin string) *secrets {
	s := &secrets{plugin: plugin, value: func(plugin, name string) (string, bool) {
		if get := e.library.host.Secret; get != nil {
			return get(acc.Name, plugin, name)
		}
		return "", false
	}}
	for _, owner := range sortedKeys(acc.Plugins) {
		for _, name := range acc.Plugins[owner].Secrets {
			if v, ok := s.value(owner, name); ok && !slices.Contains(s.values, v) {
				s.values = append(s.values, v)
			}
		}
	}
	return s
}

// text puts the secrets into a text.
func (s *secrets) text(t http.Sealed) (string, error) {
	var b strings.Builder
	for _, p := range t {
		if p.Secret == "" {
			b.WriteString(p.Text)
			continue
		}
		plugin := p.Plugin
		if plugin == "" {
			plugin = s.plugin
		}
		v, ok := s.value(plugin, p.Secret)
		if !ok {
			return "", &missingSecret{plugin, p.Secret}
		}
		if !slices.Contains(s.values, v) {
			s.values = append(s.values, v)
		}
		if p.JSON {
			raw, err := encode(v)
			if err != nil {
				return "", fmt.Errorf("write secret %s of plugin %s as JSON: %w", p.Secret, plugin, err)
			}
			v = string(raw[1 : len(raw)-1])
		}
		b.WriteString(v)
	}
	return b.String(), nil
}

// open makes the request as it goes over the wire.
func (s *secrets) open(r *http.Request) (out fetch.Request, err error) {
	out = fetch.Request{Method: r.Method, URL: r.URL}
	if out.Headers, err = s.openAll(r.Headers); err != nil {
		return out, err
	}
	if len(withQuery(r.URL, closed(r.Query))) > fetch.MaxURL {
		return out, errLongURL
	}
	query, err := s.openAll(r.Query)
	if err != nil {
		return out, err
	}
	out.URL = withQuery(r.URL, query)
	form, err := s.openAll(r.Form)
	if err != nil {
		return out, err
	}
	body, err := s.text(r.Body)
	if err != nil {
		return out, err
	}
	if len(form) > 0 {
		body = formOf(form)
	}
	out.Body = []byte(body)
	return out, nil
}

// errLongURL says that a URL is too long with its query. What stands in it for a secret counts the same for all: the secret's own
// length would be told by it.
var errLongURL = fmt.Errorf("the URL is longer than %d bytes with its query, in which a secret counts as %d", fetch.MaxURL, len(closedSecret))

// closedSecret stands for a secret where lengths are held against limits.
var closedSecret = strings.Repeat("x", 32)

// closed gives texts whose secrets are not opened.
func closed(texts map[string]http.Sealed) map[string]string {
	out := make(map[string]string, len(texts))
	for name, t := range texts {
		var b strings.Builder
		for _, p := range t {
			if p.Secret != "" {
				b.WriteString(closedSecret)
			}
			b.WriteString(p.Text)
		}
		out[name] = b.String()
	}
	return out
}

func withQuery(to string, query map[string]string) string {
	if len(query) == 0 {
		return to
	}
	base, old, has := strings.Cut(to, "?")
	if has && old != "" {
		old += "&"
	}
	return base + "?" + old + formOf(query)
}

func formOf(fields map[string]string) string {
	v := url.Values{}
	for name, value := range fields {
		v.Set(name, value)
	}
	return v.Encode()
}

// hidden stands where a secret stood.
const hidden = "•••"

// minHidden is how long a secret is that is looked for in answers: a shorter one would be found where it is not.
const minHidden = 8

// mask hides the values of secrets in texts.
type mask struct{ *regexp.Regexp }

func (s *secrets) mask() mask {
	var forms []string
	for _, v := range s.values {
		if len(v) < minHidden {
			continue
		}
		forms = append(forms, inAnySpelling(v))
		for _, f := range inBase64(v) {
			forms = append(forms, regexp.QuoteMeta(f))
		}
	}
	if forms == nil {
		return mask{}
	}
	re := regexp.MustCompile("(?i)" + strings.Join(forms, "|")) // host names come back in small letters, some headers in capitals
	re.Longest()                                                // one secret may begin as another
	return mask{re}
}

func (m mask) hide(s string) string {
	if m.Regexp == nil {
		return s
	}
	return m.ReplaceAllLiteralString(s, hidden)
}

// inAnySpelling finds a text as it stands in JSON, in a URL, in HTML, or plain: encoders differ in what they escape, so each sign may
// stand either way.
func inAnySpelling(v string) string {
	var b strings.Builder
	for _, c := range strings.ToValidUTF8(v, "") {
		b.WriteString("(?:" + regexp.QuoteMeta(string(c)))
		b.WriteByte('|')
		for _, unit := range utf16.Encode([]rune{c}) {
			fmt.Fprintf(&b, `\\+u%04x`, unit)
		}
		b.WriteByte('|')
		for _, octet := range []byte(string(c)) {
			fmt.Fprintf(&b, `%%%02x`, octet)
		}
		switch c {
		case '"', '\\', '/':
			b.WriteString(`|\\+` + regexp.QuoteMeta(string(c)))
		case ' ':
			b.WriteString(`|\+`)
		case '\n':
			b.WriteString(`|\\+n|\r\n|\\+r\\+n`)
		case '\r':
			b.WriteString(`|\\+r`)
		case '\t':
			b.WriteString(`|\\+t`)
		}
		if name, ok := entities[c]; ok {
			b.WriteString("|&(?:" + name + ");")
		}
		b.WriteByte(')')
	}
	return b.String()
}

// entities are how HTML and XML write signs.
var entities = map[rune]string{'&': "amp|#38|#x26", '<': "lt|#60|#x3c", '>': "gt|#62|#x3e", '"': "quot|#34|#x22", '\'': "apos|#39|#x27"}

// inBase64 gives what of a text is seen in the base64 of any text that holds it, wherever in it it stands.
func inBase64(v string) (forms []string) {
	for before, skip := range []int{0, 2, 3} {
		raw := append(make([]byte, before), v...)
		for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			forms = append(forms, enc.EncodeToString(raw)[skip:len(raw)*8/6])
		}
	}
	return forms
}
