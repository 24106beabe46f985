/* datasets/fetch, with a table and files of the test's own: no network. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../datasets/text/corpus.h"
#include "data.h"
#include "files.h"
#include "images.h"

/* A folder with a table of sources, the files that they name, and room for what is fetched. */
typedef struct fetch_place {
    char folder[1024], said[4096];
    int status; /* of the last call */
} fetch_place;

static int run(const char *format, const char *folder, const char *rest)
{
    char command[4096];
    snprintf(command, sizeof command, format, folder, rest);
    return run_shell(command);
}

/* Calls datasets/fetch and keeps what it says and its exit status. */
static void fetch(fetch_place *place, const char *arguments)
{
    char command[4096];
    snprintf(command, sizeof command, "UNROLL_SOURCES='%s/table' UNROLL_DATA='%s/data' datasets/fetch %s 2>&1", place->folder,
             place->folder, arguments);
    place->status = ask_shell(command, place->said, sizeof place->said);
}

static bool there(const fetch_place *place, const char *name)
{
    char path[1200];
    struct stat what;
    snprintf(path, sizeof path, "%s/%s", place->folder, name);
    return stat(path, &what) == 0;
}

/* SHA-256 of "hello\n" */
static const char hello[] = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";

static void write_table(const fetch_place *place)
{
    char path[1200];
    const char *at = place->folder;
    FILE *table;
    data_write(path, at, "table", "# a table\n", 10);
    table = fopen(path, "a");
    CU_ASSERT_PTR_NOT_NULL_FATAL(table);
    fprintf(table, "good\tsub/greeting\t6\t%s\turl\tfile://%s/hello\tnone\tthe test\n", hello, at);
    fprintf(table, "bad\tgreeting\t6\t%064d\turl\tfile://%s/hello\tnone\tthe test\n", 0, at);
    fprintf(table, "gone\tgreeting\t6\t%s\turl\tfile://%s/nowhere\tnone\tthe test\n", hello, at);
    fprintf(table, "tree\tLIST\t76\tDIGEST\ttree\tfile://%s/archive.tgz#rec\tnone\tthe test\n", at);
    fprintf(table, "cut\tLIST\t76\t%s\ttree\tfile://%s/hello#rec\tnone\tthe test\n", hello, at);
    fclose(table);
}

static fetch_place make_place(void)
{
    fetch_place place = {.status = -1};
    char path[1200], list[100];
    snprintf(place.folder, sizeof place.folder, "%s", test_folder());
    data_write(path, place.folder, "hello", "hello\n", 6);
    snprintf(list, sizeof list, "%s  rec/a\n", hello);
    data_write(path, place.folder, "list", list, strlen(list));
    CU_ASSERT_EQUAL_FATAL(
        run("cd '%s' && %s", place.folder, "mkdir -p top/rec && cp hello top/rec/a && tar -czf archive.tgz top"), 0);
    write_table(&place);
    return place;
}

static void fetch_gets_a_file_and_checks_it(void)
{
    fetch_place place = make_place();
    fetch(&place, "good");
    CU_ASSERT_EQUAL(place.status, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(place.said, "data/good/sub/greeting is there now"));
    CU_ASSERT_EQUAL(run("cd '%s' && %s", place.folder, "cmp hello data/good/sub/greeting"), 0);
    fetch(&place, "good");
    CU_ASSERT_EQUAL(place.status, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(place.said, "is there already"));
    /* nothing but the file is left */
    CU_ASSERT_EQUAL(run("test \"$(ls -A '%s/data/good')\" = %s", place.folder, "sub"), 0);
}

static void fetch_replaces_a_damaged_file(void)
{
    fetch_place place = make_place();
    char path[1200];
    fetch(&place, "good");
    data_write(path, place.folder, "data/good/sub/greeting", "hell", 4);
    fetch(&place, "good");
    CU_ASSERT_EQUAL(place.status, 0);
    CU_ASSERT_EQUAL(run("cd '%s' && %s", place.folder, "cmp hello data/good/sub/greeting"), 0);
}

static void fetch_keeps_nothing_with_a_wrong_checksum(void)
{
    fetch_place place = make_place();
    fetch(&place, "bad");
    CU_ASSERT_EQUAL(place.status, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(place.said, "has not the SHA-256 that it should have"));
    CU_ASSERT_FALSE(there(&place, "data/bad"));
}

