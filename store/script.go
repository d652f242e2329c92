package store

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// Kinds of scripts.
const (
	KindFlow      = "flow"
	KindPlugin    = "plugin"
	KindBroadcast = "broadcast"
)

// ScriptID names one script, of which there may be many versions. Plugins are shared by all accounts: their Account is empty.
type ScriptID struct {
	Account string `json:"account,omitempty"`
	Kind    string `json:"kind"`
	Name    string `json:"name"`
}

// Script is one version of a script. It never changes once pushed.
type Script struct {
	ScriptID
	Version int       `json:"version"` // from 1
	File    string    `json:"file"`    // the file's name as pushed, for error messages
	Source  string    `json:"source,omitempty"`
	Digest  string    `json:"digest"` // hex SHA-256 of Source
	Pushed  time.Time `json:"pushed"`
	By      string    `json:"by,omitempty"`
}

// Publication says which version of a script is current. Publishing is atomic and takes effect at the next event.
type Publication struct {
	ScriptID
	Version   int       `json:"version"`
	Published time.Time `json:"published"`
	By        string    `json:"by,omitempty"`
	// Pins are the versions of the plugins that a flow was published with, by name.
	Pins map[string]int `json:"pins,omitempty"`
	// Paused, with Why, holds a flow: it takes no event and its timers wait.
	Paused bool   `json:"paused,omitempty"`
	Why    string `json:"why,omitempty"`
}

// Catalog is everything that is published, for all accounts. Rev grows with every publication; it is what a Snapshot carries.
type Catalog struct {
	Rev          uint64        `json:"rev"`
	Publications []Publication `json:"publications"`
}

// Numbered is the script as a store keeps it under a version: with the digest of its source and its time to the millisecond.
func (s Script) Numbered(version int) Script {
	sum := sha256.Sum256([]byte(s.Source))
	s.Version, s.Digest, s.Pushed = version, hex.EncodeToString(sum[:]), Stamp(s.Pushed)
	return s
}
