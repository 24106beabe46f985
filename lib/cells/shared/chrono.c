#include "cells/shared/chrono.h"

#include "base/random.h"

const unroll_setting unroll_chrono_settings[UNROLL_CHRONO_SETTINGS] = {
    {"chrono", UNROLL_INT, 0, 1e6, "", "0", "steps",
     "gates start as if they kept for 1 to so many steps, each unit's for another time; 0: off", "gated cells", 0,
     "update_gate!=no, which leaves the GRU without such a gate"},
};

double unroll_chrono_bias(const unroll_settings *settings, double uniform)
{
    double most = (double)unroll_int(settings, "chrono") - 1.0;
    return most > 1.0 ? unroll_log(1.0 + uniform * (most - 1.0)) : 0.0;
}
