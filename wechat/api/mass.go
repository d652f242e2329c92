package api

import (
	"context"
	"errors"

	"fanflow/wechat"
)

const (
	massAllPath = "/cgi-bin/message/mass/sendall"
	massPath    = "/cgi-bin/message/mass/send"
	previewPath = "/cgi-bin/message/mass/preview"
)

// MaxClientMsgID is the longest clientMsgID of a mass send, in bytes (45067).
const MaxClientMsgID = 32

// MassResult is what the platform says when it takes a mass send. Accepted is not sent: MASSSENDJOBFINISH with MsgID says
// what became of it.
type MassResult struct {
	MsgID, MsgDataID int64 // MsgDataID for articles only; with 89504 and 89505 MsgID is that of the send that waits
	Duplicate        bool  // clientMsgID was used within 24 hours; MsgID is that of the first
}

// MassByTag sends a draft (mpnews), a text, an image or several, a voice or a video (mpvideo) to all fans who bear the platform's
// tag. The platform knows a clientMsgID (at most 32 bytes) again for 24 hours; without one it goes by whom and what. After a
// draft was sent its media id is gone. A verified 公众号 sends once a day; with a verified 服务号 a fan gets at most four a month
// and is left out then, without an error. 60 calls a minute, which the Client keeps to, and about 100 a day.
//
// Codes that matter: 45028 (the quota is used up), 45066 (the same clientMsgID too soon: a minute), 40152 and 45159 (the tag),
// 40007 (the media id), 48003 (the agreement is not accepted), 89505 (an admin must confirm within 30 minutes) and 89504 (one that
// waits for that is there). With these two the result holds the MsgID beside the error, where the platform told it: what became of
// that send is told by MASSSENDJOBFINISH, too.
// Source: developers.weixin.qq.com/doc/service/guide/product/message/Batch_Sends, …/api/notify/message/api_sendall
func (c *Client) MassByTag(ctx context.Context, tagID int, m wechat.Outgoing, clientMsgID string) (MassResult, error) {
	return c.mass(ctx, massAllPath, "filter", map[string]any{"is_to_all": false, "tag_id": tagID}, m, clientMsgID)
}

// MassToAll sends to all fans, as MassByTag does, and puts the message into the account's history. Once a day, for a 服务号 and
// four times a month, sends from the website counted in; the account's admin may have to confirm within 30 minutes.
func (c *Client) MassToAll(ctx context.Context, m wechat.Outgoing, clientMsgID string) (MassResult, error) {
	return c.mass(ctx, massAllPath, "filter", map[string]any{"is_to_all": true}, m, clientMsgID)
}

// MassByOpenIDs sends to 2 to 10,000 fans (40130, 40032); verified service accounts only. See MassByTag.
// Source: developers.weixin.qq.com/doc/service/api/notify/message/api_masssend
func (c *Client) MassByOpenIDs(ctx context.Context, openIDs []string, m wechat.Outgoing, clientMsgID string) (MassResult, error) {
	return c.mass(ctx, massPath, "touser", append([]string{}, openIDs...), m, clientMsgID)
}

// mass sends m to whom the member named by target says.
func (c *Client) mass(ctx context.Context, path, target string, whom any, m wechat.Outgoing, clientMsgID string) (MassResult, error) {
	in, err := massBody(path, m)
	if err != nil {
		return MassResult{}, err
	}
	if len(clientMsgID) > MaxClientMsgID {
		return MassResult{}, refuse(path, "a clientmsgid has at most 32 bytes, this one has "+count(len(clientMsgID)))
	}
	in[target] = whom
	if clientMsgID != "" {
		in["clientmsgid"] = clientMsgID
	}
	var out struct {
		MsgID     looseInt `json:"msg_id"`
		MsgDataID looseInt `json:"msg_data_id"`
	}
	err = c.post(ctx, path, in, &out)
	result := MassResult{MsgID: int64(out.MsgID), MsgDataID: int64(out.MsgDataID)}
	if err == nil {
		return result, nil
	}
	if refused := new(Error); errors.As(err, &refused) {
		switch refused.Code {
		case 45065:
			result.Duplicate = true
			return result, nil
		case 89504, 89505:
			return result, err
		}
	}
	return MassResult{}, err
}

