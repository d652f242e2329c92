package simulator

import "time"

const (
	// typingAfter is how old the fan's last message may be for the typing state to be shown.
	typingAfter = 30 * time.Second
	// typingFor is how long the state stays where nothing ends it. The page does not say; it is taken to be no longer than the
	// time in which it may begin.
	typingFor = 30 * time.Second
)

// customTyping answers message/custom/typing. The state ends with CancelTyping, with a message, or by itself.
// Source: developers.weixin.qq.com/doc/service/api/customer/message/api_typing.html
func customTyping(c *call) (any, error) {
	var req struct {
		ToUser  string `json:"touser"`
		Command string `json:"command"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if req.Command != "Typing" && req.Command != "CancelTyping" {
		return nil, fail(45072)
	}
	f := c.a.fans[req.ToUser]
	switch {
	case f == nil:
		return nil, fail(40003)
	case !f.Subscribed || f.Heard.IsZero() || c.now.Sub(f.Heard) > typingAfter:
		return nil, fail(45080)
	}
	if req.Command == "CancelTyping" {
		c.a.stopTyping(f)
		return nil, nil
	}
	if _, typing := c.a.known(typingKey(f), c.now); typing {
		return nil, fail(45081)
	}
	c.a.remember(typingKey(f), onceKey{Until: c.now.Add(typingFor)})
	return nil, nil
}

func typingKey(f *fan) string { return "typing/" + f.openID }

func (a *account) stopTyping(f *fan) {
	key := typingKey(f)
	if _, ok := a.once[key]; ok {
		delete(a.once, key)
		a.file.drop("once", a.AppID, key)
	}
}
