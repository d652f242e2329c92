package flows

// scriptLog keeps the last lines of each flow and plugin. It is safe for concurrent use.
type scriptLog struct{}

// logLine is a line that a script wrote in a decision.
type logLine struct {
	Flow  string `json:"flow"` // or plugin:NAME
	Level string `json:"level,omitempty"`
	Text  string `json:"text"`
}

// note keeps a line of a script.
func (d *decision) note(flow *compiled, level, text string) {}
