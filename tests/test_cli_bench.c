/* unroll bench as a user calls it: its modes, its records, its peers. No test looks at how fast anything is. */
#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "bench/bench.h"
#include "gathered.h"
#include "model/network.h"
#include "model/run.h"

static char out[32768], err[32768]; /* what the last call said */

/* one for all calls of a test program's run */
static const char *common_folder(void)
{
    static const char *folder;
    if (folder == NULL)
        folder = test_folder();
    return folder;
}

/* Runs "unroll bench ARGUMENTS --results FOLDER/bench" with `variables` before it; its exit status. */
static int call(const char *variables, const char *arguments)
{
    const char *folder = common_folder();
    char command[4096];
    int status;
    snprintf(command, sizeof command, "%s " UNROLL_PROGRAM " bench %s --tenths 1 --results %s/bench >%s/out 2>%s/err", variables,
             arguments, folder, folder, folder);
    status = run_shell(command);
    strcpy(out, read_text(folder, "out"));
    strcpy(err, read_text(folder, "err"));
    return status;
}

static int lines_of(const char *text)
{
    int lines = 0;
    for (; *text != '\0'; text++)
        lines += *text == '\n';
    return lines;
}

static int commas_of(const char *line)
{
    int commas = 0;
    for (; *line != '\0' && *line != '\n'; line++)
        commas += *line == ',';
    return commas;
}

static void every_mode_prints_its_columns_as_csv(void)
{
    static const struct {
        const char *arguments, *head;
        int lines; /* 0: one for the head, and some */
    } modes[] = {
        {"model=gru hidden=3,5 batch=2 length=4", "model,instructions,used_threads,inputs,hidden,batch,length,ms,", 3},
        {"--stream model=lstm hidden=5", "model,instructions,weights,inputs,hidden,batch,us,", 4},
        {"--threads model=rnn hidden=5 batch=2 length=4", "model,instructions,hidden,batch,length,runs,", 0},
        {"--elementwise isa=scalar", "function,instructions,elements_per_ns,spread", 0},
        {"--words model=lstm hidden=5 layers=1 batch=2 length=4 classes=9",
         "model,instructions,used_threads,hidden,layers,batch,length,alphabet,ms,", 2},
        {"--transformer hidden=6 batch=2 length=4", "model,instructions,hidden,heads,batch,length,ms,gflops,peak_gflops,", 2},
        {"--phases model=lstm hidden=5 batch=2 length=4", "model,instructions,hidden,batch,length,ms,input_product,", 2},
        {"--beside model=gru,rnn hidden=5 batch=2 length=4 against=hidden=6", "model,against,instructions,parameters,inputs,", 3},
    };
    for (int i = 0; i < (int)(sizeof modes / sizeof modes[0]); i++) {
        char arguments[256];
        snprintf(arguments, sizeof arguments, "%s --format csv", modes[i].arguments);
        CU_ASSERT_EQUAL(call("", arguments), 0);
        CHECK_TEXT(err, "");
        CU_ASSERT_EQUAL(strncmp(out, modes[i].head, strlen(modes[i].head)), 0);
        CU_ASSERT(modes[i].lines == 0 ? lines_of(out) > 2 : lines_of(out) == modes[i].lines);
        for (const char *line = out; *line != '\0'; line = strchr(line, '\n') + 1)
            CU_ASSERT_EQUAL(commas_of(line), commas_of(out));
    }
}

static void every_invocation_is_kept_and_its_phases_make_a_whole(void)
{
    static const char *const phases[] = {"input_product", "recurrent", "elementwise", "gradients", "input_gradient", "update", "other"};
    char path[600];
    unroll_table *table = NULL;
    int before;
    snprintf(path, sizeof path, "%s/bench/bench.h5", common_folder());
    CU_ASSERT_EQUAL(call("", "model=rnn hidden=4 batch=1 length=3 --format csv"), 0);
    CU_ASSERT_EQUAL_FATAL(unroll_load_table(path, &table).code, UNROLL_OK);
    before = table->rows;
    unroll_table_free(table);
    CU_ASSERT_EQUAL(call("", "--phases model=gru hidden=4 batch=1 length=3 --format csv"), 0);
    CU_ASSERT_EQUAL_FATAL(unroll_load_table(path, &table).code, UNROLL_OK);
    CU_ASSERT_EQUAL(table->rows, before + 1);
    for (int row = 0; row < table->rows; row++) {
        double sum = 0;
        CU_ASSERT_EQUAL(unroll_table_find(table, "numerics_version")->real[row], UNROLL_NUMERICS_VERSION);
        if (strcmp(unroll_table_find(table, "mode")->text[row], "phases") != 0)
            continue;
        for (int i = 0; i < 7; i++)
            sum += unroll_table_find(table, phases[i])->real[row];
        CU_ASSERT(fabs(sum - 1) < 1e-9);
        CU_ASSERT(unroll_table_find(table, "peak_core")->real[row] > 0);
    }
    unroll_table_free(table);
}

