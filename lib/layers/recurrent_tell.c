/* What the recurrent layer computes at a step, in words. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "layers/recurrent.h"

__attribute__((format(printf, 3, 4))) static void append(char *out, size_t room, const char *format, ...)
{
    size_t used = strlen(out);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(out + used, room - used, format, arguments);
    va_end(arguments);
}

/* "3 gates", "1 state" */
static void append_count(char *out, size_t room, const char *before, int count, const char *what)
{
    append(out, room, "%s%d %s%s", before, count, what, count == 1 ? "" : "s");
}

static void tell_recurrent_product(const unroll_recurrent *own, char *out, size_t room)
{
    const unroll_cell_shape *shape = &own->shape;
    if (shape->recurrent == 0) {
        append(out, room, ", no recurrent product");
        return;
    }
    append_count(out, room, ", recurrent product of ", shape->recurrent, "gate");
    if (shape->apart > 0)
        append(out, room, " (that of %s apart)", shape->gate[0]);
    if (own->heads > 1)
        append(out, room, " in %d blocks", own->heads);
    if (shape->late > 0)
        append_count(out, room, ", then of ", shape->late, "gate");
}

void unroll_recurrent_tell(const unroll_layer *layer, char *out, size_t room)
{
    const unroll_recurrent *own = layer->own;
    out[0] = '\0';
    append_count(out, room, "input product of ", own->shape.gates, "gate");
    append(out, room, " ahead of time");
    tell_recurrent_product(own, out, room);
    append_count(out, room, "; element by element ", own->shape.gates, "gate");
    append_count(out, room, " and ", own->states, "state");
    if (own->vectors > 0)
        append_count(out, room, ", with ", own->vectors, "weight");
    if (own->vectors > 0)
        append(out, room, own->shape.parts == 1 ? " a unit" : " for each %d units", own->shape.parts);
    append(out, room, "%s", own->whole_rows ? ", over whole rows" : "");
}
