/* Arrays by name and texts beside them: saved models, the input and the output of predict. */
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "store/h5.h"
#include "store/reader.h"
#include "store/store.h"

static size_t size_of(unroll_array_type type)
{
    return type == UNROLL_ARRAY_FLOAT ? sizeof(float) : type == UNROLL_ARRAY_DOUBLE ? sizeof(double) : sizeof(int32_t);
}

static size_t elements_of(const unroll_array *array)
{
    size_t count = 1;
    for (int i = 0; i < array->rank; i++)
        count *= array->dims[i];
    return count;
}

/* ---- in memory ---- */

unroll_bundle *unroll_bundle_new(void)
{
    return calloc(1, sizeof(unroll_bundle));
}

void unroll_bundle_free(unroll_bundle *bundle)
{
    if (bundle == NULL)
        return;
    for (int i = 0; i < bundle->array_count; i++)
        free(bundle->arrays[i].data);
    for (int i = 0; i < bundle->attribute_count; i++)
        free(bundle->attributes[i].text);
    free(bundle->arrays);
    free(bundle->attributes);
    free(bundle);
}

/* The array of that name, emptied, or a new one; NULL when memory is short. */
static unroll_array *make_array(unroll_bundle *bundle, const char *name)
{
    unroll_array *array = (unroll_array *)unroll_bundle_find(bundle, name), *grown;
    if (array == NULL) {
        grown = unroll_one_more(bundle->arrays, bundle->array_count, sizeof *grown);
        if (grown == NULL)
            return NULL;
        bundle->arrays = grown;
        array = &grown[bundle->array_count++];
    } else {
        free(array->data);
    }
    memset(array, 0, sizeof *array);
    unroll_text_copy(array->name, sizeof array->name, name);
    return array;
}

void unroll_bundle_array(unroll_bundle *bundle, const char *name, unroll_array_type type, int rank, const size_t *dims,
                         const void *data)
{
    unroll_array *array;
    size_t bytes;
    if (bundle == NULL)
        return;
    array = make_array(bundle, name);
    if (array == NULL) {
        bundle->out_of_memory = true;
        return;
    }
    array->type = type;
    array->rank = rank;
    if (rank > 0)
        memcpy(array->dims, dims, (size_t)rank * sizeof *dims);
    bytes = elements_of(array) * size_of(type);
    array->data = malloc(bytes + 1);
    if (array->data == NULL)
        bundle->out_of_memory = true;
    else if (bytes > 0)
        memcpy(array->data, data, bytes);
}

void unroll_bundle_attribute(unroll_bundle *bundle, const char *name, const char *text)
{
    struct unroll_attribute *found, *grown;
    char *copy;
    if (bundle == NULL)
        return;
    copy = unroll_text_duplicate(text);
    found = unroll_find_named(bundle->attributes, bundle->attribute_count, sizeof *found, name);
    if (copy != NULL && found != NULL) {
        free(found->text);
        found->text = copy;
        return;
    }
    grown = unroll_one_more(bundle->attributes, bundle->attribute_count, sizeof *grown);
    bundle->attributes = grown != NULL ? grown : bundle->attributes;
    if (copy == NULL || grown == NULL) {
        bundle->out_of_memory = true;
        free(copy);
        return;
    }
    unroll_text_copy(grown[bundle->attribute_count].name, sizeof grown->name, name);
    grown[bundle->attribute_count++].text = copy;
}

const unroll_array *unroll_bundle_find(const unroll_bundle *bundle, const char *name)
{
    return unroll_find_named(bundle->arrays, bundle->array_count, sizeof *bundle->arrays, name);
}

const char *unroll_bundle_text(const unroll_bundle *bundle, const char *name)
{
    const struct unroll_attribute *found =
        unroll_find_named(bundle->attributes, bundle->attribute_count, sizeof *bundle->attributes, name);
    return found != NULL ? found->text : NULL;
}

/* ---- writing ---- */

