package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"fanflow/flows"
	"fanflow/store"
)

func fanCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "fan", Short: "Look into what happened to a fan", Args: noArgs,
		Example: "  fanflow fan replay oABCD1234 --config fanflow.toml",
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(replayCommand())
	for _, name := range []string{"show", "erase", "export"} {
		c.AddCommand(laterCommand(name))
	}
	return c
}

func replayCommand() *cobra.Command {
	var f scriptFlags
	var until uint64
	c := &cobra.Command{
		Use:   "replay OPENID",
		Short: "Decide again all that happened to a fan, and compare; exit 1 if anything differs",
		Long: "Plays the fan's journal again from its beginning, or from where it was trimmed. Every step that a flow decided is decided anew,\n" +
			"by the versions, plugins and settings of then and with what was read then, and must come out the same, byte for byte.\n" +
			"It says of each step which flow took the event, what else was tried, and why it was refused.",
		Example: "  fanflow fan replay oABCD1234 --config fanflow.toml\n  fanflow fan replay oABCD1234 --until 120 --json",
		Args:    needs("the OpenID of the fan"),
		RunE: func(c *cobra.Command, ids []string) error {
			return withLibrary(c, f, func(l library) error {
				var failed []error
				for _, id := range ids {
					r, err := l.replay(c.Context(), id, until)
					if err != nil {
						return err
					}
					if err := printReplay(c.OutOrStdout(), r, f.json); err != nil {
						return err
					}
					if !r.Equal {
						failed = append(failed, fmt.Errorf("fan %s does not replay to the same: %s", id, r.Why))
					}
				}
				return errors.Join(failed...)
			})
		},
	}
	f.add(c)
	c.Flags().Uint64Var(&until, "until", 0, "the last row of the journal to look at (default: all)")
	return c
}

func (l *localLibrary) replay(ctx context.Context, openID string, until uint64) (*flows.Replay, error) {
	return l.engine.Replay(ctx, store.FanID{Account: l.account, OpenID: openID}, until)
}

func (l *remoteLibrary) replay(ctx context.Context, openID string, until uint64) (*flows.Replay, error) {
	path := "/api/v1/accounts/" + url.PathEscape(l.account) + "/fans/" + url.PathEscape(openID) + "/replay?until=" + strconv.FormatUint(until, 10)
	r := &flows.Replay{}
	return r, l.call(ctx, http.MethodGet, path, nil, r)
}

// printReplay tells a replay, a line a step and its verdicts below it.
func printReplay(w io.Writer, r *flows.Replay, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(r)
	}
	if r.From > 0 {
		fmt.Fprintf(w, "rows 1 to %d were trimmed; the replay starts from what they came to\n", r.From)
	}
	decided := 0
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i := range r.Steps {
		s := &r.Steps[i]
		result := "same"
		switch {
		case !s.Same:
			result = "DIFFERS: " + s.Why
		case s.Folded:
			result = "folded: " + s.Why
		default:
			decided++
		}
		took := "–"
		if s.Took != "" {
			took = s.Took
		}
		fmt.Fprintf(t, "%d–%d\t%s\t%s\t%s\t%s\n", s.From, s.To, s.At.Format(time.DateTime), oneLine(s.Event), took, result)
		for _, v := range s.Tried {
			rule := ""
			if v.Rule != "" {
				rule = " (" + oneLine(v.Rule) + ")"
			}
			fmt.Fprintf(t, "\t\t  %s%s: %s\t\t\n", v.Flow, rule, v.Said)
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	result := "it differs: " + r.Why
	switch {
	case r.Equal && r.Hash == "":
		result = "all as they stand in the journal"
	case r.Equal:
		result = "the fan is the same, " + r.Hash
	}
	_, err := fmt.Fprintf(w, "%d steps, %d of them decided again: %s\n", len(r.Steps), decided, result)
	return err
}

// oneLine keeps what a fan wrote to a line of a table.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 40 {
		s = string(r[:39]) + "…"
	}
	return s
}
