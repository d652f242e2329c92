package simulator

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	eventPublishFinished = "PUBLISHJOBFINISH"
	// publishDelay is how long publishing takes by the simulator's clock. The platform states no figure.
	publishDelay = 10 * time.Second
)

// The states of a publishing.
// Source: developers.weixin.qq.com/doc/service/api/public/api_freepublish_get.html
const (
	publishDone = iota
	publishRunning
	publishNotOriginal
	publishFailed
	publishRefused
	publishDeleted // by its owner, after it was done
	publishBanned  // by the platform, after it was done
)

// publishing is one submit of a draft.
type publishing struct {
	MediaID   string    `json:"media_id"`
	DataID    int64     `json:"msg_data_id"`
	Articles  []article `json:"articles,omitempty"` // until it is done
	Base      string    `json:"base,omitempty"`
	Status    int       `json:"status"`
	Outcome   int       `json:"outcome,omitempty"` // what it will be
	ArticleID string    `json:"article_id,omitempty"`
	Failed    []int     `json:"failed,omitempty"` // the indexes, from 1, of articles that were not let through
}

// publishSubmit answers freepublish/submit. The draft is published as it is now; it leaves the draft box when that is done.
// How it ends can be chosen by a control call; 53503, the refusal of the call itself, by a fault.
// Source: developers.weixin.qq.com/doc/service/api/public/api_freepublish_submit.html
func publishSubmit(c *call) (any, error) {
	var req mediaIDRequest
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	list, err := c.a.draftArticles(req.MediaID)
	if err != nil {
		return nil, err
	}
	p := &publishing{MediaID: req.MediaID, DataID: c.s.ids.next(), Articles: list, Base: c.base(), Status: publishRunning}
	if len(c.a.outcomes) > 0 {
		p.Outcome, c.a.outcomes = c.a.outcomes[0], c.a.outcomes[1:]
	}
	id := c.s.ids.next()
	c.a.publishings.put(decimal(id), p)
	c.s.due.add(c.s.file, job{App: c.a.AppID, Event: eventPublishFinished, Due: c.now.Add(publishDelay), MsgID: id})
	return map[string]any{"errcode": 0, "errmsg": "ok", "publish_id": decimal(id), "msg_data_id": p.DataID}, nil
}

// finishPublish ends a publishing. One that has ended stays as it is: its event may be pushed again after a crash.
func (a *account) finishPublish(id int64, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	p, ok := a.publishings.get(decimal(id))
	if !ok || p.Status != publishRunning {
		return
	}
	done := *p
	done.Status, done.Articles = p.Outcome, nil
	if p.Outcome == publishDone {
		done.ArticleID = a.publish(&published{PublishID: id, DataID: p.DataID, Articles: p.Articles, Made: now}, p.Base)
		if _, ok := a.drafts.get(p.MediaID); ok {
			a.drafts.drop(p.MediaID)
		}
	} else {
		for i := range p.Articles {
			done.Failed = append(done.Failed, i+1)
		}
	}
	a.publishings.put(decimal(id), &done)
}

// publishPush is the event of a publishing that has ended.
// Source: developers.weixin.qq.com/doc/service/guide/product/publish.html
func publishPush(a *account, j *job) push {
	a.mu.Lock()
	defer a.mu.Unlock()
	p, _ := a.publishings.get(decimal(j.MsgID))
	if p == nil {
		p = &publishing{Status: publishFailed}
	}
	made := a.event(massSender, j.Event, j.Due.Unix(), func(d *document) {
		d.within("PublishEventInfo", func() {
			d.number("publish_id", j.MsgID)
			d.number("publish_status", int64(p.Status))
			if public, ok := a.articles.get(p.ArticleID); ok {
				d.text("article_id", p.ArticleID)
				d.within("article_detail", func() {
					d.number("count", int64(len(public.Articles)))
					for i, v := range public.Articles {
						d.within("item", func() {
							d.number("idx", int64(i+1))
							d.text("article_url", v.URL)
						})
					}
				})
			}
			for _, i := range p.Failed {
				d.number("fail_idx", int64(i))
			}
		})
	})
	made.silent = true
	return made
}

