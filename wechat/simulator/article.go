package simulator

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// The types of an article: one with a text, and one of pictures.
const (
	articleNews     = "news"
	articlePictures = "newspic"
)

// article is one article of a draft or of what was published, in the platform's words.
// Source: developers.weixin.qq.com/doc/service/api/draftbox/draftmanage/api_draft_add.html
type article struct {
	Type      string          `json:"article_type"`
	Title     string          `json:"title"`
	Author    string          `json:"author"`
	Digest    string          `json:"digest"`
	Content   string          `json:"content"`
	SourceURL string          `json:"content_source_url"`
	Thumb     string          `json:"thumb_media_id"`
	Comment   int             `json:"need_open_comment"`
	FansOnly  int             `json:"only_fans_can_comment"`
	Crop235   string          `json:"pic_crop_235_1,omitempty"`
	Crop11    string          `json:"pic_crop_1_1,omitempty"`
	Pictures  *pictureList    `json:"image_info,omitempty"`
	Cover     json.RawMessage `json:"cover_info,omitempty"`
	Product   json.RawMessage `json:"product_info,omitempty"`
	URL       string          `json:"url,omitempty"`
	Deleted   bool            `json:"is_deleted,omitempty"`
}

type pictureList struct {
	List []struct {
		MediaID string `json:"image_media_id"`
	} `json:"image_list"`
}

const (
	maxArticles        = 8       // of one draft
	maxArticlePictures = 20      // of one newspic
	maxArticleText     = 20_000  // characters of a content: it must have fewer
	maxArticleBytes    = 1 << 20 // bytes of a content: it must have fewer
	digestLength       = 54      // characters that are taken for a digest that is not given
)

var (
	scripts  = regexp.MustCompile(`(?is)<script\b.*?(</script\s*>|$)`)
	handlers = regexp.MustCompile(`(?is)(<[^<>]*?)\s+on[a-z]+\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)`)
	pictures = regexp.MustCompile(`(?is)<img\b[^>]*>`)
	source   = regexp.MustCompile(`(?is)\b(?:data-)?src\s*=\s*["']?([^"'\s>]+)`)
	elements = regexp.MustCompile(`(?s)<[^>]*>`)
)

// check judges an article and makes of it what the platform keeps: without scripts, without pictures that did not come from
// uploadimg, with a digest. The page's
// limits of title (32 characters), author (16), digest (128) and source URL (1 KB) are not judged: it names no code for them.
func (a *account) check(v *article, alone bool) error {
	if v.Type == "" {
		v.Type = articleNews
	}
	switch {
	case v.Type != articleNews && v.Type != articlePictures:
		return fail(45162)
	case v.Title == "":
		return fail(40227)
	case v.Content == "":
		return fail(45166)
	case utf8.RuneCountInString(v.Content) >= maxArticleText || len(v.Content) >= maxArticleBytes:
		return fail(45002)
	case !webAddress(v.SourceURL):
		return fail(41039)
	}
	if err := a.checkPictures(v); err != nil {
		return err
	}
	v.Content = a.clean(v.Content)
	v.URL, v.Deleted = "", false
	if v.Digest == "" && alone {
		text := []rune(strings.TrimSpace(html.UnescapeString(elements.ReplaceAllString(v.Content, ""))))
		v.Digest = string(text[:min(len(text), digestLength)])
	}
	return nil
}

// checkPictures looks at the cover of a news article, and at the pictures of a newspic: they have to be in the library.
func (a *account) checkPictures(v *article) error {
	if v.Type == articleNews {
		if !a.inLibrary(v.Thumb) {
			return fail(40007)
		}
		return nil
	}
	if v.Pictures == nil || len(v.Pictures.List) == 0 || len(v.Pictures.List) > maxArticlePictures {
		return fail(40215)
	}
	for _, p := range v.Pictures.List {
		if !a.inLibrary(p.MediaID) {
			return fail(40007)
		}
	}
	return nil
}

// inLibrary reports whether the id is that of a picture or thumb in the library.
func (a *account) inLibrary(id string) bool {
	m, ok := a.media.get(id)
	return ok && m.Lasting && (m.Kind == mediaImage || m.Kind == mediaThumb)
}

