/* files.h: files and commands as tests use them: what lies in a folder, what a file holds, what a command says. */
#ifndef UNROLL_TESTS_FILES_H
#define UNROLL_TESTS_FILES_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "suite.h"

/* FOLDER/NAME, until the next call. */
static inline const char *path_in(const char *folder, const char *name)
{
    static char path[1200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* Files and folders in a folder whose names hold `word`; none where it is not there. */
static inline int count_files(const char *folder, const char *word)
{
    struct dirent *entry;
    int count = 0;
    DIR *listing = opendir(folder);
    while (listing != NULL && (entry = readdir(listing)) != NULL)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 && strstr(entry->d_name, word) != NULL;
    if (listing != NULL)
        closedir(listing);
    return count;
}

/* The first `room` bytes of a file; returns how many there are, 0 where there is no file. */
static inline size_t read_bytes(const char *path, void *bytes, size_t room)
{
    FILE *file = fopen(path, "rb");
    size_t size = file != NULL ? fread(bytes, 1, room, file) : 0;
    if (file != NULL)
        fclose(file);
    return size;
}

static inline void write_bytes(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(fwrite(bytes, 1, size, file), size);
    CU_ASSERT_EQUAL(fclose(file), 0);
}

/* What the file folder/name holds, until the next call; "(none)" when it is not there. */
static inline const char *read_text(const char *folder, const char *name)
{
    static char text[32768];
    char path[1200];
    FILE *file;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "r");
    if (file == NULL)
        return "(none)";
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static inline void write_text(const char *folder, const char *name, const char *text)
{
    char path[1200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    write_bytes(path, text, strlen(text));
}

/* The exit status of a command of the shell; -1: a signal ended it. */
static inline int run_shell(const char *command)
{
    int status;
    fflush(stdout);
    status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The same; what the command writes to its standard output is left in `said`. */
static inline int ask_shell(const char *command, char *said, size_t room)
{
    FILE *pipe;
    int status;
    fflush(stdout);
    pipe = popen(command, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(pipe);
    said[fread(said, 1, room - 1, pipe)] = '\0';
    status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#endif