static void fetch_says_what_cannot_be_got(void)
{
    fetch_place place = make_place();
    fetch(&place, "gone");
    CU_ASSERT_EQUAL(place.status, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(place.said, "cannot be downloaded; is there a network?"));
    CU_ASSERT_FALSE(there(&place, "data/gone"));
    fetch(&place, "gone good");
    CU_ASSERT_EQUAL(place.status, 1);
    CU_ASSERT_TRUE(there(&place, "data/good/sub/greeting"));
}

static void fetch_checks_every_file_of_an_archive(void)
{
    fetch_place place = make_place();
    char command[300];
    fetch(&place, "tree");
    CU_ASSERT_EQUAL(place.status, 1);
    CU_ASSERT_FALSE(there(&place, "data/tree"));
    /* the right digest of the list into the table */
    snprintf(command, sizeof command,
             "digest=$({ sha256sum list 2>/dev/null || shasum -a 256 list; } | cut -d ' ' -f 1) && "
             "sed \"s/DIGEST/$digest/\" table >table2 && mv table2 table");
    CU_ASSERT_EQUAL_FATAL(run("cd '%s' && %s", place.folder, command), 0);
    fetch(&place, "tree");
    CU_ASSERT_EQUAL(place.status, 0);
    CU_ASSERT_EQUAL(run("cd '%s' && %s", place.folder, "cmp hello data/tree/rec/a && cmp list data/tree/LIST"), 0);
    /* a file of the tree that was changed is noticed and brought back */
    CU_ASSERT_EQUAL_FATAL(run("cd '%s' && %s", place.folder, "echo x >data/tree/rec/a"), 0);
    fetch(&place, "tree");
    CU_ASSERT_EQUAL(place.status, 0);
    CU_ASSERT_EQUAL(run("cd '%s' && %s", place.folder, "cmp hello data/tree/rec/a"), 0);
    fetch(&place, "cut");
    CU_ASSERT_EQUAL(place.status, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(place.said, "is not a whole tar.gz archive"));
}

static void fetch_refuses_names_that_it_does_not_know(void)
{
    fetch_place place = make_place();
    fetch(&place, "good nonsense");
    CU_ASSERT_EQUAL(place.status, 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(place.said, "there is no data set nonsense; there are: good bad gone tree cut"));
    CU_ASSERT_FALSE(there(&place, "data/good"));
    for (int i = 0; i < 3; i++) { /* only who asks for help is not wrong */
        fetch(&place, i == 0 ? "" : i == 1 ? "''" : "--help");
        CU_ASSERT_EQUAL(place.status, i < 2 ? 2 : 0);
        CU_ASSERT_PTR_NOT_NULL(strstr(place.said, "usage"));
    }
    fetch(&place, "good ''");
    CU_ASSERT_EQUAL(place.status, 2);
    CU_ASSERT_FALSE(there(&place, "data/good"));
}

static void fetch_lists_name_size_licence_and_source(void)
{
    fetch_place place = {.status = -1};
    snprintf(place.folder, sizeof place.folder, "%s", test_folder());
    CU_ASSERT_EQUAL(run("datasets/fetch --list >'%s/%s'", place.folder, "list"), 0);
    CU_ASSERT_EQUAL(
        run("grep -q '^etth1  *2590 kB  CC BY-ND 4.0  *GitHub zhouhaoyi/ETDataset$' '%s/%s'", place.folder, "list"), 0);
    CU_ASSERT_EQUAL(run("grep -q '^sunspots  *36 kB  public domain' '%s/%s'", place.folder, "list"), 0);
}

static void the_bundled_series_are_those_of_the_table(void)
{
    fetch_place place = {.status = -1};
    snprintf(place.folder, sizeof place.folder, "%s", test_folder());
    CU_ASSERT_EQUAL(run("datasets/fetch sunspots co2 elnino jfk >'%s/%s'", place.folder, "said"), 0);
    CU_ASSERT_EQUAL(run("test $(grep -c '^datasets/fetch: .*\\.csv is there already$' '%s/%s') = 4", place.folder, "said"), 0);
}

/* Calls datasets/fetch with the programs of the test's own that lie in its folder. */
static void fetch_with_own(fetch_place *place, const char *arguments)
{
    char kept[8192], with_own[8192 + 1100];
    snprintf(kept, sizeof kept, "%s", getenv("PATH"));
    snprintf(with_own, sizeof with_own, "%s:%s", place->folder, kept);
    setenv("PATH", with_own, 1);
    fetch(place, arguments);
    setenv("PATH", kept, 1);
}

