package api

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"time"
)

// looseID reads an id that the platform writes as a number in one answer and as a string in the next.
type looseID string

func (id *looseID) UnmarshalJSON(doc []byte) error {
	if len(doc) > 0 && doc[0] == '"' {
		return json.Unmarshal(doc, (*string)(id))
	}
	if bytes.Equal(doc, []byte("null")) {
		return nil
	}
	var n json.Number
	if err := json.Unmarshal(doc, &n); err != nil {
		return err
	}
	*id = looseID(n)
	return nil
}

// looseInt reads a whole number in both of these forms; empty text is 0.
type looseInt int64

func (n *looseInt) UnmarshalJSON(doc []byte) error {
	var digits looseID
	if err := digits.UnmarshalJSON(doc); err != nil || digits == "" {
		return err
	}
	i, err := strconv.ParseInt(string(digits), 10, 64)
	*n = looseInt(i)
	return err
}

// seconds is n of them; where no Duration holds so many, as many as one holds.
func (n looseInt) seconds() time.Duration {
	return time.Duration(min(int64(n), math.MaxInt64/int64(time.Second))) * time.Second
}
