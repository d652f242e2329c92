package simulator

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// apiError is an error answer of the platform: HTTP 200 with errcode and errmsg. Fields stand beside them in the answer.
type apiError struct {
	code   int
	text   string
	fields map[string]any
}

func (e *apiError) Error() string { return fmt.Sprintf("errcode %d: %s", e.code, e.text) }

// fail is the error of a code with its usual text.
func fail(code int) *apiError { return &apiError{code: code, text: messages[code]} }

// failf is fail with a text that says more.
func failf(code int, format string, args ...any) *apiError {
	return &apiError{code: code, text: fmt.Sprintf(format, args...)}
}

// requestID is a rid, which stands at the end of errmsg: the second of the call, then two random parts.
func requestID(now time.Time) string {
	return fmt.Sprintf("%08x-%08x-%08x", uint32(now.Unix()), rand.Uint32(), rand.Uint32())
}
