#!/bin/sh
# run_all.sh [test] [--full] [--no-install]: everything with one command. See usage below.
set -eu
cd "$(dirname "$0")"

usage() {
    cat <<'END'
./run_all.sh [--full] [--no-install]       install what is missing, build, run every experiment, draw, print the verdicts
./run_all.sh test [--no-install]           install what is missing, build, run the tests

  --full         the full sizes of the experiments instead of the quick ones (hours)
  --no-install   install nothing: name what is missing and leave with exit status 2

Runs that are finished are kept in results/: call it again and it goes on where it stopped.
Exit status: 0 done, 1 something failed, 2 the call was wrong or a program is missing.
END
}

what='run' size=--quick install=yes
for argument in "$@"; do
    case $argument in
    test) what='test' ;;
    --full) size=--full ;;
    --quick) size=--quick ;;
    --no-install) install=no ;;
    -h | --help) usage && exit 0 ;;
    *) echo "run_all.sh: $argument is not known" >&2 && usage >&2 && exit 2 ;;
    esac
done

started=$(date +%s)
unroll=build/release/unroll
cores=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
system=$(uname -s)

stage() {
    echo
    echo "== $1 ($(($(date +%s) - started)) s)"
}
fail() { # STATUS SENTENCE
    echo "run_all.sh: $2" >&2
    exit "$1"
}
beside= # a program that runs in the background
stopped() {
    [ -z "$beside" ] || kill "$beside" 2>/dev/null || true
    echo
    echo "Stopped. Every finished run is kept in results/; the same command goes on from there."
    exit 130
}
trap stopped INT TERM

have() {
    command -v "$1" >/dev/null 2>&1
}
have_library() { # its name in pkg-config
    have pkg-config && pkg-config --exists "$1"
}
compiles() {
    have cc && echo '#include <stdio.h>' | cc -E - >/dev/null 2>&1
}

# Prints the packages that are missing: their names in apt or, on macOS, in Homebrew.
missing_debian() {
    compiles || echo gcc libc6-dev
    have make || echo make
    have cmp || echo diffutils
    have pkg-config || echo pkg-config
    have_library hdf5 || echo libhdf5-dev
    have_library libzstd || echo libzstd-dev
    have gnuplot || echo gnuplot-nox fonts-dejavu-core
    [ "$what" = run ] || have_library cunit || echo libcunit1-dev
    [ "$what" = run ] || have h5dump || echo hdf5-tools
    [ "$what" = test ] || have bible || [ -e datasets/data/kjv/kjv.txt ] || echo bible-kjv
}
missing_macos() {
    have pkg-config || echo pkg-config
    for formula in libomp hdf5 zstd gnuplot $([ "$what" = run ] || echo cunit); do
        [ -d "$(brew --prefix)/opt/$formula" ] || echo "$formula"
    done
}
missing_elsewhere() {
    compiles || echo "a C11 compiler with OpenMP"
    have make || echo "make"
    have cmp || echo "cmp (diffutils)"
    have pkg-config || echo "pkg-config"
    have_library hdf5 || echo "HDF5 with its headers"
    have_library libzstd || echo "zstd with its headers"
    have gnuplot || echo "gnuplot"
    [ "$what" = run ] || have_library cunit || echo "CUnit with its headers"
}
# Without gnuplot the tables still come, so it alone is no reason to stop.
only_figures_missing() {
    case $1 in
    gnuplot | "gnuplot-nox fonts-dejavu-core") return 0 ;;
    *) return 1 ;;
    esac
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif have sudo; then
        sudo "$@"
    else
        return 1
    fi
}
apt() { # what it says goes to the log
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -y -qq "$@" >>build/install.log 2>&1
}
install_debian() {
    as_root true || fail 2 "installing needs root; as root: apt-get install --no-install-recommends $packages"
    : >build/install.log
    # shellcheck disable=SC2086 # the names are to be split
    set -- install --no-install-recommends $packages
    # where the package lists are there and fresh, they need no update
    apt "$@" && return
    : >build/install.log
    apt update || true
    apt "$@" && return
    if grep -qi -e resolv -e 'failed to fetch' -e 'could not connect' build/install.log; then
        fail 1 "the package server cannot be reached, so these could not be installed: $packages"
    fi
    tail -n 3 build/install.log >&2
    fail 1 "apt-get did not install $packages (all it said is in build/install.log)"
}
install_macos() {
    # shellcheck disable=SC2086 # the names are to be split
    brew install -q $packages || fail 1 "Homebrew did not install $packages; is there a network?"
}

