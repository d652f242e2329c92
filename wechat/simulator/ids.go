package simulator

import (
	"strconv"
	"sync"
	"time"
)

// ids hands out message ids: rising, never the same again, 17 digits, so beyond what a float64 holds exactly, as the
// platform's are. Blocks of them are reserved in the state file, so that none is given twice after a crash.
type ids struct {
	file *stateFile

	mu       sync.Mutex
	last     int64
	reserved int64 // all up to this one may have been given
}

const idBlock = 1000

// newIDs begins above whatever an earlier simulator without a state file can have given.
func newIDs(wall time.Time) ids {
	return ids{reserved: wall.UnixMilli() * 10_000}
}

func (i *ids) next() int64 {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.last == 0 {
		i.last = i.reserved
	}
	i.last++
	if i.last > i.reserved {
		i.reserved = i.last + idBlock
		i.file.put("ids", "", "", i.reserved)
	}
	return i.last
}

// decimal is the text of an id.
func decimal(id int64) string { return strconv.FormatInt(id, 10) }
