// The three launchers: check the shape, choose an algorithm, run it.
#include "kernels/cpu/conv_narrow.h"
#include "kernels/cpu/conv_tiles.h"
#include "kernels/cpu/level.h"
#include "kernels/cpu/winograd.h"

namespace ppl {
namespace {

void check(const Conv& p) {
  PPL_CHECK(p.n > 0 && p.h > 0 && p.w > 0 && p.c > 0 && p.k > 0 && p.r > 0 && p.s > 0 && p.oh > 0 && p.ow > 0 &&
                p.stride.y > 0 && p.stride.x > 0 && p.dilation.y > 0 && p.dilation.x > 0 && p.pad.y >= 0 &&
                p.pad.x >= 0,
            "conv: an extent is not positive: n ", p.n, " h ", p.h, " w ", p.w, " c ", p.c, " k ", p.k, " window ", p.r,
            "x", p.s, " output ", p.oh, "x", p.ow, " stride ", p.stride, " dilation ", p.dilation, " pad ", p.pad);
  const auto [oh, ow] = conv_extents(p);
  PPL_CHECK(p.oh == oh && p.ow == ow, "conv: expected output ", oh, "x", ow, " for ", p.h, "x", p.w, ", came ", p.oh,
            "x", p.ow);
}

}  // namespace

PackedWeights::PackedWeights() : impl(std::make_unique<Impl>()) {}
PackedWeights::~PackedWeights() = default;

bool conv_serves(ConvAlgorithm algorithm, ConvKind kind, const Conv& p, bool is_bf16) {
  if (algorithm == ConvAlgorithm::winograd) return winograd::serves(kind, p);
  if (algorithm == ConvAlgorithm::narrow) return conv_narrow::serves(kind, p);
  if (algorithm == ConvAlgorithm::tiles) return is_bf16 && conv_tiles::available();
  return algorithm != ConvAlgorithm::product;
}

// Measured on a Zen 5 with bench/conv_bench: the layers of pp_linknet34_psp64 at 512 (batch 1) and 256 (batch 1 and 4).
ConvAlgorithm conv_choice(ConvKind kind, const Conv& p, bool is_bf16) {
  const bool wide = p.c >= 32 && p.k >= 32;
  // By AMX tiles bf16 has more throughput than Winograd's f32 arithmetic can make up for (not timed). Where tiles would
  // stay mostly empty, not, nor where this processor's tiles differ from their emulation. Dot products lost every layer
  // to oneDNN or Winograd.
  const bool fill_tiles = p.k >= 16 && p.c >= 16;
  if (is_bf16 && fill_tiles && current_level() == CpuLevel::amx && conv_tiles::tiles_are_right())
    return ConvAlgorithm::tiles;
  if (winograd::serves(kind, p) && wide) {
    if (p.stride == Axes(1)) return ConvAlgorithm::winograd;
    // Of stride 2 only the 4x4 window: in a 3x3 one 7 of the 16 taps of its four 2x2 windows are empty.
    if (p.r == 4 && (!is_bf16 || kind == ConvKind::backward_weights)) return ConvAlgorithm::winograd;
  }
  if (conv_narrow::serves(kind, p)) return ConvAlgorithm::narrow;
  return conv_direct::available() ? ConvAlgorithm::direct : ConvAlgorithm::plain;
}

namespace {

const char* name(ConvAlgorithm a) {
  switch (a) {
    case ConvAlgorithm::direct:
      return "onednn";
    case ConvAlgorithm::winograd:
      return "winograd";
    case ConvAlgorithm::narrow:
      return "narrow";
    case ConvAlgorithm::tiles:
      return "tiles";
    default:
      return kPlainConv;
  }
}

template <class T>
ConvAlgorithm resolve(ConvAlgorithm algorithm, ConvKind kind, const Conv& p) {
  check(p);
  const ConvCall call{kind, p, std::is_same_v<T, bf16>};
  if (algorithm == ConvAlgorithm::automatic) algorithm = conv_choice(kind, p, call.is_bf16);
  PPL_CHECK(conv_serves(algorithm, kind, p, call.is_bf16), "conv: the algorithm asked for cannot compute a ", p.r, "x",
            p.s, " window of stride ", p.stride, ", dilation ", p.dilation, ", pad ", p.pad, ", ", p.k, " outputs");
  note_conv(call, name(algorithm));
  return algorithm;
}

}  // namespace

template <class T>
void conv_forward(CpuContext& ctx, const Conv& p, const T* x, const T* w, const Epilogue<T>& e, T* y,
                  PackedWeights* packed, ConvAlgorithm algorithm) {
  algorithm = resolve<T>(algorithm, ConvKind::forward, p);
  if (algorithm == ConvAlgorithm::plain) return conv_plain::forward(p, x, w, e, y);
  if (algorithm == ConvAlgorithm::winograd) return winograd::forward(ctx, p, x, w, e, y, packed);
  if (algorithm == ConvAlgorithm::narrow) return conv_narrow::forward(ctx, p, x, w, e, y);
  if constexpr (std::is_same_v<T, bf16>) {
    if (algorithm == ConvAlgorithm::tiles) return conv_tiles::forward(ctx, p, x, w, e, y, packed);
  }
  conv_direct::forward(ctx, p, x, w, e, y, packed);
}

template <class T>
void conv_backward_data(CpuContext& ctx, const Conv& p, const T* dy, const T* w, const Epilogue<T>& e, T* dx,
                        PackedWeights* packed, ConvAlgorithm algorithm) {
  algorithm = resolve<T>(algorithm, ConvKind::backward_data, p);
  if (algorithm == ConvAlgorithm::plain) return conv_plain::backward_data(p, dy, w, e, dx);
  if (algorithm == ConvAlgorithm::winograd) return winograd::backward_data(ctx, p, dy, w, e, dx, packed);
  if constexpr (std::is_same_v<T, bf16>) {
    if (algorithm == ConvAlgorithm::tiles) return conv_tiles::backward_data(ctx, p, dy, w, e, dx, packed);
  }
  conv_direct::backward_data(ctx, p, dy, w, e, dx, packed);
}

template <class T>
void conv_backward_weights(CpuContext& ctx, const Conv& p, const T* x, const T* dy, float* dw,
                           ConvAlgorithm algorithm) {
  algorithm = resolve<T>(algorithm, ConvKind::backward_weights, p);
  if (algorithm == ConvAlgorithm::plain) return conv_plain::backward_weights(p, x, dy, dw);
  if (algorithm == ConvAlgorithm::winograd) return winograd::backward_weights(ctx, p, x, dy, dw);
  if (algorithm == ConvAlgorithm::narrow) return conv_narrow::backward_weights(ctx, p, x, dy, dw);
  if constexpr (std::is_same_v<T, bf16>) {
    if (algorithm == ConvAlgorithm::tiles) return conv_tiles::backward_weights(ctx, p, x, dy, dw);
  }
  conv_direct::backward_weights(ctx, p, x, dy, dw);
}

#define PPL_INSTANTIATE(T)                                                                                         \
  template void conv_forward(CpuContext&, const Conv&, const T*, const T*, const Epilogue<T>&, T*, PackedWeights*, \
                             ConvAlgorithm);                                                                       \
  template void conv_backward_data(CpuContext&, const Conv&, const T*, const T*, const Epilogue<T>&, T*,           \
                                   PackedWeights*, ConvAlgorithm);                                                 \
  template void conv_backward_weights(CpuContext&, const Conv&, const T*, const T*, float*, ConvAlgorithm);
PPL_INSTANTIATE(float)
PPL_INSTANTIATE(bf16)
#undef PPL_INSTANTIATE

}  // namespace ppl
