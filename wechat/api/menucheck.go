package api

import "fmt"

// Buttons is a menu.
type Buttons []Button

// Validate says whether the platform would take the menu as far as that can be known without it: numbers, sizes, and the
// fields that each type asks for. Its error is an *Error of class Payload that names the button.
// Source: developers.weixin.qq.com/doc/service/api/custommenu/api_createcustommenu
func (b Buttons) Validate() error { return b.check(createMenuPath) }

func (b Buttons) check(path string) error {
	if len(b) < 1 || len(b) > 3 {
		return refuse(path, fmt.Sprintf("%d buttons, 1 to 3 are allowed", len(b)))
	}
	for i, button := range b {
		if err := button.check(false); err != "" {
			return refuse(path, fmt.Sprintf("button %d (%q): %s", i+1, button.Name, err))
		}
		for j, sub := range button.SubButtons {
			if err := sub.check(true); err != "" {
				return refuse(path, fmt.Sprintf("button %d.%d (%q): %s", i+1, j+1, sub.Name, err))
			}
		}
	}
	return nil
}

// check says what is wrong with a button, "" for nothing; sub: it is one of a sub-menu.
func (b Button) check(sub bool) string {
	limit := 16
	if sub {
		limit = 60
	}
	switch n := len(b.SubButtons); {
	case b.Name == "" || len(b.Name) > limit:
		return fmt.Sprintf("the name has %d bytes, 1 to %d are allowed", len(b.Name), limit)
	case n > 0 && sub:
		return "a button of a sub-menu has no sub-menu"
	case n > 5:
		return fmt.Sprintf("%d sub-buttons, at most 5 are allowed", n)
	case n > 0 && b.Type != "":
		return "a button has a type or sub-buttons, not both"
	case n > 0:
		return ""
	case b.Type == "":
		return "neither type nor sub-buttons"
	case len(b.Key) > 128:
		return fmt.Sprintf("the key has %d bytes, at most 128 are allowed", len(b.Key))
	case len(b.URL) > 1024:
		return fmt.Sprintf("the url has %d bytes, at most 1024 are allowed", len(b.URL))
	}
	return b.checkFields()
}

// checkFields says which field that the type asks for is missing.
func (b Button) checkFields() string {
	var need []required
	switch b.Type {
	case ButtonClick, ButtonScanPush, ButtonScanWait, ButtonPhoto, ButtonPhotoOrAlbum, ButtonAlbum, ButtonLocation:
		need = []required{{"key", b.Key}}
	case ButtonView:
		need = []required{{"url", b.URL}}
	case ButtonMedia:
		need = []required{{"media_id", b.MediaID}}
	case ButtonArticle, ButtonArticleViewLimited:
		need = []required{{"article_id", b.ArticleID}}
	case ButtonMiniProgram:
		need = []required{{"url", b.URL}, {"appid", b.AppID}, {"pagepath", b.PagePath}}
	case ButtonViewLimited:
		return "view_limited is no longer taken for new menus"
	default:
		return fmt.Sprintf("there is no type %q", b.Type)
	}
	for _, f := range need {
		if f.value == "" {
			return fmt.Sprintf("type %s needs %s", b.Type, f.name)
		}
	}
	return ""
}

type required struct{ name, value string }
