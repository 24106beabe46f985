#!/bin/sh
# readme.sh FOLDER CONFIG: the files that ADDING.md shows, and tests/cells/probe.c beside them, built and run, and USING.md's
# lines of Python: copies the tree with build/CONFIG into FOLDER, writes each block of ADDING.md that names a file into a folder
# beside it, builds with EXTRA, and uses every one of them. Needs no network.
set -eu
folder=$1 config=$2
unroll=build/$config/unroll

sh tests/copy.sh "$folder" "$config"
cd "$folder"

# a block opens with its language and its file
mine=../mine
mkdir -p $mine/lib/cells $mine/datasets $mine/experiments $mine/plots
awk -v mine=$mine/ '/^```[a-z]+ [a-z]+\/[^ ]+$/ { file = mine $2; printf "" >file; next } /^```$/ { file = "" }
    file { print >file }' ADDING.md
for file in lib/cells/mgu_after.c datasets/majority.c experiments/majority.c experiments/reach.c plots/majority.gp \
            plots/reach.gp; do
    [ -s "$mine/$file" ] || { echo "ADDING.md shows no $file" && exit 1; }
done

# with the warnings that the objects which are there were built with, or all of them would be built again
strict=$(grep -q -e -Werror "build/$config/flags" && echo 1) || true
build() {
    make EXTRA=$mine WERROR="$strict" "$@" >make.log 2>&1
}

# a cell, a kind of layer, a loss and a network come with them, each one file under a name of its own, and a task of that loss
probe=probe$$
for what in cells layers losses; do
    sed "s/probe/$probe/g" "tests/$what/probe.c" >"lib/$what/$probe.c"
done
sed "s/unroll_layer_probe/unroll_layer_$probe/g; s/\([^_r]\)probe/\1${probe}net/g; s/network_probe/network_${probe}net/g" \
    tests/networks/probe.c >"lib/networks/${probe}net.c"
sed "s/adding/$probe/g; s/\"squared\"/\"$probe\"/" datasets/adding.c >"datasets/$probe.c"

build CONFIG="$config" all "build/$config/unroll-tests" "build/$config/unroll-bits" || { cat make.log && exit 1; }
"$unroll" list cells | grep 'mgu_after .*minimal gated unit'
build CONFIG="$config" try CELL=mgu_aftre && echo "tried a cell that is not there" && exit 1
grep 'there is no cell mgu_aftre; did you mean mgu_after?' make.log
"$unroll" list tasks | grep majority
"build/$config/unroll-bits" auto 1 1 | grep "^mgu_after "
for cell in mgu_after "$probe"; do
    "build/$config/unroll-tests" --cell "$cell" core_bits core_layers core_views_layers
done
"build/$config/unroll-tests" core_every_loss layout data_tasks \
    every_experiment_has_a_claim_a_table_a_rule_and_figures every_experiment_can_be_planned_in_both_sizes
"$unroll" list models | grep "${probe}net .*a running sum"
"$unroll" train task="$probe" model="${probe}net" params=700 length=6 steps=200 --save "$probe.h5" | tee train.log
grep -E '^ *parameters +(6[5-9]|7[0-4])[0-9]$' train.log
if [ "$config" = release ] && [ -d build/double ]; then
    build try CELL=mgu_after || { cat make.log && exit 1; }
    grep -x '  passed  every_cells_gradient_matches_central_differences' make.log
    grep -E '^adding problem, .* mse of mgu_after [0-9.e-]+, of the plain RNN 0\.[0-9]+, ' make.log
    if grep -E '  passed  (lstm|every_loss)' make.log; then exit 1; fi
    for cell in mgu_after "$probe"; do
        build/double/unroll-tests --cell "$cell" every_cells_gradient_matches_central_differences core_layers core_views_layers
    done
    build/double/unroll-tests core_every_loss
