/* The house keeps its order: who includes whom, who may touch files and the terminal, what lies at the top.
   These tests read the sources, so they run from the top of the tree, as `make check` does. */
#include <ctype.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "suite.h"

typedef struct arrow {
    const char *folder;  /* below the top of the tree */
    const char *sources; /* folders whose headers it may include; "unroll": lib/unroll.h */
} arrow;

/* a folder includes what lies left of it: base <- simd <- cells <- layers <- model <- networks, simd <- losses <- model, ... */
static const arrow arrows[] = {
    {"lib/base", "base"},
    {"lib/simd", "base simd"},
    {"lib/cells", "base simd cells"},
    {"lib/layers", "base simd cells layers"},
    {"lib/losses", "base simd losses"},
    {"lib/model", "base simd cells layers losses model"},
    {"lib/networks", "base simd cells layers losses model networks"},
    {"lib/store", "base store"},
    {"lib/bench", "base simd cells layers losses model bench"},
    {"lib/sweep", "base simd cells layers losses model networks store bench sweep"},
    {"lib/report", "base simd cells layers losses model networks store bench sweep report"},
    {"lib/nightly", "base simd cells layers losses model networks store bench sweep report nightly"},
    {"lib/cli", "base simd cells layers losses model networks store bench sweep report nightly cli unroll"},
    {"datasets", "base simd cells layers losses model unroll"},
    {"experiments", "unroll"},
};
enum { ARROWS = sizeof arrows / sizeof arrows[0], PATH_ROOM = 1024 };

/* ---- reading sources ---- */

typedef struct visit {
    int (*check)(const char *path, const char *text, const void *rule); /* returns how often the rule is broken */
    const void *rule;
    int files, broken;
} visit;

static char *read_text(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    if (file && fseek(file, 0, SEEK_END) == 0) {
        long size = ftell(file);
        rewind(file);
        text = size >= 0 ? malloc((size_t)size + 1) : NULL;
        if (text)
            text[fread(text, 1, (size_t)size, file)] = '\0';
    }
    if (file)
        fclose(file);
    return text;
}

static bool is_source(const char *name)
{
    size_t n = strlen(name);
    return n > 2 && name[n - 2] == '.' && (name[n - 1] == 'c' || name[n - 1] == 'h');
}

/* Checks every source below `folder`; a folder that is not there has none. */
static void walk(const char *folder, visit *v)
{
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        char path[PATH_ROOM];
        struct stat info;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] == '.' || stat(path, &info) != 0)
            continue;
        if (S_ISDIR(info.st_mode)) {
            walk(path, v);
        } else if (is_source(entry->d_name)) {
            char *text = read_text(path);
            CU_ASSERT_PTR_NOT_NULL_FATAL(text);
            v->broken += v->check(path, text, v->rule);
            v->files++;
            free(text);
        }
    }
    if (dir)
        closedir(dir);
}

