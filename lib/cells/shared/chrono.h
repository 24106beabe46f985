/* chrono.h: initial biases of gates for dependencies of many lengths (Tallec and Ollivier, 2018: Can recurrent neural networks
   warp time?, arXiv 1804.11188). */
#ifndef UNROLL_CELLS_SHARED_CHRONO_H
#define UNROLL_CELLS_SHARED_CHRONO_H

#include "base/settings.h"

enum { UNROLL_CHRONO_SETTINGS = 1 };

/* The row chrono, T_max: the `shared` one of a cell whose shape says which gates it sets (unroll_cell_shape.chrono). */
extern const unroll_setting unroll_chrono_settings[UNROLL_CHRONO_SETTINGS];

/* log(u), u uniform from 1 to T_max - 1, from `uniform` in [0, 1): the bias of a gate that forgets after about u steps. 0 where
   T_max is 2 or less. */
double unroll_chrono_bias(const unroll_settings *settings, double uniform);

#endif