// webAddress reports whether a link is empty or one that a browser opens.
func webAddress(link string) bool {
	if link == "" {
		return true
	}
	u, err := url.Parse(link)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

func (a *account) clean(content string) string {
	content = scripts.ReplaceAllString(content, "")
	content = handlers.ReplaceAllString(content, "$1")
	return pictures.ReplaceAllStringFunc(content, func(tag string) string {
		if m := source.FindStringSubmatch(tag); m != nil && a.ownPicture(html.UnescapeString(m[1])) {
			return tag
		}
		return ""
	})
}

// ownPicture reports whether an address is that of a picture which the account uploaded.
func (a *account) ownPicture(link string) bool {
	u, err := url.Parse(link)
	if err != nil {
		return false
	}
	parts := strings.Split(u.Path, "/")
	if len(parts) < 3 {
		return false
	}
	m, ok := a.media.get(parts[2])
	return ok && m.URL != "" && strings.HasPrefix(parts[1], "mmbiz_")
}

// published is what became of a publishing or of a mass send of articles.
type published struct {
	PublishID int64     `json:"publish_id,omitempty"` // 0: a mass send
	DataID    int64     `json:"msg_data_id"`
	Articles  []article `json:"articles"`
	Made      time.Time `json:"made"`
	Reached   int       `json:"reached,omitempty"` // fans that a mass send brought it to
}

// msgID is how the data cube names an article: the index counts from 1.
func (p *published) msgID(index int) string { return decimal(p.DataID) + "_" + strconv.Itoa(index) }

// publish makes articles public under a new article id. Their addresses are under base. The lock is held.
func (a *account) publish(p *published, base string) (articleID string) {
	articleID = newMediaID()[:43]
	for i := range p.Articles {
		p.Articles[i].URL = fmt.Sprintf("%s/s/%s?idx=%d", base, articleID, i+1)
	}
	a.articles.put(articleID, p)
	return articleID
}

// articleKnown reports whether an article_id stands for something published that is not all deleted. The lock is held.
func (a *account) articleKnown(id string) bool {
	p, ok := a.articles.get(id)
	return ok && !p.gone()
}

func (p *published) gone() bool {
	for _, v := range p.Articles {
		if !v.Deleted {
			return false
		}
	}
	return true
}

// articlePolicy shuts an article's page off from what else is served at this address: it is an account's own HTML, and what check
// takes out of it is what the platform takes out, not all that could do harm.
const articlePolicy = "sandbox allow-popups; default-src 'none'; img-src * data:; style-src 'unsafe-inline'"

// serveArticle answers an article's address with its page and counts that it was read: by the fan of the parameter openid, else
// by somebody. False for other paths.
func (s *Server) serveArticle(w http.ResponseWriter, r *http.Request) bool {
	id, ok := strings.CutPrefix(r.URL.Path, "/s/")
	if !ok {
		return false
	}
	index, err := strconv.Atoi(r.URL.Query().Get("idx"))
	if err != nil {
		index = 1
	}
	for _, app := range s.apps {
		if v := s.accounts[app].read(id, index, r.URL.Query().Get("openid"), s.Now()); v != nil {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Content-Security-Policy", articlePolicy)
			title := html.EscapeString(v.Title)
			fmt.Fprintf(w, "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>%s</title></head><body><h1>%s</h1>%s</body></html>", title, title, v.Content)
			return true
		}
	}
	http.NotFound(w, r)
	return true
}

// read finds an article of a draft or of what was published; the latter's reading is counted. Nil: there is none, or no longer.
func (a *account) read(id string, index int, openID string, now time.Time) *article {
	a.mu.Lock()
	defer a.mu.Unlock()
	var list []article
	if d, ok := a.drafts.get(id); ok {
		list = d.Articles
	}
	p, public := a.articles.get(id)
	if public {
		list = p.Articles
	}
	if index < 1 || index > len(list) || list[index-1].Deleted {
		return nil
	}
	if public {
		a.noteRead(p.msgID(index), openID, now)
	}
	v := list[index-1]
	return &v
}
