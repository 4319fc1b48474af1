#include "apps/score/apls/routes.h"

#include <algorithm>
#include <cmath>

#include "io/threads.h"

namespace ppl::score {
namespace {

// Sums of eight sources at once.
struct Sums {
  Lanes lost{}, lost_length{}, length{};

  void add(const Lanes& here, const Lanes& there) {
    for (size_t i = 0; i < kLanes; ++i) {
      const double d1 = here.v[i], d2 = there.v[i];
      const double share = std::fabs(d1 - d2) / d1;
      const double bounded = share < 1 ? share : 1;
      const double loss = d1 > 0 ? bounded : 0;  // 0: the source itself
      lost.v[i] += loss;
      lost_length.v[i] += loss * d1;
      length.v[i] += d1;
    }
  }
};

class RouteSums {
 public:
  RouteSums(const Hierarchy& from, const Hierarchy& to, const std::vector<int>& images)
      : from_(from), to_(to), image_at_(images.size()), sources_(images.size()) {
    for (size_t node = 0; node < images.size(); ++node) {
      const int image = images[node];
      image_at_[static_cast<size_t>(from.place(static_cast<int>(node)))] = image < 0 ? -1 : to.place(image);
    }
    for (const Hierarchy::Range& component : from.components()) {
      for (int p = component.begin; p < component.end; p += kLanes) {
        batches_.push_back({p, std::min(p + kLanes, component.end)});
      }
    }
  }

  OneWay run(int threads) {
    constexpr size_t kBatches = 16;  // that share the memory of a sweep
    const auto pieces = static_cast<int64_t>((batches_.size() + kBatches - 1) / kBatches);
    for_each_index(pieces, threads, [&](int64_t piece) {
      Sweep here(from_), there(to_);
      const size_t begin = static_cast<size_t>(piece) * kBatches;
      for (size_t b = begin; b < std::min(begin + kBatches, batches_.size()); ++b) add(batches_[b], here, there);
    });
    OneWay total;
    for (const OneWay& source : sources_) {
      total.lost += source.lost, total.routes += source.routes;
      total.lost_length += source.lost_length, total.routes_length += source.routes_length;
    }
    return total;
  }

 private:
  void add(const Hierarchy::Range& batch, Sweep& here, Sweep& there) {
    std::array<int, kLanes> sources, images;
    sources.fill(-1), images.fill(-1);
    for (int p = batch.begin; p < batch.end; ++p) {
      sources[static_cast<size_t>(p - batch.begin)] = p;
      images[static_cast<size_t>(p - batch.begin)] = image_at_[static_cast<size_t>(p)];
    }
    here.run(sources);
    there.run(images);
    const auto [begin, end] = from_.components()[static_cast<size_t>(from_.component(batch.begin))];
    Sums sums;
    for (int p = begin; p < end; ++p) {
      const int image = image_at_[static_cast<size_t>(p)];
      sums.add(here.to(p), there.to(image < 0 ? there.nowhere() : image));
    }
    for (int p = batch.begin; p < batch.end; ++p) {
      const auto i = static_cast<size_t>(p - batch.begin);
      sources_[static_cast<size_t>(p)] = {sums.lost.v[i], end - begin - 1, sums.lost_length.v[i], sums.length.v[i]};
    }
  }

  const Hierarchy &from_, &to_;
  std::vector<int> image_at_;  // by place of `from`: a place of `to`, or -1
  std::vector<OneWay> sources_;
  std::vector<Hierarchy::Range> batches_;  // of places in one component
};

}  // namespace

OneWay compare_routes(const Hierarchy& from, const Hierarchy& to, const std::vector<int>& images, int threads) {
  return RouteSums(from, to, images).run(threads);
}

}  // namespace ppl::score
