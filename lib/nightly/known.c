/* Trainings by the program of each version of the arithmetic, in float. A change of bits raises UNROLL_NUMERICS_VERSION and adds
   rows here, which `unroll nightly --known` prints; old rows stay. */
#include <stddef.h>

#include "nightly/known.h"

const unroll_known unroll_known_trainings[] = {
    {5, "rnn", UINT64_C(0x33162eabe6bdb177), 0.17197713751173979, 337, 267008, 98752},
    {5, "lstm", UINT64_C(0xe890c85631f9a2e5), 0.17128295592622481, 1297, 1065728, 186688},
    {5, "gru", UINT64_C(0xce5422389e2c7f71), 0.16918550988027994, 977, 799488, 151552},
    {5, "mgu", UINT64_C(0xac667a534502a7cb), 0.17213579936150666, 657, 533248, 145984},
    {5, "indrnn", UINT64_C(0x6dcc156bd69e2d3b), 0.17583538166662596, 81, 21248, 93568},
    {5, "mingru", UINT64_C(0xbac24fe6de43ce2c), 0.1736441905050092, 113, 41728, 107456},
    {5, "minlstm", UINT64_C(0x868d2446f136e74e), 0.17366515994656448, 161, 62208, 135040},
    {5, "lru", UINT64_C(0x979a1b95be463180), 0.18515094293471601, 89, 21248, 107712},
    {5, "slstm", UINT64_C(0x9ccd7f5d33a1d99b), 0.20332355233013436, 1297, 1065728, 217920},
    {5, "transformer", UINT64_C(0x03a73b7d6ec1521c), 0.17216229027499572, 3377, 3292928, 2097152},
    {0, NULL, 0, 0, 0, 0, 0},
};
