package wechat

// What fans do with the account's menu. Opening a sub-menu sends nothing.
// Source: developers.weixin.qq.com/doc/service/Account_Management/Wechat_Accreditation_Event_Push.html (event push); those beside
// CLICK and VIEW after github.com/fudiwei/DotNetCore.SKIT.FlurlHttpClient.Wechat, EventSamples.
type (
	// Click is a tap on a menu item of type click.
	Click struct{ Key string }
	// View is a tap on a menu item that opens a page; MenuID is that of a conditional menu, empty for the common one.
	View struct{ URL, MenuID string }
	// ViewMiniProgram is a tap on a menu item that opens a mini program.
	ViewMiniProgram struct{ PagePath, MenuID string }
	// ScanCode is a code scanned by a menu item (scancode_push, scancode_waitmsg). ScanType is mostly qrcode.
	ScanCode struct{ Key, ScanType, ScanResult string }
	// Pictures announces pictures taken by a menu item (pic_sysphoto, pic_photo_or_album, pic_weixin). They follow as messages of
	// their own, in any order; MD5Sums are those of their files.
	Pictures struct {
		Key     string
		Count   int
		MD5Sums []string
	}
	// LocationSelect is a place chosen by a menu item. A location message follows. Poiname may be empty.
	LocationSelect struct {
		Key                 string
		Latitude, Longitude float64 // Location_X, Location_Y; degrees
		Scale               int
		Label, Poiname      string
	}
)

func (*Click) body()           {}
func (*View) body()            {}
func (*ViewMiniProgram) body() {}
func (*ScanCode) body()        {}
func (*Pictures) body()        {}
func (*LocationSelect) body()  {}

func scanCode(p *Push, d *document) Body {
	info := d.find(root, "ScanCodeInfo")
	return &ScanCode{Key: p.EventKey, ScanType: d.word(info, "ScanType"), ScanResult: d.text(info, "ScanResult")}
}

// pictures takes one PicList with several items as well as several PicList blocks: both occur.
func pictures(p *Push, d *document) Body {
	info := d.find(root, "SendPicsInfo")
	return &Pictures{Key: p.EventKey, Count: int(d.number(info, "Count")), MD5Sums: d.all(info, "PicMd5Sum")}
}

func locationSelect(p *Push, d *document) Body {
	info := d.find(root, "SendLocationInfo")
	x, okX := d.degrees(info, "Location_X")
	y, okY := d.degrees(info, "Location_Y")
	if !okX || !okY {
		return nil
	}
	return &LocationSelect{
		Key: p.EventKey, Latitude: x, Longitude: y, Scale: int(d.number(info, "Scale")),
		Label: d.text(info, "Label"), Poiname: d.text(info, "Poiname"),
	}
}
