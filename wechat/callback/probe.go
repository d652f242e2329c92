package callback

import (
	"io"
	"net/http"

	"fanflow/wechat"
)

// probeMost is how large a probe may be, in bytes.
const probeMost = 512

// isProbe reports whether a request that nobody signed is the one by which WeChat's cloud hosting looks whether the callback
// URL is served: {"action":"CheckContainerPath"}, or the same in XML. It carries no signature, and "success" tells its sender
// nothing that the 403 of any other request would not.
// Source: developers.weixin.qq.com/miniprogram/dev/wxcloudrun/src/guide/weixin/push.html
func isProbe(r *http.Request) bool {
	if r.ContentLength > probeMost {
		return false
	}
	body, err := readAll(r.Body, nil, probeMost)
	if err != nil || len(body) > probeMost {
		return false
	}
	p, err := wechat.Parse(body)
	return err == nil && isProbing(p)
}

// isProbing reports whether a document is a probe and no push.
func isProbing(p *wechat.Push) bool {
	if p.MsgType != "" || p.FromUserName != "" {
		return false
	}
	fields, ok := p.Body.(*wechat.Generic)
	return ok && fields.Fields["action"] == "CheckContainerPath"
}

// probed answers a probe, in the clear as "success" is in every mode.
func (h *Handler) probed(w http.ResponseWriter) {
	h.c.Observe("probe")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, wechat.Success)
}
