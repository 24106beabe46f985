#!/bin/sh
# install.sh FOLDER CONFIG: installs a copy of the tree into FOLDER/stage, moves that elsewhere, and uses it from there: the
# program from another folder, and USING.md's train.c against the library. Needs no network.
set -eu
folder=$1 config=$2

sh tests/copy.sh "$folder/tree" "$config"
cd "$folder/tree"
strict=$(grep -q -e -Werror "build/$config/flags" && echo 1) || true
quietly() {
    make CONFIG="$config" WERROR="$strict" EXTRA= PREFIX=/opt/own DESTDIR="$folder/stage" "$@" >make.log 2>&1 ||
        { cat make.log && exit 1; }
}
quietly install
cp -Rp "$folder/stage/opt/own" "$folder/moved"
quietly uninstall
[ -z "$(find "$folder/stage" -type f)" ] || { find "$folder/stage" -type f && exit 1; }

mkdir "$folder/else"
awk '/^```c train.c$/ { inside = 1; next } /^```$/ { inside = 0 } inside' USING.md >"$folder/else/train.c"
cd "$folder/else"
unset UNROLL_PLOTS UNROLL_DATASETS UNROLL_PEERS # its own are to be found
unroll=$folder/moved/bin/unroll
"$unroll" list experiments | grep architectures
"$unroll" train task=series steps=5 | grep '[a-z]' # of the data that come with it
"$folder/moved/share/unroll/datasets/fetch" --list | grep sunspots
"$unroll" run architectures length=10,20 model=rnn,gru hidden=8 seed=0 steps=20
if command -v gnuplot >/dev/null; then
    "$unroll" plot architectures
    [ -s results/figures/architectures.svg ]
fi

PKG_CONFIG_PATH=$folder/moved/lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
export PKG_CONFIG_PATH
# shellcheck disable=SC2046 # the flags are to be split
"${CC:-cc}" -std=c11 -Wall -Wextra -Werror train.c $(pkg-config --cflags --libs unroll) -o train
./train | grep -E '^mse 0\.0[0-9]+ after 1000 steps$'
