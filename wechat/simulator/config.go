package simulator

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"fanflow/wechat/crypt"
)

// Config describes a simulated platform. Only Accounts is required.
type Config struct {
	Accounts []Account
	// PublicURL is where the accounts' callbacks are, without a final slash: pushes go to {PublicURL}/callback/{name}.
	// Empty: nothing is pushed, as for an account whose message push is switched off.
	PublicURL string
	// StateFile keeps fans, tags, inboxes, quotas, tokens and the clock over restarts, also over kill -9. Empty: memory only.
	StateFile string
	Logger    *slog.Logger // nil: silent
	// Client delivers the pushes. Its Timeout should be zero: PushTimeout bounds each delivery. Nil: a client of its own.
	Client *http.Client

	// Start is the instant at which the clock begins when there is no state yet. Zero: wall time.
	Start time.Time
	// PushTimeout is how long the platform waits for the answer to one delivery, in wall time. Zero: five seconds, which is
	// the platform's own figure.
	PushTimeout time.Duration
	// FollowerTimeout is how long a follower of the clock may be unheard of, in wall time, before it is dropped. Zero: 30 s.
	FollowerTimeout time.Duration
	// OrderTimeout is the same for a follower that is carrying out an order, counted anew whenever the platform is called or
	// makes a push. Zero: 30 s.
	OrderTimeout time.Duration
	// NoticeTime is the wall time that message/subscribe/bizsend takes: a second notice to the same fan within it is 43108.
	// Zero: 2 ms.
	NoticeTime time.Duration
	// TaggingTime is the wall time that a call takes which tags fans or takes a tag from them: another such call for one of
	// these fans within it is 45169. Zero: 20 ms; below zero: none.
	TaggingTime time.Duration
	// Figures replaces limits of the platform's that tests could hardly reach.
	Figures Figures
	// LibraryLimits replaces how many media of a kind (image, voice, video, thumb) an account's library holds.
	LibraryLimits map[string]int
	// DailyLimits replaces figures of the platform's table of calls a day, by path ("/cgi-bin/message/template/send").
	DailyLimits map[string]int
	Switches    Switches
}

// Figures are limits that are large on the platform. A zero value is the platform's own figure.
type Figures struct {
	PermanentCodes int // permanent QR codes of an account: 100,000
	TagFans        int // fans with whom a tag can still be deleted: 100,000
	Page           int // OpenIDs in one answer of a list: 10,000
}

func (f Figures) withDefaults() Figures {
	return Figures{
		PermanentCodes: cmp.Or(f.PermanentCodes, 100_000),
		TagFans:        cmp.Or(f.TagFans, 100_000),
		Page:           cmp.Or(f.Page, 10_000),
	}
}

// Switches choose among readings of the platform's pages where these are silent or disagree. The zero value is the reading
// that most evidence supports.
type Switches struct {
	// Windows says how a fan's new action meets a live customer-service window of the same kind.
	Windows WindowRule
	// SameNonce repeats a push with the timestamp, nonce and signature of its first delivery, instead of fresh ones.
	SameNonce bool
	// NonOKIsAnswer judges an answer whose HTTP status is not 200 by its body, instead of taking it for a failed delivery.
	NonOKIsAnswer bool
	// ExtraArticlesDropped shows the fan the allowed number of a reply's articles and drops the rest, as the platform is said
	// to do. Off, such a reply is a fault, so that the mistake is seen.
	ExtraArticlesDropped bool
	// SameTemplate refuses a template message that the fan had within the last 60 seconds with 40241. It is known from one
	// report alone (developers.weixin.qq.com/community, February 2025), so it is off by default.
	SameTemplate bool
	// MassTooFast answers a clientmsgid that comes again within a minute with 45066 instead of 45065 and the msg_id.
	MassTooFast bool
	// HistoryTemplates lets template/api_add_template take ids of the old library (TM…, OPENTM…). Off, they are 40247: new
	// templates come from the library of categories only.
	HistoryTemplates bool
	// MenuItems and MenuItemBytes are the largest msgmenu list and item of customer-service messages: 45098 and 45099 beyond.
	// The platform has the codes and publishes no figures. Zero: no limit.
	MenuItems     int
	MenuItemBytes int
	// TemplateURLBytes is the largest url of a template message: 40039 beyond. The platform has the code and publishes no figure.
	// Zero: no limit.
	TemplateURLBytes int
	// PartialTags tags the others where one fan of a list has 20 tags, and answers 45171 with those left out, instead of tagging
	// nobody and answering 45059.
	PartialTags bool
	// WithdrawnFields answers user/info with the keys of nickname, sex, region, language and avatar, empty, as it did for
	// some time after they were withdrawn.
	WithdrawnFields bool
	// PicLists pushes the pictures of a pic_… event in one PicList block each, instead of one block for all.
	PicLists bool
	// ListObject writes the List of a notice's event in JSON as an object where it has one entry, instead of as an array.
	ListObject bool
	// SecondsOnly takes a reply whose CreateTime is in milliseconds for a fault. The pages ask for seconds; that the platform
	// looks is not known, and libraries in wide use (wechat and co-wechat of npm) have sent milliseconds since 2013.
	SecondsOnly bool
	// AnyMedia takes every media id in replies. Off, an id in a reply that the account never uploaded, or whose three days are
	// over, is a fault.
	AnyMedia bool
	// TransferPushed goes on pushing the messages of a fan whom a reply handed over to customer service. Off, they go to
	// customer service alone until the session ends.
	TransferPushed bool
	// AnyEventAnswered lets replies to all events of a fan's reach the fan. Off, those to VIEW, view_miniprogram, scancode_push,
	// the pic_… events and location_select reach nobody, without a fault: so accounts find it; the page of it is gone.
	AnyEventAnswered bool
	// RepeatPause is the wall time between two deliveries of one push. Zero: back to back.
	RepeatPause time.Duration
}

