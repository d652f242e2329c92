#!/usr/bin/env bash
# What `make test` does. Whatever cannot be installed here is left out and named in the last line; with CI=true nothing may
# be left out.
set -euo pipefail
cd "$(dirname "$0")/.."

skipped=()
if ! tools/deps.sh; then
	[[ "${CI:-}" != true ]] || { echo "make test: CI=true, so nothing may be skipped"; exit 1; }
	command -v "${CC:-gcc}" >/dev/null || skipped+=("the race detector (no C compiler)")
	{ command -v chromium || command -v chromium-browser || command -v google-chrome; } >/dev/null || skipped+=("the browser tests (no Chromium)")
fi
if ! tools/npm.sh install; then
	[[ "${CI:-}" != true ]] || { echo "make test: CI=true, so nothing may be skipped"; exit 1; }
	skipped+=("the npm libraries")
fi
race=-race
[[ "${skipped[*]-}" != *"race detector"* ]] || race=

make --no-print-directory check
go test $race -timeout 25m ./... # the model of flows is long where .ci/run asks for 500 runs
if [[ "${skipped[*]-}" != *"browser tests"* ]]; then
	(cd e2e && go test -count=1 $race ./...) # never cached: what it tests is the built binary, which it does not import
fi
if [[ "${skipped[*]-}" != *"npm libraries"* ]]; then
	RACE=$race tools/npm.sh test
fi
if [[ ${#skipped[@]} -gt 0 ]]; then
	printf -v list '%s, ' "${skipped[@]}"
	echo "make test: passed; skipped ${list%, }; see make deps"
else
	echo "make test: passed"
fi
