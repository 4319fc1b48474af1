// Passes over maps [pixels, channels] in which a thread stays with its channels: what belongs to a channel is loaded
// once per thread. Sums per channel in two stages, without atomics: the result does not depend on what runs when.
#pragma once

#include "kernels/cuda/elementwise.h"

namespace ppl {

// A block covers `across` vectors of N channels (a power of two) and 256 / across pixels at a time; blocks stand side
// by side for wider maps (grid y), each takes `per_block` pixels (grid x).
struct ChannelTiles {
  int64_t pixels, per_block;
  int channels, across;

  ChannelTiles(int64_t p, int64_t c, int width, int64_t pixels_per_block)
      : pixels(p), per_block(pixels_per_block), channels(static_cast<int>(c)), across(1) {
    while (across < 32 && int64_t{across} * width < c) across *= 2;
  }
  int64_t blocks() const { return ceil_div(pixels, per_block); }
  int rows() const { return kThreads / across; }
  Grid grid(int width, size_t shared, const std::source_location& at) const {
    return {{blocks_of(blocks()), rows_of(ceil_div(channels, int64_t{across} * width))}, kThreads, shared, at};
  }
};

// Where a thread stands in its block's tile.
template <int N>
struct ChannelPlace {
  int across, row, channel;
  int64_t begin, end;  // its first pixel, and the end of the block's

  PPL_DEVICE explicit ChannelPlace(const ChannelTiles& t)
      : across(static_cast<int>(threadIdx.x) % t.across),
        row(static_cast<int>(threadIdx.x) / t.across),
        channel((static_cast<int>(blockIdx.y) * t.across + across) * N),
        begin(blockIdx.x * t.per_block + row),
        end((blockIdx.x + 1) * t.per_block < t.pixels ? (blockIdx.x + 1) * t.per_block : t.pixels) {}
};

// A vector of channels in a map: its pixel, and the index of its first element.
struct MapVector {
  int64_t pixel, at;
};

// body.constants<N>(c) once per thread, then body.run(vector, constants) at each of its vectors.
template <int N, class Body>
__global__ void __launch_bounds__(kThreads) channels_kernel(Body body, ChannelTiles t) {
  const ChannelPlace<N> place(t);
  if (place.channel >= t.channels) return;
  const auto constants = body.template constants<N>(place.channel);
  const int rows = kThreads / t.across;
  for (int64_t p = place.begin; p < place.end; p += rows)
    body.run(MapVector{p, p * t.channels + place.channel}, constants);
}

template <int N, class Body>
void for_channels(CudaContext& ctx, int64_t pixels, int64_t channels, const Body& body,
                  std::source_location at = std::source_location::current()) {
  ChannelTiles t(pixels, channels, N, 1);
  t.per_block = int64_t{8} * t.rows();
  launch(channels_kernel<N, Body>, t.grid(N, 0, at), ctx.stream, body, t);
}

// Chunks of pixels that one block sums: at most about a thousand, whatever the device.
inline int64_t pixels_per_chunk(int64_t pixels) { return ceil_div(pixels, 1024) < 256 ? 256 : ceil_div(pixels, 1024); }

// partial [blocks][K][channels]: sums over each block's pixels of what term.add<N>(vector, constants, sums) adds.
template <int K, int N, class Term>
__global__ void __launch_bounds__(kThreads) channel_sums_kernel(Term term, ChannelTiles t, float* partial) {
  const ChannelPlace<N> place(t);
  float sums[K][N] = {};
  if (place.channel < t.channels) {
    const auto constants = term.template constants<N>(place.channel);
    const int rows = kThreads / t.across;
    for (int64_t p = place.begin; p < place.end; p += rows)
      term.add(MapVector{p, p * t.channels + place.channel}, constants, sums);
  }
  float* all = dynamic_smem<float>();  // [K * N][kThreads]
  for (int k = 0; k < K * N; ++k) all[k * kThreads + threadIdx.x] = sums[k / N][k % N];
  for (int half = kThreads / 2; half >= t.across; half /= 2) {
    __syncthreads();
    if (static_cast<int>(threadIdx.x) < half) {
      for (int k = 0; k < K * N; ++k) all[k * kThreads + threadIdx.x] += all[k * kThreads + threadIdx.x + half];
    }
  }
  if (place.row != 0 || place.channel >= t.channels) return;
  for (int k = 0; k < K; ++k) {
    float* to = partial + (static_cast<int64_t>(blockIdx.x) * K + k) * t.channels + place.channel;
    for (int j = 0; j < N; ++j) to[j] = all[(k * N + j) * kThreads + threadIdx.x];
  }
}

constexpr int kFinishChannels = 8, kFinishRows = kThreads / kFinishChannels;

// The sum over a block's threads with the same channel (threadIdx.x % kFinishChannels), for all of them; scratch holds
// kThreads doubles.
PPL_DEVICE double sum_rows(double v, double* scratch) {
  __syncthreads();  // scratch may still be read
  scratch[threadIdx.x] = v;
  for (int half = kThreads / 2; half >= kFinishChannels; half /= 2) {
    __syncthreads();
    if (static_cast<int>(threadIdx.x) < half) scratch[threadIdx.x] += scratch[threadIdx.x + half];
  }
  __syncthreads();
  return scratch[threadIdx.x % kFinishChannels];
}

// The second stage in f64: finish(c, sums) once per channel.
template <int K, class Finish>
__global__ void __launch_bounds__(kThreads)
    finish_sums_kernel(Finish finish, int64_t blocks, int channels, const float* partial) {
  __shared__ double scratch[kThreads];
  const int c = static_cast<int>(blockIdx.x) * kFinishChannels + static_cast<int>(threadIdx.x) % kFinishChannels;
  double sums[K];
  for (int k = 0; k < K; ++k) {
    double sum = 0;
    if (c < channels) {
      for (int64_t i = threadIdx.x / kFinishChannels; i < blocks; i += kFinishRows)
        sum += partial[(i * K + k) * channels + c];
    }
    sums[k] = sum_rows(sum, scratch);
  }
  if (threadIdx.x < kFinishChannels && c < channels) finish(c, sums);
}

inline Grid finish_grid(int64_t channels, const std::source_location& at) {
  return {blocks_of(ceil_div(channels, kFinishChannels)), kThreads, 0, at};
}

template <int K, int N, class Term, class Finish>
void channel_sums(CudaContext& ctx, int64_t pixels, int64_t channels, const Term& term, const Finish& finish,
                  std::source_location at = std::source_location::current()) {
  const ChannelTiles t(pixels, channels, N, pixels_per_chunk(pixels));
  float* partial = ctx.scratch<float>(slot_partial, static_cast<size_t>(t.blocks() * K * channels));
  launch(channel_sums_kernel<K, N, Term>, t.grid(N, sizeof(float) * K * N * kThreads, at), ctx.stream, term, t,
         partial);
  launch(finish_sums_kernel<K, Finish>, finish_grid(channels, at), ctx.stream, finish, t.blocks(),
         static_cast<int>(channels), partial);
}

}  // namespace ppl
