package simulator_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"fanflow/wechat/simulator"
)

// TestWindowsOfOlderStateFiles: there they are an object by what opened them. Those of the file are what may be sent.
func TestWindowsOfOlderStateFiles(t *testing.T) {
	fan := func(windows string) string {
		return fmt.Sprintf(`{"k":"fan","app":%q,"id":"ann","v":{"subscribed":true,"windows":%s}}`, appID, windows)
	}
	until := noon.Add(time.Hour).Format(time.RFC3339)
	for name, record := range map[string]string{
		"object": fan(`{"message":{"left":2,"until":"` + until + `"},"scan":{"left":1,"until":"` + until + `"}}`),
		"list":   fan(`[{"by":"message","left":2,"until":"` + until + `"},{"by":"scan","left":1,"until":"` + until + `"}]`),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "state")
			if err := os.WriteFile(path, []byte(record+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			p := start(t, simulator.Config{Start: noon, StateFile: path})
			token := p.token()
			for range 3 {
				p.want(p.post("message/custom/send", token, custom("ann", "m")), 0)
			}
			p.want(p.post("message/custom/send", token, custom("ann", "m")), 45047)
		})
	}
}
