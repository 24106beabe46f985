#include "unroll.h"

int main(int argc, char **argv)
{
    return unroll_main(argc, argv);
}
