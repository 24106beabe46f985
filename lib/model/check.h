/* check.h: whether the tables that the build found by wildcard hold what others rely on: a part that was forgotten is named, with
   its file, when the program starts, and so when it is built, before anybody trips over it. */
#ifndef UNROLL_MODEL_CHECK_H
#define UNROLL_MODEL_CHECK_H

#include "base/status.h"
#include "cells/cell.h"
#include "layers/layer.h"
#include "losses/loss.h"
#include "model/network.h"
#include "model/task.h"

/* Every table of the registry, each under its file's name, so that no two share one; and no two networks the same `model=`.
   UNROLL_FAILED names the file and what is wrong. */
unroll_status unroll_check_registry(void);

/* One table, that of the file `file`.c. */
unroll_status unroll_check_cell(const char *file, const unroll_cell *cell);
unroll_status unroll_check_layer_kind(const char *file, const unroll_layer_kind *kind);
unroll_status unroll_check_loss(const char *file, const unroll_loss *loss);
unroll_status unroll_check_network(const char *file, const unroll_network *network);
unroll_status unroll_check_task(const char *file, const unroll_task *task);

/* The names of the files, in the order of the tables (from the generated registry). */
extern const char *const unroll_cell_files[], *const unroll_layer_files[], *const unroll_loss_files[],
    *const unroll_network_files[], *const unroll_task_files[];

#endif
