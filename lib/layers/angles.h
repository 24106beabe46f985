/* angles.h: the angles by which positions are told: of step t and pair i of `columns` columns t / 10000^(2 i / columns) (Vaswani et
   al.: Attention is all you need; 2017. Su et al.: RoFormer; 2021). */
#ifndef UNROLL_LAYERS_ANGLES_H
#define UNROLL_LAYERS_ANGLES_H

/* Radians a step of pair `pair`. */
double unroll_angle_of(int pair, int columns);
/* Of 0 <= radians < 1e9, with the same bits everywhere. */
void unroll_angle_sine_cosine(double radians, double *sine, double *cosine);

#endif
