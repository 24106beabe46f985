/* unroll.h: everything that an experiment, a task or the main program needs, under one name; make install puts it and what it
   includes into include/unroll/.

   A program of one's own calls unroll_start() and unroll_isa_start(NULL) once, before any thread of its own uses the library,
   then unroll_run() of model/run.h for each training (USING.md, "Train from C"). One that reads .h5 files begins its main with
   unroll_store_child(argc, argv), for each of them is parsed by a process of its own (store/store.h). */
#ifndef UNROLL_H
#define UNROLL_H

#include "base/exponential.h"
#include "base/random.h"
#include "base/record.h"
#include "base/settings.h"
#include "base/status.h"
#include "base/stop.h"
#include "base/version.h"
#include "bench/bench.h"
#include "cli/cli.h"
#include "model/model.h"
#include "model/network.h"
#include "model/run.h"
#include "model/samples.h"
#include "model/task.h"
#include "model/view.h"
#include "report/report.h"
#include "store/store.h"
#include "sweep/experiment.h"
#include "sweep/sweep.h"

#endif