static void a_damaged_record_of_an_earlier_invocation_is_told_of(void)
{
    char path[600];
    CU_ASSERT_EQUAL(call("", "model=rnn hidden=4 batch=1 length=3 --format csv"), 0);
    snprintf(path, sizeof path, "%s/bench/bench/runs/damaged.h5", common_folder());
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs("no record", file);
    fclose(file);
    CU_ASSERT_EQUAL(call("", "model=rnn hidden=4 batch=1 length=3 --format csv"), 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(err, "leaves out 1 damaged record of "));
    CU_ASSERT_PTR_NOT_NULL(strstr(err, "/damaged.h5 is damaged: "));
    CU_ASSERT_EQUAL(unlink(path), 0);
}

static void a_few_points_do_not_take_the_place_of_the_figure(void)
{
    CU_ASSERT_EQUAL(call("", "model=rnn hidden=8 batch=1 length=4 threads=1"), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "\nno figure: it takes the whole grid of "));
    CU_ASSERT_PTR_NOT_NULL(strstr(out, " points, and these are 1\n"));
    CU_ASSERT_PTR_NULL(strstr(out, "roofline"));
}

static void a_wrong_call_is_one_sentence(void)
{
    CU_ASSERT_EQUAL(call("", "--stream --phases"), 2);
    CHECK_TEXT(err, "unroll: --stream and --phases are two measurements: ask for one at a time\n");
    CU_ASSERT_EQUAL(call("", "weights=int4 --stream"), 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(err, "int4"));
    CU_ASSERT_EQUAL(call("", "--format xml"), 2);
    CHECK_TEXT(err, "unroll: --format xml is none of text, csv\n");
    CU_ASSERT_EQUAL(call("", "--peers layers=2"), 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(err, "one layer"));
    CU_ASSERT_EQUAL(call("", "--beside model=rnn against=bla=3"), 2);
    CHECK_TEXT(err, "unroll: unknown setting \"bla\"; unroll list settings shows them all\n");
    CU_ASSERT_EQUAL(call("", "--beside model=rnn threads=2"), 2);
    CHECK_TEXT(err, "unroll: --beside times one thread: leave threads=1\n");
    CU_ASSERT_EQUAL(call("", "--beside model=rnn against=threads=2"), 2);
    CHECK_TEXT(err, "unroll: --beside times one thread: leave threads=1\n");
}

static void every_model_is_timed_beside_the_lstm(void)
{
    int models = 0;
    for (int i = 0; i < unroll_network_count; i++)
        for (int k = 0; unroll_networks[i]->model(k) != NULL; k++)
            models++;
    CU_ASSERT_EQUAL(call("", "--beside hidden=16 batch=1 length=2 --format csv"), 0);
    CU_ASSERT_EQUAL(lines_of(out), 1 + models);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "\nlstm,model=lstm,"));
}

static void write_script(const char *text, char path[600])
{
    FILE *file;
    snprintf(path, 600, "%s/script", common_folder());
    file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
    chmod(path, 0755);
}

/* a program that stands in for the peer cblas */
static void write_peer(const char *text, char variables[1024])
{
    char path[600];
    write_script(text, path);
    snprintf(variables, 1024, "UNROLL_PEER_onednn=/nowhere UNROLL_PEER_torch=/nowhere UNROLL_PEER_cblas=%s", path);
}

