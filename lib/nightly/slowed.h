/* slowed.h: this program, slower on purpose. */
#ifndef UNROLL_NIGHTLY_SLOWED_H
#define UNROLL_NIGHTLY_SLOWED_H

#include "simd/engine.h"

/* An instruction set with a product kernel that takes so many percent longer, by waiting. There is one at a time. */
const unroll_isa *unroll_isa_slowed(const unroll_isa *isa, double percent);

#endif
