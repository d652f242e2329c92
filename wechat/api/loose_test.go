package api_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fanflow/wechat/api"
)

// FuzzLooseFields holds that what the client reads of fields which the platform writes in more than one form is the same after it
// was written and read again.
func FuzzLooseFields(f *testing.F) {
	for _, doc := range []string{
		`{"rule":{"tag_id":"134","client_platform_type":2},"day":"2014-12-07","flag":1,"crop":{"ratio":"1_1","x1":"0.166454","y1":0,"x2":1,"y2":"1"}}`,
		`{"rule":{"group_id":2,"sex":1},"day":"","flag":"0","crop":{}}`,
		`{"rule":{"tag_id":null},"flag":true,"crop":{"x1":1e3}}`,
		`{"rule":{"tag_id":1.5},"day":"2014-13-07","flag":2}`,
		`{"day":"0000-01-01"}`, `{"button":[{"name":"a","sub_button":[{"type":"view","url":"u"}]}]}`,
	} {
		f.Add(doc)
	}
	type fields struct {
		Rule    api.MatchRule `json:"rule"`
		Day     api.Day       `json:"day"`
		Flag    api.Flag      `json:"flag"`
		Crop    api.Crop      `json:"crop"`
		Buttons api.Buttons   `json:"button"`
	}
	f.Fuzz(func(t *testing.T, doc string) {
		var first, second fields
		if json.Unmarshal([]byte(doc), &first) != nil {
			return
		}
		again, err := json.Marshal(first)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(again, &second); err != nil {
			t.Fatalf("%s: %v", again, err)
		}
		third, err := json.Marshal(second) // an empty sub_button is left out
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(again), string(third)); diff != "" {
			t.Errorf("(-first +second)\n%s", diff)
		}
	})
}
