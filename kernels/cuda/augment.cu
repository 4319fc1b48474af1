// Two launches: where each column and row of a result comes from (a table of a few KB a tile, in f64 as the CPU has
// it), then every pixel from bytes to the network's type in one pass. A block makes a patch of 16x16 pixels, so that
// turned tiles are read in pieces of rows too, and writes it by way of shared memory 16 bytes at a time.
// Formulas as in cpu/augment_hsv.cpp and cpu/augment_warp.cpp.
#include "kernels/augment.h"

#include "kernels/cuda/elementwise.h"
#include "kernels/ignored.h"

namespace ppl {
namespace {

constexpr int kPatch = 16;
static_assert(kPatch * kPatch == kThreads);

// Source pixels at and at + 1 count 32 - next and next; the nearest is -1 where it is outside.
struct Place {
  int32_t at, next, nearest;
};

// places [n][width + height]
__global__ void __launch_bounds__(kThreads)
    places_kernel(int64_t count, int width, int height, const AugmentPlan* plans, Place* places) {
  const int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i >= count) return;
  const AugmentPlan& p = plans[i / (width + height)];
  if (!p.warp) return;
  const int k = static_cast<int>(i % (width + height));
  const bool across = k < width;
  const int size = across ? width : height;
  const double low = across ? p.x0 : p.y0, high = across ? p.x1 : p.y1;
  const double source = (static_cast<double>(across ? k : k - width) - low) * static_cast<double>(size) / (high - low);
  const auto at = static_cast<int64_t>(rint(source * 32.0)), first = at >> 5;
  const double nearest = rint(source);
  places[i] = {static_cast<int32_t>(first < -2     ? -2
                                    : first > size ? size
                                                   : first),
               static_cast<int32_t>(at & 31), nearest >= 0 && nearest < size ? static_cast<int32_t>(nearest) : -1};
}

struct Colour {
  int32_t b, g, r;
};

PPL_DEVICE int32_t to_byte(int32_t v) { return v < 0 ? 0 : v > 255 ? 255 : v; }

PPL_DEVICE int32_t rounded_quotient(float numerator, int32_t by) {
  return static_cast<int32_t>(numerator / static_cast<float>(by > 1 ? by : 1) + 0.5f);
}

PPL_DEVICE Colour shifted(Colour c, const AugmentPlan& p) {
  const int32_t low = c.b < c.g ? c.b : c.g, high = c.b > c.g ? c.b : c.g;
  const int32_t most = high > c.r ? high : c.r, diff = most - (low < c.r ? low : c.r);
  const int32_t s = (diff * rounded_quotient(1044480.0f, most) + 2048) >> 12;
  const int32_t sixth = most == c.r ? c.g - c.b : most == c.g ? c.b - c.r + 2 * diff : c.r - c.g + 4 * diff;
  int32_t h = (sixth * rounded_quotient(122880.0f, diff) + 2048) >> 12;
  h += h < 0 ? 180 : 0;

  const float fs = product(static_cast<float>(to_byte(s + p.saturation)), 1.0f / 255.0f);
  const float fv = product(static_cast<float>(to_byte(most + p.value)), 1.0f / 255.0f);
  const float turn = product(static_cast<float>((h + p.hue) & 255), 6.0f / 180.0f);
  const int32_t whole = static_cast<int32_t>(turn);
  const float f = turn - static_cast<float>(whole);
  const int32_t sector = whole >= 6 ? whole - 6 : whole;
  const int32_t v0 = static_cast<int32_t>(fv * 255.0f);
  const int32_t v1 = static_cast<int32_t>(fv * (1.0f - fs) * 255.0f);
  const int32_t v2 = static_cast<int32_t>(fv * fmaf(-fs, f, 1.0f) * 255.0f);
  const int32_t v3 = static_cast<int32_t>(fv * fmaf(-fs, 1.0f - f, 1.0f) * 255.0f);
  return {sector <= 1   ? v1
          : sector == 2 ? v3
          : sector <= 4 ? v0
                        : v2,
          sector == 0   ? v3
          : sector <= 2 ? v0
          : sector == 3 ? v2
                        : v1,
          sector == 0 || sector == 5 ? v0
          : sector == 1              ? v2
          : sector == 4              ? v3
                                     : v1};
}

// One tile, and where in it the warp looks for a pixel; zero beyond its border.
struct Source {
  const Augment& s;
  const AugmentPlan& plan;
  int64_t tile;
  Place x, y;

