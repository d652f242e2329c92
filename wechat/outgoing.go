package wechat

// Outgoing is one message by the server API, to one fan or to many: exactly one of its parts is set, besides Agent, AI
// and IgnoreReprint.
// Which kinds a call takes stands with the call. It is plain data, so that it can be stored until it is due.
// Source: developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage
type Outgoing struct {
	Text     string    `json:"text,omitempty"`
	Articles []Article `json:"articles,omitempty"` // customer service: one
	Image    string    `json:"image,omitempty"`    // media id
	Images   *Images   `json:"images,omitempty"`   // mass sends: several pictures
	Voice    string    `json:"voice,omitempty"`    // media id
	Video    *Video    `json:"video,omitempty"`
	Music    *Music    `json:"music,omitempty"`
	// Draft is the media id of a draft (mpnews); for mass sends the way to send articles. After a mass send it is gone.
	Draft    string      `json:"mpnews,omitempty"`
	Article  string      `json:"mpnewsarticle,omitempty"` // article_id of something published
	Menu     *ChoiceMenu `json:"msgmenu,omitempty"`
	Card     string      `json:"wxcard,omitempty"` // card id
	Page     *MiniPage   `json:"miniprogrampage,omitempty"`
	Template *Template   `json:"template,omitempty"`
	Notice   *Template   `json:"notice,omitempty"`

	Agent string `json:"kf_account,omitempty"` // customer service: the agent in whose name it is sent
	AI    bool   `json:"is_ai_msg,omitempty"`  // customer service: shown as written by AI
	// IgnoreReprint: a mass send of a draft goes on when an article of it is judged to be a reprint; else it is stopped then.
	IgnoreReprint bool `json:"send_ignore_reprint,omitempty"`
}

// Kinds are the names of the parts that are set: the platform's msgtype; "images", which it calls image, too; "template" and
// "notice", which have calls of their own. A message that can be sent has one.
func (m Outgoing) Kinds() []string {
	var kinds []string
	for _, part := range []struct {
		name string
		set  bool
	}{
		{"text", m.Text != ""},
		{"news", len(m.Articles) > 0},
		{"image", m.Image != ""},
		{"images", m.Images != nil},
		{"voice", m.Voice != ""},
		{"video", m.Video != nil},
		{"music", m.Music != nil},
		{"mpnews", m.Draft != ""},
		{"mpnewsarticle", m.Article != ""},
		{"msgmenu", m.Menu != nil},
		{"wxcard", m.Card != ""},
		{"miniprogrampage", m.Page != nil},
		{"template", m.Template != nil},
		{"notice", m.Notice != nil},
	} {
		if part.set {
			kinds = append(kinds, part.name)
		}
	}
	return kinds
}

// Images are the pictures of a mass send, by media id.
// Source: developers.weixin.qq.com/doc/service/api/notify/message/api_sendall
type Images struct {
	MediaIDs           []string `json:"media_ids"`
	Recommend          string   `json:"recommend,omitempty"` // the text above them
	Title              string   `json:"title,omitempty"`
	NeedOpenComment    bool     `json:"need_open_comment,omitempty"`
	OnlyFansCanComment bool     `json:"only_fans_can_comment,omitempty"`
}

// Video is a video message. A customer-service message needs Thumb, a mass send does without.
type Video struct {
	MediaID     string `json:"media_id"`
	Thumb       string `json:"thumb_media_id,omitempty"`
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
}

// Music is a piece of music; HQURL, the only field that may be empty, is preferred on Wi-Fi. Thumb is the media id of its picture.
type Music struct {
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
	URL         string `json:"musicurl"`
	HQURL       string `json:"hqmusicurl,omitempty"`
	Thumb       string `json:"thumb_media_id"`
}

// ChoiceMenu is a question with answers to tap (msgmenu). A tap comes back as a text message whose MenuID is the choice's.
type ChoiceMenu struct {
	Head    string   `json:"head_content,omitempty"`
	Choices []Choice `json:"list"`
	Tail    string   `json:"tail_content,omitempty"`
}

// Choice is one answer of a ChoiceMenu.
type Choice struct {
	ID      string `json:"id"`
	Content string `json:"content"`
}

// MiniPage is a card that opens a page of a mini program which is linked to the account.
type MiniPage struct {
	Title    string `json:"title"`
	AppID    string `json:"appid"`
	PagePath string `json:"pagepath"`
	Thumb    string `json:"thumb_media_id"` // 520×416 is advised
}

// Template fills a template message or a subscription notice. Name is the name under which the account's configuration
// knows the template, or a template id itself. Data maps the template's keys (thing1, time2, …; without .DATA) to values.
type Template struct {
	Name        string            `json:"name"`
	URL         string            `json:"url,omitempty"`
	MiniProgram *MiniProgram      `json:"miniprogram,omitempty"`
	Data        map[string]string `json:"data"`
}

// MiniProgram is a page of a mini program that a template message opens; it wins over a URL.
type MiniProgram struct {
	AppID    string `json:"appid"`
	PagePath string `json:"pagepath"`
}
