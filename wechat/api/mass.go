package api

import (
	"context"
	"errors"

	"fanflow/wechat"
)

// MassResult is what the platform says when it takes a mass send. Accepted is not sent: MASSSENDJOBFINISH with MsgID says
// what became of it.
type MassResult struct {
	MsgID, MsgDataID int64 // MsgDataID for articles only
	Duplicate        bool  // clientMsgID was used within 24 hours; MsgID is that of the first
}

// MassByTag sends a text, an image or a voice to all fans who bear the platform's tag. clientMsgID has at most 32 bytes.
// Source: developers.weixin.qq.com/doc/service/guide/product/message/Batch_Sends
func (c *Client) MassByTag(ctx context.Context, tagID int, m wechat.Outgoing, clientMsgID string) (MassResult, error) {
	return c.mass(ctx, "/cgi-bin/message/mass/sendall", "filter", map[string]any{"is_to_all": false, "tag_id": tagID}, m, clientMsgID)
}

// MassByOpenIDs sends to 2 to 10,000 fans; verified service accounts only. See MassByTag.
func (c *Client) MassByOpenIDs(ctx context.Context, openIDs []string, m wechat.Outgoing, clientMsgID string) (MassResult, error) {
	return c.mass(ctx, "/cgi-bin/message/mass/send", "touser", openIDs, m, clientMsgID)
}

// mass sends m to whom the member named by target says.
func (c *Client) mass(ctx context.Context, path, target string, whom any, m wechat.Outgoing, clientMsgID string) (MassResult, error) {
	in := map[string]any{target: whom}
	switch {
	case m.Text != "":
		in["msgtype"], in["text"] = "text", text{m.Text}
	case m.Image != "":
		in["msgtype"], in["images"] = "image", map[string]any{"media_ids": []string{m.Image}}
	case m.Voice != "":
		in["msgtype"], in["voice"] = "voice", media{m.Voice}
	default:
		return MassResult{}, refuse(path, "a mass message is a text, an image or a voice")
	}
	if clientMsgID != "" {
		in["clientmsgid"] = clientMsgID
	}
	var out struct {
		MsgID     int64 `json:"msg_id"`
		MsgDataID int64 `json:"msg_data_id"`
	}
	err := c.post(ctx, path, in, &out)
	if refused := new(Error); errors.As(err, &refused) && refused.Code == 45065 {
		return MassResult{MsgID: out.MsgID, MsgDataID: out.MsgDataID, Duplicate: true}, nil
	}
	if err != nil {
		return MassResult{}, err
	}
	return MassResult{MsgID: out.MsgID, MsgDataID: out.MsgDataID}, nil
}