// WindowRule says how customer-service windows of one kind combine. The pages do not.
type WindowRule string

const (
	WindowsRefresh    WindowRule = ""           // an action opens the window anew: full count, full time
	WindowsAccumulate WindowRule = "accumulate" // the new count is added to what is left
	WindowsStrict     WindowRule = "strict"     // nothing reopens before the first window has run out
)

// Account is one Official Account of the simulated platform.
type Account struct {
	Name      string // in the callback URL
	Type      string // service or subscription
	AppID     string
	AppSecret string
	Token     string // signs pushes
	AESKey    string // EncodingAESKey, 43 characters; needed for the modes compatible and safe
	Mode      string // plain, compatible or safe; empty: safe with an AESKey, else plain
	// Format is in which form pushes come and replies are taken: xml or json. Empty: xml.
	Format   string
	Verified bool
	// AllowIPs are the addresses and ranges (10.0.0.0/8) that may call. Empty: all may.
	AllowIPs []string
	Test     bool // a test account: rights of a verified service account, small quotas
	// OpenPlatform names the Open Platform account that the account is bound to; a person has one UnionID with all that share
	// it. Empty: not bound, no UnionID is told.
	OpenPlatform string
	Templates    []string // ids of the template messages and subscription notices that the account has
}

const (
	modePlain      = "plain"
	modeCompatible = "compatible"
	modeSafe       = "safe"

	formatXML  = "xml"
	formatJSON = "json"

	typeService      = "service"
	typeSubscription = "subscription"
)

// withDefaults returns c with its zero values filled in.
func (c Config) withDefaults() Config {
	c.PublicURL = strings.TrimSuffix(c.PublicURL, "/")
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Client == nil {
		c.Client = newPushClient()
	}
	if c.PushTimeout == 0 {
		c.PushTimeout = 5 * time.Second
	}
	if c.FollowerTimeout == 0 {
		c.FollowerTimeout = 30 * time.Second
	}
	if c.OrderTimeout == 0 {
		c.OrderTimeout = 30 * time.Second
	}
	if c.TaggingTime == 0 {
		c.TaggingTime = 20 * time.Millisecond
	}
	c.Figures = c.Figures.withDefaults()
	if c.NoticeTime == 0 {
		c.NoticeTime = 2 * time.Millisecond
	}
	return c
}

// validate reports the first mistake in c by the name of its field.
func (c Config) validate() error {
	if len(c.Accounts) == 0 {
		return errors.New("simulator: no account given")
	}
	names, apps := map[string]bool{}, map[string]bool{}
	for i, a := range c.Accounts {
		if err := a.validate(); err != nil {
			return fmt.Errorf("simulator: account %d (%q): %w", i+1, a.Name, err)
		}
		if names[a.Name] || apps[a.AppID] {
			return fmt.Errorf("simulator: account %d (%q): name and app_id must be unique", i+1, a.Name)
		}
		names[a.Name], apps[a.AppID] = true, true
	}
	switch c.Switches.Windows {
	case WindowsRefresh, WindowsAccumulate, WindowsStrict:
		return nil
	default:
		return fmt.Errorf("simulator: Switches.Windows is %q; it may be empty, accumulate or strict", c.Switches.Windows)
	}
}

func (a Account) validate() error {
	switch {
	case a.Name == "":
		return errors.New("name is missing")
	case a.AppID == "" || strings.ContainsAny(a.AppID, "/? "):
		return errors.New("app_id is missing or holds a character that cannot stand in a path")
	case a.Type != typeService && a.Type != typeSubscription:
		return fmt.Errorf("type %q is not played; it may be service or subscription", a.Type)
	}
	switch a.Mode {
	case "", modePlain:
	case modeCompatible, modeSafe:
		if a.AESKey == "" {
			return fmt.Errorf("mode %s needs an aes_key", a.Mode)
		}
	default:
		return fmt.Errorf("mode %q is none of plain, compatible and safe", a.Mode)
	}
	if a.Format != "" && a.Format != formatXML && a.Format != formatJSON {
		return fmt.Errorf("format %q is none of xml and json", a.Format)
	}
	if err := checkEntries(a.AllowIPs); err != nil {
		return fmt.Errorf("allowed addresses: %w", err)
	}
	if a.AESKey == "" {
		return nil
	}
	_, err := crypt.ParseKey(a.AESKey)
	return err
}

// mode is the account's mode with the default resolved.
func (a Account) mode() string {
	switch {
	case a.Mode != "":
		return a.Mode
	case a.AESKey != "":
		return modeSafe
	default:
		return modePlain
	}
}
