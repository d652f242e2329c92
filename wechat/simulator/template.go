package simulator

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"time"
)

// templateEndpoints are template messages, subscription notices and one-time subscriptions.
func templateEndpoints() map[string]endpoint {
	all := map[string]endpoint{
		"/cgi-bin/message/template/send": {method: http.MethodPost, right: rightTemplate, daily: 100_000, handle: templateSend},
	}
	for _, room := range []map[string]endpoint{templateManagement(), noticeEndpoints(), onetimeEndpoints()} {
		maps.Copy(all, room)
	}
	return all
}

const (
	eventTemplateFinished = "TEMPLATESENDJOBFINISH"

	// resultDelay is when the result of a template message or a notice is pushed, by the simulator's clock. The platform does
	// not state it.
	resultDelay = time.Second

	// onceTemplate is for how long one client_msg_id of one fan means one message.
	onceTemplate = 10 * time.Minute
)

type templateRequest struct {
	ToUser      string                `json:"touser"`
	TemplateID  string                `json:"template_id"`
	URL         string                `json:"url"`
	MiniProgram *MiniProgram          `json:"miniprogram"`
	Data        map[string]fieldValue `json:"data"`
	ClientMsgID string                `json:"client_msg_id"`
}

// fieldValue is the value of one key. A color beside it has had no effect since 2023-05-04.
type fieldValue struct {
	Value json.RawMessage `json:"value"`
}

// templateSend answers message/template/send. That it answers 0 means that the message was taken; the result is an event.
// A fan who left is 43004, an OpenID that never was a fan 40003.
// Source: developers.weixin.qq.com/doc/service/guide/product/template_message/Template_Message_Interface.html
func templateSend(c *call) (any, error) {
	var req templateRequest
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	f, err := c.follower(req.ToUser)
	if err != nil {
		return nil, err
	}
	key := "template/" + req.ToUser + "/" + req.ClientMsgID
	if id, ok := c.a.known(key, c.now); ok && req.ClientMsgID != "" {
		return templateAnswer(id), nil
	}
	own, data, err := c.checkTemplate(req)
	if err != nil {
		return nil, err
	}
	if err := c.checkRepeated(req, data); err != nil {
		return nil, err
	}
	id := c.s.ids.next()
	status := "success"
	switch {
	case f.Blocked:
		status = "failed:user block"
	case c.a.rules().Templates[req.TemplateID] == templateFailing:
		status = "failed: system failed"
	default:
		c.a.receive(f, &Item{
			Kind: kindTemplate, At: stamp(c.now), Title: own.Title, TemplateID: req.TemplateID, Data: data,
			URL: req.URL, MiniProgram: req.MiniProgram, MsgID: id,
		})
	}
	if req.ClientMsgID != "" {
		c.a.remember(key, onceKey{MsgID: id, Until: c.now.Add(onceTemplate)})
	}
	c.s.due.add(c.s.file, job{App: c.a.AppID, Event: eventTemplateFinished, Due: c.now.Add(resultDelay), OpenID: req.ToUser, MsgID: id, Status: status})
	return templateAnswer(id), nil
}

func templateAnswer(id int64) any {
	return struct {
		Code  int    `json:"errcode"`
		Msg   string `json:"errmsg"`
		MsgID int64  `json:"msgid"`
	}{0, "ok", id}
}

// follower is the fan of an OpenID who must follow.
func (c *call) follower(openID string) (*fan, error) {
	f := c.a.fans[openID]
	switch {
	case f == nil:
		return nil, fail(40003)
	case !f.Subscribed:
		return nil, fail(43004)
	case f.blacklisted():
		return nil, fail(43019)
	}
	return f, nil
}

// checkTemplate finds the template of a message and fills it in: first what the template is, then what befell it, then the
// values, last whether what comes out is marketing.
func (c *call) checkTemplate(req templateRequest) (ownTemplate, map[string]string, error) {
	own, err := c.a.findOwn(c.a.sends.templates, req.TemplateID)
	if err != nil {
		return own, nil, err
	}
	rule := c.a.rules().Templates[req.TemplateID]
	switch {
	case rule == templateLimited:
		return own, nil, fail(43116)
	case rule == templateDisabled || rule == templateBanned:
		return own, nil, fail(48011)
	case req.MiniProgram != nil && req.MiniProgram.AppID == "":
		return own, nil, fail(40166)
	case !c.s.cfg.Switches.mayLead(req.URL):
		return own, nil, fail(40039)
	}
	data, err := own.fillIn(req.Data)
	if err == nil && rule == templateMarketing {
		c.refuseMessage(req.TemplateID, own, req.ToUser, data)
		err = fail(40249)
	}
	return own, data, err
}

// mayLead reports whether a template message may lead to the url: none at all, or http or https with a host. That what is no such
// address is 40039 as well is a reading: the table of codes calls it the url's length.
func (w Switches) mayLead(address string) bool {
	if address == "" {
		return true
	}
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && (w.TemplateURLBytes == 0 || len(address) <= w.TemplateURLBytes)
}

// checkRepeated is 40241 for a message that the fan had within 60 seconds, where a switch has it so. What is compared is not
// published; here it is template, values and where a tap leads.
func (c *call) checkRepeated(req templateRequest, data map[string]string) error {
	if !c.s.cfg.Switches.SameTemplate {
		return nil
	}
	sum := sha256.Sum256(marshal([]any{req.ToUser, req.TemplateID, data, req.URL, req.MiniProgram}))
	key := "template-same/" + hex.EncodeToString(sum[:16])
	if _, ok := c.a.known(key, c.now); ok {
		return fail(40241)
	}
	c.a.remember(key, onceKey{Until: c.now.Add(sameTemplate)})
	return nil
}
