/* entropy.h: what a text costs under models that only count: the yardsticks of a trained one. */
#ifndef UNROLL_DATASETS_TEXT_ENTROPY_H
#define UNROLL_DATASETS_TEXT_ENTROPY_H

#include <stddef.h>

#include "base/status.h"

/* Bits per character of symbol[first .. end) under the order-0 and the order-2 model of symbol[0 .. train), with
   interpolated Witten-Bell smoothing (Witten and Bell, The zero-frequency problem, 1991; Chen and Goodman, 1998, 2.4):
       p(w | h) = (c(h w) + n(h) p(w | h')) / (c(h) + n(h)),
   c: how often, n(h): how many different symbols were seen after h, h': h without its first symbol; below order 0 stands
   the uniform distribution over `alphabet` symbols. The context of a symbol is what stands before it in the text, from
   before `first`, too. 2 <= first < end. */
typedef struct unroll_entropy {
    double order0_bits, order2_bits;
} unroll_entropy;
unroll_status unroll_text_entropy(const int *symbol, size_t train, size_t first, size_t end, int alphabet,
                                  unroll_entropy *entropy);

#endif
