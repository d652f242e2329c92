package simulator

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// kindMenu is an Item that an item of the menu shows: a medium, an article, a text of a menu made on the website.
const kindMenu = "menu"

// tapAction is an item of the menu that the fan sees, by its name or its place, with what the client asks the fan for then.
type tapAction struct {
	Name   string      `json:"name"`
	At     []int       `json:"at"`     // [0]: the first item; [0,1]: the second one below it
	Result string      `json:"result"` // of a scan
	Count  int         `json:"count"`  // of pictures; one if zero
	Place  placeAction `json:"place"`
}

func (t *tapAction) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '[' {
		return json.Unmarshal(b, &t.At)
	}
	type plain tapAction
	return stringOr(b, &t.Name, (*plain)(t))
}

// find is the item that is meant.
func (t tapAction) find(m *menu) (button, error) {
	if t.Name != "" {
		for _, b := range m.Buttons {
			for _, item := range append([]button{b}, b.Sub...) {
				if item.Name == t.Name {
					return item, nil
				}
			}
		}
		return button{}, fmt.Errorf("menu: the fan sees no item named %q", t.Name)
	}
	list, found := m.Buttons, button{}
	for _, i := range t.At {
		if i < 0 || i >= len(list) {
			return found, fmt.Errorf("menu: the fan sees no item at %v", t.At)
		}
		found, list = list[i], list[i].Sub
	}
	if len(t.At) == 0 {
		return found, errors.New("menu: name or at is missing")
	}
	return found, nil
}

// tap taps an item of the menu that the fan sees. Opening the items below one tells the account nothing, nor do items that show
// something of the account's.
func (s *Server) tap(a *account, f *fan, t tapAction, now time.Time) (deed, error) {
	m := a.menuFor(f)
	if m == nil {
		return deed{}, errors.New("menu: the account has none")
	}
	b, err := t.find(m)
	if err != nil {
		return deed{}, err
	}
	switch {
	case len(b.Sub) > 0:
		return deed{}, nil
	case strings.HasPrefix(b.Type, "scancode_"):
		return s.scancode(a, f, scancodeAction{Event: b.Type, Key: b.Key, Result: t.Result}, now)
	case strings.HasPrefix(b.Type, "pic_"):
		return s.pics(a, f, picsAction{Event: b.Type, Key: b.Key, Count: t.Count}, now)
	case b.Type == "location_select":
		t.Place.Key = b.Key
		return s.selectPlace(a, f, t.Place, now), nil
	case b.Type == "click":
		return s.click(a, f, b.Key, now), nil
	case b.Type == "view":
		return pushed(a.viewed(f, "VIEW", b.URL, m, now)), nil
	case b.Type == "miniprogram":
		return pushed(a.viewed(f, "view_miniprogram", b.PagePath, m, now)), nil
	}
	item := a.menuItem(b, now)
	a.receive(f, item)
	return deed{items: []*Item{item}}, nil
}

// click is a tap on an item with a key, whether the menu has it or not.
func (s *Server) click(a *account, f *fan, key string, now time.Time) deed {
	s.open(a, f, openedByClick, now)
	return pushed(a.event(f.openID, "CLICK", now.Unix(), func(d *document) { d.text("EventKey", key) }))
}

// viewed is the event of an item that opens a page. A menu made on the website has no id.
func (a *account) viewed(f *fan, event, key string, m *menu, now time.Time) push {
	return a.event(f.openID, event, now.Unix(), func(d *document) {
		d.text("EventKey", key)
		if m.ID != 0 {
			d.number("MenuId", m.ID)
		}
	})
}

// scancode is a scan that a menu's item asked for. Both sorts open a window.
func (s *Server) scancode(a *account, f *fan, do scancodeAction, now time.Time) (deed, error) {
	event := orElse(do.Event, "scancode_push")
	if event != "scancode_push" && event != "scancode_waitmsg" {
		return deed{}, fmt.Errorf("scancode: event %q is neither scancode_push nor scancode_waitmsg", event)
	}
	if do.Result == "" {
		return deed{}, errors.New("the scan needs a result")
	}
	s.open(a, f, openedByClick, now)
	return pushed(a.event(f.openID, event, now.Unix(), func(d *document) {
		d.text("EventKey", do.Key)
		d.within("ScanCodeInfo", func() {
			d.text("ScanType", orElse(do.Type, "qrcode"))
			d.text("ScanResult", do.Result)
		})
	})), nil
}

// mostPics is how many pictures a client lets a fan choose for one item.
const mostPics = 9

// pics are pictures that a menu's item asked for: the event first, then the pictures as messages. The platform does not
// promise that order.
func (s *Server) pics(a *account, f *fan, do picsAction, now time.Time) (deed, error) {
	event, count := orElse(do.Event, "pic_photo_or_album"), max(do.Count, 1)
	if !slices.Contains(keyTypes, event) || !strings.HasPrefix(event, "pic_") {
		return deed{}, fmt.Errorf("pics: event %q is none of pic_sysphoto, pic_photo_or_album and pic_weixin", event)
	}
	if count > mostPics {
		return deed{}, fmt.Errorf("pics: %d pictures, a client sends at most %d", count, mostPics)
	}
	var images []push
	var sums []string
	for range count {
		var medium string
		p := s.say(a, f, "image", now, func(d *document, id int64) {
			medium = a.fanMedia("", mediaImage, id, now)
			d.text("PicUrl", s.pictureURL(medium))
			d.text("MediaId", medium)
		})
		images = append(images, p)
		sum := md5.Sum([]byte(medium)) // stands for the picture's
		sums = append(sums, hex.EncodeToString(sum[:]))
	}
	first := a.event(f.openID, event, now.Unix(), func(d *document) {
		d.text("EventKey", do.Key)
		d.within("SendPicsInfo", func() {
			d.number("Count", int64(count))
			s.picLists(d, sums)
		})
	})
	return pushed(append([]push{first}, images...)...), nil
}

func (s *Server) picLists(d *document, sums []string) {
	one := func(sum string) {
		d.each("item", func() { d.text("PicMd5Sum", sum) })
	}
	if s.cfg.Switches.PicLists {
		for _, sum := range sums {
			d.within("PicList", func() { one(sum) })
		}
		return
	}
	d.within("PicList", func() {
		for _, sum := range sums {
			one(sum)
		}
	})
}

// selectPlace is a place that a menu's item asked for: the event, then the place as a message.
func (s *Server) selectPlace(a *account, f *fan, at placeAction, now time.Time) deed {
	event := a.event(f.openID, "location_select", now.Unix(), func(d *document) {
		d.text("EventKey", at.Key)
		d.within("SendLocationInfo", func() {
			d.text("Location_X", decimals(at.Latitude))
			d.text("Location_Y", decimals(at.Longitude))
			d.text("Scale", decimal(int64(max(at.Scale, 1))))
			d.text("Label", at.Label)
			d.text("Poiname", at.Poiname)
		})
	})
	return pushed(event, s.sayPlace(a, f, at, now))
}

// menuItem is what an item of the menu shows of the account's.
func (a *account) menuItem(b button, now time.Time) *Item {
	item := &Item{Kind: kindMenu, At: stamp(now), MsgType: b.Type, MediaID: orElse(b.MediaID, b.ArticleID), Body: b.News}
	if m := a.medium(b.MediaID, now); m != nil {
		item.MsgType, item.Title, item.Description = m.Kind, m.Title, m.Introduction
	}
	switch b.Type {
	case "text":
		item.Content = b.Value
	case "img", "photo", "video", "voice", "news":
		item.MediaID = b.Value
	}
	return item
}
