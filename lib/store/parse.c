/* An HDF5 file in memory, walked over and sent as plain arrays. This runs in a process that parses a few files and ends
   (child.c), so what is small is not freed. Nothing is read before it is known to lie in the file itself. */
#include <hdf5.h>
#include <hdf5_hl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/reader.h"

enum {
    DEEPEST_GROUP = 8,
    MOST_DEFLATED = 1100, /* deflate never shrinks data by more than 1032 to one */
    SLACK_BYTES = 1 << 16
};

typedef struct walk {
    unroll_plain_sink *sink;
    int members;
} walk;

static void finish(walk *w, unroll_plain_kind kind, const char *text)
{
    unroll_plain_head head = {.kind = kind, .name_size = strlen(text) + 1};
    unroll_plain_put(w->sink, &head, sizeof head);
    unroll_plain_put(w->sink, text, head.name_size);
    unroll_plain_flush(w->sink);
}

static void fail(walk *w, const char *format, ...) __attribute__((format(printf, 2, 3), noreturn));
static void fail(walk *w, const char *format, ...)
{
    char reason[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    finish(w, UNROLL_PLAIN_FAILURE, reason);
    unroll_parse_end();
}

/* A read that HDF5 refused: of a bad file, unless no memory is left. */
static void fail_reading(walk *w, const char *what, const char *name) __attribute__((noreturn));
static void fail_reading(walk *w, const char *what, const char *name)
{
    free(unroll_parse_allocate(1 << 24, 1));
    fail(w, "%s \"%.80s\" cannot be read", what, name);
}

/* ---- one member ---- */

typedef struct values {
    unroll_plain_type type;
    bool scale;
    int rank;
    hsize_t dims[UNROLL_PLAIN_RANK];
    size_t count;
    const char *unit;
    const void *bytes; /* of numbers (count); of texts (size), zero-ended, one behind the other */
    size_t size;
} values;

static void send_member(walk *w, const char *name, const values *v)
{
    unroll_plain_head head = {.kind = UNROLL_PLAIN_MEMBER,
                              .type = v->type,
                              .rank = (uint32_t)v->rank,
                              .scale = v->scale,
                              .name_size = strlen(name) + 1,
                              .unit_size = strlen(v->unit) + 1,
                              .values_size = v->size};
    if (++w->members > UNROLL_MOST_MEMBERS)
        fail(w, "it holds more than %d data sets", UNROLL_MOST_MEMBERS);
    for (int i = 0; i < v->rank; i++)
        head.dims[i] = v->dims[i];
    unroll_plain_put(w->sink, &head, sizeof head);
    unroll_plain_put(w->sink, name, head.name_size);
    unroll_plain_put(w->sink, v->unit, head.unit_size);
    unroll_plain_put(w->sink, v->bytes, v->size);
}

/* Fixed-length texts, or pointers to variable-length ones, as zero-ended texts one behind the other. */
static void pack_texts(const char *from, size_t size, bool variable, values *v)
{
    char *to = NULL;
    for (int pass = 0; pass < 2; pass++) { /* measured, then copied */
        v->size = 0;
        for (size_t i = 0; i < v->count; i++) {
            const char *text = from + i * size;
            size_t length;
            if (variable)
                memcpy(&text, from + i * size, sizeof text);
            text = text != NULL ? text : "";
            length = variable ? strlen(text) : strnlen(text, size);
            if (to != NULL) {
                memcpy(to + v->size, text, length);
                to[v->size + length] = '\0';
            }
            v->size += length + 1;
        }
        if (pass == 0)
            to = unroll_parse_allocate(v->size + 1, 1);
    }
    v->bytes = to;
}

static unroll_plain_type plain_type(hid_t type)
{
    switch (H5Tget_class(type)) {
    case H5T_INTEGER:
        return UNROLL_PLAIN_WHOLE;
    case H5T_FLOAT:
        return H5Tget_size(type) <= sizeof(float) ? UNROLL_PLAIN_FLOAT : UNROLL_PLAIN_DOUBLE;
    case H5T_STRING:
        return UNROLL_PLAIN_TEXT;
    default:
        return UNROLL_PLAIN_OTHER;
    }
}

static hid_t memory_type(hid_t type)
{
    switch (plain_type(type)) {
    case UNROLL_PLAIN_WHOLE:
        return H5T_NATIVE_INT64;
    case UNROLL_PLAIN_FLOAT:
        return H5T_NATIVE_FLOAT;
    case UNROLL_PLAIN_DOUBLE:
        return H5T_NATIVE_DOUBLE;
    default:
        return H5Tcopy(type);
    }
}

/* HDF5's own types stay. */
static void close_memory_type(hid_t type)
{
    if (H5Tget_class(type) == H5T_STRING)
        H5Tclose(type);
}

/* HDF5 converts values in two buffers of 1 MB, which it clears for every read; most data sets are far smaller. */
static hid_t conversion(hid_t set, size_t size, size_t count)
{
    enum { USUAL = 1 << 20 };
    hid_t transfer = H5Pcreate(H5P_DATASET_XFER), type = H5Dget_type(set);
    size_t stored = H5Tget_size(type), largest = stored > size ? stored : size;
    H5Tclose(type);
    if (largest > 0 && count < USUAL / largest)
        H5Pset_buffer(transfer, largest * (count + 1), NULL, NULL);
    return transfer;
}

/* Reads a data set, or the field `field` of a compound one, whose elements are of `type`, and sends it. */
static void send_values(walk *w, hid_t set, const char *name, const char *field, hid_t type, values *v)
{
    hid_t element = plain_type(type) != UNROLL_PLAIN_OTHER ? memory_type(type) : type, whole = element;
    size_t size = H5Tget_size(element);
    hid_t transfer;
    char *bytes;
    v->type = plain_type(type);
    v->bytes = NULL;
    v->size = 0;
    if (v->type != UNROLL_PLAIN_OTHER) {
        if (field != NULL) {
            whole = H5Tcreate(H5T_COMPOUND, size);
            H5Tinsert(whole, field, 0, element);
        }
        bytes = unroll_parse_allocate(v->count + 1, size);
        transfer = conversion(set, size, v->count);
        if (v->count > 0 && H5Dread(set, whole, H5S_ALL, H5S_ALL, transfer, bytes) < 0)
            fail_reading(w, "data set", name);
        H5Pclose(transfer);
        if (whole != element)
            H5Tclose(whole);
        close_memory_type(element);
        v->bytes = bytes;
        v->size = v->count * size;
        if (v->type == UNROLL_PLAIN_TEXT)
            pack_texts(bytes, size, H5Tis_variable_str(type) > 0, v);
    }
    send_member(w, name, v);
}

static void send_fields(walk *w, hid_t set, const char *name, hid_t type, values *v)
{
    int fields = H5Tget_nmembers(type);
    for (int i = 0; i < fields; i++) {
        char inner[UNROLL_PLAIN_NAME], *field = H5Tget_member_name(type, (unsigned)i);
        hid_t element = H5Tget_member_type(type, (unsigned)i);
        if (field == NULL || element < 0)
            fail_reading(w, "data set", name);
        if (snprintf(inner, sizeof inner, "%s/%s", name, field) >= (int)sizeof inner)
            fail(w, "\"%.80s\" has too long a name", name);
        send_values(w, set, inner, field, element, v);
        H5free_memory(field);
        H5Tclose(element);
    }
}

/* ---- attributes ---- */

/* The single text or number of an attribute. */
static values attribute_values(walk *w, hid_t attribute, const char *name)
{
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute), memory;
    values v = {.type = UNROLL_PLAIN_OTHER, .unit = ""};
    char *bytes;
    size_t size;
    if (type < 0 || space < 0)
        fail_reading(w, "attribute", name);
    v.type = plain_type(type);
    v.type = v.type == UNROLL_PLAIN_FLOAT ? UNROLL_PLAIN_DOUBLE : v.type;
    if (v.type == UNROLL_PLAIN_OTHER || H5Sget_simple_extent_npoints(space) != 1) {
        v.type = UNROLL_PLAIN_OTHER;
        return v;
    }
    H5Sclose(space);
    memory = v.type == UNROLL_PLAIN_DOUBLE ? H5T_NATIVE_DOUBLE : memory_type(type);
    size = H5Tget_size(memory);
    bytes = unroll_parse_allocate(2, size);
    if (H5Aread(attribute, memory, bytes) < 0)
        fail_reading(w, "attribute", name);
    v.bytes = bytes;
    v.count = 1;
    v.size = size;
    if (v.type == UNROLL_PLAIN_TEXT)
        pack_texts(bytes, size, H5Tis_variable_str(type) > 0, &v);
    close_memory_type(memory);
    H5Tclose(type);
    return v;
}

