package api

import (
	"context"
	"net/url"
)

// SelfMenu is the menu as it is now, wherever it was made: by the API or on the platform's website.
type SelfMenu struct {
	Open    bool // the account shows it
	Buttons []SelfButton
}

// SelfButton is a button of such a menu. The website has types that the API has not: text, img, photo, video, voice and news.
type SelfButton struct {
	Type       string
	Name       string
	Key, URL   string
	Value      string // text, or the media id of img, photo, voice; of video a link
	AppID      string
	PagePath   string
	MediaID    string
	ArticleID  string
	News       []SelfArticle // of type news
	SubButtons []SelfButton
}

// SelfArticle is one article of a button of type news.
type SelfArticle struct {
	Title      string `json:"title"`
	Author     string `json:"author"`
	Digest     string `json:"digest"`
	ShowCover  int    `json:"show_cover"` // 1: yes
	CoverURL   string `json:"cover_url"`
	ContentURL string `json:"content_url"`
	SourceURL  string `json:"source_url"`
}

type selfButtonAnswer struct {
	Type      string `json:"type"`
	Name      string `json:"name"`
	Key       string `json:"key"`
	URL       string `json:"url"`
	Value     string `json:"value"`
	AppID     string `json:"appid"`
	PagePath  string `json:"pagepath"`
	MediaID   string `json:"media_id"`
	ArticleID string `json:"article_id"`
	News      struct {
		List []SelfArticle `json:"list"`
	} `json:"news_info"`
	Sub struct {
		List []selfButtonAnswer `json:"list"`
	} `json:"sub_button"`
}

func selfButtons(list []selfButtonAnswer) []SelfButton {
	if len(list) == 0 {
		return nil
	}
	out := make([]SelfButton, len(list))
	for i, b := range list {
		out[i] = SelfButton{
			Type: b.Type, Name: b.Name, Key: b.Key, URL: b.URL, Value: b.Value, AppID: b.AppID, PagePath: b.PagePath,
			MediaID: b.MediaID, ArticleID: b.ArticleID, News: b.News.List, SubButtons: selfButtons(b.Sub.List),
		}
	}
	return out
}

// SelfMenu gives the menu that is in force.
// Source: developers.weixin.qq.com/doc/service/api/custommenu/api_getcurrentselfmenuinfo
func (c *Client) SelfMenu(ctx context.Context) (SelfMenu, error) {
	var out struct {
		Open int `json:"is_menu_open"`
		Info struct {
			Buttons []selfButtonAnswer `json:"button"`
		} `json:"selfmenu_info"`
	}
	err := c.get(ctx, "/cgi-bin/get_current_selfmenu_info", url.Values{}, &out)
	return SelfMenu{Open: out.Open == 1, Buttons: selfButtons(out.Info.Buttons)}, err
}
