// Package api is the client of WeChat's server API.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"fanflow/wechat"
)

// Config says which account a Client speaks for.
type Config struct {
	AppID, Secret, BaseURL string
	HTTPClient             *http.Client
	Now                    func() time.Time
	Logger                 *slog.Logger
}

// Client calls the API.
type Client struct{}

// New makes a Client.
func New(c Config) *Client { panic("unwritten") }

// Class says what a sender should do about an Error.
type Class string

// The classes.
const (
	Retry         Class = "retry"
	Token         Class = "token"
	Quota         Class = "quota"
	Configuration Class = "configuration"
	Payload       Class = "payload"
	Duplicate     Class = "duplicate"
	Unknown       Class = "unknown"
	User          Class = "user"
)

// Error is a refusal by the platform.
type Error struct {
	API        string
	Code       int
	Msg, RID   string
	HTTPStatus int
	Class      Class
}

func (e *Error) Error() string { panic("unwritten") }

// Ambiguous reports whether the request may have reached the platform although no answer came.
func Ambiguous(err error) bool { panic("unwritten") }

// MassResult is what a mass send was given.
type MassResult struct {
	MsgID, MsgDataID int64
	Duplicate        bool
}

// UserInfo is a fan as the platform knows them.
type UserInfo struct {
	OpenID, UnionID string
	Subscribed      bool
	SubscribedAt    time.Time
	SubscribeScene  string
	Remark          string
	TagIDs          []int
	QRScene         int64
	QRSceneStr      string
}

// Tag is a tag of the platform.
type Tag struct {
	ID    int
	Name  string
	Count int
}

// SendCustom sends a customer-service message.
func (c *Client) SendCustom(ctx context.Context, openID string, m wechat.Outgoing) error {
	panic("unwritten")
}

// SendTemplate sends a template message.
func (c *Client) SendTemplate(ctx context.Context, openID, templateID string, t wechat.Template, clientMsgID string) (msgID int64, err error) {
	panic("unwritten")
}

// SendNotice sends a subscription notice.
func (c *Client) SendNotice(ctx context.Context, openID, templateID string, t wechat.Template) error {
	panic("unwritten")
}

// MassByTag sends to the fans of a tag.
func (c *Client) MassByTag(ctx context.Context, tagID int, m wechat.Outgoing, clientMsgID string) (MassResult, error) {
	panic("unwritten")
}

// MassByOpenIDs sends to a list of fans.
func (c *Client) MassByOpenIDs(ctx context.Context, openIDs []string, m wechat.Outgoing, clientMsgID string) (MassResult, error) {
	panic("unwritten")
}

// User asks for one fan.
func (c *Client) User(ctx context.Context, openID string) (UserInfo, error) { panic("unwritten") }

// Tags lists the tags.
func (c *Client) Tags(ctx context.Context) ([]Tag, error) { panic("unwritten") }

// CreateTag makes a tag.
func (c *Client) CreateTag(ctx context.Context, name string) (Tag, error) { panic("unwritten") }

// TagFans tags up to 50 fans.
func (c *Client) TagFans(ctx context.Context, tagID int, openIDs []string) error { panic("unwritten") }

// UntagFans untags up to 50 fans.
func (c *Client) UntagFans(ctx context.Context, tagID int, openIDs []string) error {
	panic("unwritten")
}
