#include "bench/peers.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "bench/timed.h"
#include "cells/cell.h"

enum { TRAINED_STEPS = 5, LEAST_ROUNDS = 5 };
/* differences that count as rounding, of sums in other orders and other functions' last bits: of values, relative to their
   root mean square; of the loss after some steps, whose smallest gradients Adam makes large */
static const double value_tolerance = 1e-3, loss_tolerance = 2e-2;

typedef struct peer {
    unroll_peer_state state;
    pid_t process; /* 0: not running */
    int in, out;   /* ours: what we write to, what we read from */
    int threads;
} peer;

static peer peers[UNROLL_PEERS] = {
    {.state = {.name = "onednn", .package = "libdnnl-dev (version 2)"}},
    {.state = {.name = "cblas", .package = "libopenblas-openmp-dev"}},
    {.state = {.name = "torch", .package = "python3-torch, libopenblas0-openmp"}},
};

const unroll_peer_state *unroll_peer(int index)
{
    return &peers[index].state;
}

/* ---- processes ---- */

static bool put(peer *p, const void *bytes, size_t size)
{
    const char *at = bytes;
    while (size > 0) {
        ssize_t done = write(p->in, at, size);
        if (done < 0 && errno != EINTR)
            return false;
        if (done > 0) {
            at += done;
            size -= (size_t)done;
        }
    }
    return true;
}

static bool get(peer *p, void *bytes, size_t size)
{
    char *at = bytes;
    while (size > 0) {
        ssize_t done = read(p->out, at, size);
        if (done == 0 || (done < 0 && errno != EINTR))
            return false;
        if (done > 0) {
            at += done;
            size -= (size_t)done;
        }
    }
    return true;
}

static void end(peer *p)
{
    int status;
    if (p->process == 0)
        return;
    put(p, "q", 1);
    close(p->in);
    close(p->out);
    waitpid(p->process, &status, 0);
    p->process = 0;
}

void unroll_peers_close(void)
{
    for (int i = 0; i < UNROLL_PEERS; i++)
        end(&peers[i]);
}

extern char **environ;

/* The words that start a peer: a program beside ours, or a Python that has torch. UNROLL_PEER_NAME names another program. */
static bool find(const peer *p, const char *python, char path[UNROLL_FILE_ROOM], char *words[4])
{
    char name[64], variable[64];
    snprintf(variable, sizeof variable, "UNROLL_PEER_%s", p->state.name);
    if (getenv(variable) != NULL) {
        snprintf(path, UNROLL_FILE_ROOM, "%s", getenv(variable));
        words[0] = path;
        return access(path, X_OK) == 0;
    }
    if (strcmp(p->state.name, "torch") == 0) {
        char folder[UNROLL_FILE_ROOM];
        if (!unroll_find_folder("lib/bench/peers", "torch_peer.py", "UNROLL_PEERS", folder))
            return false;
        snprintf(path, UNROLL_FILE_ROOM, "%.4000s/torch_peer.py", folder);
        words[0] = (char *)python;
        words[1] = path;
        return true;
    }
    snprintf(name, sizeof name, "unroll-peer-%s", p->state.name);
    words[0] = path;
    return unroll_find_beside(name, path);
}

/* OpenBLAS does not know every processor by its model, and then falls back to kernels of 2004, a fifth as fast: it is told
   what the processor can do, unless the user has told it. */
static const char *openblas_core(void)
{
#ifdef __x86_64__
    if (getenv("OPENBLAS_CORETYPE") == NULL)
        return __builtin_cpu_supports("avx512bw") ? "SkylakeX" : __builtin_cpu_supports("avx2") ? "Haswell" : NULL;
#endif
    return NULL;
}

