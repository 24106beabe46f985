#include "base/version.h"

#ifndef UNROLL_COMMIT
#define UNROLL_COMMIT "unknown"
#endif

const char *unroll_version(void)
{
    return UNROLL_VERSION;
}

const char *unroll_commit(void)
{
    return UNROLL_COMMIT;
}
