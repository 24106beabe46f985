/* origin.h: what a record came from, and whether the program, the data and the machine that are here still give it.

   What cannot change without a result becoming another one is in the id: the settings, the versions of numerics, evaluation, task
   and experiment, and the content of the data file, wherever it lies. Times have the processor, its cores, the compiler, its
   flags and the hot sources for an origin of their own. The sources of what is not timed only raise a question, which the first
   steps answer (sweep/question.h). */
#ifndef UNROLL_SWEEP_ORIGIN_H
#define UNROLL_SWEEP_ORIGIN_H

#include "base/hash.h"
#include "base/record.h"
#include "sweep/experiment.h"

/* The content of data files, each read once as long as it does not change. Any thread may ask. */
typedef struct unroll_contents unroll_contents;
unroll_contents *unroll_contents_new(void); /* NULL when memory is short */
void unroll_contents_free(unroll_contents *contents);
/* The hash of the file that the settings' task reads; "" of a task that makes its data, and where there is no such file. */
void unroll_contents_of(unroll_contents *contents, const unroll_settings *settings, char out[UNROLL_HASH_ROOM]);

/* The id of a run on data of that content. */
void unroll_origin_identify(const unroll_experiment *experiment, const unroll_settings *settings, const char *content,
                            char id[33]);
/* Notes in the surroundings of a record, which has its settings and versions, what else it comes from. */
void unroll_origin_note(const char *content, unroll_record *record);
/* Whether the id is that of the record's settings and notes. True of one that an earlier program left, without notes. */
bool unroll_origin_fits(const unroll_experiment *experiment, const unroll_record *record);

/* Why the run of a record would give another one by now, as the end of "its run is done again: ..."; NULL: it would not, as far
   as the id tells. */
const char *unroll_origin_stale(const unroll_experiment *experiment, unroll_contents *contents, const unroll_record *record);
/* A word for what it came from, equal for records that may stand in one table. */
void unroll_origin_show(const unroll_experiment *experiment, const unroll_record *record, char out[UNROLL_HASH_ROOM]);
/* Of times: that of this program on this machine; "" when memory is short. */
void unroll_origin_here(char out[UNROLL_HASH_ROOM]);
/* Whether it was made by other sources than those of this program. */
bool unroll_origin_in_question(const unroll_record *record);

/* What it notes under a name; "": nothing. */
const char *unroll_origin_noted(const unroll_record *record, const char *name);

#endif
