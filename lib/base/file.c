#include "base/file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __APPLE__
#include <mach-o/dyld.h>
#include <sys/random.h>
#endif

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
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            return unroll_error(UNROLL_FAILED, "cannot make the folder %.300s: %s", part, strerror(errno));
    }
    return unroll_ok();
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
    char above[UNROLL_FILE_ROOM];
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

int unroll_part_open(const char *path, char part[UNROLL_FILE_ROOM])
{
    const char *slash = strrchr(path, '/');
    int folder = slash != NULL ? (int)(slash - path) + 1 : 0, length;
    char host[33] = "";
    uint64_t drawn;
    gethostname(host, sizeof host - 1);
    for (char *c = host; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c) && *c != '.')
            *c = '_';
    if (getentropy(&drawn, sizeof drawn) != 0)
        return -1;
    length = snprintf(part, UNROLL_FILE_ROOM, "%.*s.unroll-part-%s-%016" PRIx64, folder, path, host, drawn);
    if (length < 0 || length >= UNROLL_FILE_ROOM) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return open(part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
}

static unroll_status cannot_write(const char *path, int reason)
{
    return unroll_error(UNROLL_FAILED, "cannot write %.300s: %s", path, strerror(reason));
}

unroll_status unroll_text_file_open(unroll_text_file *file, const char *path)
{
    if (snprintf(file->path, sizeof file->path, "%s", path) >= (int)sizeof file->path)
        return unroll_error(UNROLL_WRONG, "the name of a file is longer than %d bytes", UNROLL_FILE_ROOM - 1);
    snprintf(file->part, sizeof file->part, "%s.part-%ld", file->path, (long)getpid());
    file->out = fopen(file->part, "w");
    return file->out != NULL ? unroll_ok() : cannot_write(path, errno);
}

unroll_status unroll_text_file_close(unroll_text_file *file, bool good)
{
    int reason = 0;
    if (fflush(file->out) != 0 || ferror(file->out))
        reason = errno != 0 ? errno : EIO;
    if (fclose(file->out) != 0 && reason == 0)
        reason = errno;
    if (good && reason == 0 && rename(file->part, file->path) != 0)
        reason = errno;
    if (!good || reason != 0)
        unlink(file->part);
    return reason == 0 ? unroll_ok() : cannot_write(file->path, reason);
}
