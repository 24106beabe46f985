/* HDF5 data sets: whole arrays of numbers and texts. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/h5.h"

enum {
    PACK_FROM = 1 << 13,     /* bytes from which a data set is compressed */
    CHUNK_BYTES = 1 << 18,   /* bytes that one piece of it has at most */
    DEFLATE_LEVEL = 4
};

/* Pieces of whole rows, as many as fit; a piece of one very long row is cut along the row. */
static void choose_chunk(const unroll_h5_data *data, hsize_t chunk[4])
{
    hsize_t row = H5Tget_size(data->file_type), rows;
    memcpy(chunk, data->dims, (size_t)data->rank * sizeof *chunk);
    for (int i = 1; i < data->rank; i++)
        row *= data->dims[i];
    rows = row >= CHUNK_BYTES ? 1 : CHUNK_BYTES / row;
    chunk[0] = rows < data->dims[0] ? rows : data->dims[0];
    for (int i = 1; i < data->rank && row > CHUNK_BYTES; i++) {
        hsize_t rest = row / data->dims[i];
        chunk[i] = rest >= CHUNK_BYTES ? 1 : CHUNK_BYTES / rest;
        chunk[i] = chunk[i] < data->dims[i] ? chunk[i] : data->dims[i];
        row = rest * chunk[i];
    }
}

static hid_t creation_of(const unroll_h5_data *data)
{
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    hsize_t bytes = H5Tget_size(data->file_type), chunk[4];
    H5Pset_obj_track_times(creation, 0);
    for (int i = 0; i < data->rank; i++)
        bytes *= data->dims[i];
    if (data->rank > 0 && bytes > 0 && (data->packed || bytes >= PACK_FROM) && H5Tis_variable_str(data->file_type) == 0) {
        choose_chunk(data, chunk);
        H5Pset_chunk(creation, data->rank, chunk);
        H5Pset_shuffle(creation);
        H5Pset_deflate(creation, DEFLATE_LEVEL);
    }
    return creation;
}

hid_t unroll_h5_put(unroll_h5 *h, hid_t group, const unroll_h5_data *data)
{
    hid_t space, creation, set;
    if (h->status.code != UNROLL_OK)
        return H5I_INVALID_HID;
    space = data->rank == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(data->rank, data->dims, NULL);
    creation = creation_of(data);
    set = H5Dcreate2(group, data->name, data->file_type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    if (set < 0 || (H5Sget_simple_extent_npoints(space) > 0 &&
                    H5Dwrite(set, data->memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data->values) < 0))
        unroll_h5_fail(h, "cannot make the data set %s", data->name);
    else if (data->unit != NULL && data->unit[0] != '\0')
        unroll_h5_put_text(h, set, "unit", data->unit);
    H5Pclose(creation);
    H5Sclose(space);
    return set;
}

hid_t unroll_h5_put_texts(unroll_h5 *h, hid_t group, const char *name, const char *const *texts, size_t count)
{
    size_t room = 2; /* of the longest text with its final zero: padded with zeros alone, h5dump would show them */
    hid_t type = H5Tcopy(H5T_C_S1), set;
    char *packed;
    for (size_t i = 0; i < count; i++)
        room = strlen(texts[i]) >= room ? strlen(texts[i]) + 1 : room;
    packed = count < SIZE_MAX / room ? calloc(count + 1, room) : NULL;
    if (packed == NULL)
        unroll_h5_fail(h, "out of memory");
    for (size_t i = 0; packed != NULL && i < count; i++)
        memcpy(packed + i * room, texts[i], strlen(texts[i]));
    H5Tset_size(type, room);
    H5Tset_cset(type, H5T_CSET_UTF8);
    set = unroll_h5_put(h, group,
                        &(unroll_h5_data){.name = name,
                                          .file_type = type,
                                          .memory_type = type,
                                          .rank = 1,
                                          .dims = {count},
                                          .values = packed});
    H5Tclose(type);
    free(packed);
    return set;
}

const char *unroll_h5_member_name(char *out, size_t room, const char *name)
{
    unroll_text_copy(out, room, name);
    unroll_utf8_repair(out);
    for (char *c = out; *c != '\0'; c++)
        if (*c == '/')
            *c = '_';
    if (out[0] == '\0' || strcmp(out, ".") == 0)
        unroll_text_copy(out, room, "_");
    return out;
}