  PPL_DEVICE bool inside(int row, int column) const {
    return row >= 0 && row < s.height && column >= 0 && column < s.width;
  }
  PPL_DEVICE int64_t pixel(int row, int column) const { return (tile * s.height + row) * s.width + column; }

  // The four neighbours' values of at(row, column), of 1024.
  template <class At>
  PPL_DEVICE int32_t mixed(const At& at) const {
    int32_t sum = 0;
    for (int k = 0; k < 4; ++k) {
      const int row = y.at + k / 2, column = x.at + k % 2;
      if (inside(row, column)) sum += (k / 2 ? y.next : 32 - y.next) * (k % 2 ? x.next : 32 - x.next) * at(row, column);
    }
    return sum;
  }

  PPL_DEVICE uint8_t nearest(const uint8_t* plane, uint8_t outside) const {
    return x.nearest >= 0 && y.nearest >= 0 ? plane[pixel(y.nearest, x.nearest)] : outside;
  }

  PPL_DEVICE int32_t band(const uint8_t* crops, int b) const {
    const auto at = [&](int row, int column) -> int32_t { return crops[pixel(row, column) * s.bands + b]; };
    return plan.warp ? (mixed(at) + 512) >> 10 : at(y.at, x.at);
  }

  PPL_DEVICE Colour colour(const uint8_t* crops) const {
    const auto at = [&](int row, int column) -> Colour {
      const uint8_t* p = crops + 3 * pixel(row, column);
      return plan.hsv ? shifted({p[0], p[1], p[2]}, plan) : Colour{p[0], p[1], p[2]};
    };
    if (!plan.warp) return at(y.at, x.at);
    Colour sum{512, 512, 512};
#pragma unroll 1  // the shift is long
    for (int k = 0; k < 4; ++k) {
      const int row = y.at + k / 2, column = x.at + k % 2;
      if (!inside(row, column)) continue;
      const int32_t weight = (k / 2 ? y.next : 32 - y.next) * (k % 2 ? x.next : 32 - x.next);
      const Colour c = at(row, column);
      sum.b += weight * c.b, sum.g += weight * c.g, sum.r += weight * c.r;
    }
    return {sum.b >> 10, sum.g >> 10, sum.r >> 10};
  }

