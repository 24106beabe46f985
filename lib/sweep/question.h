/* question.h: records that other sources made: would those of this program give the same? (inside lib/sweep) */
#ifndef UNROLL_SWEEP_QUESTION_H
#define UNROLL_SWEEP_QUESTION_H

#include "sweep/plan.h"

/* Answers for every run whose record is in question. Of all that differ in nothing but the seed and are of the same sources one
   is started, and its first steps are held against what the record says of them: where they are the same the records are kept as
   found, else all of them count as missing, and stay in question. Tells of it on `out`. UNROLL_STOPPED. */
unroll_status unroll_answer_questions(const unroll_experiment *experiment, const unroll_plan *plan, unroll_planned *const *runs,
                                      int count, const atomic_bool *stop, FILE *out);

#endif
