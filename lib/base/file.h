/* file.h: folders and text files: made, found, and written whole or not at all. */
#ifndef UNROLL_BASE_FILE_H
#define UNROLL_BASE_FILE_H

#include <stdbool.h>
#include <stdio.h>

#include "base/status.h"

enum { UNROLL_FILE_ROOM = 4096 };

/* mkdir -p. Fails with UNROLL_FAILED naming the folder and the reason. */
unroll_status unroll_make_folder(const char *path);

/* Finds a folder of the project, which holds the file `marker`: the one that the environment variable names, else `name`
   in a folder above the program. False when it is nowhere. */
bool unroll_find_folder(const char *name, const char *marker, const char *variable, char path[UNROLL_FILE_ROOM]);

/* The file `name` beside the program; false when it is not there. */
bool unroll_find_beside(const char *name, char path[UNROLL_FILE_ROOM]);

/* Opens a new file beside `path` that no other process or host can have the name of: FOLDER/.unroll-part-HOST-RANDOM
   (RANDOM: 16 hex digits), with O_EXCL and O_NOFOLLOW. `part`: its name. Returns the descriptor, or -1 with errno. */
int unroll_part_open(const char *path, char part[UNROLL_FILE_ROOM]);

/* A text file that appears in its place only when all of it is written: FILE.part-PID until then. */
typedef struct unroll_text_file {
    FILE *out;
    char path[UNROLL_FILE_ROOM], part[UNROLL_FILE_ROOM + 32];
} unroll_text_file;

/* UNROLL_FAILED when it cannot be written. */
unroll_status unroll_text_file_open(unroll_text_file *file, const char *path);
/* Puts it in its place; with `good` false, or when something could not be written, nothing stays. */
unroll_status unroll_text_file_close(unroll_text_file *file, bool good);

#endif