// publishGet answers freepublish/get.
func publishGet(c *call) (any, error) {
	var req struct {
		ID json.RawMessage `json:"publish_id"` // the pages show a string; numbers are taken as well
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	id := strings.Trim(string(req.ID), `"`)
	p, ok := c.a.publishings.get(id)
	if !ok {
		return nil, fail(40097)
	}
	answer := map[string]any{"publish_id": id, "publish_status": p.Status, "fail_idx": append([]int{}, p.Failed...)}
	if public, ok := c.a.articles.get(p.ArticleID); ok {
		items := []any{}
		for i, v := range public.Articles {
			items = append(items, map[string]any{"idx": i + 1, "article_url": v.URL})
		}
		answer["article_id"] = p.ArticleID
		answer["article_detail"] = map[string]any{"count": len(items), "item": items}
	}
	return answer, nil
}

// articleRequest is the body of calls that name something published.
type articleRequest struct {
	ArticleID string `json:"article_id"`
	Index     int    `json:"index"` // from 1; 0: all
}

// public finds what an article_id stands for; 53600 where that is nothing.
func (c *call) public() (articleRequest, *published, error) {
	var req articleRequest
	if err := c.decode(&req); err != nil {
		return req, nil, err
	}
	p, ok := c.a.articles.get(req.ArticleID)
	if !ok {
		return req, nil, fail(53600)
	}
	return req, p, nil
}

// publishDelete answers freepublish/delete: one article, or all.
// Source: developers.weixin.qq.com/doc/service/api/public/api_freepublishdelete.html
func publishDelete(c *call) (any, error) {
	req, p, err := c.public()
	if err != nil {
		return nil, err
	}
	if req.Index < 0 || req.Index > len(p.Articles) {
		return nil, fail(40114)
	}
	changed := *p
	changed.Articles = slices.Clone(p.Articles)
	for i := range changed.Articles {
		changed.Articles[i].Deleted = changed.Articles[i].Deleted || req.Index == 0 || req.Index == i+1
	}
	c.a.articles.put(req.ArticleID, &changed)
	if of, ok := c.a.publishings.get(decimal(p.PublishID)); ok && changed.gone() {
		ended := *of
		ended.Status = publishDeleted
		c.a.publishings.put(decimal(p.PublishID), &ended)
	}
	return nil, nil
}

// publicArticles are the articles as lists of published ones show them: with is_deleted always there.
func publicArticles(list []article, withoutContent bool) []any {
	type shown struct {
		article
		Deleted bool `json:"is_deleted"`
	}
	items := []any{}
	for _, v := range list {
		if withoutContent {
			v.Content = ""
		}
		items = append(items, shown{article: v, Deleted: v.Deleted})
	}
	return items
}

// publishArticle answers freepublish/getarticle.
func publishArticle(c *call) (any, error) {
	_, p, err := c.public()
	if err != nil {
		return nil, err
	}
	return map[string]any{"news_item": publicArticles(p.Articles, false)}, nil
}

// publishList answers freepublish/batchget: what was published and is not deleted, newest first. Mass sends are not among it.
func publishList(c *call) (any, error) {
	var req listRequest
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if err := req.check(); err != nil {
		return nil, err
	}
	all := newestFirst(c.a.articles, func(p *published) int64 { return p.Made.UnixMilli() })
	all = slices.DeleteFunc(all, func(id string) bool { p := c.a.articles.rows[id]; return p.PublishID == 0 || p.gone() })
	items := []any{}
	for _, id := range part(all, req) {
		p := c.a.articles.rows[id]
		content := map[string]any{"news_item": publicArticles(p.Articles, req.NoContent == 1), "create_time": p.Made.Unix(), "update_time": p.Made.Unix()}
		items = append(items, map[string]any{"article_id": id, "content": content, "update_time": p.Made.Unix()})
	}
	return map[string]any{"total_count": len(all), "item_count": len(items), "item": items}, nil
}

// publishingSet is the control call that says how the next publishings end: {"status":4} for one, {"status":4,"count":3}.
func (s *Server) publishingSet(w http.ResponseWriter, r *http.Request, a *account) {
	var req struct {
		Status int `json:"status"`
		Count  int `json:"count"` // 0: one
	}
	err := decodeControl(w, r, &req)
	if err == nil && (req.Status < publishNotOriginal || req.Status > publishRefused) {
		err = errors.New("status must be 2 (not original), 3 (failed) or 4 (refused)")
	}
	if err == nil && (req.Count < 0 || req.Count > 100) {
		err = errors.New("count must be 1 to 100")
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	a.mu.Lock()
	for range max(req.Count, 1) {
		a.outcomes = append(a.outcomes, req.Status)
	}
	a.mu.Unlock()
	answer(w, req)
}