  PPL_DEVICE uint8_t mask(const uint8_t* masks) const {
    if (!plan.warp) return masks[pixel(y.at, x.at)];
    const uint8_t near = nearest(masks, 0);
    if (s.classes > 1 || near == kIgnored) return near;
    return mixed([&](int row, int column) -> int32_t { return masks[pixel(row, column)] == 1; }) >= 512;
  }
};

template <class T>
struct Arrays {
  const AugmentPlan* plans;
  const Place* places;
  const uint8_t *crops, *masks, *maps;
  const float* tables;
  const double* foreground;
  T* images;
  uint8_t* targets;
  float* weights;
};

template <class T>
PPL_DEVICE void write_targets(const Augment& s, const Arrays<T>& a, const Source& from, int64_t to) {
  const uint8_t mask = from.mask(a.masks);
  double weight = 1;
  if (a.maps) {
    const uint8_t map = from.plan.warp ? from.nearest(a.maps, 0) : a.maps[from.pixel(from.y.at, from.x.at)];
    weight = 1 + s.map * map / 255;
  }
  for (int c = 0; c < s.classes; ++c) {
    const uint8_t target = s.classes == 1 || mask == kIgnored ? mask : mask == c + 1;
    a.targets[to * s.classes + c] = target;
    if (a.weights)
      a.weights[to * s.classes + c] =
          static_cast<float>(a.foreground && target == 1 ? weight * a.foreground[c] : weight);
  }
}

template <class T>
PPL_DEVICE void write_bands(const Augment& s, const Arrays<T>& a, const Source& from, T* image) {
  const auto set = [&](int b, int32_t value) { image[b] = T(a.tables[256 * b + value]); };
  if (s.bands == 3) {
    const Colour c = from.colour(a.crops);
    set(0, c.b), set(1, c.g), set(2, c.r);
  } else {
    for (int b = 0; b < s.bands; ++b) set(b, from.band(a.crops, b));
  }
}

template <class T>
__global__ void __launch_bounds__(kThreads) augment_kernel(Augment s, int across, int down, Arrays<T> a, bool wide) {
  T* patch = dynamic_smem<T>();  // [kPatch][kPatch * bands]
  const int64_t tile = blockIdx.x / (across * down);
  const int top = static_cast<int>(blockIdx.x / across % down) * kPatch;
  const int left = static_cast<int>(blockIdx.x % across) * kPatch;
  const int width = static_cast<int>(s.width), height = static_cast<int>(s.height), row_size = kPatch * s.bands;
  const int i = top + static_cast<int>(threadIdx.x) / kPatch, j = left + static_cast<int>(threadIdx.x) % kPatch;
  if (i < height && j < width) {
    const AugmentPlan& p = a.plans[tile];
    // The turned pixel (i, j) is the flipped (j, width - 1 - i).
    const int row = p.turn ? j : i, column = p.turn ? width - 1 - i : j;
    const int y = p.flip_y ? height - 1 - row : row, x = p.flip_x ? width - 1 - column : column;
    const Place* places = a.places + tile * (width + height);
    const Source from{s, p, tile, p.warp ? places[x] : Place{x, 0, x}, p.warp ? places[width + y] : Place{y, 0, y}};
    write_targets(s, a, from, (tile * height + i) * width + j);
    write_bands(s, a, from, patch + threadIdx.x * s.bands);
  }
  __syncthreads();
  const int rows = height - top < kPatch ? height - top : kPatch;
  const int size = (width - left < kPatch ? width - left : kPatch) * s.bands;  // values of a row of the patch
  T* to = a.images + ((tile * height + top) * width + left) * s.bands;
  const int step = wide ? kWide<T> : 1, pieces = size / step;
  for (int k = static_cast<int>(threadIdx.x); k < rows * pieces; k += kThreads) {
    const int r = k / pieces, at = k % pieces * step;
    T* there = to + static_cast<int64_t>(r) * width * s.bands + at;
    const T* here = patch + r * row_size + at;
    if (wide)
      *reinterpret_cast<Vec16<T, kWide<T>>*>(there) = *reinterpret_cast<const Vec16<T, kWide<T>>*>(here);
    else
      *there = *here;
  }
}

}  // namespace

template <class T>
void augment(CudaContext& ctx, const Augment& s, const AugmentPlan* plans, const uint8_t* crops, const uint8_t* masks,
             const uint8_t* maps, const float* tables, const double* foreground, T* images, uint8_t* targets,
             float* weights) {
  PPL_CHECK(s.bands <= 48, "augment: ", s.bands, " bands; CUDA's version takes up to 48");  // shared memory
  const auto width = static_cast<int>(s.width), height = static_cast<int>(s.height);
  const int64_t count = s.n * (s.width + s.height);
  Place* places = ctx.scratch<Place>(slot_tables, static_cast<size_t>(count));
  launch(places_kernel, {blocks_of(ceil_div(count, kThreads)), kThreads}, ctx.stream, count, width, height, plans,
         places);
  const int64_t across = ceil_div(s.width, kPatch), down = ceil_div(s.height, kPatch);
  const bool wide = is_wide(images) && s.width * s.bands % kWide<T> == 0;
  const Arrays<T> a{plans, places, crops, masks, maps, tables, foreground, images, targets, weights};
  launch(augment_kernel<T>,
         {blocks_of(s.n * across * down), kThreads, sizeof(T) * static_cast<size_t>(kThreads * s.bands)}, ctx.stream, s,
         static_cast<int>(across), static_cast<int>(down), a, wide);
}

#define PPL_INSTANTIATE(T)                                                                                \
  template void augment(CudaContext&, const Augment&, const AugmentPlan*, const uint8_t*, const uint8_t*, \
                        const uint8_t*, const float*, const double*, T*, uint8_t*, float*);
PPL_INSTANTIATE(float)
PPL_INSTANTIATE(bf16)
#undef PPL_INSTANTIATE

}  // namespace ppl