fi
# the rows of this length are those that ADDING.md shows, whatever the width of their columns
rows() {
    awk '$1 == 61 && ($2 == "rnn" || $2 == "mgu_after") { $1 = $1; print }'
}
"$unroll" run majority length=61 model=rnn,mgu_after
"$unroll" report majority | rows >report.log
[ "$(wc -l <report.log)" -eq 2 ]
rows <ADDING.md | diff - report.log
"$unroll" report --runs --format csv --out tables
[ "$(wc -l <tables/majority.csv)" -eq 13 ]
grep -E '^([0-9a-f]{32},){3}[0-9a-f]{16},,1,done,,majority,mgu_after,32,' tables/majority.csv
"$unroll" run reach
"$unroll" report reach | grep -E '^ *32 +mgu_after +6 +[0-9.e-]+ \['
if command -v gnuplot >/dev/null; then
    for figure in majority reach; do
        "$unroll" plot $figure
        [ -s results/figures/$figure.svg ] && [ -s results/figures/$figure.png ]
    done
fi

# its lines of Python, on results of their own
"$unroll" run architectures length=10 hidden=8 lr=0.01 seed=0 steps=20 >/dev/null # one rate: none is to be chosen
awk '/^```python$/ { inside = 1; next } /^```$/ { inside = 0 } inside' USING.md >lines.py
[ "$(wc -l <lines.py)" -eq 5 ]
for python in python3 /usr/bin/python3; do
    "$python" -c 'import h5py, pandas' 2>/dev/null || continue
    "$python" lines.py | tee lines.log
    "$python" -c "import h5py, numpy; h5py.File('x.h5', 'w')['x'] = numpy.ones((3, 9, 2), 'f4')"
    "$unroll" predict "$probe.h5" x.h5 y.h5
    "$python" -c "import h5py; f = h5py.File('y.h5'); assert f['y'].shape == (3, 9, 1) and f['y'].shape[0] == f['y'][:].shape[0]"
    grep '(3, 21) ms' lines.log
    break
done

# once is enough: building takes longest with the sanitizers
[ "$config" = release ] || exit 0

# what the file of a cell lacks is named when the program is built
broken() { # CHANGE SENTENCE
    sed "s/probe/${probe}bad/g; $1" tests/cells/probe.c >"lib/cells/${probe}bad.c"
    build CONFIG="$config" "build/$config/unroll" && echo "built all the same: $1" && exit 1
    grep -F "lib/cells/${probe}bad.c: it$2" make.log || { cat make.log && exit 1; }
}
broken '/\.backward = /d; s/^static void \([a-z0-9]*_backward(\)/__attribute__((unused)) &/' 's table has no .backward'
broken 's/\.torch = {0, 1}/.torch = {0}/' 's table has no .torch that gives each of its 2 gates a place of its own, 0 to 1'
broken 's/\.gates = 2/.gates = 9/' 's table has .gates = 9; a cell has 1 to 8'
broken 's/\.name = "[^"]*"/.name = "gru"/' 's table has the .name gru; it must be that of its file'
rm -f "build/$config/registry.c" # the list of files is the same as before
broken 's/UNROLL_CELL(/UNROLL_CELL(x/' ' defines no table UNROLL_CELL('

# so is a folder that cannot be added
refused() { # EXTRA SENTENCE
    make CONFIG="$config" EXTRA="$1" all >make.log 2>&1 && echo "built all the same: EXTRA=$1" && exit 1
    grep -F "EXTRA: $2" make.log || { cat make.log && exit 1; }
}
rm -f "lib/cells/${probe}bad.c"
mkdir -p ../same/lib/cells ../none/cells
cp lib/cells/gru.c ../same/lib/cells/
refused ../same 'lib/cells/gru.c is there twice, so give the one in ../same another name'
refused "$mine $mine/" 'datasets/majority.c is there twice'
refused ../none '../none has nothing to add'

# another folder's file of the same name takes the place of the first one's, and without EXTRA there is none
mkdir -p ../other/lib/cells
sed 's/minimal gated unit/another unit/' $mine/lib/cells/mgu_after.c >../other/lib/cells/mgu_after.c
touch -r lib/cells/gru.c ../other/lib/cells/mgu_after.c
mine=../other
build CONFIG="$config" "build/$config/unroll" || { cat make.log && exit 1; }
"$unroll" list cells | grep 'mgu_after .*another unit'
mine=
build CONFIG="$config" "build/$config/unroll" || { cat make.log && exit 1; }
if "$unroll" list cells | grep mgu_after || [ -e "build/$config/plots" ]; then exit 1; fi
