/* bits.c: prints, for every cell and each of its variants, a digest of the weights after training steps; and one of the element-wise
   functions, of random masks, and of every loss.
   unroll-bits [ISA] [THREADS] [STEPS]: the same lines on every instruction set, processor and number of threads. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/team.h"
#include "digest.h"
#include "model/settings.h"
#include "simd/engine.h"

int main(int argc, char **argv)
{
    int threads = argc > 2 ? atoi(argv[2]) : 1, steps = argc > 3 ? atoi(argv[3]) : 200;
    unroll_status started;
    digest_register();
    started = unroll_isa_start(argc > 1 ? argv[1] : NULL);
    if (started.code != UNROLL_OK) {
        fprintf(stderr, "unroll-bits: %s\n", started.text);
        return 2;
    }
    unroll_flush_denormals();
    printf("functions %016llx\n", (unsigned long long)digest_functions(unroll_isa_now()->engine));
    printf("masks %016llx\n", (unsigned long long)digest_masks(unroll_isa_now()->engine));
    for (int i = 0; i < unroll_loss_count; i++) {
        static const problem_shape shape = {.seed = 1, .rows = 70, .outputs = 50, .labels = 19, .parameter = 0.125};
        const unroll_loss *loss = unroll_isa_now()->losses[i];
        printf("loss %s %016llx\n", loss->name, (unsigned long long)digest_loss(loss, &shape));
    }
    for (int i = 0; digest_model_of(0, digest_models(), i) != NULL; i++)
        for (int kind = 0; kind < DIGEST_KINDS; kind++) {
            const char *model = digest_model_of(0, digest_models(), i);
            uint64_t digest;
            unroll_status status = digest_training(model, "auto", threads, digest_steps(model, steps), kind, &digest);
            if (status.code != UNROLL_OK) {
                fprintf(stderr, "unroll-bits: %s\n", status.text);
                return 1;
            }
            printf("%s %s %016llx\n", model, digest_kind_name(kind), (unsigned long long)digest);
        }
    return 0;
}
