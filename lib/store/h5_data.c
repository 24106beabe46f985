/* HDF5 data sets: writing and reading whole arrays of numbers and texts, and walking over groups. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/h5.h"

enum {
    PACK_FROM = 1 << 13,     /* bytes from which a data set is compressed */
    CHUNK_BYTES = 1 << 18,   /* bytes that one piece of it has at most */
    DEFLATE_LEVEL = 4,
    MOST_DEFLATED = 1100,    /* deflate never shrinks data by more than 1032 to one */
    SLACK_BYTES = 1 << 16
};

/* ---- writing ---- */

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
    if (data->rank > 0 && bytes > 0 && (data->packed || bytes >= PACK_FROM)) {
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

/* ---- reading ---- */

hid_t unroll_h5_find(unroll_h5 *h, hid_t group, const char *name, int *rank, hsize_t dims[4])
{
    hid_t set, space, type;
    hsize_t room, bytes;
    *rank = 0;
    if (h->status.code != UNROLL_OK)
        return H5I_INVALID_HID;
    set = H5Lexists(group, name, H5P_DEFAULT) > 0 ? H5Dopen2(group, name, H5P_DEFAULT) : H5I_INVALID_HID;
    if (set < 0) {
        unroll_h5_fail(h, "it has no data set \"%s\"", name);
        return H5I_INVALID_HID;
    }
    space = H5Dget_space(set);
    type = H5Dget_type(set);
    *rank = space >= 0 ? H5Sget_simple_extent_ndims(space) : -1;
    if (*rank < 0 || *rank > 4 || type < 0)
        unroll_h5_fail(h, "data set \"%s\" has more than four dimensions, or none that can be read", name);
    if (h->status.code == UNROLL_OK) {
        /* a damaged header may claim any shape: no more than what so many stored bytes can hold */
        room = H5Dget_storage_size(set);
        room = room > UINT64_MAX / 2 / MOST_DEFLATED ? UINT64_MAX / 2 : room * MOST_DEFLATED + SLACK_BYTES;
        bytes = H5Tget_size(type);
        H5Sget_simple_extent_dims(space, dims, NULL);
        for (int i = 0; i < *rank; i++)
            bytes = dims[i] != 0 && bytes > room / dims[i] ? room + 1 : bytes * dims[i];
        if (bytes > room)
            unroll_h5_fail(h, "data set \"%s\" claims more than the file holds", name);
    }
    if (type >= 0)
        H5Tclose(type);
    if (space >= 0)
        H5Sclose(space);
    if (h->status.code == UNROLL_OK)
        return set;
    H5Dclose(set);
    return H5I_INVALID_HID;
}

static size_t count_of(hid_t set)
{
    hid_t space = H5Dget_space(set);
    hssize_t count = H5Sget_simple_extent_npoints(space);
    H5Sclose(space);
    return count > 0 ? (size_t)count : 0;
}

void *unroll_h5_get(unroll_h5 *h, hid_t set, const char *name, hid_t memory_type, size_t size)
{
    hid_t type;
    bool alike;
    void *values;
    size_t count;
    if (h->status.code != UNROLL_OK)
        return NULL;
    type = H5Dget_type(set);
    alike = H5Tget_class(type) == H5Tget_class(memory_type);
    H5Tclose(type);
    if (!alike) {
        unroll_h5_fail(h, "data set \"%s\" has a wrong type", name);
        return NULL;
    }
    count = count_of(set);
    values = calloc(count + 1, size);
    if (values == NULL)
        unroll_h5_fail(h, "out of memory for data set \"%s\"", name);
    else if (count > 0 && H5Dread(set, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
        unroll_h5_fail(h, "data set \"%s\" cannot be read", name);
    if (h->status.code == UNROLL_OK)
        return values;
    free(values);
    return NULL;
}

/* Copies fixed-length texts, or takes over variable-length ones, out of what H5Dread gave. */
static void copy_texts(const char *packed, size_t size, bool variable, char **texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *from = packed + i * size, *end = memchr(from, 0, size);
        size_t length = end != NULL ? (size_t)(end - from) : size;
        if (variable) {
            memcpy(&from, packed + i * size, sizeof from);
            from = from != NULL ? from : "";
            length = strlen(from);
        }
        texts[i] = malloc(length + 1);
        if (texts[i] == NULL)
            return;
        memcpy(texts[i], from, length);
        texts[i][length] = '\0';
        unroll_utf8_repair(texts[i]);
    }
}

char **unroll_h5_get_texts(unroll_h5 *h, hid_t set, const char *name, size_t *count)
{
    hid_t type, space;
    char *packed, **texts = NULL;
    size_t size;
    bool variable;
    *count = 0;
    if (h->status.code != UNROLL_OK)
        return NULL;
    type = H5Dget_type(set);
    size = H5Tget_size(type);
    variable = H5Tis_variable_str(type) > 0;
    packed = unroll_h5_get(h, set, name, H5Tget_class(type) == H5T_STRING ? type : H5T_C_S1, size);
    if (packed != NULL) {
        *count = count_of(set);
        texts = calloc(*count + 1, sizeof *texts);
        if (texts != NULL)
            copy_texts(packed, size, variable, texts, *count);
        if (texts == NULL || (*count > 0 && texts[*count - 1] == NULL))
            unroll_h5_fail(h, "out of memory for data set \"%s\"", name);
        if (variable) {
            space = H5Dget_space(set);
            H5Dvlen_reclaim(type, space, H5P_DEFAULT, packed);
            H5Sclose(space);
        }
        free(packed);
    }
    H5Tclose(type);
    if (h->status.code == UNROLL_OK)
        return texts;
    unroll_h5_free_texts(texts, *count);
    return NULL;
}

void unroll_h5_free_texts(char **texts, size_t count)
{
    for (size_t i = 0; texts != NULL && i < count; i++)
        free(texts[i]);
    free(texts);
}

static void each_of(unroll_h5 *h, hid_t group, hsize_t count, H5_index_t order, unroll_h5_visit *each, void *context)
{
    for (hsize_t i = 0; h->status.code == UNROLL_OK && i < count; i++) {
        char name[256];
        ssize_t length = H5Lget_name_by_idx(group, ".", order, H5_ITER_INC, i, name, sizeof name, H5P_DEFAULT);
        if (length < 0 || length >= (ssize_t)sizeof name)
            unroll_h5_fail(h, "a member of a group has a name that cannot be read");
        else
            each(h, group, name, context);
    }
}

void unroll_h5_each_in(unroll_h5 *h, const char *name, unroll_h5_visit *each, void *context)
{
    H5G_info_t info;
    unsigned kept = 0;
    hid_t group, creation;
    if (h->status.code != UNROLL_OK)
        return;
    group = H5Lexists(h->file, name, H5P_DEFAULT) > 0 ? H5Gopen2(h->file, name, H5P_DEFAULT) : H5I_INVALID_HID;
    if (group < 0 || H5Gget_info(group, &info) < 0) {
        unroll_h5_fail(h, "it has no group \"%s\"", name);
    } else {
        creation = H5Gget_create_plist(group);
        H5Pget_link_creation_order(creation, &kept);
        H5Pclose(creation);
        each_of(h, group, info.nlinks, kept & H5P_CRT_ORDER_TRACKED ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME, each, context);
    }
    if (group >= 0)
        H5Gclose(group);
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
