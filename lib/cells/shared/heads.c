#include "cells/shared/heads.h"

const unroll_setting unroll_heads_settings[UNROLL_HEADS_SETTINGS] = {
    {"heads", UNROLL_INT, 0, 4096, "", "0", "heads",
     "parts of the width that attend by themselves, 0: 4, fewer below 32 units; of the sLSTM, diagonal blocks of its recurrence, 0: 1",
     "model", 0},
};
