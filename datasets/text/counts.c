#include "counts.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/random.h"

enum { NOWHERE = 0, EMPTY = 1, DISCOUNTS = 3, STRINGS = UNROLL_COUNTS_ORDER_MAX + 2 };

/* A string of symbols that was seen: that of its parent and one symbol more. */
typedef struct string {
    uint32_t parent;
    int symbol;
    uint32_t count;            /* a of counts.h */
    uint32_t total;            /* of the strings that go on from it: the sum of their counts, */
    uint32_t kinds[DISCOUNTS]; /* and how many have 1, 2 and more */
} string;

/* All of them: a tree whose edges are found by hashing. A string's number says when it was first seen, so nothing but the
   speed depends on where it is hashed to. */
typedef struct counts {
    int order;
    string *seen;                        /* [NOWHERE] is none, [EMPTY] the empty string */
    uint32_t used, room;                 /* of `seen` */
    uint32_t *slot;                      /* (2 room), a power of two: numbers of strings, NOWHERE: free */
    uint32_t with[STRINGS][5];           /* [length][n - 1]: strings with count n; the last: with more */
    double discount[STRINGS][DISCOUNTS]; /* [length][n - 1]: of a count of n; the last: of more, too */
} counts;

/* The slot of the edge from `parent`, or the free one where it belongs. */
static size_t slot_of(const counts *c, uint32_t parent, int symbol)
{
    uint64_t hash = ((uint64_t)parent << 32 | (uint32_t)symbol) * UINT64_C(0x9E3779B97F4A7C15);
    size_t mask = 2 * (size_t)c->room - 1, place = (size_t)(hash ^ hash >> 32) & mask;
    while (c->slot[place] != NOWHERE &&
           (c->seen[c->slot[place]].parent != parent || c->seen[c->slot[place]].symbol != symbol))
        place = (place + 1) & mask;
    return place;
}

/* Room for twice as many. */
static unroll_status grow(counts *c)
{
    size_t room = 2 * (size_t)c->room;
    uint32_t *slot = room <= UINT32_MAX ? calloc(2 * room, sizeof *slot) : NULL;
    string *seen = slot != NULL ? realloc(c->seen, room * sizeof *seen) : NULL;
    if (seen == NULL) {
        free(slot);
        return unroll_error(UNROLL_FAILED, "out of memory: counts of a text");
    }
    free(c->slot);
    c->seen = seen;
    c->slot = slot;
    c->room = (uint32_t)room;
    for (uint32_t s = EMPTY + 1; s < c->used; s++)
        slot[slot_of(c, seen[s].parent, seen[s].symbol)] = s;
    return unroll_ok();
}

/* In a list of how many have 1, 2, ... and at least `most`: one of them goes from `before` to one more. */
static void move_up(uint32_t *having, uint32_t most, uint32_t before)
{
    if (before > 0)
        having[(before < most ? before : most) - 1]--;
    having[(before + 1 < most ? before + 1 : most) - 1]++;
}

static void count_once(counts *c, uint32_t at, int length)
{
    string *context = &c->seen[c->seen[at].parent];
    uint32_t before = c->seen[at].count++;
    move_up(c->with[length], 5, before);
    move_up(context->kinds, DISCOUNTS, before);
    context->total++;
}

/* The string `parent` and a symbol more, which is added where it was never seen. */
static unroll_status see(counts *c, uint32_t parent, int symbol, uint32_t *at, bool *is_new)
{
    size_t place;
    if (c->used == c->room)
        UNROLL_TRY(grow(c));
    place = slot_of(c, parent, symbol);
    *is_new = c->slot[place] == NOWHERE;
    if (*is_new) {
        c->slot[place] = c->used;
        c->seen[c->used++] = (string){.parent = parent, .symbol = symbol};
    }
    *at = c->slot[place];
    return unroll_ok();
}

