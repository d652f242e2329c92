package wechat

// The messages of fans. Media ids are those of temporary media: they can be downloaded for three days.
// Source: developers.weixin.qq.com/doc/offiaccount/Message_Management/Image_Message_Management.html (receiving standard messages).
type (
	// Text is what a fan wrote.
	Text struct {
		Content string
		MenuID  string // bizmsgmenuid: the item of a customer-service menu message that was tapped
	}
	// Image is a picture.
	Image struct{ PicURL, MediaID string }
	// Voice is a recording. For the format amr MediaID is in 8 kHz and MediaID16K in 16 kHz. Recognition is what was said, where the
	// platform recognizes speech for the account; mostly it is empty.
	Voice struct{ MediaID, Format, MediaID16K, Recognition string }
	// VideoMessage is a video (MsgType video) or a short one (MsgType shortvideo).
	VideoMessage struct{ MediaID, ThumbMediaID string }
	// Location is a place that a fan sent.
	Location struct {
		Latitude, Longitude float64 // Location_X, Location_Y; degrees
		Scale               int
		Label               string
	}
	// Link is a page that a fan shared with the account.
	Link struct{ Title, Description, URL string }
	// MiniProgramPage is a card of a mini program, which only its customer service receives.
	MiniProgramPage struct{ Title, AppID, PagePath, ThumbURL, ThumbMediaID string }
)

func (*Text) body()            {}
func (*Image) body()           {}
func (*Voice) body()           {}
func (*VideoMessage) body()    {}
func (*Location) body()        {}
func (*Link) body()            {}
func (*MiniProgramPage) body() {}

// messageBody takes the type in lower case. It is nil for a type that has no body of its own.
func messageBody(msgType []byte, d *document) Body {
	switch string(msgType) {
	case "text":
		return &Text{Content: d.text(root, "Content"), MenuID: d.text(root, "bizmsgmenuid")}
	case "image":
		return &Image{PicURL: d.word(root, "PicUrl"), MediaID: d.word(root, "MediaId")}
	case "voice":
		return &Voice{
			MediaID: d.word(root, "MediaId"), Format: d.word(root, "Format"), MediaID16K: d.word(root, "MediaId16K"),
			Recognition: d.text(root, "Recognition"),
		}
	case "video", "shortvideo":
		return &VideoMessage{MediaID: d.word(root, "MediaId"), ThumbMediaID: d.word(root, "ThumbMediaId")}
	case "location":
		x, okX := d.degrees(root, "Location_X")
		y, okY := d.degrees(root, "Location_Y")
		if okX && okY { // without a scale it is 0: the place counts
			return &Location{Latitude: x, Longitude: y, Scale: int(d.number(root, "Scale")), Label: d.text(root, "Label")}
		}
	case "link":
		return &Link{Title: d.text(root, "Title"), Description: d.text(root, "Description"), URL: d.word(root, "Url")}
	case "miniprogrampage":
		return &MiniProgramPage{
			Title: d.text(root, "Title"), AppID: d.word(root, "AppId"), PagePath: d.word(root, "PagePath"),
			ThumbURL: d.word(root, "ThumbUrl"), ThumbMediaID: d.word(root, "ThumbMediaId"),
		}
	}
	return nil
}
