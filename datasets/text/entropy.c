#include "entropy.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/random.h"

/* How often each key was seen: open addressing, at most half full; key 0 marks a free place. */
typedef struct counts {
    uint64_t *key;
    uint32_t *count, *kinds; /* of a context: occurrences, and different symbols seen after it */
    size_t room, used;
} counts;

static unroll_status counts_open(counts *table, size_t room)
{
    *table = (counts){.room = room};
    table->key = calloc(room, sizeof *table->key);
    table->count = calloc(room, sizeof *table->count);
    table->kinds = calloc(room, sizeof *table->kinds);
    if (table->key == NULL || table->count == NULL || table->kinds == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory: counts of a text");
    return unroll_ok();
}

static void counts_close(counts *table)
{
    free(table->key);
    free(table->count);
    free(table->kinds);
}

/* The place of `key`, or the free one where it belongs. */
static size_t counts_place(const counts *table, uint64_t key)
{
    uint64_t hash = key * UINT64_C(0x9E3779B97F4A7C15);
    size_t place = (size_t)(hash ^ hash >> 32) & (table->room - 1);
    while (table->key[place] != 0 && table->key[place] != key)
        place = (place + 1) & (table->room - 1);
    return place;
}

static unroll_status counts_double(counts *table)
{
    counts larger;
    unroll_status status = counts_open(&larger, 2 * table->room);
    for (size_t i = 0; status.code == UNROLL_OK && i < table->room; i++) {
        size_t place = counts_place(&larger, table->key[i]);
        if (table->key[i] == 0)
            continue;
        larger.key[place] = table->key[i];
        larger.count[place] = table->count[i];
        larger.kinds[place] = table->kinds[i];
    }
    if (status.code == UNROLL_OK) {
        larger.used = table->used;
        counts_close(table);
        *table = larger;
    } else {
        counts_close(&larger);
    }
    return status;
}

/* The key of the context of `order` symbols before `at`, followed by `next` (-1: the context alone). A symbol takes 21
   bits (code points do), so that three fill 63; different lengths must differ, so they are kept in tables of their own. */
static uint64_t key_of(const int *symbol, size_t at, int order, int next)
{
    uint64_t key = 0;
    for (int i = order; i > 0; i--)
        key = key << 21 | (uint64_t)(symbol[at - (size_t)i] + 1);
    return key << 21 | (uint64_t)(next + 1);
}

/* [order]: contexts with what follows them (next >= 0) and alone (next = -1, whose field is 0). */
typedef struct model {
    counts seen[3];
    int alphabet;
} model;

static unroll_status see(counts *table, const int *symbol, size_t at, int order)
{
    size_t pair, context;
    if (2 * (table->used + 2) > table->room)
        UNROLL_TRY(counts_double(table));
    pair = counts_place(table, key_of(symbol, at, order, symbol[at]));
    if (table->key[pair] == 0) {
        table->key[pair] = key_of(symbol, at, order, symbol[at]);
        table->used++;
    }
    context = counts_place(table, key_of(symbol, at, order, -1) | UINT64_C(1) << 63);
    if (table->key[context] == 0) {
        table->key[context] = key_of(symbol, at, order, -1) | UINT64_C(1) << 63;
        table->used++;
    }
    table->kinds[context] += table->count[pair] == 0;
    table->count[pair]++;
    table->count[context]++;
    return unroll_ok();
}

/* p(symbol[at]) given the `order` symbols before it. */
static double probability(const model *m, const int *symbol, size_t at, int order)
{
    double p = 1.0 / m->alphabet;
    for (int k = 0; k <= order; k++) {
        const counts *table = &m->seen[k];
        size_t pair = counts_place(table, key_of(symbol, at, k, symbol[at]));
        size_t context = counts_place(table, key_of(symbol, at, k, -1) | UINT64_C(1) << 63);
        double kinds = table->kinds[context], count = table->count[context];
        if (count > 0.0)
            p = (table->count[pair] + kinds * p) / (count + kinds);
    }
    return p;
}

static unroll_status learn(model *m, const int *symbol, size_t train)
{
    for (int order = 0; order < 3; order++)
        UNROLL_TRY(counts_open(&m->seen[order], 4096));
    for (int order = 0; order < 3; order++)
        for (size_t at = (size_t)order; at < train; at++)
            UNROLL_TRY(see(&m->seen[order], symbol, at, order));
    return unroll_ok();
}

unroll_status unroll_text_entropy(const int *symbol, size_t train, size_t first, size_t end, int alphabet,
                                  unroll_entropy *entropy)
{
    const double bit = unroll_log(2.0);
    model m = {.alphabet = alphabet};
    unroll_status status = learn(&m, symbol, train);
    *entropy = (unroll_entropy){0.0, 0.0};
    for (size_t at = first; status.code == UNROLL_OK && at < end; at++) {
        entropy->order0_bits -= unroll_log(probability(&m, symbol, at, 0)) / bit;
        entropy->order2_bits -= unroll_log(probability(&m, symbol, at, 2)) / bit;
    }
    entropy->order0_bits /= (double)(end - first);
    entropy->order2_bits /= (double)(end - first);
    for (int order = 0; order < 3; order++)
        counts_close(&m.seen[order]);
    return status;
}
