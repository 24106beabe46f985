/* models.h: what unroll list models tells of each model, from the tables of networks (model/network.h) and cells. */
#ifndef UNROLL_CLI_MODELS_H
#define UNROLL_CLI_MODELS_H

#include <stdio.h>

#include "report/report.h"

/* A few lines a model, at most 100 columns wide; as Markdown the table of lib/cells/README.md, which a test holds to this.
   UNROLL_FAILED when memory is short. */
unroll_status unroll_print_models(unroll_format format, FILE *out);

#endif
