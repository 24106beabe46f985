#!/usr/bin/env python3
"""Compares the speed and memory of an older commit with those of this tree.

The old commit is unpacked and built below build/against/, this tree where it stands. Then both programs take turns, a
pair of calls a point and round, old first and new first in turn. A pair gives the ratio old time / new time: above 1
the new program is faster. A point's estimate is the median of its ratios, with a 95% interval from their order
statistics, which needs six pairs. The geometric mean over all points has a percentile bootstrap interval over pairs.

Exit status: 0 no slower; 1 slower: the geometric mean is under 0.98, a point's interval lies wholly below 0.95, or the
new program fails at a point that the old one does; 2 the call was wrong; 3 nothing could be measured; 130 interrupted
(what was measured is reported, and --resume goes on).
"""
import argparse
import collections
import csv
import math
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SIDES = ("old", "new")
LEAST_MEAN, LEAST_POINT = 0.98, 0.95  # ratios below are a loss of speed
MORE_SHARE, MORE_KIB = 0.02, 512  # more memory than by both is told
LEAST_PAIRS = 6  # fewer have no 95% interval for the median
MINUTES = {"quick": 8.0, "full": 40.0}
MEMORY_ROUNDS = 3  # the peak hardly wanders
TRAIN_MS = 250.0  # training time of one call of a whole run
CALL_SECONDS = 300  # a call that takes longer has failed

# A setting's name here, and all names it has had, the newest first: an old program knows an older one.
RENAMED = {"model": ("model", "cell")}
# Names of what is read from the programs, the newest first.
STEP_COLUMNS = {"ms": "ms", "us": "us"}  # column of unroll bench --format csv, unit
RUN_TIMES = ("ms_per_step",)  # line of unroll train

FIELDS = ["kind", "point", "round", "turn", "side", "value", "unit"]


class Wrong(Exception):
    """The call was wrong."""


class Nothing(Exception):
    """Nothing can be measured."""


# ---- points ----

class Point(collections.namedtuple("Point", "kind settings")):
    """kind: step, stream (unroll bench), train (a whole run), memory (a whole run whose time does not count)."""

    @property
    def name(self):
        words = [value if name == "model" else f"{name}={value}" for name, value in self.settings.items()]
        return " ".join([self.kind] + words)

    @property
    def threads(self):
        return int(self.settings.get("threads", 1))


MODELS = {"rnn": 1, "lstm": 4, "gru": 3}  # gates: how much a step costs


def affordable_length(model, hidden, batch):
    """Shorter sequences where a step takes long: a call times at least seven steps."""
    for length in (64, 32, 16):
        if 12e-9 * batch * length * MODELS[model] * hidden * hidden <= 7.0:
            return length
    return 8


def step_points(threads, widths, batches):
    return [Point("step", {"model": m, "hidden": h, "batch": b, "length": affordable_length(m, h, b),
                           "threads": threads})
            for m in MODELS for h in widths for b in batches]


def stream_points():
    widths, batches = (16, 32, 64, 128, 256, 512), (1, 16, 32, 128)
    points = [Point("stream", {"model": m, "hidden": h, "batch": b, "weights": "float"})
              for m in MODELS for h in widths for b in batches]
    return points + [Point("stream", {"model": m, "hidden": 256, "batch": 1, "weights": w})
                     for m in MODELS for w in ("bf16", "int8")]


