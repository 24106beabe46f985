/* settings.h: the core's own rows of the settings table. */
#ifndef UNROLL_MODEL_SETTINGS_H
#define UNROLL_MODEL_SETTINGS_H

#include "base/settings.h"

void unroll_register_core_settings(void);

#endif
