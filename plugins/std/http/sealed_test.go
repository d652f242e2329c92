package http_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"fanflow/plugins/std/http"
)

// A sealed text comes back from JSON as it was, and no text of a script can be taken for one.
func TestSealed(t *testing.T) {
	for _, row := range []struct {
		text http.Sealed
		want string
	}{
		{http.Plain("plain"), `"plain"`},
		{http.Plain(`{"sealed":[{"secret":"token"}]}`), `"{\"sealed\":[{\"secret\":\"token\"}]}"`},
		{http.Sealed{{Text: "a"}, {Text: "b"}}, `"ab"`},
		{http.Sealed{{Text: "Bearer "}, {Secret: "token", Plugin: "crm"}}, `{"sealed":["Bearer ",{"secret":"token","plugin":"crm"}]}`},
		{http.Sealed{{Secret: "token", JSON: true}}, `{"sealed":[{"secret":"token","json":true}]}`},
	} {
		raw, err := json.Marshal(row.text)
		if err != nil || string(raw) != row.want {
			t.Errorf("%v: %s %v, want %s", row.text, raw, err, row.want)
		}
		var back http.Sealed
		if err := json.Unmarshal(raw, &back); err != nil {
			t.Error(err)
		}
		if again, _ := json.Marshal(back); string(again) != row.want {
			t.Errorf("%s comes back as %s", row.want, again)
		}
		if row.want[0] == '{' && fmt.Sprint(back) != fmt.Sprint(row.text) {
			t.Errorf("%v comes back as %v", row.text, back)
		}
	}
	for _, bad := range []string{`7`, `{"sealed":[7]}`, `{"sealed":"x"}`} {
		var back http.Sealed
		if err := json.Unmarshal([]byte(bad), &back); err == nil {
			t.Errorf("%s is taken for %v", bad, back)
		}
	}
}