static bool lists(const char *words, const char *word, size_t length)
{
    for (const char *at = words; (at = strstr(at, word)); at++)
        if ((at == words || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

/* ---- rules ---- */

static bool planted; /* what is found now is meant to be found: no words about it */

static void complain(const char *path, const char *verb, const char *what)
{
    if (!planted)
        fprintf(stderr, "\n%s may not %s %s\n", path, verb, what);
}

/* Counts the broken ones among every #include of `text`; a name comes with its opening mark: "<hdf5.h". */
static int count_includes(const char *path, const char *text, const void *rule,
                          bool (*broken)(const char *name, const void *rule))
{
    int count = 0;
    for (const char *line = text, *end; *line; line = *end ? end + 1 : end) {
        char name[128];
        end = line + strcspn(line, "\n");
        bool directive = line[strspn(line, " \t")] == '#';
        if (directive && sscanf(line, " # include %1[<\"]%126[a-zA-Z0-9_./+-]", name, name + 1) == 2 &&
            broken(name, rule)) {
            complain(path, "include", name + 1);
            count++;
        }
    }
    return count;
}

/* Whether `folder` is one that the arrows are about; other names are headers of the including folder's own. */
static bool is_known(const char *folder)
{
    for (int i = 0; i < ARROWS; i++)
        if (strncmp(arrows[i].folder, "lib/", 4) == 0 && strcmp(arrows[i].folder + 4, folder) == 0)
            return true;
    return strcmp(folder, "unroll") == 0;
}

static bool leaves_its_arrows(const char *name, const void *rule)
{
    const arrow *a = rule;
    const bool only_unroll = strcmp(a->sources, "unroll") == 0;
    char folder[128];
    if (name[0] != '"')
        return false;
    snprintf(folder, sizeof folder, "%.*s", (int)strcspn(name + 1, "/"), name + 1);
    if (strcmp(folder, "unroll.h") == 0)
        strcpy(folder, "unroll");
    return (only_unroll || is_known(folder)) && !lists(a->sources, folder, strlen(folder));
}

static int check_arrow(const char *path, const char *text, const void *rule)
{
    return count_includes(path, text, rule, leaves_its_arrows);
}

static bool is_hdf5(const char *name, const void *rule)
{
    (void)rule;
    return strcmp(name, "<hdf5.h") == 0 || strncmp(name, "<hdf5_", 6) == 0 || strcmp(name, "\"hdf5.h") == 0;
}

static int check_no_hdf5(const char *path, const char *text, const void *rule)
{
    const char *const *home = rule;
    return strncmp(path, *home, strlen(*home)) == 0 ? 0 : count_includes(path, text, NULL, is_hdf5);
}

/* How often one of the words in `rule` (ended by NULL) is called. */
static int check_no_calls(const char *path, const char *text, const void *rule)
{
    int count = 0;
    for (const char *const *word = rule; *word; word++) {
        for (const char *at = text; (at = strstr(at, *word)); at++) {
            bool inside_a_name = at > text && (isalnum((unsigned char)at[-1]) || strchr("_.>", at[-1]));
            if (inside_a_name || at[strlen(*word)] != '(')
                continue;
            complain(path, "call", *word);
            count++;
        }
    }
    return count;
}

static int broken_arrows(const char *top)
{
    int broken = 0;
    for (int i = 0; i < ARROWS; i++) {
        char folder[PATH_ROOM + 32];
        visit v = {.check = check_arrow, .rule = &arrows[i]};
        snprintf(folder, sizeof folder, "%s/%s", top, arrows[i].folder);
        walk(folder, &v);
        broken += v.broken;
    }
    return broken;
}

/* ---- the tests ---- */

static void every_folder_includes_only_what_its_arrows_allow(void)
{
    visit all = {.check = check_arrow, .rule = &arrows[0]};
    CU_ASSERT_EQUAL(broken_arrows("."), 0);
    walk("lib/base", &all);
    CU_ASSERT_TRUE(all.files > 0); /* the test stands at the top of the tree */
}

/* What the program was built with, make EXTRA=..., keeps them, too. */
static void added_folders_include_only_what_their_arrows_allow(void)
{
    const char *rest = UNROLL_EXTRA;
    char folder[PATH_ROOM];
    while (unroll_next_word(&rest, folder, sizeof folder))
        CU_ASSERT_EQUAL(broken_arrows(folder), 0);
}

static void every_folder_of_the_library_has_its_arrows(void)
{
    DIR *dir = opendir("lib");
    CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        char folder[PATH_ROOM];
        bool known = entry->d_name[0] == '.' || strcmp(entry->d_name, "unroll.h") == 0;
        snprintf(folder, sizeof folder, "lib/%s", entry->d_name);
        for (int i = 0; i < ARROWS; i++)
            known = known || strcmp(arrows[i].folder, folder) == 0;
        if (!known)
            fprintf(stderr, "\n%s is not in the table of this test\n", folder);
        CU_ASSERT_TRUE(known);
    }
    closedir(dir);
}

static void only_the_store_includes_hdf5(void)
{
    static const char *const folders[] = {"lib", "datasets", "experiments"}, *home = "lib/store/";
    for (int i = 0; i < 3; i++) {
        visit v = {.check = check_no_hdf5, .rule = &home};
        walk(folders[i], &v);
        CU_ASSERT_EQUAL(v.broken, 0);
    }
}

static void the_core_touches_no_file_and_no_terminal(void)
{
    static const char *const words[] = {"printf", "fprintf", "puts",  "fputs", "putchar", "fopen",  "open", "fread",
                                        "fwrite", "system",  "popen", "time",  "clock",   "isatty", NULL};
    static const char *const folders[] = {"lib/simd", "lib/cells", "lib/layers", "lib/losses", "lib/model", "lib/networks"};
    for (int i = 0; i < 6; i++) {
        visit v = {.check = check_no_calls, .rule = words};
        walk(folders[i], &v);
        CU_ASSERT_EQUAL(v.broken, 0);
    }
}

/* What lib/store/child.c and lib/bench/peers/ hold are programs of their own, which end there. */
static int check_no_end(const char *path, const char *text, const void *rule)
{
    bool own = strcmp(path, "lib/store/child.c") == 0 || strncmp(path, "lib/bench/peers/", 16) == 0;
    return own ? 0 : check_no_calls(path, text, rule);
}

static void only_the_command_line_ends_the_program_or_prints(void)
{
    static const char *const words[] = {"exit", "_exit", "abort", "printf", "puts", "putchar", "perror", NULL};
    static const char *const folders[] = {"lib/base",     "lib/simd",  "lib/cells", "lib/layers", "lib/losses", "lib/model",
                                          "lib/networks", "lib/store", "lib/bench", "lib/sweep",  "lib/report", "lib/nightly"};
    for (int i = 0; i < 12; i++) {
        visit v = {.check = check_no_end, .rule = words};
        walk(folders[i], &v);
        CU_ASSERT_EQUAL(v.broken, 0);
    }
}

static void the_top_of_the_tree_holds_these_and_nothing_else(void)
{
    static const char *const names = "lib experiments datasets results plots tests Makefile run_all.sh README.md USING.md "
                                     "ADDING.md LICENSE CITATION.cff";
    enum { NAMES = 13 };
    char name[256];
    int seen = 0;
    FILE *list = popen("git ls-tree --name-only HEAD 2>/dev/null", "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(list);
    while (fscanf(list, "%255s", name) == 1) {
        bool hidden = name[0] == '.', expected = hidden || lists(names, name, strlen(name));
        if (!expected)
            fprintf(stderr, "\n%s does not belong at the top of the tree\n", name);
        CU_ASSERT_TRUE(expected);
        seen += !hidden;
    }
    pclose(list);
    if (seen == 0)
        test_skip("this is no git checkout, or git is not there");
    else
        CU_ASSERT_EQUAL(seen, NAMES);
}

static void write_source(const char *top, const char *folder, const char *text)
{
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s/%s/planted.c", top, folder);
    for (char *slash = strchr(path + strlen(top) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0777); /* there already is right, too */
        *slash = '/';
    }
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
}

static void a_planted_include_is_found(void)
{
    char top[PATH_ROOM];
    planted = true;
    snprintf(top, sizeof top, "%s/layout", test_folder());
    mkdir(top, 0777);
    write_source(top, "lib/base", "#include <math.h>\n#include \"base/real.h\"\n#include \"text.h\"\n");
    CU_ASSERT_EQUAL(broken_arrows(top), 0);
    write_source(top, "lib/base",
                 "\n#include \"base/real.h\"\n\n  # include \"model/model.h\"\n#include \"unroll.h\"\n");
    CU_ASSERT_EQUAL(broken_arrows(top), 2);
    write_source(top, "experiments", "#include \"unroll.h\"\n#include \"store/store.h\"\n#include \"own.h\"\n");
    CU_ASSERT_EQUAL(broken_arrows(top), 4);
    visit hdf5 = {.check = check_no_hdf5, .rule = &(const char *){"lib/store/"}};
    write_source(top, "experiments", "#include <hdf5.h>\n#include <stdio.h>\n");
    walk(top, &hdf5);
    CU_ASSERT_EQUAL(hdf5.broken, 1);
    planted = false;
}

static void a_planted_call_is_found(void)
{
    static const char *const words[] = {"printf", "exit", NULL};
    planted = true;
    CU_ASSERT_EQUAL(check_no_calls("x.c", "snprintf(a); unroll_exit(1); fprintf(f); int exit;", words), 0);
    CU_ASSERT_EQUAL(check_no_calls("x.c", "printf(\"a\");\n  exit(1);", words), 2);
    planted = false;
}

const unroll_test tests_layout[] = {
    TEST(every_folder_includes_only_what_its_arrows_allow),
    TEST(added_folders_include_only_what_their_arrows_allow),
    TEST(every_folder_of_the_library_has_its_arrows),
    TEST(only_the_store_includes_hdf5),
    TEST(the_core_touches_no_file_and_no_terminal),
    TEST(only_the_command_line_ends_the_program_or_prints),
    TEST(the_top_of_the_tree_holds_these_and_nothing_else),
    TEST(a_planted_include_is_found),
    TEST(a_planted_call_is_found),
    {NULL, NULL},
};
