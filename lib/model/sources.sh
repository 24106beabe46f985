#!/bin/sh
# sources.sh CELLS NETWORKS TASKS ADDED: prints the C tables of lib/model/sources.h, from the files as they are, here and in the
# folders ADDED.
set -eu
cells=$1 networks=$2 tasks=$3 added=$4

# files PATTERN...: those that there are
files() {
    set +f
    for d in . $added; do
        for p in "$@"; do
            for f in "$d"/$p; do if [ -e "$f" ]; then echo "$f"; fi; done
        done
    done
    set -f
}
# hash PATTERN...: 16 digits of what is in the files. Names are left out, so that moving one changes nothing.
hash() {
    # shellcheck disable=SC2046 # one word a file
    if command -v sha256sum >/dev/null; then cat /dev/null $(files "$@") | sha256sum; else cat /dev/null $(files "$@") | shasum -a 256; fi | cut -c1-16
}
one() { # NAME PATTERN...
    name=$1
    shift
    printf 'const char %s[] = "%s";\n' "$name" "$(hash "$@")"
}
table() { # NAME, then in each line the patterns of one entry
    printf 'const char *const %s[] = {\n' "$1"
    # shellcheck disable=SC2086 # one word a pattern
    while read -r patterns; do echo "    \"$(hash $patterns)\","; done
    echo '    NULL};'
}

set -f # patterns are expanded in files alone
echo '/* made by lib/model/sources.sh */'
echo '#include "model/sources.h"'
one unroll_sources_hot 'lib/simd/*.[ch]' 'lib/cells/*.[ch]' 'lib/cells/shared/*.[ch]' 'lib/layers/*.[ch]' 'lib/losses/*.[ch]' \
    'lib/model/*.[ch]' 'lib/networks/*.[ch]'
one unroll_sources_core 'lib/base/random.[ch]' lib/base/cosine.c lib/base/real.h 'lib/simd/*.[ch]' 'lib/cells/*.h' \
    'lib/cells/shared/*.[ch]' 'lib/layers/*.[ch]' 'lib/losses/*.[ch]' 'lib/model/*.[ch]'
for c in $cells; do echo "lib/cells/$c.c"; done | table unroll_sources_cell
for n in $networks; do echo "lib/networks/$n.c"; done | table unroll_sources_network
for t in $tasks; do echo "datasets/$t.c datasets/$t/*.[ch] datasets/read/*.[ch]"; done | table unroll_sources_task