/* Makes the groups that lead to "weights/head.bias" where they are not there yet. */
static void make_groups(unroll_h5 *h, const char *name)
{
    char path[sizeof((unroll_array *)0)->name];
    for (const char *slash = strchr(name, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        memcpy(path, name, (size_t)(slash - name));
        path[slash - name] = '\0';
        if (h->status.code == UNROLL_OK && H5Lexists(h->file, path, H5P_DEFAULT) <= 0) {
            hid_t group = unroll_h5_make_group(h, path);
            if (group >= 0)
                H5Gclose(group);
        }
    }
}

static void put_array(unroll_h5 *h, const unroll_array *array)
{
    unroll_h5_data data = {.name = array->name, .rank = array->rank, .values = array->data};
    hid_t set;
    for (int i = 0; i < array->rank; i++)
        data.dims[i] = array->dims[i];
    switch (array->type) {
    case UNROLL_ARRAY_FLOAT:
        data.file_type = H5T_IEEE_F32LE;
        data.memory_type = H5T_NATIVE_FLOAT;
        break;
    case UNROLL_ARRAY_DOUBLE:
        data.file_type = H5T_IEEE_F64LE;
        data.memory_type = H5T_NATIVE_DOUBLE;
        break;
    case UNROLL_ARRAY_INT32:
        data.file_type = H5T_STD_I32LE;
        data.memory_type = H5T_NATIVE_INT32;
        break;
    }
    make_groups(h, array->name);
    set = unroll_h5_put(h, h->file, &data);
    if (set >= 0)
        H5Dclose(set);
}

unroll_status unroll_store_bundle(const unroll_bundle *bundle, const char *path)
{
    unroll_h5 h;
    unroll_status status;
    if (bundle == NULL || bundle->out_of_memory)
        return unroll_error(UNROLL_FAILED, "out of memory for what was to be written to %.300s", path);
    unroll_h5_lock();
    unroll_h5_create(&h, path);
    for (int i = 0; i < bundle->attribute_count; i++)
        unroll_h5_put_text(&h, h.file, bundle->attributes[i].name, bundle->attributes[i].text);
    for (int i = 0; i < bundle->array_count; i++)
        put_array(&h, &bundle->arrays[i]);
    status = unroll_h5_close(&h);
    unroll_h5_unlock();
    return status;
}

/* ---- reading ---- */

/* Whole numbers of any width: as 32 bits, or all as doubles where one does not fit; in the place where they are, from the
   first one on, so that none is written over before it is read. */
static void narrow_whole(unroll_plain_member *member, unroll_array *array)
{
    const int64_t *wide = member->values;
    array->type = UNROLL_ARRAY_INT32;
    for (size_t i = 0; i < member->count; i++)
        if (wide[i] < INT32_MIN || wide[i] > INT32_MAX)
            array->type = UNROLL_ARRAY_DOUBLE;
    for (size_t i = 0; i < member->count; i++) {
        int32_t narrow = (int32_t)wide[i];
        double real = (double)wide[i];
        if (array->type == UNROLL_ARRAY_INT32)
            memcpy((char *)member->values + i * sizeof narrow, &narrow, sizeof narrow);
        else
            memcpy((char *)member->values + i * sizeof real, &real, sizeof real);
    }
}

static unroll_status read_member(const unroll_plain *plain, unroll_plain_member *member, unroll_bundle *bundle)
{
    unroll_array *array;
    if (member->name[0] == '@') {
        if (member->type == UNROLL_PLAIN_TEXT)
            unroll_bundle_attribute(bundle, member->name + 1, member->values);
        return unroll_ok();
    }
    if (member->type == UNROLL_PLAIN_TEXT || member->type == UNROLL_PLAIN_OTHER)
        return unroll_ok();
    if (strlen(member->name) >= sizeof array->name)
        return unroll_plain_damaged(plain, "too deep or under too long a name lies", member->name);
    array = make_array(bundle, member->name);
    if (array == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for %.300s", plain->path);
    array->rank = member->rank;
    memcpy(array->dims, member->dims, sizeof array->dims);
    if (member->type == UNROLL_PLAIN_WHOLE)
        narrow_whole(member, array);
    else
        array->type = member->type == UNROLL_PLAIN_FLOAT ? UNROLL_ARRAY_FLOAT : UNROLL_ARRAY_DOUBLE;
    array->data = member->values;
    member->values = NULL;
    return unroll_ok();
}

unroll_status unroll_load_bundle(const char *path, bool sealed, unroll_bundle **bundle)
{
    unroll_bundle *loaded = unroll_bundle_new();
    unroll_plain *plain = NULL;
    unroll_status status;
    *bundle = NULL;
    if (loaded == NULL)
        return unroll_error(UNROLL_FAILED, "out of memory for %.300s", path);
    status = unroll_read_plain(path, sealed ? UNROLL_FROM_US : UNROLL_FROM_USER, &plain);
    for (int i = 0; status.code == UNROLL_OK && i < plain->count; i++)
        status = read_member(plain, &plain->members[i], loaded);
    if (status.code == UNROLL_OK && loaded->out_of_memory)
        status = unroll_error(UNROLL_FAILED, "out of memory for %.300s", path);
    unroll_plain_free(plain);
    if (status.code == UNROLL_OK)
        *bundle = loaded;
    else
        unroll_bundle_free(loaded);
    return status;
}
