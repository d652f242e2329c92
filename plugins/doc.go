// Package plugins is the host of the operator's Lua: what a plugin is, what it may do, and the standard modules it is offered.
package plugins
