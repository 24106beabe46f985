/* HDF5 files as a whole: the lock, creating, closing; groups and attributes. */
#include "store/h5.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { IMAGE_STEP = 1 << 16, PATH_SHOWN = 300 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void unroll_h5_keep_memory(void)
{
    enum { KEPT = 1 << 23 }; /* bytes */
    H5set_free_list_limits(KEPT, KEPT, KEPT, KEPT, KEPT, KEPT);
}

void unroll_h5_lock(void)
{
    static bool started;
    pthread_mutex_lock(&lock);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    if (!started)
        unroll_h5_keep_memory();
    started = true;
}

void unroll_h5_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

void unroll_h5_fail(unroll_h5 *h, const char *format, ...)
{
    char shown[PATH_SHOWN], reason[200];
    va_list arguments;
    if (h->status.code != UNROLL_OK)
        return;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    h->status = unroll_error(UNROLL_FAILED, "%s: %s", unroll_text_quote(shown, sizeof shown, h->path), reason);
}

void unroll_h5_create(unroll_h5 *h, const char *path)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), creation = H5Pcreate(H5P_FILE_CREATE);
    memset(h, 0, sizeof *h);
    h->path = path;
    h->status = unroll_ok();
    H5Pset_fapl_core(access, IMAGE_STEP, 0);
    /* the oldest format: any reader knows it, and H5Fget_file_image breaks the newer ones (a superblock with a checksum) */
    H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_LATEST);
    /* no times inside, or equal records would not give equal bytes */
    H5Pset_obj_track_times(creation, 0);
    H5Pset_link_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
    h->file = H5Fcreate(path, H5F_ACC_TRUNC, creation, access);
    H5Pclose(creation);
    H5Pclose(access);
    if (h->file < 0)
        unroll_h5_fail(h, "out of memory");
}

/* The bytes of the file in memory, malloc'ed; NULL after a failure. */
static unsigned char *copy_image(unroll_h5 *h, size_t *size)
{
    ssize_t needed = H5Fflush(h->file, H5F_SCOPE_GLOBAL) < 0 ? -1 : H5Fget_file_image(h->file, NULL, 0);
    unsigned char *bytes = needed > 0 ? malloc((size_t)needed) : NULL;
    if (bytes == NULL || H5Fget_file_image(h->file, bytes, (size_t)needed) != needed) {
        unroll_h5_fail(h, "out of memory");
        free(bytes);
        return NULL;
    }
    *size = (size_t)needed;
    return bytes;
}

unroll_status unroll_h5_close(unroll_h5 *h)
{
    size_t size = 0;
    unsigned char *bytes = NULL;
    if (h->status.code == UNROLL_OK)
        bytes = copy_image(h, &size);
    if (h->file >= 0)
        H5Fclose(h->file);
    if (bytes != NULL)
        h->status = unroll_h5_write_bytes(h->path, bytes, size);
    free(bytes);
    h->file = H5I_INVALID_HID;
    return h->status;
}

hid_t unroll_h5_make_group(unroll_h5 *h, const char *name)
{
    hid_t creation, group;
    if (h->status.code != UNROLL_OK)
        return H5I_INVALID_HID;
    creation = H5Pcreate(H5P_GROUP_CREATE);
    H5Pset_obj_track_times(creation, 0);
    H5Pset_link_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
    group = H5Gcreate2(h->file, name, H5P_DEFAULT, creation, H5P_DEFAULT);
    H5Pclose(creation);
    if (group < 0)
        unroll_h5_fail(h, "cannot make the group %s", name);
    return group;
}

/* ---- attributes ---- */

static void put_attribute(unroll_h5 *h, hid_t at, const char *name, hid_t file_type, hid_t memory_type, const void *value)
{
    hid_t space, attribute;
    if (h->status.code != UNROLL_OK)
        return;
    space = H5Screate(H5S_SCALAR);
    attribute = H5Acreate2(at, name, file_type, space, H5P_DEFAULT, H5P_DEFAULT);
    if (attribute < 0 || H5Awrite(attribute, memory_type, value) < 0)
        unroll_h5_fail(h, "cannot make the attribute %s", name);
    if (attribute >= 0)
        H5Aclose(attribute);
    H5Sclose(space);
}

hid_t unroll_h5_text_type(void)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}

void unroll_h5_put_text(unroll_h5 *h, hid_t at, const char *name, const char *text)
{
    hid_t type = unroll_h5_text_type();
    put_attribute(h, at, name, type, type, &text);
    H5Tclose(type);
}

void unroll_h5_put_int(unroll_h5 *h, hid_t at, const char *name, int value)
{
    put_attribute(h, at, name, H5T_STD_I32LE, H5T_NATIVE_INT, &value);
}

void unroll_h5_put_real(unroll_h5 *h, hid_t at, const char *name, double value)
{
    put_attribute(h, at, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, &value);
}
