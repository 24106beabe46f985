#!/bin/sh
# sources.sh CELLS NETWORKS TASKS: prints the C tables of lib/model/sources.h, from the files as they are.
set -eu
cells=$1 networks=$2 tasks=$3

# hash FILES: 16 digits of what is in them. Names are left out, so that moving a file changes nothing.
hash() {
    if command -v sha256sum >/dev/null; then cat "$@" | sha256sum; else cat "$@" | shasum -a 256; fi | cut -c1-16
}
one() { # NAME FILES
    name=$1
    shift
    printf 'const char %s[] = "%s";\n' "$name" "$(hash "$@")"
}
# files of one task: its own, those of its folder, and the readers that tasks share
task_files() {
    echo "datasets/$1.c"
    for f in "datasets/$1"/*.[ch] datasets/read/*.[ch]; do if [ -e "$f" ]; then echo "$f"; fi; done
}

echo '/* made by lib/model/sources.sh */'
echo '#include "model/sources.h"'
one unroll_sources_hot lib/simd/*.[ch] lib/cells/*.[ch] lib/layers/*.[ch] lib/losses/*.[ch] lib/model/*.[ch] lib/networks/*.[ch]
one unroll_sources_core lib/base/random.[ch] lib/base/cosine.c lib/base/real.h lib/simd/*.[ch] lib/cells/*.h lib/layers/*.[ch] \
    lib/losses/*.[ch] lib/model/*.[ch]
echo 'const char *const unroll_sources_cell[] = {'
for c in $cells; do echo "    \"$(hash "lib/cells/$c.c")\","; done
echo '    NULL};'
echo 'const char *const unroll_sources_network[] = {'
for n in $networks; do echo "    \"$(hash "lib/networks/$n.c")\","; done
echo '    NULL};'
echo 'const char *const unroll_sources_task[] = {'
# shellcheck disable=SC2046 # one word a file
for t in $tasks; do echo "    \"$(hash $(task_files "$t"))\","; done
echo '    NULL};'