/* One symbol more of the counted ones. ends[k], k = 0 .. order: their last k symbols; NOWHERE: there are fewer. */
static unroll_status learn(counts *c, uint32_t *ends, int symbol)
{
    uint32_t last = EMPTY, next;
    bool is_new;
    int k;
    for (k = 0; k <= c->order && ends[k] != NOWHERE; k++) {
        UNROLL_TRY(see(c, ends[k], symbol, &next, &is_new));
        if (is_new && k > 0)
            count_once(c, last, k); /* for it stands after a symbol that it never stood after */
        if (k == c->order)
            count_once(c, next, k + 1);
        ends[k] = last;
        last = next;
    }
    if (k <= c->order)
        ends[k] = last;
    return unroll_ok();
}

/* The discounts of the strings of one length, from how many have the counts 1 .. 4. */
static void find_discounts(const uint32_t *with, double *discount)
{
    bool usual = with[0] > 0 && with[1] > 0 && with[2] > 0;
    double y = usual ? with[0] / (with[0] + 2.0 * with[1]) : 0.0;
    for (int n = 1; usual && n <= DISCOUNTS; n++) {
        discount[n - 1] = n - (n + 1) * y * with[n] / with[n - 1];
        usual = discount[n - 1] > 0.0;
    }
    for (int n = 1; !usual && n <= DISCOUNTS; n++)
        discount[n - 1] = 0.5 * n;
}

static unroll_status count_all(counts *c, const int *symbol, size_t train)
{
    uint32_t ends[STRINGS] = {EMPTY};
    c->used = EMPTY + 1;
    c->room = 16;
    c->seen = calloc(c->room, sizeof *c->seen);
    c->slot = calloc(2 * (size_t)c->room, sizeof *c->slot);
    if (c->seen == NULL || c->slot == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory: counts of a text");
    for (size_t i = 0; i < train; i++)
        UNROLL_TRY(learn(c, ends, symbol[i]));
    for (int length = 1; length <= c->order + 1; length++)
        find_discounts(c->with[length], c->discount[length]);
    return unroll_ok();
}

/* p(symbol | context) of counts.h; next: the context and the symbol, lower: p(symbol | one symbol less). */
static double interpolate(const string *context, const string *next, const double *discount, double lower)
{
    double spare = 0.0, kept = next->count;
    if (context->total == 0)
        return lower;
    for (int n = 0; n < DISCOUNTS; n++)
        spare += discount[n] * context->kinds[n];
    if (next->count > 0)
        kept -= discount[(next->count < DISCOUNTS ? next->count : DISCOUNTS) - 1];
    return (kept + spare * lower) / context->total;
}

/* p(symbol | what it follows). ends[k]: as of learn; NOWHERE: they were never seen. */
static double probability(const counts *c, uint32_t *ends, int symbol, double lowest)
{
    double p = lowest;
    uint32_t last = EMPTY;
    int k;
    for (k = 0; k <= c->order && ends[k] != NOWHERE; k++) {
        uint32_t next = c->slot[slot_of(c, ends[k], symbol)];
        p = interpolate(&c->seen[ends[k]], &c->seen[next], c->discount[k + 1], p);
        ends[k] = last;
        last = next;
    }
    if (k <= c->order)
        ends[k] = last;
    return p;
}

unroll_status unroll_counts_bits(const int *symbol, size_t train, size_t first, size_t end, int symbols, int order,
                                 double *bits)
{
    counts c = {.order = order};
    size_t before = first < (size_t)order ? first : (size_t)order;
    uint32_t ends[STRINGS] = {EMPTY};
    double sum = 0.0;
    unroll_status status;
    assert(train >= 1 && first < end && symbols >= 1 && order >= 0 && order <= UNROLL_COUNTS_ORDER_MAX);
    status = count_all(&c, symbol, train);
    for (size_t i = first - before; status.code == UNROLL_OK && i < end; i++) {
        double p = probability(&c, ends, symbol[i], 1.0 / symbols);
        sum -= i >= first ? unroll_log(p) : 0.0;
    }
    *bits = sum / unroll_log(2.0) / (double)(end - first);
    free(c.seen);
    free(c.slot);
    return status;
}
