package flows

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"fanflow/wechat"
)

// message is what a flow wants said: exactly one of text, articles, image, voice and a rich part.
type message struct {
	Text     string
	Articles []wechat.Article
	Image    string // media id
	Voice    string // media id
	Rich     string // video, music, msgmenu or miniprogrampage: the platform's word for it
	// Fields are those of the rich part, by WeChat's names.
	Fields map[string]any
}

// sendOptions say when something goes and when it is too late for it. Times are as scripts write them; empty: at once, never too
// late.
type sendOptions struct {
	At      string // a place in the account's calendar: "+6d 10:00"
	After   string // a delay from now: "2h"
	Expires string // a delay from when it is due
	Key     string // names what is scheduled: ordering it again replaces what still waits
	Purpose string // service or campaign; empty: as the verb has it
	Late    string // what to do when its time has passed: run (empty), skip, next, or hours of the day
}

// optionFields are the fields of sendOptions as scripts write them; those of an enrollment have no purpose.
var (
	optionFields = []string{"at", "after", "expires", "key", "late", "purpose"}
	planFields   = []string{"at", "after", "expires", "key", "late"}
)

// messageOf reads what scripts give to reply, message and send: a string, an article {title=…, description=…, picurl=…, url=…},
// {news={…}} or a list of articles, {text=…}, {image=…}, {voice=…}, {video={…}}, {music={…}}, {msgmenu={…}} or
// {miniprogrampage={…}}. Options may stand beside it.
func messageOf(v any) (message, sendOptions, error) {
	if s, ok := v.(string); ok {
		if s == "" {
			return message{}, sendOptions{}, fmt.Errorf("the text is empty")
		}
		return message{Text: s}, sendOptions{}, nil
	}
	if isNews(v) {
		v = map[string]any{"news": v}
	}
	t, ok := v.(map[string]any)
	if !ok {
		return message{}, sendOptions{}, fmt.Errorf("a message is a text, or a table such as {title=…, url=…} or {news={…}}, not %s", typeName(v))
	}
	rest := maps.Clone(t)
	opts, err := optionsOf(rest)
	if err != nil {
		return message{}, opts, err
	}
	m, err := bodyOf(rest)
	return m, opts, err
}

// isNews takes a list of articles, which needs no news = … around it.
func isNews(v any) bool {
	items, _ := v.([]any)
	for _, item := range items {
		if t, ok := item.(map[string]any); !ok || t["title"] == nil {
			return false
		}
	}
	return len(items) > 0
}

func bodyOf(t map[string]any) (message, error) {
	var m message
	var err error
	switch {
	case t["news"] != nil:
		m.Articles, err = articlesOf(t["news"])
		delete(t, "news")
	case t["title"] != nil:
		var a wechat.Article
		a, err = articleOf(t)
		m.Articles = []wechat.Article{a}
		clear(t)
	case richOf(t) != "":
		m, err = readRich(richOf(t), t)
	default:
		m.Text, err = takeString(t, "text")
		if err == nil {
			m.Image, err = takeString(t, "image")
		}
		if err == nil {
			m.Voice, err = takeString(t, "voice")
		}
	}
	if err != nil {
		return m, err
	}
	if err := nothingElse(t, "text, image, voice, title, description, picurl, url, news, "+strings.Join(sortedKeys(riches), ", ")); err != nil {
		return m, err
	}
	if n := parts(m); n != 1 {
		return m, fmt.Errorf("a message needs exactly one of text, title, news, image, voice, %s; it has %d", strings.Join(sortedKeys(riches), ", "), n)
	}
	return m, nil
}

func parts(m message) (n int) {
	for _, set := range []bool{m.Text != "", len(m.Articles) > 0, m.Image != "", m.Voice != "", m.Rich != ""} {
		if set {
			n++
		}
	}
	return n
}

func articlesOf(v any) ([]wechat.Article, error) {
	if t, ok := v.(map[string]any); ok {
		v = []any{t}
	}
	items, ok := v.([]any)
	if !ok || len(items) == 0 {
		return nil, fmt.Errorf("news is a list of articles {title=…, description=…, picurl=…, url=…}")
	}
	var out []wechat.Article
	for i, item := range items {
		t, ok := item.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("article %d of news is %s, not a table", i+1, typeName(item))
		}
		a, err := articleOf(t)
		if err != nil {
			return nil, fmt.Errorf("article %d of news: %w", i+1, err)
		}
		out = append(out, a)
	}
	return out, nil
}

func articleOf(t map[string]any) (a wechat.Article, err error) {
	t = maps.Clone(t)
	for _, f := range []struct {
		name string
		to   *string
	}{{"title", &a.Title}, {"description", &a.Description}, {"picurl", &a.PicURL}, {"url", &a.URL}} {
		if *f.to, err = takeString(t, f.name); err != nil {
			return a, err
		}
	}
	if a.Title == "" {
		return a, fmt.Errorf("an article needs a title")
	}
	return a, nothingElse(t, "title, description, picurl, url")
}

// templateData reads the data of a template message: keys of the template to what stands there.
func templateData(v any) (map[string]string, error) {
	t, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("the data of a template is a table such as {thing1=\"…\"}, not %s", typeName(v))
	}
	out := make(map[string]string, len(t))
	for _, k := range slices.Sorted(maps.Keys(t)) {
		s, ok := plainText(t[k])
		if !ok {
			return nil, fmt.Errorf("data.%s is %s, not a text", k, typeName(t[k]))
		}
		out[k] = s
	}
	return out, nil
}

// takeString takes a text, or a number as text, out of t; an absent one is empty.
func takeString(t map[string]any, name string) (string, error) {
	v, ok := t[name]
	if !ok {
		return "", nil
	}
	delete(t, name)
	s, ok := plainText(v)
	if !ok {
		return "", fmt.Errorf("%s is %s, not a text", name, typeName(v))
	}
	return s, nil
}

func nothingElse(t map[string]any, known string) error {
	if len(t) == 0 {
		return nil
	}
	name := slices.Min(slices.Collect(maps.Keys(t)))
	return fmt.Errorf("unknown field %q%s", name, didYouMean(name, strings.Split(known, ", ")))
}
