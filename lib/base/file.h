/* file.h: folders and files: made, found, read, and written whole or not at all. */
#ifndef UNROLL_BASE_FILE_H
#define UNROLL_BASE_FILE_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/status.h"

enum { UNROLL_FILE_ROOM = 4096 };

/* mkdir -p. Fails with UNROLL_FAILED naming the folder and the reason: a file of that name, too. */
unroll_status unroll_make_folder(const char *path);

/* Whether both names lead to one file that is there: by device and inode, so that links count, too. */
bool unroll_same_file(const char *a, const char *b);
/* Whether a regular file lies there: no pipe, which can be read once only, and no folder. */
bool unroll_is_file(const char *path);

/* Finds a folder of the project, which holds the file `marker`: the one that the environment variable names, else `name`
   or share/unroll/`name` (make install) in a folder above the program, the nearest first. False when it is nowhere. */
bool unroll_find_folder(const char *name, const char *marker, const char *variable, char path[UNROLL_FILE_ROOM]);

/* The file `name` beside the program; false when it is not there. */
bool unroll_find_beside(const char *name, char path[UNROLL_FILE_ROOM]);

/* A path by which this very program can be executed again, even when its file was replaced meanwhile; false when the
   system does not tell. */
bool unroll_own_program(char path[UNROLL_FILE_ROOM]);

/* ---- the system's calls ---- */

/* The calls by which files are read and written, so that a test can stand in for a disk that fails. */
typedef struct unroll_calls {
    int (*open)(const char *path, int flags, mode_t mode);
    ssize_t (*read)(int file, void *bytes, size_t size);
    ssize_t (*write)(int file, const void *bytes, size_t size);
    int (*fsync)(int file);
    int (*close)(int file);
    int (*rename)(const char *from, const char *to);
} unroll_calls;
extern unroll_calls unroll_disk;

/* Writes all of it, into a file or a pipe; returns 0 or errno. */
int unroll_write_all(int file, const void *bytes, size_t size);
/* Reads *size bytes, or what there is until the end; *size: how many came. Returns 0 or errno. */
int unroll_read_all(int file, void *bytes, size_t *size);

/* ---- unfinished files ---- */

/* Opens a new file beside `path` whose name no other process or host can have: .unroll-part-HOST-RANDOM, with O_EXCL and
   O_NOFOLLOW. part: its path. Returns the descriptor, or -1 with errno. */
int unroll_unfinished_open(const char *path, char part[UNROLL_FILE_ROOM]);
/* The host's name as far as it fits, letters, digits, dots and underscores alone. */
enum { UNROLL_HOST_ROOM = 33 };
void unroll_host_name(char host[UNROLL_HOST_ROOM]);
/* Whether a file of that name (no path) is one that unroll_unfinished_open made. */
bool unroll_is_unfinished(const char *name);

/* A text file that appears in its place only when all of it is written. */
typedef struct unroll_text_file {
    FILE *out;
    char path[UNROLL_FILE_ROOM], part[UNROLL_FILE_ROOM];
} unroll_text_file;

/* UNROLL_FAILED when it cannot be written. */
unroll_status unroll_text_file_open(unroll_text_file *file, const char *path);
/* Puts it in its place; with `good` false, or when something could not be written, nothing stays. */
unroll_status unroll_text_file_close(unroll_text_file *file, bool good);

#endif
