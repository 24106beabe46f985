#!/bin/sh
# copy.sh FOLDER CONFIG: copies the tree with build/CONFIG and build/double, as far as they are there, into FOLDER.
set -eu
folder=$1 config=$2

mkdir -p "$folder/build" "$folder/datasets" "$folder/results"
cp -Rp lib experiments plots tests Makefile README.md ADDING.md USING.md "$folder/"
for file in datasets/*; do
    [ "$file" = datasets/data ] || cp -Rp "$file" "$folder/datasets/"
done
for built in "$config" double; do
    [ ! -d "build/$built" ] || cp -Rp "build/$built" "$folder/build/"
done
