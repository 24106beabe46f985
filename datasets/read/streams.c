#include "streams.h"

unroll_streams unroll_streams_cut(size_t first, size_t end, size_t count, int steps)
{
    unroll_streams streams = {.first = first, .end = end, .count = count, .steps = steps};
    streams.each = (end - first + count - 1) / count;
    streams.batches = (int)((streams.each + (size_t)steps - 1) / (size_t)steps);
    return streams;
}

unroll_streams unroll_streams_to_score(size_t first, size_t end, int most, int steps, bool stateless)
{
    size_t count = (end - first) / (4 * (size_t)steps), anew;
    unroll_streams streams;
    count = count > (size_t)most ? (size_t)most : count;
    streams = unroll_streams_cut(first, end, count < 1 ? 1 : count, steps);
    if (!stateless || streams.each <= (size_t)steps)
        return streams;
    streams.again = steps / 2;
    anew = (size_t)(steps - streams.again);
    streams.batches = 1 + (int)((streams.each - (size_t)steps + anew - 1) / anew);
    return streams;
}

/* symbol (T) and target (T) of stream b, from its step `gone` on, the targets without the first `again`; both are left as they are
   past its end */
static void read_stream(const unroll_streams *s, const int *all, size_t b, size_t gone, int again, int *symbol, int *target)
{
    size_t count = s->end - s->first, from = b * s->each + gone, end = (b + 1) * s->each;
    end = end < count ? end : count;
    for (int t = 0; t < s->steps && from < end; t++, from++) {
        size_t at = s->first + (s->shift + from) % count;
        symbol[t] = all[at > 0 ? at - 1 : s->end - 1];
        target[t] = at > 0 && t >= again ? all[at] : -1;
    }
}

void unroll_streams_batch(const unroll_streams *streams, const int *symbol, int batch, int64_t index, unroll_samples *out)
{
    int again = index > 0 ? streams->again : 0;
    size_t steps = (size_t)streams->steps, gone = (size_t)index * (steps - (size_t)streams->again), left = streams->each - gone;
    for (size_t b = 0; b < (size_t)batch; b++) {
        int *target = out->target + b * steps;
        out->length[b] = (int)(left < steps ? left : steps);
        for (size_t t = 0; t < steps; t++)
            target[t] = -1;
        if (b < streams->count)
            read_stream(streams, symbol, b, gone, again, out->symbol + b * steps, target);
    }
}
