package simulator

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// templateEndpoints are template messages and subscription notices.
func templateEndpoints() map[string]endpoint {
	return map[string]endpoint{
		"/cgi-bin/message/template/send":     {method: http.MethodPost, right: rightTemplate, daily: 100_000, handle: templateSend},
		"/cgi-bin/message/subscribe/bizsend": {method: http.MethodPost, right: rightTemplate, handle: noticeSend},
	}
}

const (
	eventTemplateFinished = "TEMPLATESENDJOBFINISH"
	eventMassFinished     = "MASSSENDJOBFINISH"
	eventNoticeSent       = "subscribe_msg_sent_event"

	// resultDelay is when the result of a template message or a notice is pushed, by the simulator's clock; a mass send takes
	// massDelay. The platform states neither.
	resultDelay = time.Second
	massDelay   = 10 * time.Second

	// onceTemplate is for how long one client_msg_id of one fan means one message.
	onceTemplate = 10 * time.Minute
)

type templateRequest struct {
	ToUser      string       `json:"touser"`
	TemplateID  string       `json:"template_id"`
	URL         string       `json:"url"`
	MiniProgram *MiniProgram `json:"miniprogram"`
	Data        map[string]struct {
		Value json.RawMessage `json:"value"`
	} `json:"data"`
	ClientMsgID string `json:"client_msg_id"`
}

// templateSend answers message/template/send. That it answers 0 means that the message was taken; the result is an event.
// A fan who left is 43004, an OpenID that never was a fan 40003. Another rule of the platform, 40241 for two equal messages
// within 60 seconds, is known from reports alone and not played.
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
	data, err := c.a.fillIn(req)
	if err != nil {
		return nil, err
	}
	id := c.s.ids.next()
	status := "success"
	if f.Blocked {
		status = "failed:user block"
	} else {
		c.a.receive(f, &Item{
			Kind: kindTemplate, At: stamp(c.now), TemplateID: req.TemplateID, Data: data, URL: req.URL, MiniProgram: req.MiniProgram, MsgID: id,
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
	}
	return f, nil
}

// noticeSend answers message/subscribe/bizsend: one notice for each consent the fan gave for the template. It gives no
// message id.
// Source: developers.weixin.qq.com/doc/service/guide/product/subscription_messages/intro.html
func noticeSend(c *call) (any, error) {
	var req templateRequest
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	f := c.a.fans[req.ToUser]
	if f == nil {
		return nil, fail(40003)
	}
	data, err := c.a.fillIn(req)
	if err != nil {
		return nil, err
	}
	if f.Consents[req.TemplateID] == 0 {
		return nil, fail(43101)
	}
	f.Consents[req.TemplateID]--
	c.a.saveFan(f)
	c.a.receive(f, &Item{Kind: kindNotice, At: stamp(c.now), TemplateID: req.TemplateID, Data: data, URL: req.URL, MiniProgram: req.MiniProgram})
	c.s.due.add(c.s.file, job{
		App: c.a.AppID, Event: eventNoticeSent, Due: c.now.Add(resultDelay), OpenID: req.ToUser, MsgID: c.s.ids.next(), Status: "success", Template: req.TemplateID,
	})
	return nil, nil
}

// dataKey is how keys of templates look; .DATA belongs to the template's text, not to the request.
var dataKey = regexp.MustCompile(`^[a-z_]+[0-9]+$`)

// fillIn checks template and values, and returns the values as the fan sees them: first and remark have been dropped by the
// platform since 2023-05-04. Whether all keys of the template are there is not checked: its text is not known here.
func (a *account) fillIn(req templateRequest) (map[string]string, error) {
	if !slices.Contains(a.Templates, req.TemplateID) {
		return nil, fail(40037)
	}
	if len(req.Data) == 0 {
		return nil, fail(47001)
	}
	data := map[string]string{}
	for key, field := range req.Data {
		if key == "first" || key == "remark" {
			continue
		}
		value, ok := valueText(field.Value)
		if !ok || !dataKey.MatchString(key) || !fits(strings.TrimRight(key, "0123456789"), value) {
			return nil, failf(47003, "argument invalid! data.%s.value invalid", key)
		}
		data[key] = value
	}
	return data, nil
}

// valueText is the text of a JSON string or number.
func valueText(raw json.RawMessage) (string, bool) {
	if text := textOf(raw); text != "" {
		return text, true
	}
	var n json.Number
	if json.Unmarshal(raw, &n) == nil && len(raw) > 0 && raw[0] != '"' {
		return n.String(), n != ""
	}
	return "", string(raw) == `""`
}

// The shapes of values by the prefix of their key. For amount sources say 10 and 12 digits; 12 is taken.
// Source: answers of the platform's staff, fact sheet section 3.1.
var (
	moment = `((\d{4}年\d{1,2}月\d{1,2}日|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}) ?)?([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?`
	onDay  = `(\d{4}年\d{1,2}月\d{1,2}日|\d{4}[-/.]\d{1,2}[-/.]\d{1,2})( ?([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?)?`
	shapes = map[string]*regexp.Regexp{
		"number":           regexp.MustCompile(`^\d{1,32}(\.\d{1,31})?$`),
		"letter":           regexp.MustCompile(`^[A-Za-z]{1,32}$`),
		"symbol":           regexp.MustCompile(`^[^\pL\pN\s]{1,5}$`),
		"character_string": regexp.MustCompile(`^[!-~ ]{1,32}$`),
		"time":             regexp.MustCompile(`^` + moment + `(\s?~\s?` + moment + `)?$`),
		"date":             regexp.MustCompile(`^` + onDay + `(\s?~\s?` + onDay + `)?$`),
		"amount":           regexp.MustCompile(`^[^\d\s]?\d{1,12}(\.\d{1,2})?元?$`),
		"phone_number":     regexp.MustCompile(`^[0-9+\- ]{1,17}$`),
		"car_number":       regexp.MustCompile(`^[^\s]{1,8}$`),
		"phrase":           regexp.MustCompile(`^\p{Han}{1,5}$`),
	}
)

// fits reports whether a value keeps the rule of its key's prefix. Prefixes without a known rule (keyword) take any line.
func fits(prefix, value string) bool {
	if shape := shapes[prefix]; shape != nil {
		return len(value) <= 64 && shape.MatchString(value)
	}
	n := utf8.RuneCountInString(value)
	switch prefix {
	case "const":
		return n <= 20
	case "name":
		if strings.IndexFunc(value, func(r rune) bool { return unicode.Is(unicode.Han, r) }) >= 0 {
			return n <= 10
		}
		return n >= 1 && n <= 20
	case "thing":
		return n >= 1 && n <= 20 && !strings.ContainsAny(value, "\r\n")
	default:
		return n >= 1
	}
}
