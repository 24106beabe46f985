/* The core's own rows of the settings table, and those of cells, losses and networks. */
#include "model/settings.h"

#include <string.h>

#include "cells/cell.h"
#include "losses/loss.h"
#include "model/network.h"
#include "simd/engine.h"

static const unroll_setting rows[] = {
    {"task", UNROLL_TEXT, 0, 0, "", "adding", "", "what is learned: unroll list tasks", "model", 0},
    {"model", UNROLL_TEXT, 0, 0, "", "lstm", "", "what learns it: a cell or another network, unroll list models", "model", 0},
    {"hidden", UNROLL_INT, 1, 2147483647, "", "64", "units", "hidden units of each layer", "model", 0,
     "params=0, which sets the width"},
    {"layers", UNROLL_INT, 1, 16, "", "1", "layers", "layers, one on the other", "model", 0},
    {"dropout", UNROLL_REAL, 0, 0.99, "", "0", "",
     "share of units dropped in training between layers and before the head; of the Transformer on what each part adds", "model", 0},
    {"tied", UNROLL_BOOL, 0, 0, "", "no", "",
     "the head's weights are the embedding's, behind a layer of as many columns where the last one has another width", "model",
     UNROLL_SETTING_SYMBOLS, "embedding!=0 model=transformer"},
    {"params", UNROLL_INT, 0, 1e12, "", "0", "parameters",
     "take the width that comes nearest to this many parameters instead of hidden; 0: off", "model", 0},
    {"length", UNROLL_INT, 1, 1000000, "", "64", "steps", "steps of a sequence, where its task does not set them", "data",
     0},
    {"batch", UNROLL_INT, 1, 1048576, "", "32", "sequences", "sequences in a batch", "data", 0},
    {"seed", UNROLL_INT, 0, 9007199254740992.0, "", "0", "", "of weights and samples", "training", 0},
    {"steps", UNROLL_INT, 0, 1e12, "", "1000", "steps", "training steps (updates)", "training", UNROLL_SETTING_RUN,
     "epochs=0;compute=0, which sets them"},
    {"epochs", UNROLL_INT, 0, 1000000, "", "0", "epochs", "passes over finite training data instead of steps; 0: off", "training",
     UNROLL_SETTING_RUN, "compute=0, which sets them"},
    {"compute", UNROLL_REAL, 0, 1e24, "", "0", "operations",
     "as many steps as come nearest to this many floating-point operations of matrix products; 0: off", "training",
     UNROLL_SETTING_RUN},
    {"optimizer", UNROLL_CHOICE, 0, 0, "sgd|rmsprop|adam", "adam", "", "update rule", "training", 0},
    {"lr", UNROLL_REAL, 0, 1e6, "", "0.001", "", "learning rate", "training", 0},
    {"schedule", UNROLL_CHOICE, 0, 0, "constant|cosine|halve", "constant", "",
     "of the learning rate: cosine falls to lr_final of it; halve halves it after patience points without improvement",
     "training", UNROLL_SETTING_RUN},
    {"warmup", UNROLL_INT, 0, 1e12, "", "0", "steps", "steps over which lr rises in a line before its schedule; 0: none",
     "training", UNROLL_SETTING_RUN},
    {"lr_final", UNROLL_REAL, 0, 1, "", "0", "", "share of lr that schedule=cosine ends at", "training", UNROLL_SETTING_RUN,
     "schedule=cosine"},
    {"patience", UNROLL_INT, 1, 1000000, "", "5", "points",
     "points without a better validation metric until schedule=halve halves and stop=early stops (with halve: twice as many)",
     "training", UNROLL_SETTING_RUN, "schedule=halve stop=early"},
    {"momentum", UNROLL_REAL, 0, 1, "", "0", "", "of sgd", "training", 0, "optimizer=sgd"},
    {"alpha", UNROLL_REAL, 0, 1, "", "0.99", "", "decay of rmsprop's mean square", "training", 0, "optimizer=rmsprop"},
    {"beta1", UNROLL_REAL, 0, 0.999999, "", "0.9", "", "decay of adam's mean gradient", "training", 0,
     "optimizer=adam"},
    {"beta2", UNROLL_REAL, 0, 0.999999, "", "0.999", "", "decay of adam's mean square", "training", 0,
     "optimizer=adam"},
    {"eps", UNROLL_REAL, 0, 1, "", "1e-08", "", "added to the root in adam and rmsprop", "training", 0,
     "optimizer=rmsprop|adam"},
    {"decay", UNROLL_REAL, 0, 1e6, "", "0", "",
     "AdamW's: every weight loses lr times this of itself before a step; needs optimizer=adam", "training", 0, "optimizer=adam"},
    {"clip", UNROLL_REAL, 0, 1e30, "", "1", "", "clip the gradient's norm to this; 0: off", "training", 0},
    {"points", UNROLL_INT, 1, 100000, "", "40", "points", "evaluations over the run: points of its curves", "training",
     UNROLL_SETTING_RUN},
    {"valid_batches", UNROLL_INT, 0, 1000000, "", "8", "batches",
     "validation batches at each point, the first ones; the weights that are kept are scored on all; 0: always all", "training",
     UNROLL_SETTING_RUN},
    {"stop", UNROLL_CHOICE, 0, 0, "never|solved|early", "never", "",
     "end a run once its task is solved, at the third point in a row; early: once patience points brought no better validation metric",
     "training", UNROLL_SETTING_RUN},
    {"keep", UNROLL_CHOICE, 0, 0, "best|last", "best", "",
     "weights that are scored, tested and saved in the end: the best validation point's or the last step's", "training",
     UNROLL_SETTING_RUN},
    {"threads", UNROLL_INT, 1, 1024, "", "1", "threads",
     "threads of one run, at most: fewer where more would be slower", "machine", UNROLL_SETTING_TIMING},
    {"isa", UNROLL_TEXT, 0, 0, "", "auto", "", "instruction set: unroll list isas", "machine", UNROLL_SETTING_TIMING},
};

unroll_status unroll_optimizer_check(const unroll_settings *settings)
{
    const char *optimizer = unroll_text(settings, "optimizer");
    if (unroll_real(settings, "decay") > 0.0 && strcmp(optimizer, "adam") != 0)
        return unroll_error(UNROLL_WRONG, "decay=%g is AdamW's: it needs optimizer=adam, not %s", unroll_real(settings, "decay"),
                            optimizer);
    return unroll_ok();
}

static void register_network(const unroll_network *network)
{
    if (network->settings != NULL)
        unroll_settings_register(network->settings, network->setting_count);
    if (network->shared != NULL)
        unroll_settings_register(network->shared, network->shared_count);
}

/* Rows of cells and losses are the same in every instruction set. */
void unroll_register_core_settings(void)
{
    unroll_settings_register(rows, (int)(sizeof rows / sizeof rows[0]));
    for (int i = 0; i < unroll_cell_count; i++) {
        const unroll_cell *cell = unroll_isas[0].cells[i];
        if (cell->settings != NULL)
            unroll_settings_register(cell->settings, cell->setting_count);
        if (cell->shared != NULL)
            unroll_settings_register(cell->shared, cell->shared_count);
    }
    for (int i = 0; i < unroll_loss_count; i++) {
        const unroll_loss *loss = unroll_isas[0].losses[i];
        if (loss->settings != NULL)
            unroll_settings_register(loss->settings, loss->setting_count);
    }
    for (int i = 0; i < unroll_network_count; i++)
        register_network(unroll_networks[i]);
}