static void send_attributes(walk *w, hid_t root)
{
    for (hsize_t i = 0;; i++) {
        char name[UNROLL_PLAIN_NAME] = "@";
        hid_t attribute;
        values v;
        if (i >= (hsize_t)H5Aget_num_attrs(root))
            return;
        attribute = H5Aopen_by_idx(root, ".", H5_INDEX_NAME, H5_ITER_INC, i, H5P_DEFAULT, H5P_DEFAULT);
        if (attribute < 0 || H5Aget_name(attribute, sizeof name - 1, name + 1) < 0)
            fail(w, "its attributes cannot be read");
        v = attribute_values(w, attribute, name + 1);
        send_member(w, name, &v);
        H5Aclose(attribute);
    }
}

/* Of gathered files the attribute "units"; of records, and of gathered files of earlier versions, "unit". */
static const char *unit_of(walk *w, hid_t set)
{
    const char *name = "units";
    hid_t attribute;
    values v;
    htri_t there = H5Aexists(set, name);
    if (there == 0)
        there = H5Aexists(set, name = "unit");
    if (there < 0)
        fail(w, "the attributes of a data set cannot be read");
    if (there == 0)
        return "";
    attribute = H5Aopen(set, name, H5P_DEFAULT);
    if (attribute < 0)
        fail_reading(w, "attribute", name);
    v = attribute_values(w, attribute, name);
    H5Aclose(attribute);
    return v.type == UNROLL_PLAIN_TEXT ? v.bytes : "";
}

