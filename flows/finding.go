package flows

import "fmt"

// String gives "file:line: message (mend)".
func (f Finding) String() string {
	s := f.Msg
	if f.Mend != "" {
		s += " (" + f.Mend + ")"
	}
	if f.Line > 0 {
		return fmt.Sprintf("%s:%d: %s", f.File, f.Line, s)
	}
	if f.File != "" {
		return f.File + ": " + s
	}
	return s
}

// FindingsError is the refusal of a script with errors.
type FindingsError struct{ Findings []Finding }

// Error gives the first finding and says how many there are beside it.
func (e *FindingsError) Error() string {
	if len(e.Findings) == 0 {
		return "the script has errors"
	}
	s := e.Findings[0].String()
	if n := len(e.Findings) - 1; n > 0 {
		s += fmt.Sprintf(", and %d more", n)
	}
	return s
}

// errorsIn gives the findings that are errors.
func errorsIn(findings []Finding) (bad []Finding) {
	for _, f := range findings {
		if f.Severity == SeverityError {
			bad = append(bad, f)
		}
	}
	return bad
}
