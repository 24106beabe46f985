/* The choice of the instruction set. */
#include <stdlib.h>
#include <string.h>

#include "simd/engine.h"
#include "suite.h"

static void finds(const char *name, const unroll_isa *wanted)
{
    const unroll_isa *isa;
    CU_ASSERT_EQUAL(unroll_isa_find(name, &isa).code, UNROLL_OK);
    CU_ASSERT_PTR_EQUAL(isa, wanted);
}

static void the_names_auto_and_none_stand_for_the_instruction_set_in_use(void)
{
    const unroll_isa *before = unroll_isa_now();
    finds("auto", before);
    finds("", before);
    for (int i = 0; i < unroll_isa_count; i++) {
        if (!unroll_isas[i].supported())
            continue;
        unroll_isa_use(&unroll_isas[i]);
        finds("auto", &unroll_isas[i]);
        finds("", &unroll_isas[i]);
        finds(before->name, before);
    }
    unroll_isa_use(before);
}

/* Another one than this processor's is told in a sentence, at the start of the program and everywhere else. */
static void an_instruction_set_that_is_not_there_is_a_wrong_call(void)
{
    const unroll_isa *isa, *before = unroll_isa_now();
    unroll_status status = unroll_isa_find("nonesuch", &isa);
    CU_ASSERT_EQUAL(status.code, UNROLL_WRONG);
    CU_ASSERT_PTR_NULL(isa);
    CU_ASSERT_STRING_EQUAL(status.text, "there is no isa nonesuch; unroll list isas shows them");
    for (int i = 0; i < unroll_isa_count; i++) {
        if (unroll_isas[i].supported()) {
            finds(unroll_isas[i].name, &unroll_isas[i]);
            continue;
        }
        status = unroll_isa_find(unroll_isas[i].name, &isa);
        CU_ASSERT_EQUAL(status.code, UNROLL_WRONG);
        CU_ASSERT_PTR_NOT_NULL(strstr(status.text, "this processor lacks the instruction set"));
    }
    CU_ASSERT_EQUAL(unroll_isa_start("nonesuch").code, UNROLL_WRONG);
    unroll_isa_use(before);
}

static void a_start_takes_the_name_it_is_given_else_the_variable_else_the_best(void)
{
    const unroll_isa *before = unroll_isa_now(), *best;
    const char *variable = getenv("UNROLL_ISA");
    char kept[64] = "";
    if (variable != NULL)
        strncpy(kept, variable, sizeof kept - 1);
    unsetenv("UNROLL_ISA");
    CU_ASSERT_EQUAL(unroll_isa_start(NULL).code, UNROLL_OK);
    best = unroll_isa_now();
    setenv("UNROLL_ISA", "nonesuch", 1);
    CU_ASSERT_EQUAL(unroll_isa_start(NULL).code, UNROLL_WRONG);
    CU_ASSERT_EQUAL(unroll_isa_start("auto").code, UNROLL_OK);
    CU_ASSERT_PTR_EQUAL(unroll_isa_now(), best);
    for (int i = 0; i < unroll_isa_count; i++) {
        if (!unroll_isas[i].supported())
            continue;
        setenv("UNROLL_ISA", unroll_isas[i].name, 1);
        CU_ASSERT_EQUAL(unroll_isa_start(NULL).code, UNROLL_OK);
        CU_ASSERT_PTR_EQUAL(unroll_isa_now(), &unroll_isas[i]);
        CU_ASSERT_EQUAL(unroll_isa_start("auto").code, UNROLL_OK);
        CU_ASSERT_PTR_EQUAL(unroll_isa_now(), best);
    }
    unsetenv("UNROLL_ISA");
    if (kept[0] != '\0')
        setenv("UNROLL_ISA", kept, 1);
    unroll_isa_use(before);
}

const unroll_test tests_core_isa[] = {
    TEST(the_names_auto_and_none_stand_for_the_instruction_set_in_use),
    TEST(an_instruction_set_that_is_not_there_is_a_wrong_call),
    TEST(a_start_takes_the_name_it_is_given_else_the_variable_else_the_best),
    {NULL, NULL},
};
