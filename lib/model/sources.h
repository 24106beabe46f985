/* sources.h: what the program was built from: hashes of its sources, which tell whether what made a result may have changed. */
#ifndef UNROLL_MODEL_SOURCES_H
#define UNROLL_MODEL_SOURCES_H

#include "base/hash.h"
#include "base/settings.h"

/* Of all that is hot: the folders simd, cells, layers, losses, model and networks. */
extern const char unroll_sources_hot[];
/* Of what every run goes through: the same but for the cells and networks themselves; and of each of these, and of each task, in
   the order of their tables (made by lib/model/sources.sh). */
extern const char unroll_sources_core[];
extern const char *const unroll_sources_cell[], *const unroll_sources_network[], *const unroll_sources_task[];

/* Of what a run with these settings goes through. */
void unroll_sources_of(const unroll_settings *settings, char out[UNROLL_HASH_ROOM]);

#endif
