package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"fanflow/store"
)

// scriptFlags are what the commands about flows and plugins share.
type scriptFlags struct {
	config, account string
	json            bool
	shared          bool // the scripts belong to no account
}

func (f *scriptFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.config, "config", "", "the configuration file of the service")
	c.Flags().StringVar(&f.account, "account", "", "the account (may be left out where there is one)")
	c.Flags().BoolVar(&f.json, "json", false, "print JSON")
}

func flowCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "flow", Short: "Check, push and publish flows, drips and broadcasts", Args: noArgs,
		Example: "  fanflow flow push examples/coupon/coupon.lua --publish --config fanflow.toml",
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(pushCommand(store.KindFlow), publishCommand(store.KindFlow), rollbackCommand(store.KindFlow), diffCommand(), listCommand(store.KindFlow), checkCommand(store.KindFlow), logCommand(store.KindFlow))
	for _, name := range []string{"test", "play", "show", "graph", "simulate"} {
		c.AddCommand(laterCommand(name))
	}
	return c
}

// needs refuses a command without its operands.
func needs(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usagef("name %s; see '%s --help'", what, c.CommandPath())
		}
		return nil
	}
}

// broadcastScript tells the scripts that define a broadcast from those that define a flow: the word after their return.
var broadcastScript = regexp.MustCompile(`(?m)^[ \t]*return[ \t]+broadcast\b`)

func kindOf(kind, source string) string {
	if kind == store.KindFlow && broadcastScript.MatchString(source) {
		return store.KindBroadcast
	}
	return kind
}

func pushCommand(kind string) *cobra.Command {
	f := scriptFlags{shared: kind == store.KindPlugin}
	var publish, follow bool
	c := &cobra.Command{
		Use:     "push FILE…",
		Short:   "Store a new draft version; --publish makes it current",
		Example: "  fanflow " + kind + " push my.lua --publish --config fanflow.toml",
		Args:    needs("the files to push"),
		RunE: func(c *cobra.Command, files []string) error {
			if follow && !publish {
				return usagef("--flows goes with --publish: a draft is run by nobody")
			}
			return withLibrary(c, f, func(l library) error {
				for _, file := range files {
					source, err := os.ReadFile(file)
					if err != nil {
						return usagef("cannot read the script: %v", err)
					}
					r, err := push(c.Context(), l, kindOf(kind, string(source)), file, string(source), step{now: publish, follow: follow})
					if err != nil {
						return err
					}
					r.print(c.OutOrStdout(), c.ErrOrStderr(), f.json)
				}
				return nil
			})
		},
	}
	f.add(c)
	c.Flags().BoolVar(&publish, "publish", false, "make the new version current")
	if kind == store.KindPlugin {
		c.Example += "\n  fanflow plugin push my.lua --publish --flows --config fanflow.toml"
		followFlag(c, &follow)
	}
	return c
}

// push stores a script, and publishes it where that is asked for, with the flows that run the plugin.
func push(ctx context.Context, l library, kind, file, source string, s step) (*scriptResult, error) {
	r, err := l.push(ctx, kind, file, source, s.now && !s.follow)
	if err != nil || !s.follow {
		return r, err
	}
	s.version = r.Version
	made, err := l.publish(ctx, kind, r.Name, s)
	if err != nil {
		return nil, err
	}
	made.Findings = r.Findings
	return made, nil
}