/* environment of a peer: ours, with as many threads */
static char **environment_for(int threads, char text[4][64])
{
    static const char *const names[] = {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"};
    size_t count = 0, kept = 0;
    char **all;
    while (environ[count] != NULL)
        count++;
    all = malloc((count + 5) * sizeof *all);
    for (size_t i = 0; all != NULL && i < count; i++)
        if (strncmp(environ[i], "OMP_NUM_THREADS=", 16) != 0)
            all[kept++] = environ[i];
    for (int i = 0; all != NULL && i < 3; i++) {
        snprintf(text[i], 64, "%s=%d", names[i], threads);
        all[kept++] = text[i];
    }
    if (all != NULL && openblas_core() != NULL) {
        snprintf(text[3], 64, "OPENBLAS_CORETYPE=%s", openblas_core());
        all[kept++] = text[3];
    }
    if (all != NULL)
        all[kept] = NULL;
    return all;
}

static bool start_with(peer *p, const char *python, int threads)
{
    char path[UNROLL_FILE_ROOM], text[4][64], *words[4] = {NULL}, **environment;
    int down[2], up[2], reason;
    posix_spawn_file_actions_t actions;
    if (!find(p, python, path, words) || pipe(down) != 0)
        return false;
    if (pipe(up) != 0) {
        close(down[0]), close(down[1]);
        return false;
    }
    fcntl(down[1], F_SETFD, FD_CLOEXEC);
    fcntl(up[0], F_SETFD, FD_CLOEXEC);
    environment = environment_for(threads, text);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, down[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, up[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclose(&actions, down[0]);
    posix_spawn_file_actions_addclose(&actions, up[1]);
    reason = posix_spawnp(&p->process, words[0], &actions, NULL, words, environment);
    posix_spawn_file_actions_destroy(&actions);
    free(environment);
    close(down[0]), close(up[1]);
    p->in = down[1], p->out = up[0], p->threads = threads;
    if (reason == 0)
        return true;
    close(p->in), close(p->out);
    p->process = 0;
    return false;
}

/* ---- the common problem ---- */

typedef struct problem {
    int32_t head[7];
    size_t hidden, input, batch, steps, rows;
    float *weight[6]; /* W_ih, W_hh, b_ih, b_hh, head's W and b */
    size_t length[6];
    float *x, *target;                  /* (T, B, I), (B) */
    float *h, *d_x, *d_w_ih, *d_w_hh;   /* ours, to be compared: d_x is (T, B, I) */
    double loss, later;
} problem;

static void free_problem(problem *q)
{
    for (int i = 0; i < 6; i++)
        free(q->weight[i]);
    free(q->x), free(q->target), free(q->h), free(q->d_x), free(q->d_w_ih), free(q->d_w_hh);
}

static float *copy_out(const unroll_model *model, int index, bool gradient, size_t *length)
{
    unroll_weight weight;
    real *values;
    float *out;
    unroll_model_weight_at(model, index, &weight);
    *length = (size_t)weight.rows * (size_t)(weight.columns > 0 ? weight.columns : 1);
    values = malloc(*length * sizeof *values);
    out = malloc(*length * sizeof *out);
    if (values != NULL && out != NULL) {
        (gradient ? unroll_model_get_gradient : unroll_model_get_weight)(model, index, values);
        for (size_t i = 0; i < *length; i++)
            out[i] = (float)values[i];
    }
    free(values);
    return out;
}

/* ours: h after the last step */
static unroll_status own_output(const unroll_settings *settings, problem *q)
{
    unroll_timed timed;
    size_t count = q->batch * q->steps;
    real *x = malloc(count * q->input * sizeof *x), *h = malloc(count * q->hidden * sizeof *h);
    unroll_status status = x == NULL || h == NULL ? unroll_error(UNROLL_FAILED, "out of memory") : unroll_ok();
    unroll_forward io = {.size = (int)q->batch, .steps = (int)q->steps, .x = x, .hidden = h};
    if (status.code == UNROLL_OK)
        status = unroll_timed_open(settings, &timed);
    if (status.code == UNROLL_OK) {
        for (size_t i = 0; i < count * q->input; i++)
            x[i] = timed.x[i];
        unroll_model_forward(timed.model, &io);
        for (size_t b = 0; b < q->batch; b++)
            for (size_t u = 0; u < q->hidden; u++)
                q->h[b * q->hidden + u] = (float)h[(b * q->steps + q->steps - 1) * q->hidden + u];
        unroll_timed_close(&timed);
    }
    free(x);
    free(h);
    return status;
}

/* ours: the gradient of x, in the order in which peers have it */
static float *own_input_gradient(const unroll_model *model, const problem *q)
{
    size_t count = q->steps * q->batch * q->input;
    real *values = malloc(count * sizeof *values); /* (B, T, I) */
    float *out = malloc(count * sizeof *out);
    if (values != NULL && out != NULL) {
        unroll_model_get_input_gradient(model, values);
        for (size_t t = 0; t < q->steps; t++)
            for (size_t b = 0; b < q->batch; b++)
                for (size_t i = 0; i < q->input; i++)
                    out[(t * q->batch + b) * q->input + i] = (float)values[(b * q->steps + t) * q->input + i];
    }
    free(values);
    return out;
}

static unroll_status own_training(const unroll_settings *settings, problem *q)
{
    unroll_timed timed;
    size_t length;
    UNROLL_TRY(unroll_timed_open(settings, &timed));
    q->loss = unroll_model_gradient(timed.model, NULL);
    q->d_x = own_input_gradient(timed.model, q);
    q->d_w_ih = copy_out(timed.model, 0, true, &length);
    q->d_w_hh = copy_out(timed.model, 1, true, &length);
    for (int i = 0; i < TRAINED_STEPS; i++)
        unroll_timed_train(&timed);
    q->later = unroll_model_gradient(timed.model, NULL);
    unroll_timed_close(&timed);
    return q->d_x != NULL && q->d_w_ih != NULL && q->d_w_hh != NULL ? unroll_ok() : unroll_error(UNROLL_FAILED, "out of memory");
}

static unroll_status pose(const unroll_settings *settings, const unroll_timed *timed, bool stream, problem *q)
{
    const char *cell = unroll_text(settings, "model");
    int kind = strcmp(cell, "rnn") == 0 ? 0 : strcmp(cell, "lstm") == 0 ? 1 : strcmp(cell, "gru") == 0 ? 2 : -1;
    if (kind < 0 || unroll_int(settings, "layers") != 1 || strcmp(unroll_text(settings, "bias"), "two") != 0)
        return unroll_error(UNROLL_WRONG, "peers know the cells rnn, lstm and gru, in one layer with two biases");
    *q = (problem){.hidden = (size_t)unroll_int(settings, "hidden"), .input = (size_t)timed->inputs, .batch = (size_t)timed->batch,
                   .steps = (size_t)timed->steps};
    q->rows = q->hidden * (size_t)unroll_cell_find(cell)->shape.gates;
    int32_t head[7] = {kind, (int32_t)q->hidden, timed->inputs, timed->batch, timed->steps,
                       (int32_t)unroll_int(settings, "threads"), stream};
    memcpy(q->head, head, sizeof head);
    for (int i = 0; i < 6; i++)
        if ((q->weight[i] = copy_out(timed->model, i, false, &q->length[i])) == NULL)
            return unroll_error(UNROLL_FAILED, "out of memory");
    q->x = malloc(q->steps * q->batch * q->input * sizeof *q->x);
    q->target = malloc(q->batch * sizeof *q->target);
    q->h = malloc(q->batch * q->hidden * sizeof *q->h);
    if (q->x == NULL || q->target == NULL || q->h == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory");
    for (size_t t = 0; t < q->steps; t++)
        for (size_t b = 0; b < q->batch; b++)
            memcpy(q->x + (t * q->batch + b) * q->input, timed->x + (b * q->steps + t) * q->input, q->input * sizeof *q->x);
    memcpy(q->target, timed->y, q->batch * sizeof *q->target);
    UNROLL_TRY(own_output(settings, q));
    return stream ? unroll_ok() : own_training(settings, q);
}

/* ---- one peer at one point ---- */

static bool hand_over(peer *p, const problem *q)
{
    bool good = put(p, "s", 1) && put(p, q->head, sizeof q->head);
    int32_t length = 0;
    for (int i = 0; i < 6; i++)
        good = good && put(p, q->weight[i], q->length[i] * sizeof(float));
    good = good && put(p, q->x, q->steps * q->batch * q->input * sizeof(float)) &&
           put(p, q->target, q->batch * sizeof(float)) && get(p, &length, sizeof length);
    if (good && length > 0) {
        size_t kept = (size_t)length < sizeof p->state.trouble ? (size_t)length : sizeof p->state.trouble - 1;
        good = get(p, p->state.trouble, kept);
        p->state.trouble[kept] = '\0';
    }
    return good;
}

static double difference(const float *a, const float *b, size_t count)
{
    double squares = 0, differences = 0;
    for (size_t i = 0; i < count; i++) {
        squares += (double)b[i] * (double)b[i];
        differences += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
    }
    return squares > 0 ? sqrt(differences / squares) : sqrt(differences);
}

/* reads `count` values and holds them against ours */
static bool agrees(peer *p, const char *what, const float *ours, size_t count)
{
    float *values = malloc(count * sizeof *values);
    bool good = values != NULL && get(p, values, count * sizeof *values);
    double off = good ? difference(values, ours, count) : 0;
    if (good && !(off <= value_tolerance) && p->state.trouble[0] == '\0')
        snprintf(p->state.trouble, sizeof p->state.trouble, "its %s differs from ours by %.2g of its size", what, off);
    free(values);
    return good;
}

static bool loss_agrees(peer *p, const char *what, double ours, double tolerance)
{
    float loss;
    if (!get(p, &loss, sizeof loss))
        return false;
    if (!(fabs((double)loss - ours) <= tolerance * fabs(ours) + 1e-6) && p->state.trouble[0] == '\0')
        snprintf(p->state.trouble, sizeof p->state.trouble, "its %s is %.6g, ours %.6g", what, (double)loss, ours);
    return true;
}

static bool check(peer *p, const problem *q)
{
    size_t states = q->batch * q->hidden;
    if (!put(p, "c", 1))
        return false;
    if (q->head[6])
        return agrees(p, "h", q->h, states);
    return loss_agrees(p, "loss", q->loss, value_tolerance) && agrees(p, "last h", q->h, states) &&
           agrees(p, "gradient of x", q->d_x, q->steps * q->batch * q->input) &&
           agrees(p, "gradient of W_ih", q->d_w_ih, q->rows * q->input) &&
           agrees(p, "gradient of W_hh", q->d_w_hh, q->rows * q->hidden) &&
           loss_agrees(p, "loss after five steps of Adam", q->later, loss_tolerance);
}

static double timed_steps(peer *p, int repeats)
{
    int32_t count = repeats;
    int64_t ns;
    if (!put(p, "r", 1) || !put(p, &count, sizeof count) || !get(p, &ns, sizeof ns))
        return 0;
    return (double)ns / repeats;
}

/* Brings a peer to this point; false when it does not take part, with the reason in its state. */
static bool prepare(peer *p, const problem *q, int *repeats)
{
    static const char *const pythons[] = {"python3", "/usr/bin/python3"};
    double each = 0;
    p->state.trouble[0] = '\0';
    if (p->state.missing)
        return false;
    if (p->process != 0 && p->threads != q->head[5])
        end(p);
    for (int i = 0; i < 2 && each == 0; i++) {
        bool fresh = p->process == 0;
        if (fresh && !start_with(p, pythons[i], q->head[5]))
            continue;
        if (hand_over(p, q)) {
            if (p->state.trouble[0] != '\0' || (check(p, q) && p->state.trouble[0] == '\0' && (each = timed_steps(p, 2)) > 0))
                break;
            if (p->state.trouble[0] != '\0')
                break;
            snprintf(p->state.trouble, sizeof p->state.trouble, "it died at its work");
            end(p);
            return false;
        }
        end(p);
        if (!fresh)
            break;
    }
    if (p->process == 0 && p->state.trouble[0] == '\0') {
        p->state.missing = true;
        return false;
    }
    *repeats = each > 0 && each < 5e6 ? (int)(5e6 / each) + 1 : 1;
    return p->state.trouble[0] == '\0';
}

/* ---- the turns ---- */

typedef struct turns {
    int rounds, repeats[UNROLL_PEERS], own_repeats;
    bool in[UNROLL_PEERS];
    double own[UNROLL_TIMING_SAMPLES], peer[UNROLL_PEERS][UNROLL_TIMING_SAMPLES], ratio[UNROLL_PEERS][UNROLL_TIMING_SAMPLES];
} turns;

/* With several threads the one before may still spin at its barrier for a moment. */
static void calm_down(const problem *q)
{
    if (q->head[5] > 1)
        nanosleep(&(struct timespec){0, 10000000}, NULL);
}

static void take_turns(turns *r, unroll_timed *timed, const problem *q, double seconds, const atomic_bool *stop)
{
    void (*step)(void *) = q->head[6] ? unroll_timed_stream : unroll_timed_train;
    int64_t begin;
    r->own_repeats = unroll_repeats_for(step, timed, 5000000);
    begin = unroll_clock_ns();
    while (r->rounds < UNROLL_TIMING_SAMPLES && !atomic_load(stop) &&
           (r->rounds < LEAST_ROUNDS || (double)(unroll_clock_ns() - begin) < seconds * 1e9)) {
        int s = r->rounds++;
        calm_down(q);
        r->own[s] = unroll_time_steps(step, timed, r->own_repeats);
        for (int i = 0; i < UNROLL_PEERS; i++) {
            if (!r->in[i])
                continue;
            calm_down(q);
            r->peer[i][s] = timed_steps(&peers[i], r->repeats[i]);
            r->ratio[i][s] = r->peer[i][s] / r->own[s];
            if (r->peer[i][s] > 0)
                continue;
            r->in[i] = false;
            snprintf(peers[i].state.trouble, sizeof peers[i].state.trouble, "it died at its work");
            end(&peers[i]);
        }
    }
}

static void tell(const unroll_settings *settings, const turns *r, const problem *q, const unroll_bench_sink *sink)
{
    unroll_record *record = unroll_bench_record(settings);
    char name[48];
    double best = INFINITY;
    const char *winner = "";
    if (record != NULL) {
        unroll_record_text(record, "work", q->head[6] ? "stream" : "train");
        unroll_record_real(record, "us", "us", unroll_quartiles_of(r->own, r->rounds).median * 1e-3);
        for (int i = 0; i < UNROLL_PEERS; i++) {
            unroll_quartiles ratio;
            if (!r->in[i])
                continue;
            ratio = unroll_quartiles_of(r->ratio[i], r->rounds);
            snprintf(name, sizeof name, "%s_us", peers[i].state.name);
            unroll_record_real(record, name, "us", unroll_quartiles_of(r->peer[i], r->rounds).median * 1e-3);
            snprintf(name, sizeof name, "%s_times", peers[i].state.name);
            unroll_record_real(record, name, "", ratio.median);
            snprintf(name, sizeof name, "%s_spread", peers[i].state.name);
            unroll_record_real(record, name, "", ratio.spread);
            if (ratio.median < best) {
                best = ratio.median;
                winner = peers[i].state.name;
            }
        }
        unroll_record_text(record, "best", winner);
        if (isfinite(best))
            unroll_record_real(record, "best_times", "", best);
    }
    sink->take(sink->context, record);
}

static unroll_status contest(const unroll_settings *settings, bool stream, double seconds, const atomic_bool *stop,
                             const unroll_bench_sink *sink)
{
    turns *r = calloc(1, sizeof *r);
    bool alone = unroll_int(settings, "threads") == 1;
    unroll_timed timed;
    problem q = {.hidden = 0};
    unroll_pinned old;
    unroll_status status = r == NULL ? unroll_error(UNROLL_FAILED, "out of memory") : unroll_timed_open(settings, &timed);
    if (status.code != UNROLL_OK) {
        free(r);
        return status;
    }
    signal(SIGPIPE, SIG_IGN); /* a peer that dies is one that does not answer */
    status = pose(settings, &timed, stream, &q);
    for (int i = 0; status.code == UNROLL_OK && i < UNROLL_PEERS; i++)
        r->in[i] = prepare(&peers[i], &q, &r->repeats[i]);
    if (status.code == UNROLL_OK) {
        if (alone)
            unroll_pin(&old);
        take_turns(r, &timed, &q, seconds * UNROLL_PEERS, stop);
        if (alone)
            unroll_unpin(&old);
    }
    for (int i = 0; i < UNROLL_PEERS; i++)
        if (peers[i].process != 0)
            put(&peers[i], "e", 1);
    if (status.code == UNROLL_OK && r->rounds > 0)
        tell(settings, r, &q, sink);
    free_problem(&q);
    unroll_timed_close(&timed);
    free(r);
    return status;
}

unroll_status unroll_bench_peers(const unroll_settings *settings, double seconds, const unroll_ceilings *ceilings,
                                 const atomic_bool *stop, const unroll_bench_sink *sink)
{
    (void)ceilings;
    return contest(settings, false, seconds, stop, sink);
}

unroll_status unroll_bench_stream_peers(const unroll_settings *settings, double seconds, const unroll_ceilings *ceilings,
                                        const atomic_bool *stop, const unroll_bench_sink *sink)
{
    (void)ceilings;
    return contest(settings, true, seconds, stop, sink);
}
