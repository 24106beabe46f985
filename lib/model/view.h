/* view.h: what goes on inside a model during a pass, copied out of it for whoever asks: states, gates, outputs, and their
   gradients, of every layer at every step. Nobody asks: no memory is taken and nothing is copied.

   Of a recurrent layer of level 0 under the prefix "rnn", with "_reverse" at the end where it reads backwards:
     "rnn.h_l0", "rnn.c_l0"     states after each step, by the cell's names
     "rnn.i_l0", "rnn.f_l0"     gates after their activation, by the cell's names (the sLSTM's i and f: scaled by its m)
     "rnn.d_h_l0", "rnn.d_c_l0" gradient of the loss with respect to the state after the step, along all paths: through this
                                step's output, through all later steps and through the layers above; along those alone that the
                                gradient takes, so with bptt=N within the stretch of N steps
     "rnn.d_i_l0"               gradient with respect to the pre-activation of a gate
     "rnn.d_n_hh_l0"            of a gate whose recurrent product stays apart (the GRU's n): of that product
   Of any other layer, "head": its output "head.y" and the gradient of that, "head.d_y". Of several layers of one name the second
   is "dropout_2". */
#ifndef UNROLL_MODEL_VIEW_H
#define UNROLL_MODEL_VIEW_H

#include "model/model.h"

/* The views that a model has. */
int unroll_model_view_count(const unroll_model *model);
void unroll_model_view_at(const unroll_model *model, int index, unroll_view *view);

/* From now on each pass copies a view to `to`, in place of what was asked for before under that name; NULL: no more. To be
   called between passes. `to` is (B, T, columns) like the inputs: sequences in the caller's order, zeros past each one's end.
   B is the size of the batch. T is view.steps: the shape's steps, of layers on the target's set its target_steps, of layers
   with one row a sequence (the head of an answer at the last step) 1; of unroll_model_forward its own `steps` in place of the
   shape's.
   States, gates and outputs are copied by unroll_model_forward, unroll_model_loss and unroll_model_gradient, as far as these
   compute them (unroll_model_forward does not write an answer that is another sequence), gradients by unroll_model_gradient
   alone. What a pass does not copy stays as it was. Streaming shows nothing.
   UNROLL_WRONG: there is none of that name (the sentence tells the nearest one). UNROLL_FAILED: out of memory; then nothing
   has changed. */
unroll_status unroll_model_view(unroll_model *model, const char *name, real *to);

#endif