/* ---- data sets ---- */

/* A data set's values may be declared to lie in other files: the reader must not be made to fetch them. */
static void check_layout(walk *w, hid_t set, const char *name)
{
    hid_t made = H5Dget_create_plist(set);
    H5D_layout_t layout = made >= 0 ? H5Pget_layout(made) : H5D_LAYOUT_ERROR;
    if (layout != H5D_COMPACT && layout != H5D_CONTIGUOUS && layout != H5D_CHUNKED && layout != H5D_VIRTUAL)
        fail_reading(w, "data set", name);
    if (layout == H5D_VIRTUAL || H5Pget_external_count(made) != 0)
        fail(w, "data set \"%.80s\" lies in other files, which are not read", name);
    H5Pclose(made);
}

/* A damaged header may claim any shape: no more than what so many stored bytes can hold. False where the data set has been
   made to have no value at all. */
static bool read_shape(walk *w, hid_t set, hid_t type, const char *name, values *v)
{
    hid_t space = H5Dget_space(set);
    hsize_t stored = H5Dget_storage_size(set), bytes = H5Tget_size(type), room;
    if (space < 0)
        fail_reading(w, "data set", name);
    v->rank = H5Sget_simple_extent_ndims(space);
    if (v->rank < 0 || v->rank > UNROLL_PLAIN_RANK)
        fail(w, "data set \"%.80s\" has more than four dimensions, or none that can be read", name);
    H5Sget_simple_extent_dims(space, v->dims, NULL);
    room = stored > UINT64_MAX / 2 / MOST_DEFLATED ? UINT64_MAX / 2 : stored * MOST_DEFLATED + SLACK_BYTES;
    v->count = 1;
    for (int i = 0; i < v->rank; i++) {
        bytes = v->dims[i] != 0 && bytes > room / v->dims[i] ? room + 1 : bytes * v->dims[i];
        v->count *= (size_t)v->dims[i];
    }
    if (bytes > room)
        fail(w, "data set \"%.80s\" claims more than the file holds", name);
    bool none = H5Sget_simple_extent_type(space) == H5S_NULL;
    H5Sclose(space);
    return !none;
}

