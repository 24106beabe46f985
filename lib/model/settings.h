/* settings.h: the core's own rows of the settings table. */
#ifndef UNROLL_MODEL_SETTINGS_H
#define UNROLL_MODEL_SETTINGS_H

#include "base/settings.h"

void unroll_register_core_settings(void);

/* UNROLL_WRONG where the settings of the optimizer do not go together. */
unroll_status unroll_optimizer_check(const unroll_settings *settings);

#endif
