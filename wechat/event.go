package wechat

import "strings"

// What fans do with the account.
// Source: developers.weixin.qq.com/doc/service/Account_Management/Wechat_Accreditation_Event_Push.html (event push).
type (
	// Subscribe is a new follower. Scene is that of the QR code they came by, without "qrscene_"; empty if by another way. Other
	// keys (last_trade_no_… after a payment) are no scene and stand in the Push's EventKey.
	Subscribe struct {
		Scene  string
		Ticket string
	}
	// Unsubscribe is a follower who left.
	Unsubscribe struct{}
	// Scan is a follower who scanned a QR code with a scene.
	Scan struct {
		Scene  string
		Ticket string
	}
	// LocationReport is a position that the client reports by itself, where the owner has switched that on: when the fan enters
	// the chat, or every five seconds while they are there.
	LocationReport struct {
		Latitude, Longitude, Precision float64
	}
)

func (*Subscribe) body()      {}
func (*Unsubscribe) body()    {}
func (*Scan) body()           {}
func (*LocationReport) body() {}

// eventBody finds the type of an event whatever its case: SCAN was seen as scan. It is nil for an event that has none.
func eventBody(p *Push, d *document) Body {
	var buf [48]byte
	switch string(appendLower(buf[:0], p.Event)) {
	case "subscribe":
		// Only the first qrscene_ is a prefix: a scene may itself hold underscores.
		scene, ok := strings.CutPrefix(p.EventKey, "qrscene_")
		if !ok {
			scene = ""
		}
		return &Subscribe{Scene: scene, Ticket: d.word(root, "Ticket")}
	case "unsubscribe":
		return &Unsubscribe{}
	case "scan":
		return &Scan{Scene: p.EventKey, Ticket: d.word(root, "Ticket")}
	case "location":
		return locationReport(d)
	case "click":
		return &Click{Key: p.EventKey}
	case "view":
		return &View{URL: p.EventKey, MenuID: d.either(root, "MenuId", "MenuID")}
	case "view_miniprogram":
		return &ViewMiniProgram{PagePath: p.EventKey, MenuID: d.either(root, "MenuId", "MenuID")}
	case "scancode_push", "scancode_waitmsg":
		return scanCode(p, d)
	case "pic_sysphoto", "pic_photo_or_album", "pic_weixin":
		return pictures(p, d)
	case "location_select":
		return locationSelect(p, d)
	case "templatesendjobfinish", "masssendjobfinish", "publishjobfinish", "freepublishjobfinish":
		return jobResult(d)
	case "subscribe_msg_popup_event", "subscribe_msg_change_event":
		return noticeConsent(d)
	case "subscribe_msg_sent_event":
		return noticeResult(d)
	case "kf_create_session", "kf_close_session", "kf_switch_session":
		return session(d)
	case "user_info_modified", "user_authorization_revoke", "user_authorization_cancellation":
		return authorization(d)
	case "qualification_verify_success", "qualification_verify_fail", "naming_verify_success", "naming_verify_fail",
		"annual_renew", "verify_expired":
		return qualification(d)
	}
	return nil
}

func locationReport(d *document) Body {
	lat, okLat := d.degrees(root, "Latitude")
	lon, okLon := d.degrees(root, "Longitude")
	if !okLat || !okLon {
		return nil
	}
	precision, _ := d.degrees(root, "Precision")
	return &LocationReport{Latitude: lat, Longitude: lon, Precision: precision}
}
