/* effect.h: whether a setting can matter to a run: who reads it, and what it needs beside it. */
#ifndef UNROLL_MODEL_EFFECT_H
#define UNROLL_MODEL_EFFECT_H

#include "base/settings.h"
#include "model/run.h"

enum { UNROLL_WHY_ROOM = 400 };

/* What is done with settings. */
typedef enum unroll_purpose {
    UNROLL_TO_TRAIN, /* a training run */
    UNROLL_TO_TIME,  /* steps are timed (bench/bench.h) */
    UNROLL_TO_MEASURE /* something else, which may read any of them, and data of its own */
} unroll_purpose;

typedef struct unroll_use {
    const unroll_settings *settings; /* whose task and model are there (unroll_settings_check) */
    unroll_shapes *shapes;           /* as of unroll_resolve_params; may be NULL */
    unroll_purpose purpose;
} unroll_use;

/* Says in `why` for which reason the setting `index` cannot matter, "" where it can: the model's cell, its network, the task or
   its loss does not list the row, or what the row `needs` is not there. A setting that is needed, but cannot matter itself, is
   as good as at its default. Fails where the task's data are to be opened for it and cannot. */
unroll_status unroll_setting_effect(const unroll_use *use, int index, char why[UNROLL_WHY_ROOM]);

/* Whether the setting `other` must be off for this one to matter: params for hidden. */
bool unroll_setting_is_rival(int index, int other);

#endif
