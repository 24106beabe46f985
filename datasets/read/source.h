/* source.h: what every task that reads data is told: which file, and which parts of it are for validation and the test. */
#ifndef UNROLL_DATASETS_READ_SOURCE_H
#define UNROLL_DATASETS_READ_SOURCE_H

#include "model/task.h"

/* The rows file, valid_share, test_share and train_share: the `shared` ones of a task; of one whose test is a file of its own,
   and which has names of its own for its files, the second alone. */
enum { UNROLL_SOURCE_SETTINGS = 4, UNROLL_SOURCE_VALID_SHARE = 1 };
extern const unroll_setting unroll_source_settings[UNROLL_SOURCE_SETTINGS];

/* What the user wrote after file=, "": nothing. unroll_data_path makes a path of it. */
const char *unroll_source_file(const unroll_settings *settings);
/* The shares of validation and test; `usual`: that of validation where the user names none. */
void unroll_source_shares(const unroll_settings *settings, double usual, double *valid, double *test);
/* How many of `count` things, "characters", are in each part, [split], by these shares. UNROLL_WRONG where a part would have
   none. */
unroll_status unroll_source_split(const unroll_settings *settings, double usual, size_t count, const char *what,
                                  size_t parts[3]);
/* How many of the `train` things of the training part are left out at its beginning, by train_share: all but one at most. The
   parts for validation and the test are the same whatever is left out, and it is as if the data began behind it: scaling,
   alphabet, vocabulary and yardsticks are of what is left. */
size_t unroll_source_dropped(const unroll_settings *settings, size_t train);

#endif
