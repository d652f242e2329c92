package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// action is one thing that a fan does, as the body of a control call: exactly one field is set.
type action struct {
	Text       *textAction  `json:"text"`       // "1", or {"content":"1","bizmsgmenuid":"101"}
	Image      *mediaAction `json:"image"`      // a media id, or {"media_id":"…","pic_url":"…"}
	Voice      *mediaAction `json:"voice"`      // a media id, or {"media_id":"…","format":"amr","recognition":"…"}
	Video      *mediaAction `json:"video"`      // a media id, or {"media_id":"…"}
	ShortVideo *mediaAction `json:"shortvideo"` // the same
	Link       *linkAction  `json:"link"`       // {"title":"…","description":"…","url":"…"}
	Location   *placeAction `json:"location"`   // a place that is sent
	Report     *placeAction `json:"report"`     // a position that the client reports by itself

	Subscribe   *sceneAction `json:"subscribe"`   // {} or {"scene":"store-1"}
	Unsubscribe *keyAction   `json:"unsubscribe"` // {}
	Scan        *scanAction  `json:"scan"`        // a QR code's scene, {"ticket":"…"} or {"url":"…"}
	Pay         *payAction   `json:"pay"`         // {} or {"trade_no":"…"}

	Menu           *tapAction      `json:"menu"`             // the name of an item of the menu that the fan sees, or its place: [0,1]
	Click          *string         `json:"click"`            // an item's key, whatever the menu
	View           *string         `json:"view"`             // an item's URL, whatever the menu
	Page           *string         `json:"view_miniprogram"` // an item's page path, whatever the menu
	Scancode       *scancodeAction `json:"scancode"`         // {"key":"k","result":"…"}
	Pics           *picsAction     `json:"pics"`             // {"key":"k","count":2}
	LocationSelect *placeAction    `json:"location_select"`  // {"key":"k","latitude":31.2,"longitude":121.4}

	Open    *openAction     `json:"open"`    // a web page, in WeChat's browser
	Consent *consentAction  `json:"consent"` // to a subscription notice
	Block   *bool           `json:"block"`   // switches the account's messages off, or on again
	Event   json.RawMessage `json:"event"`   // any event: {"Event":"scancode_push","EventKey":"k",…}
	Message json.RawMessage `json:"message"` // any message: {"MsgType":"link","Title":"…",…}

	Authorization *authorizationAction `json:"authorization"` // {"event":"user_authorization_revoke","revoke_info":"301"}
	Session       *sessionAction       `json:"kf"`            // {"event":"kf_create_session","account":"a@b"}
	Qualification *qualificationAction `json:"qualification"` // {"event":"qualification_verify_success"}
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
	MediaID16K  string `json:"media_id_16k"` // of a voice
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
	Key       string  `json:"key"` // of location_select
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Label     string  `json:"label"`
	Poiname   string  `json:"poiname"` // of location_select
	Scale     int     `json:"scale"`
	Precision float64 `json:"precision"`
}

type sceneAction struct {
	Scene string `json:"scene"`
	How   string `json:"how"` // a subscribe_scene, as ADD_SCENE_PROFILE_CARD
	Key   string `json:"key"` // an EventKey as it is, as scanbarcode|…
}

type keyAction struct {
	Key string `json:"key"` // EventKey, which is empty as a rule
}

type payAction struct {
	TradeNo string `json:"trade_no"`
}

type scancodeAction struct {
	Event  string `json:"event"` // scancode_push if empty
	Key    string `json:"key"`
	Type   string `json:"type"` // ScanType; qrcode if empty
	Result string `json:"result"`
}

type picsAction struct {
	Event string `json:"event"` // pic_photo_or_album if empty
	Key   string `json:"key"`
	Count int    `json:"count"` // one if zero
}

type consentAction struct {
	TemplateID string `json:"template_id"`
	Count      int    `json:"count"` // 0: one
	Reject     bool   `json:"reject"`
	Revoke     bool   `json:"revoke"` // takes back an earlier answer in the settings
}

type authorizationAction struct {
	Event      string `json:"event"`       // user_info_modified, user_authorization_revoke or user_authorization_cancellation
	RevokeInfo string `json:"revoke_info"` // of a revocation; 301 if empty
}

type sessionAction struct {
	Event   string `json:"event"`   // kf_create_session, kf_close_session or kf_switch_session
	Account string `json:"account"` // KfAccount, or the one that is left
	To      string `json:"to"`      // of kf_switch_session
}

type qualificationAction struct {
	Event   string `json:"event"`
	Expires int64  `json:"expired_time"` // Unix seconds; a year from now if zero
	Reason  string `json:"fail_reason"`
}

// stringOr reads a JSON string into text, or anything else into object.
func stringOr(b []byte, text *string, object any) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, text)
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	return dec.Decode(object)
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
	err = dec.Decode(&a)
	var odd *json.UnmarshalTypeError
	switch {
	case errors.As(err, &odd):
		return a, fmt.Errorf("action %q: a %s cannot stand there; the README has the forms of all actions", names[0], odd.Value)
	case err != nil:
		return a, fmt.Errorf("action %q: %s", names[0], strings.TrimPrefix(err.Error(), "json: "))
	}
	return a, nil
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
