package simulator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// action is one thing that a fan does, as the body of a control call: exactly one field is set.
type action struct {
	Text        *textAction     `json:"text"`        // "1", or {"content":"1","bizmsgmenuid":"101"}
	Image       *mediaAction    `json:"image"`       // a media id, or {"media_id":"…","pic_url":"…"}
	Voice       *mediaAction    `json:"voice"`       // a media id, or {"media_id":"…","format":"amr","recognition":"…"}
	Video       *mediaAction    `json:"video"`       // a media id, or {"media_id":"…"}
	Link        *linkAction     `json:"link"`        // {"title":"…","description":"…","url":"…"}
	Location    *placeAction    `json:"location"`    // a place that is sent
	Report      *placeAction    `json:"report"`      // a position that the client reports by itself
	Subscribe   *sceneAction    `json:"subscribe"`   // {} or {"scene":"store-1"}
	Unsubscribe *struct{}       `json:"unsubscribe"` // {}
	Scan        *string         `json:"scan"`        // a QR code's scene
	Click       *string         `json:"click"`       // a menu item's key
	View        *string         `json:"view"`        // a menu item's URL
	Event       json.RawMessage `json:"event"`       // any event: {"Event":"scancode_push","EventKey":"k",…}
	Message     json.RawMessage `json:"message"`     // any message: {"MsgType":"link","Title":"…",…}
	Consent     *consentAction  `json:"consent"`     // to a subscription notice
	Block       *bool           `json:"block"`       // switches the account's messages off, or on again
}

type textAction struct {
	Content string `json:"content"`
	MenuID  string `json:"bizmsgmenuid"`
}

func (t *textAction) UnmarshalJSON(b []byte) error {
	type plain textAction
	return stringOr(b, &t.Content, (*plain)(t))
}

type mediaAction struct {
	MediaID     string `json:"media_id"`
	PicURL      string `json:"pic_url"`
	Format      string `json:"format"`
	Recognition string `json:"recognition"`
}

func (m *mediaAction) UnmarshalJSON(b []byte) error {
	type plain mediaAction
	return stringOr(b, &m.MediaID, (*plain)(m))
}

type linkAction struct {
	Title       string `json:"title"`
	Description string `json:"description"`
	URL         string `json:"url"`
}

type placeAction struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Label     string  `json:"label"`
	Scale     int     `json:"scale"`
	Precision float64 `json:"precision"`
}

type sceneAction struct {
	Scene string `json:"scene"`
}

type consentAction struct {
	TemplateID string `json:"template_id"`
	Count      int    `json:"count"` // 0: one
	Reject     bool   `json:"reject"`
}

// stringOr reads a JSON string into text, or anything else into object.
func stringOr(b []byte, text *string, object any) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, text)
	}
	return json.Unmarshal(b, object)
}

// readAction reads the body of a do call.
func readAction(body []byte) (action, error) {
	var a action
	names, _, err := membersOf(body)
	if err != nil || len(names) != 1 {
		return a, errors.New(`the body must be an object with one action, as in {"text":"1"}`)
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&a); err != nil {
		return a, fmt.Errorf("action %q: %s", names[0], strings.TrimPrefix(err.Error(), "json: "))
	}
	return a, nil
}

// act plays the fan and returns what comes of it at once: the passive reply or the fault line, or nothing. A fan that was
// never seen follows silently first; scan and subscribe by one who does not follow are the following itself.
func (s *Server) act(ctx context.Context, a *account, openID string, do action) ([]*Item, error) {
	p, err := s.begin(a, openID, do)
	if err != nil || p == nil {
		return nil, err
	}
	if item := s.push(ctx, a, *p); item != nil {
		return []*Item{item}, nil
	}
	return nil, nil
}

// begin changes the fan's state and makes the push, nil for an action that the account does not hear of.
func (s *Server) begin(a *account, openID string, do action) (*push, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := s.Now()
	f, known := a.fans[openID]
	if !known {
		f = a.fan(openID)
	}
	scene, follows := do.follows()
	if follows && !f.Subscribed {
		return s.subscribe(a, f, scene, now), nil
	}
	if !known {
		a.follow(f, "", "ADD_SCENE_OTHERS", now)
	}
	if !f.Subscribed {
		return nil, errNotFollowing(openID)
	}
	switch {
	case do.Unsubscribe != nil:
		a.unfollow(f)
		p := a.event(openID, "unsubscribe", now.Unix(), func(d *document) { d.text("EventKey", "") })
		p.silent = true
		return &p, nil
	case do.Consent != nil:
		return s.consent(a, f, *do.Consent, now)
	case do.Block != nil:
		f.Blocked = *do.Block
		a.saveFan(f)
		return nil, nil
	case follows && scene == "": // a follower cannot follow again: nothing happens
		return nil, nil
	case follows:
		s.open(a, f, openedByScan, now)
		p := a.event(openID, "SCAN", now.Unix(), func(d *document) {
			d.text("EventKey", scene)
			d.text("Ticket", ticket(scene))
		})
		return &p, nil
	case do.Click != nil, do.View != nil, do.Report != nil, do.Event != nil:
		return s.beginEvent(a, f, do, now)
	default:
		return s.beginMessage(a, f, do, now)
	}
}

// follows reports whether the action makes a follower of one who is none, and by which scene.
func (do action) follows() (scene string, ok bool) {
	switch {
	case do.Subscribe != nil:
		return do.Subscribe.Scene, true
	case do.Scan != nil:
		return *do.Scan, true
	}
	return "", false
}

