// Package config is the Lua modules config and secrets: what the operator has set for a plugin.
package config
