/* unroll.h: everything that an experiment, a task or the main program needs, under one name. */
#ifndef UNROLL_H
#define UNROLL_H

#include "base/random.h"
#include "base/record.h"
#include "base/settings.h"
#include "base/status.h"
#include "base/version.h"
#include "bench/bench.h"
#include "cli/cli.h"
#include "model/model.h"
#include "model/network.h"
#include "model/run.h"
#include "model/task.h"
#include "model/view.h"
#include "report/report.h"
#include "store/store.h"
#include "sweep/experiment.h"
#include "sweep/sweep.h"

#endif