static void a_peer_that_is_missing_dies_or_is_wrong_does_not_count(void)
{
    char variables[1024];
    write_peer("", variables);
    strcpy(strrchr(variables, '=') + 1, "/nowhere");
    CU_ASSERT_EQUAL(call(variables, "--peers model=rnn hidden=3 batch=1 length=3"), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "onednn is not here: on Debian libdnnl-dev (version 2) brings it"));
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "torch is not here: on Debian python3-torch"));
    CHECK_TEXT(err, "");
    /* answers that it is ready, and ends: 3 units, 3 inputs, batch 1, 3 steps are 1 + 8 * 4 + 4 * 38 bytes */
    write_peer("#!/bin/sh\nhead -c 185 >/dev/null\nprintf '\\0\\0\\0\\0'\n", variables);
    CU_ASSERT_EQUAL(call(variables, "--peers model=rnn hidden=3 batch=1 length=3"), 0);
    CHECK_TEXT(err, "unroll: cblas does not count here: it died at its work\n");
    /* answers zeros to whatever it is asked */
    write_peer("#!/bin/sh\nhead -c 185 >/dev/null\nhead -c 8000 /dev/zero\ncat >/dev/null\n", variables);
    CU_ASSERT_EQUAL(call(variables, "--peers model=rnn hidden=3 batch=1 length=3"), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(err, "unroll: cblas does not count here: its loss is 0, ours "));
    CU_ASSERT_PTR_NULL(strstr(out, "the best peer"));
}

/* PyTorch's part of --words or --transformer, by a script: what the last columns say of it. */
static void check_torch(const char *mode, const char *program, const char *words)
{
    char variables[1024], arguments[256];
    snprintf(variables, sizeof variables, "UNROLL_PEER_torch_%s=%s", mode, program);
    snprintf(arguments, sizeof arguments, "--%s hidden=4 layers=1 batch=2 length=3 %s --format csv", mode,
             strcmp(mode, "words") == 0 ? "model=rnn classes=9" : "");
    CU_ASSERT_EQUAL(call(variables, arguments), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, words));
    CHECK_TEXT(err, "");
}

static void a_step_of_words_counts_beside_pytorch_only_where_that_does_the_same(void)
{
    char path[600];
    check_torch("words", "/nowhere", ",,,,not here: python3-torch\n");
    write_script("#!/bin/sh\nhead -c 16 /dev/zero\ncat >/dev/null\n", path); /* ready; a loss, a norm and a loss of 0 */
    check_torch("words", path, ",,,,its loss is 0 and ours 2.");
    /* reads all that it is told, 1 + 4 * (7 + 2 + 121 weights + 12 words) bytes, is ready, and ends */
    write_script("#!/bin/sh\nhead -c 569 >/dev/null\nhead -c 4 /dev/zero\n", path);
    check_torch("words", path, ",,,,died at its work\n");
    CU_ASSERT_EQUAL(call("", "--words optimizer=adam"), 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(err, "unroll: --words times the cells rnn, lstm and gru with two biases, optimizer=sgd"));
    CU_ASSERT_EQUAL(call("", "--words model=rnn,lstm,gru hidden=7 layers=1,2 batch=3 length=5 classes=20 --format csv"), 0);
    if (strstr(out, "not here: ") != NULL)
        test_skip("PyTorch is not installed");
    else
        CU_ASSERT_EQUAL(lines_of(out), 7);
    CU_ASSERT(strstr(out, "its ") == NULL && strstr(out, "died") == NULL);
}

static void a_step_of_a_transformer_counts_beside_pytorch_only_where_that_does_the_same(void)
{
    char path[600];
    check_torch("transformer", "/nowhere", ",,,,,not here: python3-torch\n");
    write_script("#!/bin/sh\nhead -c 16 /dev/zero\ncat >/dev/null\n", path);
    check_torch("transformer", path, ",,,,layer,its loss is 0 and ours ");
    /* 1 + 4 * (7 + 5 + 277 weights + 24 inputs + 6 targets) bytes */
    write_script("#!/bin/sh\nhead -c 1277 >/dev/null\nprintf '\\1\\0\\0\\0'\n", path);
    check_torch("transformer", path, ",,,,function,died at its work\n");
    CU_ASSERT_EQUAL(call("", "--transformer positions=rotary"), 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(err, "unroll: --transformer times model=transformer with positions=none, causal=yes, no "));
    CU_ASSERT_EQUAL(call("", "--transformer model=lstm"), 2);
    CU_ASSERT_EQUAL(call("UNROLL_PEER_torch_transformer=/nowhere", "--peers model=transformer hidden=6 length=5 --format csv"), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, ",torch_block,torch\ntransformer,"));
    CU_ASSERT_EQUAL(call("", "--peers --stream model=transformer hidden=6 length=5"), 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(err, "model=transformer alone, in training steps\n"));
    CU_ASSERT_EQUAL(call("", "--transformer hidden=6,64 layers=1,2 batch=3 length=5 clip=0,0.1 --format csv"), 0);
    if (strstr(out, "not here: ") != NULL)
        test_skip("PyTorch is not installed");
    else
        CU_ASSERT_EQUAL(lines_of(out), 9);
    CU_ASSERT(strstr(out, "its ") == NULL && strstr(out, "died") == NULL);
}