static void add_program(const fetch_place *place, const char *name, const char *script)
{
    char path[1200];
    data_write(path, place->folder, name, script, strlen(script));
    CU_ASSERT_EQUAL_FATAL(chmod(path, 0700), 0);
}

static void add_source(const fetch_place *place, const char *line)
{
    char path[1200];
    FILE *table;
    snprintf(path, sizeof path, "%s/table", place->folder);
    table = fopen(path, "a");
    CU_ASSERT_PTR_NOT_NULL_FATAL(table);
    fputs(line, table);
    fclose(table);
}

static void the_bible_comes_without_its_references(void)
{
    fetch_place place = make_place();
    char line[300];
    snprintf(line, sizeof line, "book\tbook.txt\t6\t%s\tbible\tnone,none\tnone\tthe test\n", hello);
    add_source(&place, line);
    add_program(&place, "bible", "#!/bin/sh\n[ \"$*\" = \"-f gen1:1-rev22:21\" ] && echo 'Ge1:1 hello'\n");
    fetch_with_own(&place, "book");
    CU_ASSERT_EQUAL(place.status, 0);
    CU_ASSERT_EQUAL(run("cd '%s' && %s", place.folder, "cmp hello data/book/book.txt"), 0);
}

/* A package that is a tar archive; apt-get notes each call. */
static void packed_files_of_a_package_are_unpacked_and_it_is_downloaded_once(void)
{
    fetch_place place = make_place();
    char line[600], script[2200];
    for (int i = 0; i < 3; i++) { /* the last one is there, but not packed */
        snprintf(line, sizeof line, "%s\t%s\t6\t%s\tdeb.gz\tpack:usr/%s.gz\tnone\tthe test\n", i < 2 ? "packed" : "plain",
                 i == 0 ? "one" : "two", hello, i == 0 ? "one" : i == 1 ? "two" : "no");
        add_source(&place, line);
    }
    CU_ASSERT_EQUAL_FATAL(run("cd '%s' && %s", place.folder,
                              "mkdir usr && gzip -c hello >usr/one.gz && gzip -c hello >usr/two.gz && cp hello usr/no.gz && "
                              "tar -cf pack.tar usr"), 0);
    snprintf(script, sizeof script, "#!/bin/sh\necho \"$*\" >>'%s/calls'\ncp '%s/pack.tar' \"$2_1_all.deb\"\n", place.folder,
             place.folder);
    add_program(&place, "apt-get", script);
    add_program(&place, "dpkg-deb", "#!/bin/sh\nmkdir -p \"$3\" && tar -xf \"$2\" -C \"$3\"\n");
    fetch_with_own(&place, "packed");
    CU_ASSERT_EQUAL(place.status, 0);
    CU_ASSERT_EQUAL(run("cd '%s' && %s", place.folder, "cmp hello data/packed/one && cmp hello data/packed/two"), 0);
    CU_ASSERT_STRING_EQUAL(read_text(place.folder, "calls"), "download pack\n");
    /* nothing but the files is left */
    CU_ASSERT_EQUAL(run("test \"$(ls -A '%s/data/packed' | wc -l)\" -eq %s", place.folder, "2"), 0);
    fetch_with_own(&place, "plain");
    CU_ASSERT_EQUAL(place.status, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(place.said, "usr/no.gz in Debian's package pack is no whole gzip file"));
    CU_ASSERT_FALSE(there(&place, "data/plain"));
}

/* Sets a variable of the environment, or removes it, and keeps what it was. */
typedef struct variable {
    const char *name;
    char before[1024];
    bool was;
} variable;

static variable set_variable(const char *name, const char *value)
{
    const char *before = getenv(name);
    variable v = {.name = name, .was = before != NULL};
    snprintf(v.before, sizeof v.before, "%s", v.was ? before : "");
    setenv(name, value, 1);
    return v;
}

static void restore_variable(const variable *v)
{
    if (v->was)
        setenv(v->name, v->before, 1);
    else
        unsetenv(v->name);
}

/* A fetched set is found by its bare name. */
static void a_fetched_data_set_is_found_by_name(void)
{
    opened_task task;
    char path[1200], content[4096] = "v\n";
    const char *folder = test_folder();
    variable data;
    for (int t = 0; t < 200; t++)
        snprintf(content + strlen(content), sizeof content - strlen(content), "%d\n", t * t % 17);
    snprintf(path, sizeof path, "%s/etth1", folder);
    CU_ASSERT_EQUAL_FATAL(mkdir(path, 0777), 0);
    data_write(path, folder, "etth1/ETTh1.csv", content, strlen(content));
    data = set_variable("UNROLL_DATA", folder);
    task = data_open("series", "file=etth1 length=8");
    CU_ASSERT_EQUAL(task.status.code, UNROLL_OK);
    data_close(&task);
    data_refused("series", "file=etth2", "did you mean etth1");
    restore_variable(&data);
}

