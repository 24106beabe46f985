#!/bin/sh
# registry.sh tests/test_X.c ...: prints the C table of every suite. tests/test_X.c defines `const unroll_test tests_X[]`.
set -eu
echo '#include <stddef.h>'
echo '#include "suite.h"'
for f in "$@"; do n=$(basename "$f" .c); echo "extern const unroll_test tests_${n#test_}[];"; done
echo 'const unroll_suite unroll_suites[] = {'
for f in "$@"; do n=$(basename "$f" .c); n=${n#test_}; echo "    {\"$n\", tests_$n},"; done
echo '    {NULL, NULL}};'