func (s *Server) open(a *account, f *fan, by string, now time.Time) {
	f.openWindow(by, s.cfg.Switches.Windows, now)
	a.saveFan(f)
}

func (s *Server) subscribe(a *account, f *fan, scene string, now time.Time) *push {
	how := "ADD_SCENE_SEARCH"
	if scene != "" {
		how = "ADD_SCENE_QR_CODE"
	}
	a.follow(f, scene, how, now)
	s.open(a, f, openedBySubscribe, now)
	p := a.event(f.openID, "subscribe", now.Unix(), func(d *document) {
		if scene == "" {
			d.text("EventKey", "") // as in real traffic; the page shows none
			return
		}
		d.text("EventKey", "qrscene_"+scene)
		d.text("Ticket", ticket(scene))
	})
	return &p
}

func (s *Server) consent(a *account, f *fan, c consentAction, now time.Time) (*push, error) {
	if c.TemplateID == "" {
		return nil, errors.New("consent needs a template_id")
	}
	if f.Consents == nil {
		f.Consents = map[string]int{}
	}
	if c.Reject {
		delete(f.Consents, c.TemplateID)
	} else {
		f.Consents[c.TemplateID] += max(c.Count, 1)
	}
	a.saveFan(f)
	p := consentPush(a, f.openID, c.TemplateID, !c.Reject, now.Unix())
	return &p, nil
}

// beginEvent is for events other than those of following. Of the menu's only click, scancode_push and scancode_waitmsg open
// a window.
func (s *Server) beginEvent(a *account, f *fan, do action, now time.Time) (*push, error) {
	var p push
	switch {
	case do.Click != nil:
		s.open(a, f, openedByClick, now)
		p = a.event(f.openID, "CLICK", now.Unix(), func(d *document) { d.text("EventKey", *do.Click) })
	case do.View != nil:
		p = a.event(f.openID, "VIEW", now.Unix(), func(d *document) { d.text("EventKey", *do.View) })
	case do.Report != nil:
		p = a.event(f.openID, "LOCATION", now.Unix(), func(d *document) {
			d.degrees("Latitude", do.Report.Latitude)
			d.degrees("Longitude", do.Report.Longitude)
			d.degrees("Precision", do.Report.Precision)
		})
	default:
		name, err := memberText(do.Event, "Event")
		if err != nil {
			return nil, err
		}
		p = a.event(f.openID, name, now.Unix(), func(d *document) { err = d.members(do.Event, "Event", "MsgType") })
		if err != nil {
			return nil, fmt.Errorf("event: %w", err)
		}
		if name == "scancode_push" || name == "scancode_waitmsg" || name == "CLICK" {
			s.open(a, f, openedByClick, now)
		}
	}
	return &p, nil
}

// beginMessage is for what fans send.
func (s *Server) beginMessage(a *account, f *fan, do action, now time.Time) (*push, error) {
	id := s.ids.next()
	made := func(kind string, fill func(*document)) *push {
		s.open(a, f, openedByMessage, now)
		a.noteMessage(f.openID, kind, now)
		p := a.message(f.openID, kind, now.Unix(), id, fill)
		return &p
	}
	switch {
	case do.Text != nil:
		return made("text", func(d *document) {
			d.text("Content", do.Text.Content)
			if do.Text.MenuID != "" {
				d.raw("bizmsgmenuid", do.Text.MenuID)
			}
		}), nil
	case do.Image != nil:
		return made("image", func(d *document) {
			d.text("PicUrl", do.Image.PicURL)
			d.text("MediaId", a.fanMedia(do.Image.MediaID, mediaImage, id, now))
		}), nil
	case do.Voice != nil:
		return made("voice", func(d *document) {
			d.text("MediaId", a.fanMedia(do.Voice.MediaID, mediaVoice, id, now))
			d.text("Format", orElse(do.Voice.Format, "amr"))
			if do.Voice.Recognition != "" {
				d.text("Recognition", do.Voice.Recognition)
			}
		}), nil
	case do.Video != nil:
		return made("video", func(d *document) {
			video := a.fanMedia(do.Video.MediaID, mediaVideo, id, now)
			d.text("MediaId", video)
			d.text("ThumbMediaId", a.fanMedia("thumb-"+video, mediaThumb, id, now))
		}), nil
	case do.Link != nil:
		return made("link", func(d *document) {
			d.text("Title", do.Link.Title)
			d.text("Description", do.Link.Description)
			d.text("Url", do.Link.URL)
		}), nil
	case do.Location != nil:
		return made("location", func(d *document) {
			d.degrees("Location_X", do.Location.Latitude)
			d.degrees("Location_Y", do.Location.Longitude)
			d.number("Scale", int64(max(do.Location.Scale, 1)))
			d.text("Label", do.Location.Label)
		}), nil
	case do.Message != nil:
		kind, err := memberText(do.Message, "MsgType")
		if err != nil {
			return nil, err
		}
		fill := func(d *document) { err = d.members(do.Message, "MsgType", "MsgId") }
		if fill(&document{}); err != nil { // before the fan's window opens
			return nil, fmt.Errorf("message: %w", err)
		}
		return made(kind, fill), nil
	default:
		return nil, errors.New("the action has no value")
	}
}

// memberText is the text of an object's member that has to be there.
func memberText(raw json.RawMessage, name string) (string, error) {
	names, values, err := membersOf(raw)
	if err != nil {
		return "", err
	}
	for i, n := range names {
		if text := textOf(values[i]); n == name && text != "" {
			return text, nil
		}
	}
	return "", fmt.Errorf("%s is missing", name)
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
