/* heads.h: the setting that parts a width into heads: of the sLSTM's recurrence, and of attention. */
#ifndef UNROLL_CELLS_SHARED_HEADS_H
#define UNROLL_CELLS_SHARED_HEADS_H

#include "base/settings.h"

enum { UNROLL_HEADS_SETTINGS = 1 };

/* The row heads; 0: what its reader takes by itself. */
extern const unroll_setting unroll_heads_settings[UNROLL_HEADS_SETTINGS];

#endif