/* PyTorch's block for versions with a function of attention, of which an older one is given a plain one. */
static void pytorchs_block_around_its_own_attention_does_the_same_work(void)
{
    char path[600], variables[1024];
    write_script("#!/bin/sh\n"
                 "for python in python3 /usr/bin/python3; do $python -c 'import torch' 2>/dev/null && break; done\n"
                 "exec $python -c '\n"
                 "import runpy, sys, torch\n"
                 "def attention(q, k, v, is_causal):\n"
                 "    scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5\n"
                 "    later = torch.full(scores.shape[-2:], -float(\"inf\") if is_causal else 0.0).triu(1)\n"
                 "    return torch.softmax(scores + later, -1) @ v\n"
                 "if not hasattr(torch.nn.functional, \"scaled_dot_product_attention\"):\n"
                 "    torch.nn.functional.scaled_dot_product_attention = attention\n"
                 "sys.path.insert(0, \"lib/bench/peers\")\n"
                 "runpy.run_path(\"lib/bench/peers/torch_transformer_peer.py\")'\n", path);
    snprintf(variables, sizeof variables, "UNROLL_PEER_torch_transformer=%s", path);
    CU_ASSERT_EQUAL(call(variables, "--transformer hidden=12 heads=3 layers=2 batch=2 length=5 --format csv"), 0);
    if (strstr(out, "not here: ") != NULL)
        test_skip("PyTorch is not installed");
    else
        CU_ASSERT_PTR_NOT_NULL(strstr(out, ",function,agrees\n"));
}

/* The columns hidden, heads, batch and length of the timed points of a Transformer. */
static void check_points(const char *arguments, const char *points)
{
    char words[256], found[256] = "";
    snprintf(words, sizeof words, "--transformer %s --format csv", arguments);
    CU_ASSERT_EQUAL(call("UNROLL_PEER_torch_transformer=/nowhere", words), 0);
    for (const char *line = strchr(out, '\n') + 1; *line != '\0'; line = strchr(line, '\n') + 1) {
        int hidden, heads, batch, length;
        CU_ASSERT_EQUAL(sscanf(line, "transformer,%*[^,],%d,%d,%d,%d,", &hidden, &heads, &batch, &length), 4);
        snprintf(found + strlen(found), sizeof found - strlen(found), " %d,%d,%d,%d", hidden, heads, batch, length);
    }
    CHECK_TEXT(found, points);
}

static void heads_and_batch_of_a_timed_transformer_follow_from_width_and_length_where_nobody_says_them(void)
{
    check_points("hidden=3 length=512,1000,4096", " 3,1,4,512 3,1,2,1000 3,1,1,4096");
    check_points("hidden=64,128,200,256 batch=1,32 length=1",
                 " 64,2,1,1 64,2,32,1 128,2,1,1 128,2,32,1 200,2,1,1 200,2,32,1 256,4,1,1 256,4,32,1");
    check_points("hidden=64 heads=8 batch=1 length=2", " 64,8,1,2");
}

/* A peer whose answers are right but for one: behind a word that says that it is ready, the loss and three units of h, it
   changes the first input's gradient. */
static void a_peer_whose_gradient_of_the_inputs_is_another_does_not_count(void)
{
    char variables[1024];
    if (access(UNROLL_PROGRAM "-peer-cblas", X_OK) != 0) {
        test_skip("the peer on CBLAS is not built");
        return;
    }
    write_peer("#!/bin/sh\n" UNROLL_PROGRAM "-peer-cblas | { dd bs=1 count=20 2>/dev/null; dd bs=1 count=4 >/dev/null 2>&1; "
               "printf '\\0\\0\\200\\77'; cat; }\n", variables);
    CU_ASSERT_EQUAL(call(variables, "--peers model=rnn hidden=3 batch=1 length=3"), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(err, "unroll: cblas does not count here: its gradient of x differs from ours by "));
    CU_ASSERT_PTR_NULL(strstr(out, "the best peer"));
}

