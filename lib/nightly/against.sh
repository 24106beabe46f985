#!/bin/sh
# against.sh COMMIT [OPTION...]: builds an older commit below build/against/ and measures this tree's program beside it, as a night
# does: unroll nightly --against, with its options. What it measures lies in build/against/results.
set -eu
cd "$(dirname "$0")/../.."

fail() {
    echo "against.sh: $1" >&2
    exit 2
}
[ $# -gt 0 ] || fail "which commit? lib/nightly/against.sh COMMIT [--minutes N]"
commit=$(git rev-parse --verify --quiet "$1^{commit}") || fail "there is no commit $1"
shift
[ -x build/release/unroll ] || fail "build/release/unroll is not there: make builds it"

old=build/against/$commit
if [ ! -x "$old/build/release/unroll" ]; then
    rm -rf "$old"
    mkdir -p "$old"
    git archive "$commit" | tar -x -C "$old"
    make -s -C "$old" -j "$(getconf _NPROCESSORS_ONLN)" >"$old/make.log" 2>&1 || fail "$commit does not build: see $old/make.log"
fi
exec build/release/unroll nightly --against "$old/build/release/unroll" --results build/against/results "$@"
