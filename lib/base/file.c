#include "base/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __APPLE__
#include <mach-o/dyld.h>
#endif

/* What mkdir finds there already must be a folder, or lead to one. */
static unroll_status check_folder(const char *path)
{
    struct stat what;
    if (stat(path, &what) != 0)
        return unroll_error(UNROLL_FAILED, "cannot make the folder %.300s: %s", path, strerror(errno));
    if (!S_ISDIR(what.st_mode))
        return unroll_error(UNROLL_FAILED, "cannot make the folder %.300s: a file of that name is there", path);
    return unroll_ok();
}

unroll_status unroll_make_folder(const char *path)
{
    char part[UNROLL_FILE_ROOM];
    size_t length = strlen(path);
    if (length >= sizeof part)
        return unroll_error(UNROLL_WRONG, "the name of a folder is longer than %d bytes", UNROLL_FILE_ROOM - 1);
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0777) == 0)
            continue;
        if (errno != EEXIST)
            return unroll_error(UNROLL_FAILED, "cannot make the folder %.300s: %s", part, strerror(errno));
        UNROLL_TRY(check_folder(part));
    }
    return unroll_ok();
}

bool unroll_same_file(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

bool unroll_is_file(const char *path)
{
    struct stat what;
    return stat(path, &what) == 0 && S_ISREG(what.st_mode);
}

static bool join(char path[UNROLL_FILE_ROOM], const char *folder, const char *rest)
{
    int length = snprintf(path, UNROLL_FILE_ROOM, "%s/%s", folder, rest);
    return length > 0 && length < UNROLL_FILE_ROOM;
}

static bool holds(const char *folder, const char *marker)
{
    char path[UNROLL_FILE_ROOM];
    struct stat what;
    return join(path, folder, marker) && stat(path, &what) == 0;
}

bool unroll_own_program(char path[UNROLL_FILE_ROOM])
{
#ifdef __APPLE__
    uint32_t room = UNROLL_FILE_ROOM;
    return _NSGetExecutablePath(path, &room) == 0;
#else
    strcpy(path, "/proc/self/exe"); /* its link leads to a replaced file, too */
    return access(path, X_OK) == 0;
#endif
}

static bool program_path(char path[UNROLL_FILE_ROOM])
{
#ifdef __APPLE__
    uint32_t room = UNROLL_FILE_ROOM;
    return _NSGetExecutablePath(path, &room) == 0;
#else
    ssize_t length = readlink("/proc/self/exe", path, UNROLL_FILE_ROOM - 1);
    path[length > 0 ? length : 0] = '\0';
    return length > 0;
#endif
}

bool unroll_find_folder(const char *name, const char *marker, const char *variable, char path[UNROLL_FILE_ROOM])
{
    char above[UNROLL_FILE_ROOM], installed[256];
    const char *told = getenv(variable);
    if (told != NULL && told[0] != '\0') {
        snprintf(path, UNROLL_FILE_ROOM, "%s", told);
        return true;
    }
    /* not in the working folder, which may be anybody's: what lies there would be run */
    if (!program_path(above))
        return false;
    for (char *slash = strrchr(above, '/'); slash != NULL; slash = strrchr(above, '/')) {
        *slash = '\0';
        if (join(path, above, name) && holds(path, marker))
            return true;
        snprintf(installed, sizeof installed, "share/unroll/%s", name);
        if (join(path, above, installed) && holds(path, marker))
            return true;
    }
    return false;
}

bool unroll_find_beside(const char *name, char path[UNROLL_FILE_ROOM])
{
    char program[UNROLL_FILE_ROOM], *slash;
    if (!program_path(program) || (slash = strrchr(program, '/')) == NULL)
        return false;
    *slash = '\0';
    return join(path, program, name) && access(path, R_OK) == 0;
}

static unroll_status cannot_write(const char *path, int reason)
{
    return unroll_error(UNROLL_FAILED, "cannot write %.300s: %s", path, strerror(reason));
}

unroll_status unroll_text_file_open(unroll_text_file *file, const char *path)
{
    int part, reason;
    if (snprintf(file->path, sizeof file->path, "%s", path) >= (int)sizeof file->path)
        return unroll_error(UNROLL_WRONG, "the name of a file is longer than %d bytes", UNROLL_FILE_ROOM - 1);
    part = unroll_unfinished_open(file->path, file->part);
    file->out = part >= 0 ? fdopen(part, "w") : NULL;
    if (file->out != NULL)
        return unroll_ok();
    reason = errno;
    if (part >= 0) {
        close(part);
        unlink(file->part);
    }
    return cannot_write(path, reason);
}

unroll_status unroll_text_file_close(unroll_text_file *file, bool good)
{
    int reason = 0;
    if (fflush(file->out) != 0 || ferror(file->out))
        reason = errno != 0 ? errno : EIO;
    if (fclose(file->out) != 0 && reason == 0)
        reason = errno;
    if (good && reason == 0 && unroll_disk.rename(file->part, file->path) != 0)
        reason = errno;
    if (!good || reason != 0)
        unlink(file->part);
    return reason == 0 ? unroll_ok() : cannot_write(file->path, reason);
}
