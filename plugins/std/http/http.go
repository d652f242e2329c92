// Package http is the Lua module http: what scripts read from and tell other systems.
package http
