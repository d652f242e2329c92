package simulator

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
)

// massPreview answers message/mass/preview: the message to one fan, by WeChat name or OpenID; the name wins. It is in no quota
// but the calls'. The fan must follow.
// Source: developers.weixin.qq.com/doc/service/api/notify/message/api_preview.html
func massPreview(c *call) (any, error) {
	var req struct {
		ToUser  string `json:"touser"`
		ToName  string `json:"towxname"`
		MsgType string `json:"msgtype"`
	}
	var branches map[string]json.RawMessage
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if err := c.decode(&branches); err != nil {
		return nil, err
	}
	openID := req.ToUser
	if req.ToName != "" {
		var ok bool
		if openID, ok = c.a.rules().Names[req.ToName]; !ok {
			return nil, fail(40132)
		}
	}
	f, err := c.follower(openID)
	if err != nil {
		return nil, err
	}
	item := &Item{Kind: kindMass, At: stamp(c.now), MsgType: req.MsgType, MsgID: c.s.ids.next()}
	switch req.MsgType {
	case "image": // the one picture of older pages
		err = c.fillMassMedia(item, branches["image"], "image")
	case "music":
		err = c.fillCustom(item, "music", branches["music"])
	default:
		err = c.fillMass(item, req.MsgType, branches)
	}
	if err != nil {
		return nil, err
	}
	c.a.receive(f, item)
	return map[string]any{"errcode": 0, "errmsg": "preview success", "msg_id": item.MsgID}, nil
}

// massGet answers message/mass/get. Until the result's event a send is on its way.
// Source: developers.weixin.qq.com/doc/service/api/notify/message/api_massmsgget.html
func massGet(c *call) (any, error) {
	var req struct {
		MsgID json.Number `json:"msg_id"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	id, err := req.MsgID.Int64()
	m := c.a.masses[id]
	if err != nil || m == nil {
		return nil, fail(40059)
	}
	return map[string]any{"msg_id": id, "msg_status": m.status()}, nil
}

func (m *mass) status() string {
	switch {
	case m.Deleted:
		return "DELETE"
	case !m.Done:
		return "SENDING"
	case m.Result != massSucceeded:
		return "SEND_FAIL"
	default:
		return "SEND_SUCCESS"
	}
}

// massDelete answers message/mass/delete: articles and videos that were sent with success lose their pages, one article or
// all of them; fans keep the message. What cannot be deleted is 40059.
// Source: developers.weixin.qq.com/doc/service/api/notify/message/api_deletemassmsg.html
func massDelete(c *call) (any, error) {
	var req struct {
		MsgID   json.Number `json:"msg_id"`
		URL     string      `json:"url"`
		Article int         `json:"article_idx"` // from 1; 0: all
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	id, _ := req.MsgID.Int64()
	if id == 0 && req.URL != "" {
		id, req.Article = c.a.massOfArticle(req.URL)
	}
	m := c.a.masses[id]
	if m == nil || !m.Done || m.Result != massSucceeded || !slices.Contains([]string{"mpnews", "mpvideo", "video"}, m.Item.MsgType) {
		return nil, fail(40059)
	}
	p, ok := c.a.articles.get(m.ArticleID)
	if !ok { // a video
		m.Deleted = true
		c.a.saveMass(m)
		return nil, nil
	}
	if req.Article < 0 || req.Article > len(p.Articles) {
		return nil, fail(40097)
	}
	changed := *p
	changed.Articles = slices.Clone(p.Articles)
	for i := range changed.Articles {
		changed.Articles[i].Deleted = changed.Articles[i].Deleted || req.Article == 0 || req.Article == i+1
	}
	c.a.articles.put(m.ArticleID, &changed)
	m.Deleted = changed.gone()
	c.a.saveMass(m)
	return nil, nil
}

// massOfArticle finds the mass send whose article has the address, and the article's place from 1.
func (a *account) massOfArticle(url string) (id int64, place int) {
	for id, m := range a.masses {
		if p, ok := a.articles.get(m.ArticleID); ok {
			if i := slices.IndexFunc(p.Articles, func(v article) bool { return v.URL == url }); i >= 0 {
				return id, i + 1
			}
		}
	}
	return 0, 0
}

// massSpeedGet answers message/mass/speed/get: the setting, and what it is in 10,000 fans a minute.
// Source: developers.weixin.qq.com/doc/service/api/notify/message/api_getspeed.html
func massSpeedGet(c *call) (any, error) {
	setting, _ := c.a.sends.speed.get(speedRow)
	return map[string]any{"errcode": 0, "errmsg": "ok", "speed": setting, "realspeed": speeds[setting] / 10_000}, nil
}

// massSpeedSet answers message/mass/speed/set. A send that is on its way takes up the new speed with its next part.
// Source: developers.weixin.qq.com/doc/service/api/notify/message/api_setspeed.html
func massSpeedSet(c *call) (any, error) {
	var req struct {
		Speed *int `json:"speed"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	switch {
	case req.Speed == nil:
		return nil, fail(45084)
	case *req.Speed < 0 || *req.Speed >= len(speeds):
		return nil, fail(45083)
	}
	c.a.sends.speed.put(speedRow, *req.Speed)
	return nil, nil
}

// massConfirm is the control call of an administrator: {"msg_id":1,"accept":true}, or accept false.
func (s *Server) massConfirm(w http.ResponseWriter, r *http.Request, a *account) {
	var req struct {
		MsgID  int64 `json:"msg_id"`
		Accept bool  `json:"accept"`
	}
	err := decodeControl(w, r, &req)
	if err == nil && req.MsgID == 0 {
		err = errors.New("msg_id is missing")
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	if err := s.gate.enter(r.Context()); err != nil {
		return
	}
	defer s.gate.leave()
	result := massRefused
	if req.Accept {
		result = massSucceeded
	}
	if !s.settleMass(a, req.MsgID, result, s.Now()) {
		refuse(w, http.StatusConflict, "no mass send with this msg_id waits for the administrator")
		return
	}
	answer(w, struct{}{})
}
