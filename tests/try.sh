#!/bin/sh
# try.sh PROGRAM CELL: trains the cell and the plain RNN on the adding problem, 20 steps long, and prints a line with both errors.
set -eu
unroll=$1 cell=$2

# mse CELL
mse() {
    "$unroll" train task=adding length=20 hidden=32 steps=2000 lr=0.01 model="$1" >"$log"
    awk '$1 == "mse" { print $2 }' "$log"
}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
own=$(mse "$cell")
plain=$(mse rnn)
guess=$(awk '$1 == "baseline_mse" { print $2 }' "$log")
echo "adding problem, 20 steps, 2000 updates: mse of $cell $own, of the plain RNN $plain, of always saying 1 $guess"
