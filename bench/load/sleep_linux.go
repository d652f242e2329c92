package main

import (
	"syscall"
	"time"
)

// sleepUntil sleeps in the kernel: it wakes within 0.1 ms, where the runtime's timers may be a millisecond late, which the
// open loop would count as the server's.
func sleepUntil(at time.Time) {
	for {
		d := time.Until(at)
		if d <= 0 {
			return
		}
		ts := syscall.NsecToTimespec(int64(d))
		if err := syscall.Nanosleep(&ts, nil); err != nil && err != syscall.EINTR {
			time.Sleep(d)
		}
	}
}
