#!/bin/sh
# losses_in_double.sh NAME ...: prints the C table of the losses that are compiled in double for the tests of the float build.
set -eu
echo '#include <stddef.h>'
echo '#include "losses/loss.h"'
for l in "$@"; do echo "extern const unroll_loss loss_${l}_double;"; done
echo 'extern const unroll_loss *const losses_in_double[];'
printf 'const unroll_loss *const losses_in_double[] = {'
for l in "$@"; do printf '&loss_%s_double, ' "$l"; done
echo 'NULL};'
