// Loops over maps: element by element, with values per channel, and sums per channel.
#pragma once

#include <algorithm>
#include <vector>

#include "kernels/cpu/context.h"
#include "kernels/cpu/parallel.h"
#include "kernels/cpu/vec.h"

namespace ppl {

constexpr int64_t kElementGrain = 16384;  // fewer elements than this are not worth another thread

// body(i, lanes) for consecutive vectors that cover [begin, end).
template <class Body>
inline void vectors(int64_t begin, int64_t end, Body&& body) {
  int64_t i = begin;
  for (; i + kLanes <= end; i += kLanes) body(i, All{});
  if (i < end) body(i, First{static_cast<int>(end - i)});
}

template <class Body>
void for_elements(int64_t n, Body&& body) {
  parallel_for(ceil_div(n, kLanes), kElementGrain / kLanes,
               [&](int64_t b, int64_t e) { vectors(b * kLanes, std::min(n, e * kLanes), body); });
}

// A map of c channels seen as one array: element i has the channel values at i % period, where the values are repeated
// to a whole number of vectors, so that 1 or 5 channels run as well as 64.
inline int64_t channel_period(int64_t c) {
  int64_t period = c;  // their least common multiple; by std::lcm g++ 12 goes wrong with AVX2
  while (period % kLanes != 0) period *= 2;
  while (period < 4 * kLanes) period *= 2;
  return period;
}

// value(channel) repeated over a period.
template <class Value>
void repeat_channels(int64_t c, int64_t period, float* to, Value&& value) {
  for (int64_t i = 0; i < c; ++i) to[i] = value(i);
  for (int64_t i = c; i < period; ++i) to[i] = to[i - c];
}

// take(i, lanes, constants(j)): i into the map of n elements, j = i % period into the repeated values. The constants of
// a narrow map stay in registers.
template <class Constants, class Take>
void for_channels(int64_t n, int64_t period, Constants constants, Take take) {
  parallel_for(ceil_div(n, period), std::max<int64_t>(1, kElementGrain / period), [&](int64_t b, int64_t e) {
    int64_t row = b * period;
    const int64_t end = std::min(n, e * period);
    if (period == 4 * kLanes) {
      const auto c0 = constants(0), c1 = constants(kLanes), c2 = constants(2 * kLanes), c3 = constants(3 * kLanes);
      for (; row + period <= end; row += period) {
        take(row, All{}, c0);
        take(row + kLanes, All{}, c1);
        take(row + 2 * kLanes, All{}, c2);
        take(row + 3 * kLanes, All{}, c3);
      }
    }
    for (; row < end; row += period) {
      vectors(0, std::min(period, end - row), [&](int64_t j, auto lanes) { take(row + j, lanes, constants(j)); });
    }
  });
}

// Sums are taken over chunks of a fixed size in f32 and over the chunks in f64, so that they do not depend on the
// number of threads and big maps lose nothing.
constexpr int64_t kChunkElements = 8192;
inline int64_t chunk_rows(int64_t period) { return std::max<int64_t>(64, kChunkElements / period); }

// sums [K][period] over [begin, end) of what term(i, j, lanes, Vec (&sum)[K]) adds; begin is a multiple of the period.
// V vectors of columns are summed in registers.
template <int K, int V, class Term>
inline void sum_columns(int64_t begin, int64_t end, int64_t period, int64_t j0, Term&& term, float* sums) {
  Vec acc[V][K] = {};
  int64_t row = begin;
  for (; row + period <= end; row += period) {
    for (int v = 0; v < V; ++v) term(row + j0 + v * kLanes, j0 + v * kLanes, All{}, acc[v]);
  }
  for (int v = 0; v < V; ++v) {
    const int64_t j = j0 + v * kLanes, left = end - row - j;
    if (left >= kLanes) {
      term(row + j, j, All{}, acc[v]);
    } else if (left > 0) {
      term(row + j, j, First{static_cast<int>(left)}, acc[v]);
    }
    for (int k = 0; k < K; ++k) store(sums + k * period + j, acc[v][k]);
  }
}

// body(width, j): groups of width vectors of columns that cover the period.
template <class Body>
inline void column_groups(int64_t period, Body&& body) {
  int64_t j = 0;
  for (; j + 8 * kLanes <= period; j += 8 * kLanes) body(std::integral_constant<int, 8>{}, j);
  for (; j + 4 * kLanes <= period; j += 4 * kLanes) body(std::integral_constant<int, 4>{}, j);
  for (; j < period; j += kLanes) body(std::integral_constant<int, 1>{}, j);
}

// out [K][c]: sums over all pixels of a map of n elements. Takes CpuSlot::partial.
template <int K, class Term>
void channel_sums(CpuContext& ctx, int64_t n, int64_t c, Term&& term, double* out) {
  const int64_t period = channel_period(c), chunk = chunk_rows(period) * period, chunks = ceil_div(n, chunk);
  float* partial = ctx.scratch<float>(CpuSlot::partial, static_cast<size_t>(chunks * K * period));
  parallel_for(chunks, std::max<int64_t>(1, kElementGrain / chunk), [&](int64_t b, int64_t e) {
    for (int64_t i = b; i < e; ++i) {
      column_groups(period, [&](auto width, int64_t j) {
        sum_columns<K, width>(i * chunk, std::min(n, (i + 1) * chunk), period, j, term, partial + i * K * period);
      });
    }
  });
  std::vector<double> total(static_cast<size_t>(K * period));
  for (int64_t i = 0; i < chunks; ++i) {
    for (int64_t j = 0; j < K * period; ++j) total[static_cast<size_t>(j)] += partial[i * K * period + j];
  }
  std::fill(out, out + K * c, 0.0);
  for (int64_t k = 0; k < K; ++k) {
    for (int64_t j = 0; j < period; ++j) out[k * c + j % c] += total[static_cast<size_t>(k * period + j)];
  }
}

}  // namespace ppl
