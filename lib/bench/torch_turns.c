#include "bench/torch_turns.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { CHECKED_STEPS = 5 };

bool unroll_torch_send_weights(const unroll_peer_process *process, const unroll_model *model)
{
    bool good = true;
    for (int i = 0; good && i < unroll_model_weight_count(model); i++) {
        unroll_weight weight;
        unroll_model_weight_at(model, i, &weight);
        size_t count = (size_t)weight.rows * (size_t)(weight.columns > 0 ? weight.columns : 1);
        real *values = malloc(count * sizeof *values);
        float *out = malloc(count * sizeof *out);
        good = values != NULL && out != NULL;
        if (good)
            unroll_model_get_weight(model, i, values);
        for (size_t k = 0; good && k < count; k++)
            out[k] = (float)values[k];
        good = good && unroll_peer_send(process, out, count * sizeof *out);
        free(values);
        free(out);
    }
    return good;
}

static void train(void *model)
{
    unroll_model_gradient(model, NULL);
    unroll_model_update(model);
}

static bool hand_over(const unroll_torch_work *work, const unroll_peer_process *process, int *answer)
{
    int32_t ready = -1;
    bool good = unroll_peer_send(process, "s", 1) && work->hand_over(process, work->context) &&
                unroll_peer_receive(process, &ready, sizeof ready) && ready >= 0;
    *answer = good ? ready : -1;
    return good;
}

/* Starts PyTorch where one of the Pythons has it. */
static void start(const unroll_torch_work *work, int threads, unroll_peer_process *process, unroll_torch_turns *turns)
{
    static const char *const pythons[] = {"python3", "/usr/bin/python3"};
    for (int i = 0; i < 2; i++) {
        if (!unroll_peer_start(process, work->name, pythons[i], threads))
            continue;
        if (hand_over(work, process, &turns->answer))
            return;
        unroll_peer_end(process);
    }
    snprintf(turns->trouble, sizeof turns->trouble, "not here: python3-torch");
}

/* Both train some steps: the first loss and gradient's norm must be the same, and the loss after them. */
static void check(const unroll_peer_process *process, unroll_model *model, unroll_torch_turns *turns)
{
    const struct {
        const char *what;
        double tolerance;
    } numbers[3] = {{"loss", 1e-4}, {"gradient's norm", 1e-3}, {"loss after five steps", 1e-3}};
    double ours[3];
    float theirs[3];
    ours[0] = unroll_model_gradient(model, NULL);
    ours[1] = unroll_model_update(model);
    for (int i = 1; i < CHECKED_STEPS; i++)
        train(model);
    ours[2] = unroll_model_gradient(model, NULL);
    if (turns->trouble[0] != '\0')
        return;
    if (!unroll_peer_send(process, "c", 1) || !unroll_peer_receive(process, theirs, sizeof theirs))
        snprintf(turns->trouble, sizeof turns->trouble, "died at its work");
    for (int i = 0; i < 3 && turns->trouble[0] == '\0'; i++)
        if (!(fabs((double)theirs[i] - ours[i]) <= numbers[i].tolerance * fabs(ours[i])))
            snprintf(turns->trouble, sizeof turns->trouble, "its %s is %.6g and ours %.6g", numbers[i].what, (double)theirs[i],
                     ours[i]);
}

static void run_rounds(const unroll_settings *settings, const unroll_peer_process *process, unroll_model *model, double seconds,
                       const atomic_bool *stop, unroll_torch_turns *turns)
{
    double before = unroll_measure_peak(settings, 0.002), after;
    int64_t begin = unroll_clock_ns();
    while (unroll_wants_sample(turns->count, begin, seconds) && !atomic_load(stop)) {
        int i = turns->count++;
        turns->own[i] = unroll_time_steps(train, model, 1);
        after = unroll_measure_peak(settings, 0.002);
        turns->rate[i] = (before + after) / 2.0;
        turns->at_peak[i] = unroll_model_operations(model) / (turns->rate[i] * unroll_model_threads(model));
        turns->over_peak[i] = turns->own[i] / turns->at_peak[i];
        before = after;
        if (turns->trouble[0] == '\0' && (turns->torch[i] = unroll_peer_time(process, 1)) == 0)
            snprintf(turns->trouble, sizeof turns->trouble, "died at its work");
        turns->over_own[i] = turns->torch[i] / turns->own[i];
    }
}

void unroll_torch_take_turns(const unroll_torch_work *work, const unroll_settings *settings, unroll_model *model, double seconds,
                             const atomic_bool *stop, unroll_torch_turns *turns)
{
    int threads = (int)unroll_int(settings, "threads");
    unroll_peer_process process = {.pid = 0};
    unroll_pinned old;
    *turns = (unroll_torch_turns){.answer = -1};
    signal(SIGPIPE, SIG_IGN); /* a peer that dies is one that does not answer */
    start(work, threads, &process, turns);
    check(&process, model, turns);
    if (threads == 1)
        unroll_pin(&old);
    run_rounds(settings, &process, model, seconds, stop, turns);
    if (threads == 1)
        unroll_unpin(&old);
    unroll_peer_end(&process);
}

void unroll_torch_record(unroll_record *record, const unroll_torch_turns *turns)
{
    unroll_quartiles ratio;
    unroll_record_text(record, "torch", turns->trouble[0] != '\0' ? turns->trouble : "agrees");
    if (turns->trouble[0] != '\0')
        return;
    ratio = unroll_quartiles_of(turns->over_own, turns->count);
    unroll_record_real(record, "torch_ms", "ms", unroll_quartiles_of(turns->torch, turns->count).median * 1e-6);
    unroll_record_real(record, "torch_times", "", ratio.median);
    unroll_record_real(record, "torch_spread", "", ratio.spread);
}
