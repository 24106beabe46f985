/* draws.h: the stream of random numbers of one made-up sequence: a pure function of (seed, split, batch, place). */
#ifndef UNROLL_DATASETS_READ_DRAWS_H
#define UNROLL_DATASETS_READ_DRAWS_H

#include "base/random.h"
#include "model/task.h"

/* Sequences of a split are numbered through its batches; the number's high half is the stream's epoch. */
static inline unroll_random unroll_sample_draws(uint64_t seed, unroll_split split, int64_t index, int batch, int b)
{
    static const unroll_purpose purpose[] = {UNROLL_FOR_TRAIN, UNROLL_FOR_VALID, UNROLL_FOR_TEST};
    uint64_t number = (uint64_t)index * (uint64_t)batch + (uint64_t)b;
    return unroll_random_open(seed, purpose[split], (uint32_t)(number >> 32), (uint32_t)number);
}

/* Which of `count` training samples is sequence b of batch `index`: epoch after epoch, each in an order of its own, of as many
   batches as it takes; -1 past an epoch's end, in its last batch. */
static inline int64_t unroll_epoch_sample(uint64_t seed, int64_t index, int batch, int b, uint32_t count)
{
    int64_t batches = ((int64_t)count + batch - 1) / batch, place = index % batches * batch + b;
    return place < (int64_t)count ? (int64_t)unroll_random_order(seed, (uint64_t)(index / batches), count, (uint32_t)place) : -1;
}

/* Batches of the validation and the test set of made-up sequences: as many whole ones as make about a thousand sequences. */
static inline int unroll_held_out_batches(int batch)
{
    return (1000 + batch - 1) / batch;
}

#endif
