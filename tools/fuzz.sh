#!/usr/bin/env bash
# Runs fuzz targets for the given time each, two side by side with one worker each.
#   tools/fuzz.sh [TIME [FOLDER]]   20s and the whole module unless given
# An input that is only interesting is shortened for a second, or that would take all the time. A finding is left in the
# target's testdata/fuzz, from where every later `go test` runs it.
set -euo pipefail
cd "$(dirname "$0")/.."

targets() {
	local file
	while read -r file; do
		grep -oE '^func Fuzz[A-Za-z0-9_]+' "$file" | while read -r _ target; do
			echo "$target $(dirname "$file")"
		done
	done < <(grep -rlE '^func Fuzz[A-Z]' --include='*_test.go' "$1" | sort)
}

# one is called by xargs: it prints a target's log only where it failed.
one() {
	local log
	log=$(mktemp)
	if go test -run '^$' -fuzz "^$2\$" -fuzztime "$1" -fuzzminimizetime 1s -parallel 1 "$3" >"$log" 2>&1; then
		echo "$2 in $3: $(grep -oE 'execs: [0-9]+' "$log" | tail -n 1)"
		rm -f "$log"
	else
		echo "$2 in $3 failed:"
		cat "$log"
		return 1
	fi
}
export -f one

targets "${2:-.}" | xargs -P 2 -L 1 bash -c 'one "$@"' fuzz "${1:-20s}"