func publishCommand(kind string) *cobra.Command {
	f := scriptFlags{shared: kind == store.KindPlugin}
	var version int
	var treat choiceFlags
	var dry, follow bool
	c := &cobra.Command{
		Use:     "publish NAME",
		Short:   "Make a version current; it takes effect at the next event",
		Example: "  fanflow " + kind + " publish coupon --config fanflow.toml",
		Args:    needs("what to publish"),
		RunE: func(c *cobra.Command, names []string) error {
			choice, err := treat.choice()
			if err != nil {
				return err
			}
			return withLibrary(c, f, func(l library) error {
				for _, name := range names {
					if err := makeCurrent(c, l, kind, name, step{version: version, choice: choice, dry: dry, follow: follow, json: f.json}); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	f.add(c)
	c.Flags().IntVar(&version, "version", 0, "the version (default: the newest)")
	if kind == store.KindFlow {
		c.Long = "publish says who is in the flow and what becomes of them, and then makes the version current. Fans move to it where it has\n" +
			"their state and stay on theirs where it has not, unless one of --keep, --restart, --end and --map says otherwise."
		c.Example += "\n  fanflow flow publish coupon --map greet=welcome --dry-run --config fanflow.toml"
		treat.add(c)
		c.Flags().BoolVar(&dry, "dry-run", false, "only say what would become of the fans")
	} else {
		followFlag(c, &follow)
	}
	return c
}

// followFlag lets flows follow a plugin.
func followFlag(c *cobra.Command, follow *bool) {
	c.Flags().BoolVar(follow, "flows", false, "publish the flows again that run another version, so that they run this one")
}

func listCommand(kind string) *cobra.Command {
	f := scriptFlags{shared: kind == store.KindPlugin}
	c := &cobra.Command{
		Use:     "list",
		Short:   "List the versions there are and which is published",
		Example: "  fanflow " + kind + " list --config fanflow.toml",
		Args:    noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return withLibrary(c, f, func(l library) error {
				kinds := []string{kind}
				if kind == store.KindFlow {
					kinds = append(kinds, store.KindBroadcast)
				}
				var all []scriptLine
				for _, k := range kinds {
					lines, err := l.list(c.Context(), k)
					if err != nil {
						return err
					}
					all = append(all, lines...)
				}
				return printScripts(c.OutOrStdout(), all, f.json)
			})
		},
	}
	f.add(c)
	return c
}

func checkCommand(kind string) *cobra.Command {
	f := scriptFlags{shared: kind == store.KindPlugin}
	var plugins string
	c := &cobra.Command{
		Use:   "check FILE…",
		Short: "Find mistakes in scripts; exit 1 if there are any",
		Long: "check compiles each script and looks for what cannot work. With --config it asks the service, so that the account's\n" +
			"templates, the hosts it allows and the published plugins are known; without it, plugins are taken from --plugins, or\n" +
			"from a folder named plugins beside the script's folder; those that no script requires may have mistakes.",
		Example: "  fanflow " + kind + " check my.lua\n  fanflow " + kind + " check my.lua --config fanflow.toml",
		Args:    needs("the files to check"),
		RunE: func(c *cobra.Command, files []string) error {
			return checkFiles(c, f, kind, plugins, files)
		},
	}
	f.add(c)
	c.Flags().StringVar(&plugins, "plugins", "", "folder of the plugins that the scripts require")
	return c
}

// scriptLine is a script in a list.
type scriptLine struct {
	Kind      string `json:"kind"`
	Name      string `json:"name"`
	Version   int    `json:"version"`   // the newest
	Published int    `json:"published"` // 0: none
	File      string `json:"file"`
}

func printScripts(w io.Writer, lines []scriptLine, asJSON bool) error {
	if asJSON {
		if lines == nil {
			lines = []scriptLine{}
		}
		return json.NewEncoder(w).Encode(map[string]any{"items": lines})
	}
	if len(lines) == 0 {
		fmt.Fprintln(w, "Nothing is stored yet. 'fanflow flow push FILE --publish' adds the first.")
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "KIND\tNAME\tNEWEST\tPUBLISHED\tFILE")
	for _, l := range lines {
		published := "-"
		if l.Published > 0 {
			published = fmt.Sprint(l.Published)
		}
		fmt.Fprintf(t, "%s\t%s\t%d\t%s\t%s\n", l.Kind, l.Name, l.Version, published, l.File)
	}
	return t.Flush()
}

// scriptResult is what became of a push or a publication.
type scriptResult struct {
	Kind      string    `json:"kind,omitempty"`
	Name      string    `json:"name"`
	Version   int       `json:"version"`
	Published bool      `json:"published"`
	Findings  []finding `json:"findings,omitempty"`
	Flows     []string  `json:"flows,omitempty"` // that were published again with a plugin
}

// finding is what a check found, as the admin API writes it.
type finding struct {
	File     string `json:"file"`
	Line     int    `json:"line"`
	Rule     string `json:"rule"`
	Severity string `json:"severity"`
	Msg      string `json:"msg"`
	Mend     string `json:"mend,omitempty"`
}

func (f finding) String() string {
	where := f.File
	if f.Line > 0 {
		where = fmt.Sprintf("%s:%d", f.File, f.Line)
	}
	s := fmt.Sprintf("%s: %s: %s", where, f.Severity, f.Msg)
	if f.Mend != "" {
		sign := "; "
		if strings.HasSuffix(s, "?") {
			sign = " "
		}
		s += sign + f.Mend
	}
	if f.Rule != "" {
		s += " [" + f.Rule + "]"
	}
	return s
}

func (r *scriptResult) print(out, errOut io.Writer, asJSON bool) {
	if asJSON {
		_ = json.NewEncoder(out).Encode(r)
		return
	}
	for _, f := range r.Findings {
		fmt.Fprintln(errOut, f)
	}
	state := "stored as a draft; 'fanflow " + r.Kind + " publish " + r.Name + "' makes it current"
	if r.Published {
		state = "published"
	}
	fmt.Fprintf(out, "%s %s version %d: %s\n", r.Kind, r.Name, r.Version, state)
	for _, flow := range r.Flows {
		fmt.Fprintf(out, "flow %s runs it now\n", flow)
	}
}
