package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"fanflow/flows"
	"fanflow/store"
)

// choiceFlags say what becomes of the fans who are in a flow that is published.
type choiceFlags struct {
	keep, restart, end bool
	states             []string
}

func (f *choiceFlags) add(c *cobra.Command) {
	c.Flags().BoolVar(&f.keep, "keep", false, "fans in the flow stay on their version until they leave")
	c.Flags().BoolVar(&f.restart, "restart", false, "fans in the flow begin again at the first state")
	c.Flags().BoolVar(&f.end, "end", false, "fans in the flow leave it")
	c.Flags().StringSliceVar(&f.states, "map", nil, "states that became others: old=new,…; new may be <keep>, <restart> or <end>")
	c.MarkFlagsMutuallyExclusive("keep", "restart", "end", "map")
}

// choice reads the flags; nil: fans move.
func (f *choiceFlags) choice() (*store.Choice, error) {
	switch {
	case f.keep:
		return &store.Choice{Mode: store.KeepFans}, nil
	case f.restart:
		return &store.Choice{Mode: store.RestartFans}, nil
	case f.end:
		return &store.Choice{Mode: store.EndFans}, nil
	case len(f.states) == 0:
		return nil, nil
	}
	choice := &store.Choice{Mode: store.MapFans, Map: map[string]string{}}
	for _, pair := range f.states {
		from, to, ok := strings.Cut(pair, "=")
		if !ok || from == "" || to == "" {
			return nil, usagef("--map: %q is no old=new", pair)
		}
		choice.Map[from] = to
	}
	return choice, nil
}

// step is what publish and rollback were asked for.
type step struct {
	version int  // 0: the newest, or the one before
	back    bool // to an older version
	choice  *store.Choice
	now     bool // publish what is pushed
	dry     bool // only say what would become of the fans
	follow  bool // of a plugin: flows that run another version follow
	json    bool
}

// makeCurrent publishes a version. Of a flow it first shows who is affected.
func makeCurrent(c *cobra.Command, l library, kind, name string, s step) error {
	if kind == store.KindFlow {
		p, err := l.preview(c.Context(), name, s.version, s.back, s.choice)
		if err != nil {
			return err
		}
		if err := showPreview(c, p, s.json, s.dry); err != nil {
			return err
		}
	}
	if s.dry {
		return nil
	}
	r, err := l.publish(c.Context(), kind, name, s)
	if err != nil {
		return err
	}
	r.print(c.OutOrStdout(), c.ErrOrStderr(), s.json)
	return nil
}

func rollbackCommand(kind string) *cobra.Command {
	f := scriptFlags{shared: kind == store.KindPlugin}
	var treat choiceFlags
	var version int
	var dry, follow bool
	c := &cobra.Command{
		Use:     "rollback NAME",
		Short:   "Publish the version that was current before, or an older one",
		Example: "  fanflow " + kind + " rollback coupon --config fanflow.toml\n  fanflow " + kind + " rollback coupon --to 3 --config fanflow.toml",
		Args:    needs("the " + kind),
		RunE: func(c *cobra.Command, names []string) error {
			choice, err := treat.choice()
			if err != nil {
				return err
			}
			return withLibrary(c, f, func(l library) error {
				for _, name := range names {
					back := step{version: version, back: true, choice: choice, dry: dry, follow: follow, json: f.json}
					if err := makeCurrent(c, l, kind, name, back); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	f.add(c)
	c.Flags().IntVar(&version, "to", 0, "the version (default: the one that was published before)")
	if kind == store.KindFlow {
		c.Example += "\n  fanflow flow rollback coupon --dry-run --config fanflow.toml"
		treat.add(c)
		c.Flags().BoolVar(&dry, "dry-run", false, "only say what would become of the fans")
	} else {
		followFlag(c, &follow)
	}
	return c
}

func diffCommand() *cobra.Command {
	var f scriptFlags
	var from, to int
	c := &cobra.Command{
		Use:     "diff NAME",
		Short:   "Say in what two versions of a flow differ",
		Example: "  fanflow flow diff coupon --from 3 --to 4 --config fanflow.toml",
		Args:    needs("the flow"),
		RunE: func(c *cobra.Command, names []string) error {
			return withLibrary(c, f, func(l library) error {
				for _, name := range names {
					d, err := l.diff(c.Context(), name, from, to)
					if err != nil {
						return err
					}
					if err := printDiff(c.OutOrStdout(), d, f.json); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	f.add(c)
	c.Flags().IntVar(&from, "from", 0, "the old version (default: the published one, or the one before where that is the new one)")
	c.Flags().IntVar(&to, "to", 0, "the new version (default: the newest)")
	return c
}

// showPreview prints a dry run: on standard output where it is what was asked for, else beside the result.
func showPreview(c *cobra.Command, p *flows.Preview, asJSON, dry bool) error {
	switch {
	case dry && asJSON:
		return json.NewEncoder(c.OutOrStdout()).Encode(p)
	case dry:
		return printPreview(c.OutOrStdout(), p)
	case p.Fans == 0 || asJSON:
		return nil
	}
	return printPreview(c.ErrOrStderr(), p)
}

func printPreview(w io.Writer, p *flows.Preview) error {
	if p.Fans == 0 {
		fmt.Fprintf(w, "Nobody is in flow %s: version %d changes nothing for anybody.\n", p.Flow, p.Version)
		return nil
	}
	fmt.Fprintf(w, "%d fans are in flow %s. With version %d:\n", p.Fans, p.Flow, p.Version)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "FANS\tFROM\tTO\tHOW\tSUCH AS")
	for _, m := range p.Moves {
		fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\n", m.Fans, placeText(m.From), placeText(m.To), m.Kind, m.Sample[0])
	}
	if len(p.Timers) > 0 {
		fmt.Fprintln(t, "\t\t\t\t\nTIMERS\tOLD\tNEW\tWHAT\tIN STATE")
	}
	for _, x := range p.Timers {
		what := x.What
		if x.Late != "" {
			what += " (late = " + x.Late + ")"
		}
		fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\n", x.Fans, dash(x.From), dash(x.To), what, x.State)
	}
	if len(p.Stuck) > 0 {
		fmt.Fprintln(t, "\t\t\t\t\nSTUCK\tIN\t\tWHY\tSUCH AS")
	}
	for _, s := range p.Stuck {
		fmt.Fprintf(t, "%d\t%s\t\t%s\t%s\n", s.Fans, placeText(s.Place), s.Why, s.Sample[0])
	}
	return t.Flush()
}

func placeText(p flows.Place) string { return fmt.Sprintf("%s (%d)", p.State, p.Version) }

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func printDiff(w io.Writer, d *flows.Diff, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(d)
	}
	fmt.Fprintf(w, "flow %s: version %d against version %d\n", d.Flow, d.To, d.From)
	for _, c := range d.Changes {
		line := fmt.Sprintf("%s %s %s", c.Kind, c.What, c.Where)
		switch {
		case c.From != "" && c.To != "" && c.From != c.To:
			line += fmt.Sprintf(": %s, was %s", c.To, c.From)
		case c.To != "":
			line += ": " + c.To
		case c.From != "":
			line += ": " + c.From
		}
		fmt.Fprintln(w, line)
	}
	if len(d.Changes) > 0 && len(d.Lines) > 0 {
		fmt.Fprintln(w)
	}
	for _, l := range d.Lines {
		fmt.Fprintf(w, "%s%4d  %s\n", l.Op, l.Line, l.Text)
	}
	return nil
}