// massBody is the part of a mass send or preview that holds the message.
func massBody(path string, m wechat.Outgoing) (map[string]any, error) {
	kinds := m.Kinds()
	if len(kinds) != 1 {
		return nil, refuse(path, "a mass message holds exactly one of the kinds that there are, this one has "+count(len(kinds)))
	}
	in := map[string]any{"msgtype": kinds[0]}
	switch kinds[0] {
	case "text":
		in["text"] = text{m.Text}
	case "mpnews":
		in["mpnews"] = media{m.Draft}
		if m.IgnoreReprint {
			in["send_ignore_reprint"] = 1
		}
	case "voice":
		in["voice"] = media{m.Voice}
	case "image", "images":
		pictures := m.Images
		if pictures == nil {
			pictures = &wechat.Images{MediaIDs: []string{m.Image}}
		}
		if len(pictures.MediaIDs) == 0 {
			return nil, refuse(path, "a mass message of images needs one")
		}
		in["msgtype"], in["images"] = "image", imagesBody(pictures)
		if path == previewPath {
			delete(in, "images")
			in["image"] = media{pictures.MediaIDs[0]}
		}
	case "video":
		if m.Video.MediaID == "" {
			return nil, refuse(path, "a video needs media_id")
		}
		in["msgtype"], in["mpvideo"] = "mpvideo", wechat.Video{MediaID: m.Video.MediaID, Title: m.Video.Title, Description: m.Video.Description}
	default: // wxcard was taken until 45113
		return nil, refuse(path, "a mass message cannot hold "+kinds[0])
	}
	return in, nil
}

// imagesBody writes the two switches as the platform's numbers.
func imagesBody(m *wechat.Images) map[string]any {
	body := map[string]any{"media_ids": m.MediaIDs}
	if m.Recommend != "" {
		body["recommend"] = m.Recommend
	}
	if m.Title != "" {
		body["title"] = m.Title
	}
	if m.NeedOpenComment {
		body["need_open_comment"] = 1
	}
	if m.OnlyFansCanComment {
		body["only_fans_can_comment"] = 1
	}
	return body
}

// Preview shows one fan what a mass send would look like. Of several images the first is shown. About 100 a day.
// Source: developers.weixin.qq.com/doc/service/guide/product/message/Batch_Sends
func (c *Client) Preview(ctx context.Context, openID string, m wechat.Outgoing) error {
	return c.preview(ctx, "touser", openID, m)
}

// PreviewByName is Preview to a fan by their WeChat name (40132); 100 a day.
func (c *Client) PreviewByName(ctx context.Context, name string, m wechat.Outgoing) error {
	return c.preview(ctx, "towxname", name, m)
}

func (c *Client) preview(ctx context.Context, target, whom string, m wechat.Outgoing) error {
	in, err := massBody(previewPath, m)
	if err != nil {
		return err
	}
	in[target] = whom
	return c.post(ctx, previewPath, in, nil)
}

// What MassStatus says.
const (
	MassSent    = "SEND_SUCCESS"
	MassSending = "SENDING"
	MassFailed  = "SEND_FAIL"
	MassDeleted = "DELETE"
)

// MassStatus says how far a mass send is. Code 40059: there is none of this id.
// Source: developers.weixin.qq.com/doc/service/api/notify/message/api_massmsgget
func (c *Client) MassStatus(ctx context.Context, msgID int64) (string, error) {
	var out struct {
		Status string `json:"msg_status"`
	}
	err := c.post(ctx, "/cgi-bin/message/mass/get", map[string]int64{"msg_id": msgID}, &out)
	return out.Status, err
}

// DeleteMass takes back a mass send of articles or a video that has been sent. article is the number of one, from 1; 0 is all.
// The address of an article dies everywhere where the same material was sent. 10 calls a day.
// Source: developers.weixin.qq.com/doc/service/api/notify/message/api_deletemassmsg
func (c *Client) DeleteMass(ctx context.Context, msgID int64, article int) error {
	return c.deleteMass(ctx, map[string]any{"msg_id": msgID}, article)
}

// DeleteMassByURL is DeleteMass by the address of an article.
func (c *Client) DeleteMassByURL(ctx context.Context, address string, article int) error {
	return c.deleteMass(ctx, map[string]any{"url": address}, article)
}

func (c *Client) deleteMass(ctx context.Context, in map[string]any, article int) error {
	if article > 0 {
		in["article_idx"] = article
	}
	return c.post(ctx, "/cgi-bin/message/mass/delete", in, nil)
}

// MassSpeed gives the speed of mass sends: 0 (800,000 messages a minute), 1 (600,000), 2 (450,000), 3 (300,000) or 4 (100,000),
// and perMinute as the platform states it, in units of 10,000.
// Source: developers.weixin.qq.com/doc/service/api/notify/message/api_getspeed
func (c *Client) MassSpeed(ctx context.Context) (speed, perMinute int, err error) {
	var out struct {
		Speed int `json:"speed"`
		Real  int `json:"realspeed"`
	}
	err = c.post(ctx, "/cgi-bin/message/mass/speed/get", struct{}{}, &out)
	return out.Speed, out.Real, err
}

// SetMassSpeed sets the speed of mass sends, 0 (fastest) to 4 (45083 beyond).
// Source: developers.weixin.qq.com/doc/service/api/notify/message/api_setspeed
func (c *Client) SetMassSpeed(ctx context.Context, speed int) error {
	return c.post(ctx, "/cgi-bin/message/mass/speed/set", map[string]int{"speed": speed}, nil)
}