def train_points():
    """Whole runs, five of a task, so that every fifth is one of each."""
    text = {"task": "text", "file": "made.txt", "layers": 2, "sample_chars": 0}  # symbols, a softmax at every step
    unequal = {"task": "recall", "lag": 30, "lag_spread": 20}  # sequences of 12 to 52 steps
    last = {"task": "adding"}  # an answer at the last step
    series = {"task": "series", "file": "made.csv"}
    rows = [({"model": m, "hidden": 64, "batch": 16, "length": 64}, text) for m in ("lstm", "gru", "rnn")]
    rows += [({"model": "lstm", "hidden": 256, "batch": 32, "length": 32}, text),
             ({"model": "gru", "hidden": 128, "batch": 32, "length": 64, "threads": 2}, text)]
    rows += [({"model": m, "hidden": 64, "batch": 32}, unequal) for m in ("gru", "rnn", "lstm")]
    rows += [({"model": "lstm", "hidden": 128, "batch": 128}, unequal),
             ({"model": "gru", "hidden": 64, "batch": 32, "layers": 2}, unequal)]
    rows += [({"model": m, "hidden": 64, "batch": 32, "length": 100}, last) for m in ("rnn", "lstm", "gru")]
    rows += [({"model": "lstm", "hidden": 16, "batch": 1, "length": 50}, last),
             ({"model": "gru", "hidden": 256, "batch": 32, "length": 64}, last)]
    rows += [({"model": "lstm", "hidden": 64, "batch": 32, "length": 64}, series),
             ({"model": "lstm", "hidden": 64, "batch": 16, "length": 64, "bptt": 16}, text)]
    return [Point("train", {"task": task["task"], **own, **task}) for own, task in rows]


def memory_points():
    """Runs, as unroll bench fills half a gigabyte to time the machine's memory."""
    return [Point("memory", {"task": "adding", "model": m, "hidden": h, "batch": b, "length": 32})
            for m in MODELS for h in (64, 512) for b in (16, 128)]


def all_points(size):
    kinds = [step_points(1, (16, 32, 64, 128, 256, 512), (1, 16, 32, 128)),
             step_points(2, (64, 128, 256, 512), (32, 128)), stream_points(), train_points(), memory_points()]
    stride = 1 if size == "full" else 5
    return [point for kind in kinds for point in kind[::stride]]


def write_inputs(folder):
    """The same on every machine and in every year; what they say does not change the time of a step."""
    draws = random.Random(1)
    letters = "".join(chr(ord("a") + i) for i in range(26)) + " .,\n"
    with open(os.path.join(folder, "made.txt"), "w", encoding="ascii") as file:
        file.write("".join(draws.choice(letters) for _ in range(60000)))
    with open(os.path.join(folder, "made.csv"), "w", encoding="ascii") as file:
        file.write("value\n")
        file.writelines(f"{math.sin(i / 7.0) + draws.random():.4f}\n" for i in range(4000))


# ---- programs ----

def known_settings(program):
    """Names in `unroll list settings`: indented lines that begin with name=."""
    try:
        said = subprocess.run([program, "list", "settings"], capture_output=True, text=True, timeout=CALL_SECONDS,
                              check=True).stdout
    except (OSError, subprocess.SubprocessError) as trouble:
        raise Nothing(f"{program} list settings: {trouble}") from None
    return {line.split("=")[0].strip() for line in said.splitlines() if line.startswith(" ") and "=" in line}


class Program:
    """A program that stands in a folder of its own below `folder`, where the made inputs are."""

    def __init__(self, path, folder):
        self.path, self.folder, self.known = path, folder, known_settings(path)

    def assign(self, settings):
        """Settings as words, under the names by which this program knows them."""
        words = []
        for name, value in settings.items():
            names = [n for n in RENAMED.get(name, (name,)) if n in self.known]
            words.append(f"{names[0] if names else name}={value}")
        return words

    def words(self, point, steps):
        """The call's words and, to be removed after it, its folder of results: bench gathers all that lies there."""
        if point.kind in ("step", "stream"):
            results = os.path.join(self.folder, "results")
            mode = ["--stream"] if point.kind == "stream" else []
            more = {} if point.kind == "step" else {"threads": 1}
            return ["bench", *mode, "--format", "csv", "--tenths", "1", "--results", results,
                    *self.assign({**point.settings, **more})], results
        few = {"steps": steps, "points": 1, "valid_batches": 1, "seed": 0}
        return ["train", *self.assign({**point.settings, **few})], None

    def measure(self, point, steps):
        """(time, unit, peak KiB or None), or ValueError with what went wrong."""
        words, results = self.words(point, steps)
        said, peak = call(pinned(point.threads), [self.path] + words, self.folder)
        if results is not None:
            shutil.rmtree(results, ignore_errors=True)
            return (*step_time(said), None)
        return (*run_time(said), peak)