/* which peers make would build with a compiler that is a script of this text */
static const char *peers_of_make(const char *compiler)
{
    char path[600], command[2048];
    write_script(compiler, path);
    snprintf(command, sizeof command, "MAKEFLAGS= make -pn CONFIG=release CC=%s 2>%s/err | grep '^PEERS := ' >%s/out", path,
             common_folder(), common_folder());
    CU_ASSERT_EQUAL(system(command), 0);
    return read_text(common_folder(), "out");
}

static void peers_are_built_only_where_they_can_be(void)
{
    const char *list = peers_of_make("#!/bin/sh\nexec cc -nostdinc \"$@\"\n");
    CU_ASSERT(strstr(list, "onednn") == NULL && strstr(list, "cblas") == NULL);
    /* the header of another CBLAS, and no OpenBLAS */
    list = peers_of_make("#!/bin/sh\ncase \"$*\" in *openblas*) exit 1;; esac\nexec cc \"$@\"\n");
    CU_ASSERT_PTR_NULL(strstr(list, "cblas"));
    list = peers_of_make("#!/bin/sh\nexec cc -DONEAPI_DNNL_DNNL_VERSION_H -DDNNL_VERSION_MAJOR=3 \"$@\"\n");
    CU_ASSERT_PTR_NULL(strstr(list, "onednn"));
}

static void the_peers_that_are_here_do_the_same_work(void)
{
    CU_ASSERT_EQUAL(call("", "--peers model=rnn,lstm,gru hidden=3,17 batch=1,3 length=5"), 0);
    CHECK_TEXT(err, "");
    if (strstr(out, "is not here") != NULL)
        test_skip("not all of oneDNN, CBLAS and PyTorch are installed");
    CU_ASSERT_EQUAL(call("", "--peers --stream model=rnn,lstm,gru hidden=17 length=5"), 0);
    CHECK_TEXT(err, "");
}

static void pytorchs_loop_with_layer_norm_does_the_same_work_and_other_peers_say_that_they_have_none(void)
{
    CU_ASSERT_EQUAL(call("", "--peers model=rnn,lstm,gru norm=layer hidden=17 batch=1,3 length=5"), 0);
    CU_ASSERT_PTR_NULL(strstr(err, "torch does not count"));
    if (strstr(out, "cblas is not here") == NULL)
        CU_ASSERT_PTR_NOT_NULL(strstr(err, "unroll: cblas does not count here: it has no layer norm inside a cell\n"));
    if (strstr(out, "torch is not here") != NULL)
        test_skip("PyTorch is not installed");
    CU_ASSERT_EQUAL(call("", "--peers --stream model=rnn,lstm,gru norm=layer hidden=17 length=5"), 0);
    CU_ASSERT_PTR_NULL(strstr(err, "torch does not count"));
}

const unroll_test tests_cli_bench[] = {
    TEST(every_mode_prints_its_columns_as_csv),
    TEST(every_invocation_is_kept_and_its_phases_make_a_whole),
    TEST(a_damaged_record_of_an_earlier_invocation_is_told_of),
    TEST(a_few_points_do_not_take_the_place_of_the_figure),
    TEST(a_wrong_call_is_one_sentence),
    TEST(every_model_is_timed_beside_the_lstm),
    TEST(a_peer_that_is_missing_dies_or_is_wrong_does_not_count),
    TEST(a_step_of_words_counts_beside_pytorch_only_where_that_does_the_same),
    TEST(a_step_of_a_transformer_counts_beside_pytorch_only_where_that_does_the_same),
    TEST(pytorchs_block_around_its_own_attention_does_the_same_work),
    TEST(heads_and_batch_of_a_timed_transformer_follow_from_width_and_length_where_nobody_says_them),
    TEST(a_peer_whose_gradient_of_the_inputs_is_another_does_not_count),
    TEST(peers_are_built_only_where_they_can_be),
    TEST(the_peers_that_are_here_do_the_same_work),
    TEST(pytorchs_loop_with_layer_norm_does_the_same_work_and_other_peers_say_that_they_have_none),
    {NULL, NULL},
};
