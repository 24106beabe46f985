/* task.h: what a data source gives a model: batches as a pure function of (seed, split, index), a loss and a metric. */
#ifndef UNROLL_MODEL_TASK_H
#define UNROLL_MODEL_TASK_H

#include <stdint.h>

#include "base/file.h"
#include "base/record.h"
#include "base/settings.h"
#include "base/status.h"

typedef struct unroll_model unroll_model; /* model/model.h */

typedef enum unroll_split { UNROLL_TRAIN, UNROLL_VALID, UNROLL_TEST } unroll_split;

/* What is asked for. */
typedef enum unroll_answer {
    UNROLL_AT_LAST,   /* an answer at each sequence's last step */
    UNROLL_AT_EVERY,  /* one at every step */
    UNROLL_UNALIGNED, /* labels, no more than there are steps, without a word on which step says which */
    UNROLL_SEQUENCE,  /* another sequence, of any length, written after the whole input has been read */
    UNROLL_ANSWERS
} unroll_answer;

typedef struct unroll_task_shape {
    int inputs;  /* reals a step; 0 when the input is a symbol */
    int symbols; /* size of the input alphabet; 0 when the input is reals */
    int outputs; /* reals, or classes where the loss has them; of unaligned answers class 0 is the
                    blank; in a sequence the last class is its end */
    int steps;   /* longest sequence, T */
    double mean_steps; /* of a sequence in training, for what a run is expected to cost; 0: about as long as the longest */
    int batch;   /* sequences in a batch, B, of every split */
    unroll_answer answer;
    int target_steps; /* most labels of an unaligned answer, most symbols of a sequence, U */
    int beams;        /* answers that a model writes at a time for each sequence, with UNROLL_SEQUENCE; 0: one */
    bool carry;  /* batch i + 1 of a split continues the sequences of batch i: states are carried over, in training from zeros
                    at each epoch, of endless data every 50 batches */
    bool next;   /* what is asked for at a step is what the inputs of later ones are: a model that reads ahead would see it */
    const char *loss;    /* its name: losses/loss.h */
    int batches[3];      /* [split]: batches in the split; 0 = endless (only UNROLL_TRAIN). Training goes on through batches of
                            any index: number i is of epoch i / batches, and an epoch has each sample once, in an order of its
                            own (unroll_random_order) unless states are carried */
    const char *metric;  /* column name of the error that is reported, "mse", "bits_per_character"; smaller is better */
    const char *unit;    /* its unit */
    double solved_below; /* the task counts as solved when the validation metric is below; NaN: no such notion */
} unroll_task_shape;

/* One batch in the task's own terms; arrays are allocated by the caller and zeroed before each call. */
typedef struct unroll_samples {
    int *length; /* (B): steps of each sequence, 1..T; preset to T */
    float *x;    /* (B, T, inputs), when inputs > 0 */
    int *symbol; /* (B, T), when symbols > 0 */
    float *y;    /* (B, T, outputs) at every step, (B, outputs) at the last; NaN = no target there */
    int *target; /* (B, T) at every step, (B) at the last, (B, U) of answers with a length of their own: class, where the
                    loss has them; -1 = no target there */
    int *target_length; /* (B), with target_steps > 0: labels of each sequence, 0..U; 1..U of UNROLL_SEQUENCE */
} unroll_samples;

/* Means over all targets of a split. */
typedef struct unroll_score {
    double loss;     /* natural units: nats; squared error: mean over targets and outputs of (y - target)^2 */
    double accuracy; /* share of targets whose largest output is the class (of a loss over classes) */
    int64_t targets;
} unroll_score;

/* What must be kept beside the weights so that a saved model can be used again: scaling, alphabet. */
typedef struct unroll_extra {
    char name[32];
    double *value; /* owned, (count) */
    int count;
} unroll_extra;

typedef struct unroll_task {
    const char *name, *title;
    int version; /* part of the id of every run of it: raised when its data or its metrics change */
    int version_stateless; /* the same of runs whose model carries nothing from batch to batch; 0: `version` */
    const unroll_setting *settings; /* the task's own rows, section "task NAME" */
    int setting_count;
    const unroll_setting *shared; /* rows that other tasks read, too, from one place; NULL: none */
    int shared_count;
    const char *ignores; /* a setting of all tasks that this one does not read: "length"; NULL: none */
    /* Reads or makes its data, of which the shape may depend on its own rows, shared ones and those of the section "data" alone;
        *state is passed to the rest. UNROLL_WRONG or UNROLL_FAILED with a sentence. */
    unroll_status (*open)(const unroll_settings *settings, void **state);
    void (*close)(void *state);
    void (*shape)(const void *state, unroll_task_shape *shape);
    /* Fills batch `index` of `split`. Thread-safe and pure. */
    void (*batch)(const void *state, unroll_split split, int64_t index, unroll_samples *out);
    /* The reported metric from a score; NULL: the loss itself. */
    double (*metric)(const void *state, const unroll_score *score);
    /* Adds the yardsticks that stand beside the model's error (naive forecasts, entropy models) as columns; may be NULL.
       Here and in finish a column that is infinite or NaN makes the run a diverged one: leave out what there is none of. */
    unroll_status (*baselines)(const void *state, unroll_record *record);
    /* After training: further columns and curves that need the model (a forecast, a sampled text); may be NULL. */
    unroll_status (*finish)(const void *state, unroll_model *model, const unroll_settings *settings, unroll_record *record);
    /* The extras for a saved model, *count of them, at most `room`; UNROLL_FAILED when memory is short, and *count is 0
       then: a model without them would be of no use. May be NULL. */
    unroll_status (*extras)(const void *state, unroll_extra *out, int room, int *count);
    /* The path of file `index` of those that `open` reads with these settings, "" past the last; may be NULL: the task makes its
       data. */
    unroll_status (*files)(const unroll_settings *settings, int index, char path[UNROLL_FILE_ROOM]);
} unroll_task;

/* Every task in datasets/, in name order (from the generated registry). */
extern const unroll_task *const unroll_tasks[];
extern const int unroll_task_count;
const unroll_task *unroll_task_find(const char *name); /* NULL when there is none */

#endif