static void send_set(walk *w, hid_t set, const char *name)
{
    hid_t type = H5Dget_type(set);
    values v = {.type = UNROLL_PLAIN_OTHER, .unit = ""};
    H5T_class_t class = type >= 0 ? H5Tget_class(type) : H5T_NO_CLASS;
    if (class == H5T_NO_CLASS)
        fail_reading(w, "data set", name);
    check_layout(w, set, name);
    if ((class != H5T_COMPOUND && plain_type(type) == UNROLL_PLAIN_OTHER) || !read_shape(w, set, type, name, &v)) {
        send_member(w, name, &v);
        return;
    }
    v.unit = unit_of(w, set);
    v.scale = H5DSis_scale(set) > 0;
    if (class == H5T_COMPOUND)
        send_fields(w, set, name, type, &v);
    else
        send_values(w, set, name, NULL, type, &v);
    H5Tclose(type);
}

/* ---- the walk ---- */

static void send_group(walk *w, hid_t group, const char *path, int depth);

static void send_object(walk *w, hid_t group, const char *member, const char *path, int depth)
{
    hid_t object = H5Oopen(group, member, H5P_DEFAULT);
    switch (object >= 0 ? H5Iget_type(object) : H5I_BADID) {
    case H5I_DATASET:
        send_set(w, object, path);
        H5Dclose(object); /* so that a group may have more of them than there is room for open ones */
        break;
    case H5I_GROUP:
        send_group(w, object, path, depth + 1);
        H5Gclose(object);
        break;
    case H5I_DATATYPE:
        break;
    default:
        fail(w, "\"%.80s\" cannot be opened", path);
    }
}

static void send_group(walk *w, hid_t group, const char *path, int depth)
{
    hid_t made = H5Gget_create_plist(group);
    unsigned kept = 0;
    H5G_info_t info;
    H5_index_t order;
    if (depth > DEEPEST_GROUP)
        fail(w, "\"%.80s\" lies too deep", path);
    if (made < 0 || H5Gget_info(group, &info) < 0)
        fail(w, "the group \"%.80s\" cannot be read", path);
    H5Pget_link_creation_order(made, &kept);
    H5Pclose(made);
    order = kept & H5P_CRT_ORDER_TRACKED ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME;
    for (hsize_t i = 0; i < info.nlinks; i++) {
        char member[UNROLL_PLAIN_NAME], inner[UNROLL_PLAIN_NAME];
        H5L_info_t link;
        ssize_t length = H5Lget_name_by_idx(group, ".", order, H5_ITER_INC, i, member, sizeof member, H5P_DEFAULT);
        if (length < 0 || length >= (ssize_t)sizeof member ||
            H5Lget_info_by_idx(group, ".", order, H5_ITER_INC, i, &link, H5P_DEFAULT) < 0)
            fail(w, "a member of the group \"%.80s\" has a name that cannot be read", path);
        if (snprintf(inner, sizeof inner, "%s%s%s", path, path[0] != '\0' ? "/" : "", member) >= (int)sizeof inner)
            fail(w, "\"%.80s\" lies too deep or has too long a name", inner);
        if (link.type != H5L_TYPE_HARD)
            fail(w, "\"%.80s\" is a link, and links are not followed", inner);
        send_object(w, group, member, inner, depth);
    }
}

/* Opens a file out of memory; HDF5 copies the bytes. It wants a name that no file has. */
static hid_t open_image(unsigned char *bytes, size_t size)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), file = H5I_INVALID_HID;
    H5Pset_fapl_core(access, 1 << 16, 0);
    H5Pset_fclose_degree(access, H5F_CLOSE_STRONG); /* whatever is left open is closed with it */
    if (H5Pset_file_image(access, bytes, size) >= 0)
        file = H5Fopen(".unroll/in memory", H5F_ACC_RDONLY, access);
    H5Pclose(access);
    return file;
}

void unroll_parse(unsigned char *bytes, size_t size, unroll_plain_sink *sink)
{
    walk w = {.sink = sink};
    hid_t file = open_image(bytes, size), root;
    if (file < 0)
        fail(&w, "not an HDF5 file, or a truncated one");
    root = H5Gopen2(file, "/", H5P_DEFAULT);
    if (root < 0)
        fail(&w, "the group \"\" cannot be read");
    send_attributes(&w, root);
    send_group(&w, root, "", 0);
    if (H5Fclose(file) < 0)
        fail(&w, "it cannot be closed"); /* what stays open would be found again under the next one's name */
    finish(&w, UNROLL_PLAIN_END, "");
}
