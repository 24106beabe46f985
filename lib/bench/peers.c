#include "bench/peers.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/peer_problem.h"
#include "bench/peer_process.h"

/* differences that count as rounding, of sums in other orders and other functions' last bits: of values, relative to their
   root mean square; of the loss after some steps, whose smallest gradients Adam makes large */
static const double value_tolerance = 1e-3, loss_tolerance = 2e-2;

typedef struct peer {
    unroll_peer_state state;
    unroll_peer_process process;
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

void unroll_peers_close(void)
{
    for (int i = 0; i < UNROLL_PEERS; i++)
        unroll_peer_end(&peers[i].process);
}

/* ---- one peer at one point ---- */

static bool hand_over(peer *p, const unroll_peer_problem *q)
{
    bool good = unroll_peer_send(&p->process, "s", 1) && unroll_peer_send(&p->process, q->head, sizeof q->head);
    int32_t length = 0;
    for (int i = 0; i < q->weights; i++)
        good = good && unroll_peer_send(&p->process, q->weight[i], q->length[i] * sizeof(float));
    good = good && unroll_peer_send(&p->process, q->x, q->steps * q->batch * q->input * sizeof(float)) &&
           unroll_peer_send(&p->process, q->target, q->batch * sizeof(float)) &&
           unroll_peer_receive(&p->process, &length, sizeof length);
    if (good && length > 0) {
        size_t kept = (size_t)length < sizeof p->state.trouble ? (size_t)length : sizeof p->state.trouble - 1;
        good = unroll_peer_receive(&p->process, p->state.trouble, kept);
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
    bool good = values != NULL && unroll_peer_receive(&p->process, values, count * sizeof *values);
    double off = good ? difference(values, ours, count) : 0;
    if (good && !(off <= value_tolerance) && p->state.trouble[0] == '\0')
        snprintf(p->state.trouble, sizeof p->state.trouble, "its %s differs from ours by %.2g of its size", what, off);
    free(values);
    return good;
}

static bool loss_agrees(peer *p, const char *what, double ours, double tolerance)
{
    float loss;
    if (!unroll_peer_receive(&p->process, &loss, sizeof loss))
        return false;
    if (!(fabs((double)loss - ours) <= tolerance * fabs(ours) + 1e-6) && p->state.trouble[0] == '\0')
        snprintf(p->state.trouble, sizeof p->state.trouble, "its %s is %.6g, ours %.6g", what, (double)loss, ours);
    return true;
}

/* With layer norm a recurrence of many steps makes so much of the last bit that PyTorch's own losses after five steps are 4 to 9%
   apart in float and in double (64 to 128 units, 64 steps): there the gradients alone are compared. */
static bool check(peer *p, const unroll_peer_problem *q)
{
    size_t states = q->batch * q->hidden;
    if (!unroll_peer_send(&p->process, "c", 1))
        return false;
    if (q->head[6])
        return agrees(p, "h", q->h, states);
    return loss_agrees(p, "loss", q->loss, value_tolerance) && agrees(p, "last h", q->h, states) &&
           agrees(p, "gradient of x", q->d_x, q->steps * q->batch * q->input) &&
           agrees(p, "gradient of W_ih", q->d_w_ih, q->rows * q->input) &&
           agrees(p, "gradient of W_hh", q->d_w_hh, q->rows * q->hidden) &&
           loss_agrees(p, "loss after five steps of Adam", q->later, q->head[7] ? INFINITY : loss_tolerance);
}

/* Brings a peer to this point; false when it does not take part, with the reason in its state. */
static bool prepare(peer *p, const unroll_peer_problem *q, int *repeats)
{
    static const char *const pythons[] = {"python3", "/usr/bin/python3"};
    double each = 0;
    p->state.trouble[0] = '\0';
    if (p->state.missing)
        return false;
    if (p->process.pid != 0 && p->process.threads != q->head[5])
        unroll_peer_end(&p->process);
    for (int i = 0; i < 2 && each == 0; i++) {
        bool fresh = p->process.pid == 0;
        if (fresh && !unroll_peer_start(&p->process, p->state.name, pythons[i], q->head[5]))
            continue;
        if (hand_over(p, q)) {
            if (p->state.trouble[0] != '\0' || (check(p, q) && p->state.trouble[0] == '\0' && (each = unroll_peer_time(&p->process, 2)) > 0))
                break;
            if (p->state.trouble[0] != '\0')
                break;
            snprintf(p->state.trouble, sizeof p->state.trouble, "it died at its work");
            unroll_peer_end(&p->process);
            return false;
        }
        unroll_peer_end(&p->process);
        if (!fresh)
            break;
    }
    if (p->process.pid == 0 && p->state.trouble[0] == '\0') {
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
static void calm_down(const unroll_peer_problem *q)
{
    if (q->head[5] > 1)
        nanosleep(&(struct timespec){0, 10000000}, NULL);
}

static void run_rounds(turns *r, unroll_timed *timed, const unroll_peer_problem *q, double seconds, const atomic_bool *stop)
{
    void (*step)(void *) = q->head[6] ? unroll_timed_stream : unroll_timed_train;
    int64_t begin;
    r->own_repeats = unroll_repeats_for(step, timed, 5000000);
    begin = unroll_clock_ns();
    while (unroll_wants_sample(r->rounds, begin, seconds) && !atomic_load(stop)) {
        int s = r->rounds++;
        calm_down(q);
        r->own[s] = unroll_time_steps(step, timed, r->own_repeats);
        for (int i = 0; i < UNROLL_PEERS; i++) {
            if (!r->in[i])
                continue;
            calm_down(q);
            r->peer[i][s] = unroll_peer_time(&peers[i].process, r->repeats[i]);
            r->ratio[i][s] = r->peer[i][s] / r->own[s];
            if (r->peer[i][s] > 0)
                continue;
            r->in[i] = false;
            snprintf(peers[i].state.trouble, sizeof peers[i].state.trouble, "it died at its work");
            unroll_peer_end(&peers[i].process);
        }
    }
}

static void tell(const unroll_settings *settings, const turns *r, const unroll_peer_problem *q, const unroll_bench_sink *sink)
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
    sink->put(sink->context, record);
}

static unroll_status contest(const unroll_settings *settings, bool stream, double seconds, const atomic_bool *stop,
                             const unroll_bench_sink *sink)
{
    turns *r = calloc(1, sizeof *r);
    bool alone = unroll_int(settings, "threads") == 1;
    unroll_timed timed;
    unroll_peer_problem q = {.hidden = 0};
    unroll_pinned old;
    unroll_status status = r == NULL ? unroll_error(UNROLL_FAILED, "out of memory") : unroll_timed_open(settings, &timed);
    if (status.code != UNROLL_OK) {
        free(r);
        return status;
    }
    signal(SIGPIPE, SIG_IGN); /* a peer that dies is one that does not answer */
    status = unroll_peer_problem_pose(settings, &timed, stream, &q);
    for (int i = 0; status.code == UNROLL_OK && i < UNROLL_PEERS; i++)
        r->in[i] = prepare(&peers[i], &q, &r->repeats[i]);
    if (status.code == UNROLL_OK) {
        if (alone)
            unroll_pin(&old);
        run_rounds(r, &timed, &q, seconds * UNROLL_PEERS, stop);
        if (alone)
            unroll_unpin(&old);
    }
    for (int i = 0; i < UNROLL_PEERS; i++)
        if (peers[i].process.pid != 0)
            unroll_peer_send(&peers[i].process, "e", 1);
    if (status.code == UNROLL_OK && r->rounds > 0)
        tell(settings, r, &q, sink);
    unroll_peer_problem_free(&q);
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