provide() {
    if [ "$system" = Darwin ]; then
        manager=macos
        compiles || fail 2 "there is no C compiler: xcode-select --install brings one"
        have brew || fail 2 "Homebrew (brew.sh) is needed, for libomp, hdf5, zstd and pkg-config"
    elif have apt-get; then
        manager=debian
    else
        manager=elsewhere
    fi
    packages=$(missing_$manager | paste -s -d "$([ $manager = elsewhere ] && echo , || echo ' ')" -)
    [ -n "$packages" ] || return 0
    if [ $install = no ] || [ $manager = elsewhere ]; then
        if only_figures_missing "$packages"; then
            echo "gnuplot is missing: there will be tables, but no figures."
            return 0
        fi
        fail 2 "missing: $packages"
    fi
    stage "Installing $packages"
    mkdir -p build
    install_$manager
}

# The text of the experiment text; without any it says what it needs.
fetch_text() {
    datasets/fetch kjv >build/fetch.log 2>&1 || datasets/fetch tinyshakespeare >>build/fetch.log 2>&1 || true
}

build() { # TARGET ...: the compiler's lines only when it fails
    stage "Building: make $*"
    mkdir -p build
    if ! make -j "$cores" "$@" >build/make.log 2>&1; then
        tail -n 20 build/make.log >&2
        fail 1 "the build failed (all of it is in build/make.log)"
    fi
}

run_experiments() {
    failed=""
    for file in experiments/*.c; do
        name=$(basename "$file" .c)
        [ "$name" != unroll ] || continue
        stage "Experiment $name"
        $unroll run "$name" "$size" || failed="$failed $name"
    done
    stage "Figures"
    if have gnuplot; then
        $unroll plot || failed="$failed plot"
    else
        echo "No gnuplot here, so no figures."
    fi
    stage "Report"
    $unroll report --verdicts || failed="$failed report"
    where_it_lies
    [ -z "$failed" ] || fail 1 "not everything went well:$failed"
}
where_it_lies() {
    echo
    echo "Done in $(($(date +%s) - started)) s. The results:"
    echo "  results/report.html      verdicts, figures and tables on one page, for a browser (report.md: the same as Markdown)"
    echo "  results/figures/         every figure as .svg and .png"
    echo "  results/EXPERIMENT.h5    all runs of an experiment, for h5py, xarray, h5dump, HDFView"
    echo "  results/EXPERIMENT/runs  one file a run"
    echo "  $unroll     the program: $unroll --help"
}

# Adds what a test program says in its closing line, "N passed, N failed ...", to the totals. LOG, STATUS it left with
count_tests() {
    line=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$1" | tail -n 1)
    [ "$2" = 0 ] || status=1
    if [ -n "$line" ]; then
        passed=$((passed + $(echo "$line" | sed 's/ passed.*//')))
        failures=$((failures + $(echo "$line" | sed 's/.* passed, \([0-9]*\) failed.*/\1/')))
        skipped=$((skipped + $(echo "$line, 0 skipped" | sed 's/.* failed, \([0-9]*\) skipped.*/\1/')))
    else # it did not come to its end
        failures=$((failures + 1))
        status=1
    fi
}
test_all() {
    status=0 passed=0 failures=0 skipped=0
    stage "Tests (those of the core in double run beside them, and are printed after them)"
    build/double/unroll-tests >build/tests.double.log 2>&1 &
    beside=$!
    { build/release/unroll-tests && echo 0 >build/tests.status || echo 1 >build/tests.status; } 2>&1 | tee build/tests.log
    stage "Tests of the core in double"
    double=0
    wait $beside || double=$?
    beside=
    cat build/tests.double.log
    count_tests build/tests.log "$(cat build/tests.status)"
    count_tests build/tests.double.log $double
    echo
    echo "In all $(($(date +%s) - started)) s; $skipped skipped, each with its reason above."
    echo "$passed passed, $failures failed"
    exit $status
}

provide
if [ $what = test ]; then
    build all build/release/unroll-tests
    build CONFIG=double build/double/unroll-tests
    test_all
else
    build all
    fetch_text
    run_experiments
fi
