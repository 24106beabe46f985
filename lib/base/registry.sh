#!/bin/sh
# registry.sh ISAS CELLS LOSSES LAYERS NETWORKS TASKS EXPERIMENTS COMMANDS ADDED: prints the C tables of everything that the
# Makefile found by wildcard, here and in the folders ADDED.
# A list that is "-" is left out altogether (the core alone has no experiments and no commands).
set -eu
isas=$1 cells=$2 losses=$3 layers=$4 networks=$5 tasks=$6 experiments=$7 commands=$8 added=$9

# table TYPE PREFIX ARRAY NAMES: the extern declarations and the array of pointers
table() {
    [ "$4" = - ] && return
    for n in $4; do echo "extern const $1 $2$n;"; done
    printf 'const %s *const %s[] = {' "$1" "$3"
    for n in $4; do printf '&%s%s, ' "$2" "$n"; done
    echo 'NULL};'
}
# files ARRAY NAMES: the names of the files, for sentences about their tables (lib/model/check.h)
files() {
    printf 'const char *const %s[] = {' "$1"
    for n in $2; do printf '"%s", ' "$n"; done
    echo 'NULL};'
}
# defines FOLDER NAME TABLE: whether the file does, or the linker would miss a name that nobody wrote
defines() {
    for top in . $added; do
        grep -qsF "$3" "$top/$1/$2.c" && return
    done
    echo "$1/$2.c: it defines no table $3, as every file there must" >&2
    exit 1
}
count() {
    [ "$2" = - ] && return
    # shellcheck disable=SC2086 # the names are to be split
    set -- "$1" $2
    echo "const int $1 = $(($# - 1));"
}

for c in $cells; do defines lib/cells "$c" "UNROLL_CELL($c)"; done
for l in $losses; do defines lib/losses "$l" "UNROLL_LOSS($l)"; done
for l in $layers; do defines lib/layers "$l" "unroll_layer_$l"; done
for n in $networks; do defines lib/networks "$n" "network_$n"; done
for t in $tasks; do defines datasets "$t" "task_$t"; done

echo '/* made by lib/base/registry.sh */'
echo '#include <stddef.h>'
echo '#include "cells/cell.h"'
echo '#include "layers/layer.h"'
echo '#include "losses/loss.h"'
echo '#include "model/check.h"'
echo '#include "simd/engine.h"'
[ "$experiments" = - ] || echo '#include "sweep/experiment.h"'
[ "$commands" = - ] || echo '#include "cli/cli.h"'
for i in $isas; do
    echo "extern const unroll_engine unroll_engine_$i;"
    for c in $cells; do echo "extern const unroll_cell cell_${c}_$i;"; done
    printf 'static const unroll_cell *const cells_%s[] = {' "$i"
    for c in $cells; do printf '&cell_%s_%s, ' "$c" "$i"; done
    echo 'NULL};'
    for l in $losses; do echo "extern const unroll_loss loss_${l}_$i;"; done
    printf 'static const unroll_loss *const losses_%s[] = {' "$i"
    for l in $losses; do printf '&loss_%s_%s, ' "$l" "$i"; done
    echo 'NULL};'
    # "needs" names processor features in the compiler's terms; __builtin_cpu_supports asks the system's vector state too
    printf 'static int supported_%s(void)\n{\n    return 1' "$i"
    needs=$(sed -n 's|^ \* needs: *||p' "lib/simd/vec_$i.h")
    for f in $needs; do printf ' && __builtin_cpu_supports("%s")' "$f"; done
    printf ';\n}\n'
done
echo 'const unroll_isa unroll_isas[] = {'
for i in $isas; do
    rank=$(sed -n 's|^ \* rank: *||p' "lib/simd/vec_$i.h")
    echo "    {\"$i\", $rank, supported_$i, &unroll_engine_$i, cells_$i, losses_$i},"
done
echo '};'
count unroll_isa_count "$isas"
count unroll_cell_count "$cells"
count unroll_loss_count "$losses"
files unroll_cell_files "$cells"
files unroll_loss_files "$losses"
files unroll_layer_files "$layers"
files unroll_network_files "$networks"
files unroll_task_files "$tasks"
table unroll_layer_kind unroll_layer_ unroll_layer_kinds "$layers"
count unroll_layer_kind_count "$layers"
table unroll_network network_ unroll_networks "$networks"
count unroll_network_count "$networks"
table unroll_task task_ unroll_tasks "$tasks"
count unroll_task_count "$tasks"
table unroll_experiment experiment_ unroll_experiments "$experiments"
count unroll_experiment_count "$experiments"
table unroll_command '' unroll_commands "$commands"
count unroll_command_count "$commands"
