/* How the work of a recurrent layer is parted: into micro-batches, and among threads. */
#include "layers/parts.h"

/* Recurrent weights up to this many reals (1 MiB) are read by every thread, each for sequences of its own; larger ones are
   parted, so that each thread keeps its part in its own cache. */
enum { SHARED_WEIGHTS = 262144, FEWEST_SEQUENCES = 4 };

/* Multiply-adds of a time step that a thread must have to do so that it is worth its waiting. */
enum { LEAST_BY_SEQUENCES = 98304, LEAST_BY_PANELS = 131072 };

/* The same of a whole pass of a layer where no step waits for the one before. */
enum { LEAST_TOGETHER = 3145728 };

/* Of such weights, a batch is computed in micro-batches of at least so many sequences: enough rows for a tile, few enough for
   two threads to have one each of a batch of 32. Each has a gradient of its own. */
enum { MICRO_SEQUENCES = 16, MOST_MICROS = 4 };

bool unroll_parts_by_sequences(double weights, int batch, int threads)
{
    return weights <= SHARED_WEIGHTS && batch >= FEWEST_SEQUENCES * threads;
}

int unroll_parts_micros(double weights, int batch)
{
    int micros = batch / MICRO_SEQUENCES < MOST_MICROS ? batch / MICRO_SEQUENCES : MOST_MICROS;
    if (weights > SHARED_WEIGHTS)
        return 1;
    while (micros > 1 && weights * batch < (double)micros * LEAST_BY_SEQUENCES)
        micros--;
    return micros > 1 ? micros : 1;
}

/* what each of so many threads must have to do */
static double least_work(double weights, int batch, int steps, int threads)
{
    if (steps > 1)
        return LEAST_TOGETHER;
    return unroll_parts_by_sequences(weights, batch, threads) ? LEAST_BY_SEQUENCES : LEAST_BY_PANELS;
}

int unroll_parts_threads(double weights, int batch, int steps, int asked)
{
    double work = (double)batch * steps * weights;
    int micros = unroll_parts_micros(weights, batch);
    while (asked > 1 && work < asked * least_work(weights, batch, steps, asked))
        asked--;
    if (asked > micros)
        return asked / micros * micros;
    while (asked > 1 && (micros + asked - 1) / asked == (micros + asked - 2) / (asked - 1))
        asked--; /* one fewer has no more of them to do */
    return asked;
}
