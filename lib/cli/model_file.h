/* model_file.h: a trained model as an HDF5 file: weights under PyTorch's names and layout (rnn/weight_ih_l0,
   head/weight), the settings as attributes setting:NAME, the shape as attributes, and what the task needs to be used
   again (scaling, alphabet) as data sets in extra/. */
#ifndef UNROLL_CLI_MODEL_FILE_H
#define UNROLL_CLI_MODEL_FILE_H

#include "base/status.h"
#include "model/model.h"
#include "store/store.h"

/* `extras`: as unroll_run hands them out with the model */
unroll_status unroll_model_save(const unroll_model *model, const unroll_extra *extras, int extra_count, const char *path);

/* What a model's file says, before a model is made of it. */
typedef struct unroll_model_file {
    unroll_bundle *bundle;
    unroll_settings *settings;
    unroll_model_shape shape; /* as trained; batch is 0 */
    int residual_input;       /* model/residual.h; -1: outputs are answers as they are */
    double residual_scale;
} unroll_model_file;

/* UNROLL_WRONG when the file is not a saved model, or as store.h says. To be closed in any case. */
unroll_status unroll_model_file_open(const char *path, unroll_model_file *file);
/* A model for up to `batch` sequences of `steps` steps, with an output at every step where the answer is no sequence, but only
   at the last where that is the answer and a model that reads backwards would give another one at each step.
   UNROLL_WRONG when a weight is missing, has another shape or is not finite; *model is then NULL. */
unroll_status unroll_model_file_build(const unroll_model_file *file, const char *path, int steps, int batch,
                                      unroll_model **model);
void unroll_model_file_close(unroll_model_file *file);

#endif
