#!/bin/sh
# readme.sh FOLDER CONFIG: the files that README.md shows, and tests/cells/probe.c beside them, built and run: copies the tree
# with build/CONFIG into FOLDER, writes each block of README.md that names a file there, builds, and uses every one of them.
# Needs no network.
set -eu
folder=$1 config=$2
unroll=build/$config/unroll

mkdir -p "$folder/build" "$folder/datasets" "$folder/results"
cp -Rp lib experiments plots tests Makefile README.md "$folder/"
for file in datasets/*; do
    [ "$file" = datasets/data ] || cp -Rp "$file" "$folder/datasets/"
done
for built in "$config" double; do
    [ ! -d "build/$built" ] || cp -Rp "build/$built" "$folder/build/"
done
cd "$folder"

# a block opens with its language and its file
awk '/^```[a-z]+ [a-z]+\/[^ ]+$/ { file = $2; printf "" >file; next } /^```$/ { file = "" } file { print >file }' README.md
for file in lib/cells/mgu.c datasets/parity.c experiments/parity.c experiments/reach.c plots/parity.gp; do
    [ -s "$file" ] || { echo "README.md shows no $file" && exit 1; }
done

# a cell, a kind of layer, a loss and a network come with them, each one file under a name of its own, and a task of that loss
probe=probe$$
for what in cells layers losses; do
    sed "s/probe/$probe/g" "tests/$what/probe.c" >"lib/$what/$probe.c"
done
sed "s/unroll_layer_probe/unroll_layer_$probe/g; s/\([^_r]\)probe/\1${probe}net/g; s/network_probe/network_${probe}net/g" \
    tests/networks/probe.c >"lib/networks/${probe}net.c"
sed "s/adding/$probe/g; s/\"squared\"/\"$probe\"/" datasets/adding.c >"datasets/$probe.c"
echo "$probe ${probe}_rate=0.3" >>tests/models.txt

make CONFIG="$config" all "build/$config/unroll-tests" "build/$config/unroll-bits" >make.log 2>&1 || { cat make.log && exit 1; }
"$unroll" list cells | grep 'mgu .*minimal gated unit'
"$unroll" list tasks | grep parity
"build/$config/unroll-bits" auto 1 1 | grep "^mgu "
"build/$config/unroll-tests" core_bits core_layers core_views_layers core_every_loss
"$unroll" list models | grep "${probe}net .*a running sum"
"$unroll" train task="$probe" model="${probe}net" params=700 length=6 steps=200 --save "$probe.h5" | tee train.log
grep -E '^ *parameters +(6[5-9]|7[0-4])[0-9]$' train.log
if [ "$config" = release ] && [ -d build/double ]; then
    make CONFIG=double build/double/unroll-tests >make.log 2>&1 || { cat make.log && exit 1; }
    build/double/unroll-tests every_cells_gradient_matches_central_differences core_layers core_views_layers core_every_loss
fi
"$unroll" run parity length=4 seed=0..1 steps=300 hidden=8
"$unroll" report parity | tee report.log
grep -E '^ *4 +mgu +2 ' report.log
"$unroll" report --runs --format csv --out tables
[ "$(wc -l <tables/parity.csv)" -eq 5 ]
grep -E '^[0-9a-f]{32},done,,parity,mgu,8,' tables/parity.csv
"$unroll" run reach
"$unroll" report reach | grep -E '^ *32 +mgu +6 +[0-9.e-]+ \['
if command -v gnuplot >/dev/null; then
    "$unroll" plot parity
    [ -s results/figures/parity.svg ] && [ -s results/figures/parity.png ]
fi

# its lines of Python, on results of their own
"$unroll" run architectures length=10 hidden=8 seed=0 steps=20 >/dev/null
awk '/^```python$/ { inside = 1; next } /^```$/ { inside = 0 } inside' README.md >lines.py
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
    make CONFIG="$config" "build/$config/unroll" >make.log 2>&1 && echo "built all the same: $1" && exit 1
    grep -F "lib/cells/${probe}bad.c: it$2" make.log || { cat make.log && exit 1; }
}
broken '/\.backward = /d; s/^static void \([a-z0-9]*_backward(\)/__attribute__((unused)) &/' 's table has no .backward'
broken 's/\.torch = {0, 1}/.torch = {0}/' 's table has no .torch that gives each of its 2 gates a place of its own, 0 to 1'
broken 's/\.gates = 2/.gates = 9/' 's table has .gates = 9; a cell has 1 to 8'
broken 's/\.name = "[^"]*"/.name = "gru"/' 's table has the .name gru; it must be that of its file'
rm -f "build/$config/registry.c" # the list of files is the same as before
broken 's/UNROLL_CELL(/UNROLL_CELL(x/' ' defines no table UNROLL_CELL('
