// Command fanflow is the whole product in one binary: the service, the simulated platform, the demo, and the tools around
// them. It parses flags and configuration and wires the rooms together; it holds no rule of its own.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	_ "time/tzdata" // Asia/Shanghai must be known in bare containers too

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:]))
}

// run is main without the process around it: it gives the exit code.
func run(ctx context.Context, args []string) int {
	root := rootCommand()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, "fanflow: "+err.Error())
	if _, ok := errors.AsType[*usageError](err); ok {
		return 2
	}
	return 1
}

// usageError is a mistake in the command line or the configuration: exit 2.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, a ...any) error { return &usageError{fmt.Errorf(format, a...)} }

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "fanflow",
		Short:         "Marketing automation for WeChat Official Accounts",
		Example:       "  fanflow demo\n  fanflow serve --config fanflow.toml",
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          noArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usagef("%v; see '%s --help'", err, c.CommandPath())
	})
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(demoCommand(), serveCommand(), simulatorCommand(), flowCommand(), pluginCommand(), fanCommand(), versionCommand())
	root.AddCommand(laterCommands()...)
	return root
}

// noArgs refuses words that no command knows.
func noArgs(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("%q is no command of '%s'; see '%s --help'", args[0], c.CommandPath(), c.CommandPath())
	}
	return nil
}

// laterCommands stand in the plan and not yet in the binary: they say so.
func laterCommands() []*cobra.Command {
	var all []*cobra.Command
	for _, name := range []string{"init", "send", "backup", "restore", "verify"} {
		all = append(all, laterCommand(name))
	}
	return all
}

func laterCommand(name string) *cobra.Command {
	return &cobra.Command{
		Use:                name,
		Short:              "(not built yet)",
		Hidden:             true,
		DisableFlagParsing: true,
		RunE: func(c *cobra.Command, _ []string) error {
			return usagef("'%s' is not built yet", c.CommandPath())
		},
	}
}
