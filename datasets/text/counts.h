/* counts.h: what a stretch of symbols (characters, words) costs under a model that only counts: the yardstick of a trained
   one. */
#ifndef UNROLL_DATASETS_TEXT_COUNTS_H
#define UNROLL_DATASETS_TEXT_COUNTS_H

#include <stddef.h>

#include "base/status.h"

/* Mean bits a symbol of symbol[first .. end), each with up to `order` symbols before it as its context, also such from
   before `first`, under counts over symbol[0 .. train). All are 0 .. symbols - 1; train >= 1, first < end, order 0 .. 15.
   Order 0 is that of unigrams. Interpolated Kneser-Ney with three discounts (Chen and Goodman, An empirical study of
   smoothing techniques for language modeling, 1999, section 3): with h' for h without its first symbol,
       p(w | h) = (a(h w) - D(a(h w)) + sum over v of D(a(h v)) p(w | h')) / (sum over v of a(h v)),
   a: how often h w was seen after a context of the whole order, and below it, before how many different symbols it stood
   (N1+(. h w)); D(0) = 0, and D(1), D(2), D(3 or more) of each length from how many have a = 1 .. 4. Where these give no
   discount above 0 and up to its count, as in small alphabets and short texts, they are 0.5, 1 and 1.5. A context that was
   never seen leaves p(w | h'); below order 0 stands 1 / symbols. So the probabilities of all symbols sum to 1, and none is 0.

   The same bits everywhere, whatever the symbols are numbered. Memory: at most 108 bytes for each different string of
   1 to order + 1 symbols in the counted ones. UNROLL_FAILED: out of memory. */
enum { UNROLL_COUNTS_ORDER_MAX = 15 };
unroll_status unroll_counts_bits(const int *symbol, size_t train, size_t first, size_t end, int symbols, int order,
                                 double *bits);

#endif
