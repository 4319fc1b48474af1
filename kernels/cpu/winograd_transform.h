// The one-dimensional transforms of F(4, 3) and F(5, 2): y = At ((G g) * (Bt d)), six input values d, three or two
// weights g, four or five results.
// Interpolation at 0, +-5/8, +-3/2 and infinity: half the rounding error of the usual 0, +-1, +-2, and exact in binary.
#pragma once

#include "kernels/cpu/conv_simd.h"

namespace ppl::winograd {

inline constexpr int points = 36;
inline constexpr float a1 = 0.625f, b1 = 1.5f, a2 = a1 * a1, b2 = b1 * b1;
inline constexpr float a3 = a2 * a1, b3 = b2 * b1;
inline constexpr float a4 = a2 * a2, b4 = b2 * b2;
inline constexpr float scale0 = 1 / (a2 * b2), scale_a = 1 / (2 * a2 * (a2 - b2)), scale_b = 1 / (2 * b2 * (b2 - a2));

using Vec = Reg;
inline Vec fma(float s, Vec a, Vec b) { return multiply_add(broadcast(s), a, b); }
inline Vec times(float s, Vec a) { return s * a; }

// Bt d
inline void input_1d(const Vec (&d)[6], Vec (&o)[6]) {
  const Vec ta = fma(-b2, d[2], d[4]), tb = fma(-a2, d[2], d[4]);
  const Vec ua = fma(-b2, d[1], d[3]), ub = fma(-a2, d[1], d[3]);
  o[0] = fma(a2 * b2, d[0], fma(-(a2 + b2), d[2], d[4]));
  o[1] = fma(a1, ua, ta), o[2] = fma(-a1, ua, ta);
  o[3] = fma(b1, ub, tb), o[4] = fma(-b1, ub, tb);
  o[5] = fma(a2 * b2, d[1], fma(-(a2 + b2), d[3], d[5]));
}

// G g
inline void weights_1d(const Vec (&g)[3], Vec (&o)[6]) {
  const Vec ea = times(scale_a, fma(a2, g[2], g[0])), eb = times(scale_b, fma(b2, g[2], g[0]));
  o[0] = times(scale0, g[0]);
  o[1] = fma(a1 * scale_a, g[1], ea), o[2] = fma(-a1 * scale_a, g[1], ea);
  o[3] = fma(b1 * scale_b, g[1], eb), o[4] = fma(-b1 * scale_b, g[1], eb);
  o[5] = g[2];
}
inline void weights_1d(const Vec (&g)[2], Vec (&o)[6]) {
  const Vec ea = times(scale_a, g[0]), eb = times(scale_b, g[0]);
  o[0] = times(scale0, g[0]);
  o[1] = fma(a1 * scale_a, g[1], ea), o[2] = fma(-a1 * scale_a, g[1], ea);
  o[3] = fma(b1 * scale_b, g[1], eb), o[4] = fma(-b1 * scale_b, g[1], eb);
  o[5] = g[1];
}

// At m
inline void output_1d(const Vec (&m)[6], Vec (&y)[4]) {
  const Vec sa = m[1] + m[2], da = m[1] - m[2], sb = m[3] + m[4], db = m[3] - m[4];
  y[0] = m[0] + sa + sb;
  y[1] = fma(a1, da, times(b1, db));
  y[2] = fma(a2, sa, times(b2, sb));
  y[3] = fma(a3, da, fma(b3, db, m[5]));
}
inline void output_1d(const Vec (&m)[6], Vec (&y)[5]) {
  const Vec sa = m[1] + m[2], da = m[1] - m[2], sb = m[3] + m[4], db = m[3] - m[4];
  y[0] = m[0] + sa + sb;
  y[1] = fma(a1, da, times(b1, db));
  y[2] = fma(a2, sa, times(b2, sb));
  y[3] = fma(a3, da, times(b3, db));
  y[4] = fma(a4, sa, fma(b4, sb, m[5]));
}

// A y: the transpose of At, for the gradient to the weights
inline void output_gradient_1d(const Vec (&y)[4], Vec (&o)[6]) {
  const Vec ea = fma(a2, y[2], y[0]), eb = fma(b2, y[2], y[0]);
  const Vec oa = fma(a2, y[3], y[1]), ob = fma(b2, y[3], y[1]);
  o[0] = y[0];
  o[1] = fma(a1, oa, ea), o[2] = fma(-a1, oa, ea);
  o[3] = fma(b1, ob, eb), o[4] = fma(-b1, ob, eb);
  o[5] = y[3];
}
inline void output_gradient_1d(const Vec (&y)[5], Vec (&o)[6]) {
  const Vec ea = fma(a4, y[4], fma(a2, y[2], y[0])), eb = fma(b4, y[4], fma(b2, y[2], y[0]));
  const Vec oa = fma(a2, y[3], y[1]), ob = fma(b2, y[3], y[1]);
  o[0] = y[0];
  o[1] = fma(a1, oa, ea), o[2] = fma(-a1, oa, ea);
  o[3] = fma(b1, ob, eb), o[4] = fma(-b1, ob, eb);
  o[5] = y[4];
}

// Gt u: the transpose of G
inline void weights_gradient_1d(const Vec (&u)[6], Vec (&g)[3]) {
  const Vec sa = times(scale_a, u[1] + u[2]), da = u[1] - u[2], sb = times(scale_b, u[3] + u[4]), db = u[3] - u[4];
  g[0] = fma(scale0, u[0], sa + sb);
  g[1] = fma(a1 * scale_a, da, times(b1 * scale_b, db));
  g[2] = fma(a2, sa, fma(b2, sb, u[5]));
}
inline void weights_gradient_1d(const Vec (&u)[6], Vec (&g)[2]) {
  const Vec da = u[1] - u[2], db = u[3] - u[4];
  g[0] = fma(scale0, u[0], fma(scale_a, u[1] + u[2], times(scale_b, u[3] + u[4])));
  g[1] = fma(a1 * scale_a, da, fma(b1 * scale_b, db, u[5]));
}

// M x M values to N x N: transform_1d along the columns, then along the rows. load(i, j) gives, store(i, j, v) takes.
template <int M, int N, class Transform, class Load, class Store>
inline void transform_2d(Transform transform_1d, Load load, Store store) {
  Vec half[N][M];
#pragma GCC unroll 6
  for (int j = 0; j < M; ++j) {
    Vec column[M], out[N];
#pragma GCC unroll 6
    for (int i = 0; i < M; ++i) column[i] = load(i, j);
    transform_1d(column, out);
#pragma GCC unroll 6
    for (int i = 0; i < N; ++i) half[i][j] = out[i];
  }
#pragma GCC unroll 6
  for (int i = 0; i < N; ++i) {
    Vec out[N];
    transform_1d(half[i], out);
#pragma GCC unroll 6
    for (int j = 0; j < N; ++j) store(i, j, out[j]);
  }
}

}  // namespace ppl::winograd