def pinned(threads):
    """Words that keep a call on the last processors, away from the first, which serves most interrupts."""
    if shutil.which("taskset") is None or not hasattr(os, "sched_getaffinity"):
        return []
    return ["taskset", "-c", ",".join(str(cpu) for cpu in sorted(os.sched_getaffinity(0))[-threads:])]


def has_time_program():
    """Whether /usr/bin/time is GNU's. Without it a child's peak cannot be below that of this script, which forks it."""
    try:
        return subprocess.run(["/usr/bin/time", "-f", "%M", "true"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


TIME_PROGRAM = has_time_program()


def call(prefix, words, folder):
    """(standard output, peak resident KiB) of a call in a process group of its own, so that it can be ended whole."""
    peak_file = os.path.join(folder, "peak")
    if TIME_PROGRAM:
        prefix = prefix + ["/usr/bin/time", "-q", "-f", "%M", "-o", peak_file]
    with tempfile.TemporaryFile("w+", dir=folder) as out, tempfile.TemporaryFile("w+", dir=folder) as err:
        child = subprocess.Popen(prefix + words, stdout=out, stderr=err, stdin=subprocess.DEVNULL, cwd=folder,
                                 start_new_session=True)
        try:
            status, usage = wait_for(child)
        except BaseException:
            end_group(child)
            raise
        out.seek(0)
        err.seek(0)
        said, wrong = out.read(), err.read()
    if status != 0:
        raise ValueError(" ".join(wrong.split())[:200] or f"exit status {status}")
    if TIME_PROGRAM:
        with open(peak_file, encoding="ascii") as file:
            return said, int(file.read().split()[-1])
    return said, usage.ru_maxrss // (1024 if sys.platform == "darwin" else 1)


def end_group(child):
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    child.wait()


def out_of_time(_signal, _frame):
    raise ValueError(f"no answer in {CALL_SECONDS} s")


def wait_for(child):
    """(exit status, resources used): wait4 tells both, but knows no limit of time."""
    signal.signal(signal.SIGALRM, out_of_time)
    signal.alarm(CALL_SECONDS)
    try:
        _, status, usage = os.wait4(child.pid, 0)
    finally:
        signal.alarm(0)
    child.returncode = os.waitstatus_to_exitcode(status)  # or Popen would wait for it once more
    return child.returncode, usage


def step_time(said):
    """The time in what `unroll bench --format csv` printed: a head that names the columns, one line of values."""
    lines = [line.split(",") for line in said.splitlines()]
    for i, head in enumerate(lines):
        for column in STEP_COLUMNS:
            if column in head:
                values = [line for line in lines[i + 1:] if len(line) == len(head)]
                if len(values) != 1:
                    raise ValueError(f"unroll bench printed {len(values)} lines of values for one point")
                return positive(values[0][head.index(column)]), STEP_COLUMNS[column]
    raise ValueError("unroll bench printed no column " + " or ".join(STEP_COLUMNS))


def run_time(said):
    """The mean time of a step in what `unroll train` printed: a line with the name, the value and its unit."""
    for line in said.splitlines():
        words = line.split()
        if len(words) == 3 and words[0] in RUN_TIMES:
            return positive(words[1]), words[2]
    raise ValueError("unroll train printed no line " + " or ".join(RUN_TIMES))


def positive(text):
    value = float(text)
    if not (math.isfinite(value) and value > 0.0):
        raise ValueError(f"a time of {text}")
    return value


# ---- builds ----

def git(*words):
    done = subprocess.run(["git", "-C", TOP, *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Wrong(f"git {' '.join(words)}: {done.stderr.strip()[:200]}")
    return done.stdout.strip()


def unpack(commit, folder):
    """The commit's files without a work tree of git's, which somebody would have to remove."""
    if os.path.isdir(folder):
        return
    os.makedirs(folder + ".part", exist_ok=True)
    with subprocess.Popen(["git", "-C", TOP, "archive", commit], stdout=subprocess.PIPE) as archive:
        status = subprocess.run(["tar", "-x", "-C", folder + ".part"], stdin=archive.stdout, check=False).returncode
    if status != 0 or archive.returncode != 0:
        raise Nothing(f"commit {commit} cannot be unpacked")
    os.rename(folder + ".part", folder)


def build(folder):
    """Calls make all and returns the path of the program."""
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    done = subprocess.run(["make", "-C", folder, "-j", str(os.cpu_count() or 1), "CONFIG=release", "all"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, env=environment)
    if done.returncode != 0:
        sys.stderr.write(done.stdout[-2000:])
        raise Nothing(f"make all fails in {folder}")
    return os.path.join(folder, "build", "release", "unroll")


def programs(options, folder):
    """Copies of both: this tree may be built anew meanwhile, and names of one length lay the stack out alike."""
    if options.programs:
        paths = options.programs
    else:
        place = os.path.join(TOP, "build", "against", git("rev-parse", "--short=12", options.old))
        say(f"building {options.old_name} and this tree")
        unpack(options.old, place)
        paths = [build(place), build(TOP)]
    made = {}
    for side, path in zip(SIDES, paths):
        os.mkdir(os.path.join(folder, side))
        try:
            shutil.copy2(path, os.path.join(folder, side, "unroll"))
        except OSError as trouble:
            raise Wrong(f"{path}: {trouble.strerror}") from None
        made[side] = Program(os.path.join(folder, side, "unroll"), folder)
    return made


# ---- samples ----

class Samples:
    """What was measured: kept, and written as it comes, so that nothing is lost when the call is ended."""

    def __init__(self):
        self.time = {}  # point: {round: {side: (value, unit)}}
        self.memory = {}  # point: {side: [KiB]}
        self.failed = {}  # point: {side: reason}
        self.names = {}  # side: what was compared
        self.file = None

    def add(self, kind, point, number, turn, side, value, unit):
        self.keep(kind, point, number, side, value, unit)
        if self.file is not None:
            csv.writer(self.file, lineterminator="\n").writerow([kind, point, number, turn, side, value, unit])
            self.file.flush()

    def keep(self, kind, point, number, side, value, unit):
        if side not in SIDES:
            raise ValueError(f"side {side}")
        if kind == "time":
            self.time.setdefault(point, {}).setdefault(int(number), {})[side] = (positive(value), unit)
        elif kind == "memory":
            self.memory.setdefault(point, {}).setdefault(side, []).append(int(value))
        elif kind == "failed":
            self.failed.setdefault(point, {})[side] = value
        elif kind == "name":
            self.names[side] = value
        else:
            raise ValueError(f"kind {kind}")

    def read(self, path):
        try:
            with open(path, newline="", encoding="utf-8") as file:
                rows = csv.DictReader(file)
                if rows.fieldnames != FIELDS:
                    raise ValueError("its head is not " + ",".join(FIELDS))
                for row in rows:
                    self.keep(row["kind"], row["point"], row["round"], row["side"], row["value"], row["unit"])
        except OSError as trouble:
            raise Wrong(f"{path}: {trouble.strerror}") from None
        except (ValueError, TypeError) as trouble:
            raise Wrong(f"{path} is no file of samples: {trouble}") from None

    def open(self, path, names, resume):
        resume = resume and os.path.exists(path)
        if resume:
            self.read(path)
            if self.names != names:
                raise Wrong(f"{path} compares {self.names.get('old')} with {self.names.get('new')}: not to be resumed")
        try:
            os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
            self.file = open(path, "a" if resume else "w", newline="", encoding="utf-8")
        except OSError as trouble:
            raise Wrong(f"{path}: {trouble.strerror}") from None
        if not resume:
            csv.writer(self.file, lineterminator="\n").writerow(FIELDS)
            for side in SIDES:
                self.add("name", "", 0, 0, side, names[side], "")

    def rounds(self):
        return max((number for rounds in self.time.values() for number in rounds), default=0)

    def pairs(self, point):
        """Both sides of every whole pair: [(old, new)]."""
        return [(sides["old"][0], sides["new"][0]) for _, sides in sorted(self.time.get(point, {}).items())
                if len(sides) == 2]


# ---- measuring ----

class Turns:
    def __init__(self, made, samples, options):
        self.made, self.samples, self.options = made, samples, options
        self.steps, self.dropped = {}, set()
        self.end = time.monotonic() + 60.0 * options.minutes

    def steps_for(self, point):
        """Training steps of a call, the same on both sides: as many as the old program does in TRAIN_MS."""
        if point.kind == "memory":
            return 2
        if point.kind == "train" and point.name not in self.steps:
            try:
                each = self.made["old"].measure(point, 20)[0]
            except ValueError:
                each = TRAIN_MS  # it fails once more when it counts
            self.steps[point.name] = min(max(int(TRAIN_MS / each), 5), 20000)
        return self.steps.get(point.name)

    def one(self, point, number, turn, side):
        try:
            value, unit, peak = self.made[side].measure(point, self.steps_for(point))
        except ValueError as trouble:
            self.samples.add("failed", point.name, number, turn, side, str(trouble), "")
            self.dropped.add(point.name)
            return
        if point.kind != "memory":
            self.samples.add("time", point.name, number, turn, side, f"{value:.6g}", unit)
        if peak is not None and number <= MEMORY_ROUNDS:
            self.samples.add("memory", point.name, number, turn, side, peak, "KiB")

    def round(self, points, number):
        """A pair of every point, in an order drawn anew; who is first changes from pair to pair of a point. False: the
        time is over."""
        order = [(i, p) for i, p in enumerate(points) if p.kind != "memory" or number <= MEMORY_ROUNDS]
        random.Random(number).shuffle(order)
        for done, (i, point) in enumerate(order):
            if time.monotonic() > self.end:
                return False
            say(f"round {number}, point {done + 1} of {len(order)}, {(self.end - time.monotonic()) / 60:.1f} min left",
                passing=True)
            if point.name not in self.dropped:
                for turn, side in enumerate(SIDES if (i + number) % 2 else SIDES[::-1]):
                    self.one(point, number, turn + 1, side)
        return True

    def run(self, points):
        """Ends early on Ctrl-C, and says so by True."""
        first = self.samples.rounds() + 1
        try:
            for number in range(first, first + self.options.rounds):
                if not self.round(points, number):
                    break
        except KeyboardInterrupt:
            return True
        return False


def say(text, passing=False):
    """Passing lines are for a terminal only, where the next one takes their place."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{text}\033[K" + ("" if passing else "\n"))
    elif not passing:
        sys.stderr.write(text + "\n")
    sys.stderr.flush()


# ---- statistics ----

def rank_for(count):
    """Rank, from each end, of the order statistics that hold the median with 95% or more; 0: too few values."""
    rank, tail = 0, 0.0
    while True:
        tail += math.comb(count, rank) / 2.0 ** count
        if 2.0 * tail > 0.05:
            return rank
        rank += 1


def median_interval(values):
    """(median, low, high); without an interval low and high are None."""
    ordered, rank = sorted(values), rank_for(len(values))
    middle = statistics.median(ordered)
    return (middle, ordered[rank - 1], ordered[-rank]) if rank > 0 else (middle, None, None)


def mean_interval(logs):
    """Percentile bootstrap, 1000 draws of pairs within each point, of the mean over points of the median log ratio."""
    draws, means = random.Random(1), []
    for _ in range(1000):
        means.append(statistics.fmean(statistics.median(draws.choices(values, k=len(values))) for values in logs))
    means.sort()
    return means[24], means[975]


Result = collections.namedtuple("Result", "point pairs old new ratio low high unit")


def in_order(names):
    """Rounds measure in orders drawn anew; tables are in the order of the points."""
    order = {point.name: i for i, point in enumerate(all_points("full"))}
    return sorted(names, key=lambda name: order.get(name, len(order)))


def results_of(samples):
    results, logs = [], []
    for point in in_order(samples.time):
        pairs = samples.pairs(point)
        if pairs:
            logs.append([math.log(old / new) for old, new in pairs])
            ratios = [None if value is None else math.exp(value) for value in median_interval(logs[-1])]
            unit = next(iter(next(iter(samples.time[point].values())).values()))[1]
            results.append(Result(point, len(pairs), statistics.median(old for old, _ in pairs),
                                  statistics.median(new for _, new in pairs), *ratios, unit))
    return results, logs


def is_slower(result):
    return result.high is not None and result.high < LEAST_POINT


# ---- report ----

def interval_text(low, high):
    return "        -       " if low is None else f"[{low:.3f}, {high:.3f}]"


def print_times(results):
    width = max(len(r.point) for r in results)
    print(f"{'point':{width}}  pairs         old         new  old/new  95% interval")
    for r in results:
        print(f"{r.point:{width}}  {r.pairs:5}  {r.old:7.4g} {r.unit:2}  {r.new:7.4g} {r.unit:2}  {r.ratio:7.3f}  "
              f"{interval_text(r.low, r.high)}{'  SLOWER' if is_slower(r) else ''}".rstrip())


def print_memory(samples):
    """Returns how many points take more."""
    rows = [(point, *(int(statistics.median(samples.memory[point][side])) for side in SIDES))
            for point in in_order(samples.memory) if len(samples.memory[point]) == 2]
    if not rows:
        return 0
    width, count = max(len(row[0]) for row in rows), 0
    print(f"\n{'peak resident memory':{width}}     old KiB     new KiB  new/old")
    for point, old, new in rows:
        more = new - old > MORE_KIB and new > old * (1.0 + MORE_SHARE)
        count += more
        print(f"{point:{width}}  {old:10}  {new:10}  {new / old:7.3f}{'  MORE' if more else ''}")
    return count


def print_failed(samples):
    """Returns at how many points only the new program fails, and always."""
    lost = 0
    for point, sides in samples.failed.items():
        measured = samples.pairs(point) or len(samples.memory.get(point, {})) == 2
        lost += list(sides) == ["new"] and not measured
        for side, reason in sides.items():
            print(f"not measured: {point}: the {side} program: {reason}")
    return lost


def report(samples):
    """Prints everything; the exit status."""
    results, logs = results_of(samples)
    lost = print_failed(samples)
    if samples.names:
        print(f"old: {samples.names.get('old')}   new: {samples.names.get('new')}")
    if results:
        print_times(results)
    more = print_memory(samples)
    if not results:
        print("nothing was measured")
        return 3
    mean = math.exp(statistics.fmean(statistics.median(values) for values in logs))
    enough = min(r.pairs for r in results) >= LEAST_PAIRS
    low, high = (math.exp(value) for value in mean_interval(logs)) if enough else (None, None)
    slower = sum(is_slower(r) for r in results)
    print(f"\ngeometric mean of old/new over {len(results)} points: {mean:.3f} {interval_text(low, high).strip()}; "
          f"points whose interval lies wholly below {LEAST_POINT}: {slower}; points that take more memory: {more}")
    if not enough:
        print(f"some points have fewer than {LEAST_PAIRS} pairs and no interval: give it more --minutes, or --resume")
    return verdict(mean, slower, lost)


def verdict(mean, slower, lost):
    why = [f"the geometric mean is under {LEAST_MEAN}"] * (mean < LEAST_MEAN)
    why += [f"{slower} point{'s' * (slower > 1)} below {LEAST_POINT}"] * (slower > 0)
    why += [f"the new program fails at {lost} point{'s' * (lost > 1)}"] * (lost > 0)
    print("verdict: " + ("slower: " + ", ".join(why) if why else "no slower"))
    return 1 if why else 0


# ---- the call ----

def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("commit", nargs="?", metavar="COMMIT", help="the old commit; the new program is this tree's")
    parser.add_argument("--points", choices=["quick", "full"], default="quick", help="quick: a fifth of the points")
    parser.add_argument("--minutes", type=float, metavar="N", help="time to measure (quick: 8, full: 40)")
    parser.add_argument("--rounds", type=int, default=10 ** 6, metavar="N", help="pairs a point at most")
    parser.add_argument("--only", metavar="TEXT", help="points in whose names this text is")
    parser.add_argument("--out", default=os.path.join(TOP, "build", "against.csv"), metavar="FILE",
                        help="every sample (default: build/against.csv)")
    parser.add_argument("--resume", action="store_true", help="add to the samples in FILE")
    parser.add_argument("--from", dest="source", metavar="FILE", help="measure nothing, evaluate these samples")
    parser.add_argument("--programs", nargs=2, metavar=("OLD", "NEW"), help="build nothing, compare these programs")
    parser.add_argument("--list", action="store_true", help="print the points and leave")
    options = parser.parse_args()
    ways = [options.commit is not None, options.programs is not None, options.source is not None, options.list]
    if sum(ways) != 1:
        parser.error("give one of COMMIT, --programs, --from and --list")
    options.minutes = MINUTES[options.points] if options.minutes is None else options.minutes
    if not options.minutes > 0.0 or options.rounds < 1:
        parser.error("--minutes and --rounds must be positive")
    return options


def name_sides(options):
    """What is compared, as the samples tell it."""
    if options.programs:
        return dict(zip(SIDES, options.programs))
    options.old = git("rev-parse", "--verify", options.commit + "^{commit}")
    options.old_name = git("rev-parse", "--short=12", options.old)
    dirty = "+" if git("status", "--porcelain", "--untracked-files=no") else ""
    return {"old": options.old_name, "new": git("rev-parse", "--short=12", "HEAD") + dirty}


def chosen_points(options):
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    points = [p for p in all_points(options.points) if options.only is None or options.only in p.name]
    if not points:
        raise Wrong(f"no point has {options.only} in its name")
    able = [p for p in points if p.threads <= processors]
    if len(able) < len(points) and not options.list:
        say(f"{len(points) - len(able)} points with more threads than processors here are left out")
    return points if options.list else able


def compare(options):
    names, samples = name_sides(options), Samples()
    os.makedirs(os.path.join(TOP, "build"), exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="against.", dir=os.path.join(TOP, "build")) as folder:
        write_inputs(folder)
        points = chosen_points(options)
        made = programs(options, folder)
        samples.open(options.out, names, options.resume)
        with samples.file:
            say(f"{len(points)} points, {options.minutes:g} minutes; samples go to {options.out}")
            stopped = Turns(made, samples, options).run(points)
    say("", passing=True)
    status = report(samples)
    return 130 if stopped else status


def interrupt(_signal, _frame):
    raise KeyboardInterrupt


def main():
    options = read_options()
    signal.signal(signal.SIGTERM, interrupt)  # what was measured is reported then, too
    try:
        if options.list:
            print("\n".join(point.name for point in chosen_points(options)))
            return 0
        if options.source:
            samples = Samples()
            samples.read(options.source)
            return report(samples)
        return compare(options)
    except Wrong as trouble:
        say(f"against.py: {trouble}")
        return 2
    except (Nothing, OSError) as trouble:
        say(f"against.py: {trouble}")
        return 3
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
