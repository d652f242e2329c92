package store

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
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
	// Configs are digests of the configuration that the pinned plugins had then, by name. It is not frozen: a new configuration
	// holds for all versions.
	Configs map[string]string `json:"configs,omitempty"`
	// Paused, with Why, holds a flow: it takes no event and its timers wait.
	Paused bool   `json:"paused,omitempty"`
	Why    string `json:"why,omitempty"`
	// No counts the publications of the script from 1; pausing is none. Rev is the catalog's revision at this one: it stays
	// over a pause. Stores set both.
	No  int    `json:"no,omitempty"`
	Rev uint64 `json:"rev,omitempty"`
	// Choice says what becomes of the fans who are in the flow; nil: they move.
	Choice *Choice `json:"choice,omitempty"`
	// History are the last publications up to this one, oldest first, at most MaxHistory: fans may have slept through several.
	// Stores set it.
	History []PastPub `json:"history,omitempty"`
}

// MaxHistory is how many publications a Publication remembers.
const MaxHistory = 50

// PastPub is what is remembered of a publication.
type PastPub struct {
	No      int            `json:"no"`
	Version int            `json:"version"`
	At      time.Time      `json:"at"`
	Choice  *Choice        `json:"choice,omitempty"`
	Pins    map[string]int `json:"pins,omitempty"`
	// Configs are those of the Publication.
	Configs map[string]string `json:"configs,omitempty"`
}

// Ways in which a publication treats the fans who are in the flow.
const (
	MoveFans    = "move"    // to the new version, where it has their state; the others stay until they leave
	KeepFans    = "keep"    // on their version until they leave
	RestartFans = "restart" // at the first state of the new version
	EndFans     = "end"     // they leave the flow
	MapFans     = "map"     // states of the old version to states of the new one; the rest moves
)

// Choice is what the publisher chose for the fans who are in the flow.
type Choice struct {
	Mode string `json:"mode"` // one of the five
	// Map, of MapFans, says for states of the old version the new one's state, or what else becomes of who is there: "keep",
	// "restart" and "end" in angle brackets: <keep>, <restart>, <end>.
	Map map[string]string `json:"map,omitempty"`
}

// Catalog is everything that is published, for all accounts. Rev grows with every publication; it is what a Snapshot carries.
type Catalog struct {
	Rev          uint64        `json:"rev"`
	Publications []Publication `json:"publications"`
}

// Next is what stands in the catalog once p is published at a revision of the catalog, over current, the zero Publication if
// there is none. With No 0 it is a new publication, numbered on, and the last of its own History. With the No of current it
// pauses that one or lets it go on: nothing but Paused and Why changes. Any other No gives ErrConflict: somebody else has
// published meanwhile.
func (p Publication) Next(current Publication, rev uint64) (Publication, error) {
	if p.No != 0 {
		if p.No != current.No || p.Version != current.Version {
			return Publication{}, ErrConflict
		}
		current.Paused, current.Why = p.Paused, p.Why
		return current, nil
	}
	p.Published = Stamp(p.Published)
	p.No, p.Rev = current.No+1, rev
	p.History = append(slices.Clone(current.History), PastPub{No: p.No, Version: p.Version, At: p.Published, Choice: p.Choice, Pins: p.Pins, Configs: p.Configs})
	if extra := len(p.History) - MaxHistory; extra > 0 {
		p.History = slices.Delete(p.History, 0, extra)
	}
	return p, nil
}

// Numbered is the script as a store keeps it under a version: with the digest of its source and its time to the millisecond.
func (s Script) Numbered(version int) Script {
	sum := sha256.Sum256([]byte(s.Source))
	s.Version, s.Digest, s.Pushed = version, hex.EncodeToString(sum[:]), Stamp(s.Pushed)
	return s
}
