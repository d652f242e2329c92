package simulator_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fanflow/wechat/simulator"
)

// heard is what the callback was told, one word a push.
func (p *platform) heard() string {
	var words []string
	for _, r := range p.back.deliveries() {
		word := r.field["Content"]
		if r.field["Event"] != "" {
			word = strings.TrimSpace(r.field["Event"] + " " + r.field["KfAccount"])
		}
		words = append(words, word)
	}
	return fmt.Sprint(words)
}

func TestHandedOver(t *testing.T) {
	p := start(t, simulator.Config{Start: noon})
	handOver := func(r received, _ int) string {
		if r.field["Content"] != "agent" && r.field["Event"] != "CLICK" {
			return "success"
		}
		return replyHead(r, "transfer_customer_service") + "<TransInfo><KfAccount><![CDATA[ann@shop]]></KfAccount></TransInfo></xml>"
	}
	p.back.reply(handOver)
	p.do("fan1", `{"click":"K"}`) // an event is not handed over
	p.do("fan1", `{"text":"before"}`)
	p.do("fan1", `{"text":"agent"}`)
	p.advance("1s")
	p.do("fan1", `{"text":"to the agent"}`)
	p.do("fan1", `{"click":"L"}`) // events come to the callback as ever
	p.do("fan2", `{"text":"another fan"}`)
	if got := p.control("GET", appID+"/fans/fan1/session", "").text("agent"); got != "ann@shop" {
		t.Error(got)
	}
	p.advance("28m")
	p.do("fan1", `{"text":"still to the agent"}`)
	p.advance("2m")
	p.do("fan1", `{"text":"after 30 minutes"}`)
	if d := cmp.Diff("[CLICK before agent kf_create_session ann@shop CLICK another fan kf_close_session ann@shop after 30 minutes]", p.heard()); d != "" {
		t.Error(d)
	}

	p.back.reply(handOver)
	p.do("fan1", `{"text":"agent"}`)
	p.control("DELETE", appID+"/fans/fan1/session", "")
	p.do("fan1", `{"text":"closed"}`)
	p.advance("31m")
	if d := cmp.Diff("[agent closed kf_create_session ann@shop kf_close_session ann@shop]", p.heard()); d != "" {
		t.Error(d)
	}
	if status, _ := p.request("DELETE", "/sim/"+appID+"/fans/fan1/session", ""); status != 404 {
		t.Errorf("a session that is no more: %d", status)
	}
}

func TestTransferPushed(t *testing.T) {
	p := start(t, simulator.Config{Switches: simulator.Switches{TransferPushed: true}})
	p.back.reply(func(r received, _ int) string { return replyHead(r, "transfer_customer_service") + "</xml>" })
	p.do("fan1", `{"text":"agent"}`)
	p.do("fan1", `{"text":"again"}`)
	if d := cmp.Diff("[agent again]", p.heard()); d != "" {
		t.Error(d)
	}
}

func TestMediaOfReplies(t *testing.T) {
	for _, any := range []bool{false, true} {
		p := start(t, simulator.Config{Switches: simulator.Switches{AnyMedia: any}})
		why := map[bool]string{false: "no image", true: ""}[any]
		p.back.reply(func(r received, _ int) string {
			return replyHead(r, "image") + "<Image><MediaId>made-up</MediaId></Image></xml>"
		})
		p.checkWhy(t, `{"text":"hi"}`, why)
	}
	p := start(t, simulator.Config{})
	p.back.reply(func(r received, _ int) string {
		return replyHead(r, "image") + "<Image><MediaId>" + r.field["MediaId"] + "</MediaId></Image></xml>"
	})
	p.checkWhy(t, `{"image":"m1"}`, "") // the fan's own picture is a medium of the account for three days
}
