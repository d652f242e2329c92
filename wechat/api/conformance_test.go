package api_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"fanflow/wechat/api"
	"fanflow/wechat/simulator"
)

// The accounts of the played platform, one of each kind. Each name is the account's AppID, too.
const (
	shop       = "wx-service"                 // verified 服务号
	paper      = "wx-subscription"            // verified 公众号
	smallShop  = "wx-service-unverified"      // unverified 服务号
	smallPaper = "wx-subscription-unverified" // unverified 公众号
	trial      = "wx-test"                    // test account
)

// kinds are the letters by which served.who names the accounts.
var kinds = map[rune]string{'S': shop, 'P': paper, 's': smallShop, 'p': smallPaper, 't': trial}

// Whom the platform's table of privileges lets call: see served.who.
const (
	everybody    = "SPspt"
	verified     = "SPt"
	verifiedShop = "St"
	menuRight    = "SPst"
	noToken      = "" // calls that bring no access token: whom they serve is for their rows to show
)

// served is one endpoint as the platform's pages have it, with the cases in which it is called.
type served struct {
	path             string
	method           string // "": GET and POST
	who              string // letters of the accounts that have the right to call it; the others get 48001
	daily, testDaily int    // calls a day; 0: the table of frequencies has none
	codes            []int  // that the pages name for it: each has a row
	rows             []row
}

// row is one case of one endpoint: a client of the real kind calls the played platform.
type row struct {
	name    string
	on      string // the account; "": shop
	by      source
	config  func(*simulator.Config)
	arrange func(*world)
	call    func(*world) error
	code    int          // 0: the call is good; byClient: the client refuses it
	class   api.Class    // "": the class that the pages give the code
	check   func(*world) // what the platform's books show after the call
}

// source is how a row's error comes about.
type source string

const (
	byState source = ""      // by what was sent before, to whom, when, and by the input
	byRule  source = "rule"  // the platform's own decision, set by a control call
	byFault source = "fault" // played by a fault: nothing that the simulator keeps leads to it

	byClient = -1 << 20 // the client refuses the call, and nothing goes out
)

// table is all that the simulator serves.
func table() []served {
	return slices.Concat(messageTable(), massTable(), templateTable(), noticeTable(), baseTable(),
		usersTable(), menuTable(), mediaTable(), articleTable(), webTable(), statTable())
}

// TestConformance calls the played platform by every row of the table.
func TestConformance(t *testing.T) {
	for _, s := range table() {
		for _, r := range s.rows {
			t.Run(strings.TrimPrefix(s.path, "/")+" "+r.name, func(t *testing.T) {
				t.Parallel()
				r.run(newWorld(t, r.on, r.config))
			})
		}
	}
}

func (r row) run(w *world) {
	if r.arrange != nil {
		r.arrange(w)
	}
	r.wanted(w, r.call(w))
	if r.check != nil {
		r.check(w)
	}
}

// wanted compares how a call ended with what the row wants.
func (r row) wanted(w *world, err error) {
	refused, raw := new(api.Error), new(rawError)
	switch {
	case r.code == 0 && err != nil:
		w.Fatalf("error %v, want none", err)
	case r.code == 0:
	case r.code == byClient:
		if !errors.As(err, &refused) || refused.Code != 0 || refused.HTTPStatus != 0 || refused.Class != api.Payload {
			w.Errorf("error %v, want one of the client's own, of class payload", err)
		}
	case errors.As(err, &raw):
		if raw.Code != r.code {
			w.Errorf("error %v, want errcode %d", err, r.code)
		}
	case !errors.As(err, &refused) || refused.Code != r.code:
		w.Errorf("error %v, want errcode %d", err, r.code)
	case refused.RID == "":
		w.Errorf("error %v without a rid", err)
	case r.class != "" && refused.Class != r.class, r.class == "" && !slices.Contains(classesOnPaper()[r.code], refused.Class):
		w.Errorf("error %v is of class %q, want %q %v", err, refused.Class, r.class, classesOnPaper()[r.code])
	}
}