/* The default text of task=text: the one that was fetched, the Bible before Shakespeare. None, not even
   Debian's licence, is an error that says what to fetch. */
static void the_default_text_is_one_that_was_fetched(void)
{
    static const char *const texts[] = {"tinyshakespeare/input.txt", "kjv/kjv.txt"};
    char path[1200], content[500];
    const char *folder = test_folder();
    variable data = set_variable("UNROLL_DATA", folder), datasets = set_variable("UNROLL_DATASETS", folder);
    CU_ASSERT_EQUAL_FATAL(run("cp datasets/sources.tsv '%s'%s", folder, ""), 0);
    if (access("/usr/share/common-licenses/GPL-3", R_OK) != 0)
        data_refused("text", "length=4 batch=2", "task=text needs a text: give file=..., or run datasets/fetch kjv");
    for (int i = 0; i < 2; i++) {
        opened_task task;
        for (int c = 0; c < 500; c++)
            content[c] = (char)('a' + c * c % (5 + i));
        CU_ASSERT_EQUAL_FATAL(run("mkdir '%s'/$(dirname %s)", folder, texts[i]), 0);
        data_write(path, folder, texts[i], content, sizeof content);
        task = data_open("text", "length=4 batch=2");
        CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
        CU_ASSERT_EQUAL(strncmp(((const unroll_corpus *)task.state)->fingerprint, strchr(texts[i], '/') + 1, 5), 0);
        data_close(&task);
    }
    restore_variable(&data);
    restore_variable(&datasets);
}

/* The default images are those of the set that was fetched, all four. */
static void the_default_images_are_those_that_were_fetched(void)
{
    const char *folder = test_folder();
    char set[1100], before[4096];
    opened_task task;
    variable data = set_variable("UNROLL_DATA", folder), datasets = set_variable("UNROLL_DATASETS", folder);
    CU_ASSERT_EQUAL_FATAL(run("cp datasets/sources.tsv '%s'%s", folder, ""), 0);
    data_refused("images", "",
                 "task=images needs images: give images=, labels=, test_images= and test_labels= (IDX files), or run "
                 "datasets/fetch fashion-mnist");
    /* a file in the working folder that is called like the set is not of it */
    CU_ASSERT_PTR_NOT_NULL_FATAL(getcwd(before, sizeof before));
    snprintf(set, sizeof set, "%s/fashion-mnist", folder);
    write_bytes(set, "x", 1);
    CU_ASSERT_EQUAL_FATAL(chdir(folder), 0);
    data_refused("images", "", "task=images needs images");
    CU_ASSERT_EQUAL_FATAL(chdir(before), 0);
    CU_ASSERT_EQUAL_FATAL(unlink(set), 0);
    CU_ASSERT_EQUAL_FATAL(mkdir(set, 0777), 0);
    images_make(set, 30, 9);
    task = data_open("images", "batch=9");
    CU_ASSERT_EQUAL_FATAL(task.status.code, UNROLL_OK);
    CU_ASSERT_EQUAL(task.shape.batches[UNROLL_TEST], 1);
    CU_ASSERT_EQUAL(task.shape.batches[UNROLL_TRAIN], 3);
    data_close(&task);
    restore_variable(&data);
    restore_variable(&datasets);
}

const unroll_test tests_data_fetch[] = {
    TEST(fetch_gets_a_file_and_checks_it),           TEST(fetch_replaces_a_damaged_file),
    TEST(fetch_keeps_nothing_with_a_wrong_checksum), TEST(fetch_says_what_cannot_be_got),
    TEST(fetch_checks_every_file_of_an_archive),     TEST(fetch_refuses_names_that_it_does_not_know),
    TEST(fetch_lists_name_size_licence_and_source),  TEST(the_bundled_series_are_those_of_the_table),
    TEST(the_bible_comes_without_its_references),    TEST(a_fetched_data_set_is_found_by_name),
    TEST(the_default_text_is_one_that_was_fetched),  TEST(the_default_images_are_those_that_were_fetched),
    TEST(packed_files_of_a_package_are_unpacked_and_it_is_downloaded_once),
    {NULL, NULL}};
