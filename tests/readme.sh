#!/bin/sh
# readme.sh FOLDER CONFIG: the files that README.md shows, and tests/cells/probe.c beside them, built and run: copies the tree
# with build/CONFIG into FOLDER, writes each block of README.md that names a file there, builds, and uses every one of them.
# Needs no network.
set -eu
folder=$1 config=$2
unroll=build/$config/unroll

mkdir -p "$folder/build" "$folder/datasets" "$folder/results"
cp -Rp lib experiments plots peers tests Makefile README.md "$folder/"
for file in datasets/*; do
    [ "$file" = datasets/data ] || cp -Rp "$file" "$folder/datasets/"
done
for built in "$config" double; do
    [ ! -d "build/$built" ] || cp -Rp "build/$built" "$folder/build/"
done
cd "$folder"

# a block opens with its language and its file
awk '/^```[a-z]+ [a-z]+\/[^ ]+$/ { file = $2; printf "" >file; next } /^```$/ { file = "" } file { print >file }' README.md
for file in lib/cells/mgu.c datasets/parity.c experiments/parity.c plots/parity.gp; do
    [ -s "$file" ] || { echo "README.md shows no $file" && exit 1; }
done

# a cell with all that a cell may ask for comes with them, under a name of its own
probe=probe$$
sed "s/probe/$probe/g" tests/cells/probe.c >"lib/cells/$probe.c"
echo "$probe ${probe}_rate=0.3" >>tests/models.txt

make CONFIG="$config" all "build/$config/unroll-tests" >make.log 2>&1 || { cat make.log && exit 1; }
"$unroll" list cells | grep 'mgu .*minimal gated unit'
"$unroll" list tasks | grep parity
"build/$config/unroll-tests" core_bits
if [ "$config" = release ] && [ -d build/double ]; then
    make CONFIG=double build/double/unroll-tests >make.log 2>&1 || { cat make.log && exit 1; }
    build/double/unroll-tests every_cells_gradient_matches_central_differences
fi
"$unroll" run parity length=4 seed=0..1 steps=300 hidden=8
"$unroll" report parity | tee report.log
grep -E '^ *4 +mgu +2 ' report.log
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
    grep '(3, 21) ms' lines.log
    break
done
