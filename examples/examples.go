// Package examples holds campaigns and plugins to copy. The demo runs them.
package examples

import (
	"embed"
	"path"
	"strings"
)

//go:embed */*.lua
var files embed.FS

// Example is one script. Kind is flow, plugin or broadcast.
type Example struct {
	Kind, Name, File, Source string
}

// kinds are the folders whose scripts are not flows.
var kinds = map[string]string{"plugins": "plugin", "broadcasts": "broadcast"}

// All gives every example, plugins first, so that publishing them in this order finds what each requires.
func All() []Example {
	var plugins, rest []Example
	folders, err := files.ReadDir(".")
	if err != nil {
		panic(err) // the files are part of the binary
	}
	for _, folder := range folders {
		list, err := files.ReadDir(folder.Name())
		if err != nil {
			panic(err)
		}
		for _, f := range list {
			if strings.HasSuffix(f.Name(), "_test.lua") {
				continue
			}
			file := path.Join(folder.Name(), f.Name())
			source, err := files.ReadFile(file)
			if err != nil {
				panic(err)
			}
			e := Example{Kind: "flow", Name: strings.TrimSuffix(f.Name(), ".lua"), File: "examples/" + file, Source: string(source)}
			if k, ok := kinds[folder.Name()]; ok {
				e.Kind = k
			}
			if e.Kind == "plugin" {
				plugins = append(plugins, e)
			} else {
				rest = append(rest, e)
			}
		}
	}
	return append(plugins, rest...)
}
