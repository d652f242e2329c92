package flows

import (
	"context"
	"errors"
	"fmt"

	"fanflow/store"
)

// NotFoundError says in a sentence which script is not there. It is a store.ErrNotFound.
type NotFoundError struct {
	ID      store.ScriptID
	Version int // that was asked for; 0 where there is none of that name
	// Pushed tells that the script is there and only not published.
	Pushed bool
}

// Error gives the sentence.
func (e *NotFoundError) Error() string {
	switch {
	case e.Pushed:
		return fmt.Sprintf("%s %q is not published", e.ID.Kind, e.ID.Name)
	case e.Version != 0:
		return fmt.Sprintf("%s %q has no version %d", e.ID.Kind, e.ID.Name, e.Version)
	}
	return fmt.Sprintf("there is no %s %q", e.ID.Kind, e.ID.Name)
}

// Unwrap gives store.ErrNotFound.
func (e *NotFoundError) Unwrap() error { return store.ErrNotFound }

// LoadScript gives a version of a script, the newest for version 0. What is not there gives a *NotFoundError.
func LoadScript(ctx context.Context, scripts store.Library, id store.ScriptID, version int) (store.Script, error) {
	s, err := scripts.Script(ctx, id, version)
	if err == nil {
		return s, nil
	}
	if !errors.Is(err, store.ErrNotFound) {
		return s, fmt.Errorf("load %s %s: %w", id.Kind, id.Name, err)
	}
	missing := &NotFoundError{ID: id}
	if version == 0 {
		return s, missing
	}
	switch _, err := scripts.Script(ctx, id, 0); {
	case err == nil:
		missing.Version = version
	case !errors.Is(err, store.ErrNotFound):
		return s, fmt.Errorf("load %s %s: %w", id.Kind, id.Name, err)
	}
	return s, missing
}
