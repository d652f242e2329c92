package api_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"fanflow/wechat"
	"fanflow/wechat/api"
	"fanflow/wechat/simulator"
)

// A customer-service message, and what the class of its error asks for. The fan of the simulated platform followed an hour ago and
// has not written since.
func ExampleClient_SendCustom() {
	const secret, openID = "secret", "ann"
	sim, err := simulator.New(simulator.Config{Accounts: []simulator.Account{{
		Name: "shop", Type: "service", AppID: "wx0123456789abcdef", AppSecret: secret, Token: "token", Verified: true,
	}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sim.Close()
	platform := httptest.NewServer(sim)
	defer platform.Close()
	base := platform.URL
	for _, play := range [][2]string{{"/sim/wx0123456789abcdef/fans/ann/do", `{"subscribe":{}}`}, {"/sim/clock", `{"advance":"1h"}`}} {
		resp, err := http.Post(base+play[0], "application/json", strings.NewReader(play[1]))
		if err != nil {
			fmt.Println(err)
			return
		}
		resp.Body.Close()
	}

	ctx := context.Background()
	c := api.New(api.Config{AppID: "wx0123456789abcdef", Secret: secret, BaseURL: base}) // base "": WeChat's own
	err = c.SendCustom(ctx, openID, wechat.Outgoing{Text: "Your order is on its way."})
	var refused *api.Error
	switch {
	case err == nil:
		fmt.Println("sent")
	case errors.As(err, &refused) && refused.Class == api.User:
		fmt.Println("not before the fan acts:", refused.Code)
	case api.Retryable(err, false):
		fmt.Println("later, and slower:", err)
	default:
		fmt.Println("stop and tell somebody:", err)
	}
	// Output: not before the fan acts: 45015
}
