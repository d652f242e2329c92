package api

import (
	"context"
	"time"
)

// CallbackIPs lists the addresses from which the platform pushes to the account's server; ask again every day, they change.
// Source: developers.weixin.qq.com/doc/service/api/base/api_getcallbackip
func (c *Client) CallbackIPs(ctx context.Context) ([]string, error) {
	return c.ipList(ctx, "/cgi-bin/getcallbackip")
}

// APIDomainIPs lists the addresses of api.weixin.qq.com, for firewalls. Call by name all the same.
// Source: developers.weixin.qq.com/doc/service/api/base/api_getapidomainip
func (c *Client) APIDomainIPs(ctx context.Context) ([]string, error) {
	return c.ipList(ctx, "/cgi-bin/get_api_domain_ip")
}

func (c *Client) ipList(ctx context.Context, path string) ([]string, error) {
	var out struct {
		IPs []string `json:"ip_list"`
	}
	err := c.get(ctx, path, nil, &out)
	return out.IPs, err
}

// What CheckCallback does, and over which network.
const (
	CheckDNS  = "dns"
	CheckPing = "ping"
	CheckAll  = "all"

	OperatorTelecom = "CHINANET"
	OperatorUnicom  = "UNICOM"
	OperatorTencent = "CAP"
	OperatorAny     = "DEFAULT"
)

// CallbackCheck is how the platform sees the account's server.
type CallbackCheck struct {
	DNS  []DNSResult  `json:"dns"`
	Ping []PingResult `json:"ping"`
}

// DNSResult is an address of the account's server.
type DNSResult struct {
	IP       string `json:"ip"`
	Operator string `json:"real_operator"`
}

// PingResult is how an address of the account's server answers. Loss ("0%") and Time ("20.536ms") are the platform's text.
type PingResult struct {
	IP           string `json:"ip"`
	FromOperator string `json:"from_operator"`
	Loss         string `json:"package_loss"`
	Time         string `json:"time"`
}

// CheckCallback has the platform try to reach the account's server: CheckDNS, CheckPing or CheckAll, by the network of an
// operator (OperatorAny: the platform chooses).
// Codes: 40201 (no callback URL set), 40202 (action), 40203 (operator). Source: developers.weixin.qq.com/doc/service/api/base/api_callbackcheck
func (c *Client) CheckCallback(ctx context.Context, action, operator string) (CallbackCheck, error) {
	var out CallbackCheck
	err := c.post(ctx, "/cgi-bin/callback/check", map[string]string{"action": action, "check_operator": operator}, &out)
	return out, err
}

// AutoReplies are the automatic replies set on the platform's website. They are off while a server takes the pushes.
type AutoReplies struct {
	OnFollow  *AutoReply // nil: switched off
	OnMessage *AutoReply // nil: switched off
	Keywords  []KeywordRule
}

// AutoReply is one answer. Content is the text, or a media id.
type AutoReply struct {
	Type    string // text, img, voice, video; for keywords news, too
	Content string
	News    []AutoArticle
}

// AutoArticle is an article of an AutoReply of type news.
type AutoArticle struct {
	Title      string `json:"title"`
	Author     string `json:"author"`
	Digest     string `json:"digest"`
	ShowCover  int    `json:"show_cover"`
	CoverURL   string `json:"cover_url"`
	ContentURL string `json:"content_url"`
	SourceURL  string `json:"source_url"`
}

// KeywordRule says what is answered to which words.
type KeywordRule struct {
	Name      string
	CreatedAt time.Time // UTC, seconds
	Mode      string    // reply_all, or random_one of Replies
	Keywords  []Keyword
	Replies   []AutoReply
}

// Keyword is a word of a KeywordRule; Match is contain or equal.
type Keyword struct {
	Type    string `json:"type"`
	Match   string `json:"match_mode"`
	Content string `json:"content"`
}

type autoReply struct {
	Type    string `json:"type"`
	Content string `json:"content"`
	News    struct {
		List []AutoArticle `json:"list"`
	} `json:"news_info"`
}

func (r autoReply) reply() AutoReply {
	return AutoReply{Type: r.Type, Content: r.Content, News: r.News.List}
}

// AutoReplies gives the automatic replies set on the website, not those of a server such as this one. Media ids in it last three days.
// Source: developers.weixin.qq.com/doc/service/api/notify/autoreplies/api_getcurrentautoreplyinfo
func (c *Client) AutoReplies(ctx context.Context) (AutoReplies, error) {
	var out struct {
		FollowOn  int       `json:"is_add_friend_reply_open"`
		MessageOn int       `json:"is_autoreply_open"`
		Follow    autoReply `json:"add_friend_autoreply_info"`
		Message   autoReply `json:"message_default_autoreply_info"`
		Keywords  struct {
			List []struct {
				Name     string      `json:"rule_name"`
				Created  int64       `json:"create_time"`
				Mode     string      `json:"reply_mode"`
				Keywords []Keyword   `json:"keyword_list_info"`
				Replies  []autoReply `json:"reply_list_info"`
			} `json:"list"`
		} `json:"keyword_autoreply_info"`
	}
	if err := c.get(ctx, "/cgi-bin/get_current_autoreply_info", nil, &out); err != nil {
		return AutoReplies{}, err
	}
	var all AutoReplies
	if out.FollowOn == 1 {
		r := out.Follow.reply()
		all.OnFollow = &r
	}
	if out.MessageOn == 1 {
		r := out.Message.reply()
		all.OnMessage = &r
	}
	for _, r := range out.Keywords.List {
		rule := KeywordRule{Name: r.Name, CreatedAt: unixTime(r.Created), Mode: r.Mode, Keywords: r.Keywords}
		for _, one := range r.Replies {
			rule.Replies = append(rule.Replies, one.reply())
		}
		all.Keywords = append(all.Keywords, rule)
	}
	return all, nil
}
