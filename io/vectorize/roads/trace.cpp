#include <bit>
#include <utility>

#include "io/vectorize/roads/skeleton_graph.h"
#include "kernels/base.h"

namespace ppl {
namespace {

struct Pixel {
  int32_t row, column;
};

// The set pixels numbered in row order, and each one's neighbours.
class Pixels {
 public:
  explicit Pixels(const BitImage& image) : image_(image) {
    before_.reserve(static_cast<size_t>(image.height() * image.words()));
    for (int64_t r = 0; r < image.height(); ++r) {
      for (int64_t word = 0; word < image.words(); ++word) {
        before_.push_back(static_cast<uint32_t>(all_.size()));
        for (uint64_t left = image.row(r)[1 + word]; left != 0; left &= left - 1) {
          all_.push_back({static_cast<int32_t>(r), static_cast<int32_t>(word * 64 + std::countr_zero(left))});
        }
      }
      PPL_CHECK(all_.size() < INT32_MAX, "a skeleton of more than 2^31 pixels");
    }
  }

  int32_t size() const { return static_cast<int32_t>(all_.size()); }
  const Pixel& operator[](int32_t i) const { return all_[static_cast<size_t>(i)]; }
  Point centre(int32_t i) const { return {(*this)[i].column + 0.5, (*this)[i].row + 0.5}; }

  // Up to eight numbers in row order; returns how many.
  int neighbours(int32_t i, int32_t out[8]) const {
    const Pixel p = (*this)[i];
    int n = 0;
    for (int64_t r = p.row - 1; r <= p.row + 1; ++r) {
      if (r < 0 || r >= image_.height()) continue;
      for (int64_t c = p.column - 1; c <= p.column + 1; ++c) {
        if (c < 0 || c >= image_.width() || (r == p.row && c == p.column) || !image_.get(r, c)) continue;
        out[n++] = number(r, c);
      }
    }
    return n;
  }

 private:
  int32_t number(int64_t r, int64_t c) const {
    const uint64_t below = image_.row(r)[1 + c / 64] & ((uint64_t{1} << (c % 64)) - 1);
    return static_cast<int32_t>(before_[static_cast<size_t>(r * image_.words() + c / 64)] +
                                static_cast<uint32_t>(std::popcount(below)));
  }

  const BitImage& image_;
  std::vector<Pixel> all_;
  std::vector<uint32_t> before_;  // set pixels before each word
};

class Tracer {
 public:
  explicit Tracer(const BitImage& skeleton) : pixels_(skeleton), node_of_(static_cast<size_t>(pixels_.size()), kFree) {}

  SkeletonGraph run() {
    find_nodes();
    for (int32_t i = 0; i < pixels_.size(); ++i) {
      if (node_of(i) < 0) continue;
      int32_t around[8];
      const int n = pixels_.neighbours(i, around);
      for (int k = 0; k < n; ++k) {
        if (node_of(around[k]) == kPath) walk(i, around[k]);
      }
    }
    for (int32_t i = 0; i < pixels_.size(); ++i) {
      if (node_of(i) == kPath) close_ring(i);
    }
    return std::move(graph_);
  }

 private:
  static constexpr int32_t kFree = -1, kPath = -2, kWalked = -3;

  int32_t& node_of(int32_t i) { return node_of_[static_cast<size_t>(i)]; }

  void find_nodes() {
    int32_t around[8];
    for (int32_t i = 0; i < pixels_.size(); ++i) {
      if (pixels_.neighbours(i, around) == 2) node_of(i) = kPath;
    }
    for (int32_t i = 0; i < pixels_.size(); ++i) {
      if (node_of(i) == kFree) gather_cluster(i);
    }
  }

  void gather_cluster(int32_t first) {
    const auto node = static_cast<int32_t>(graph_.nodes.size());
    std::vector<int32_t> cluster{first};
    node_of(first) = node;
    Point sum;
    for (size_t k = 0; k < cluster.size(); ++k) {
      sum = sum + pixels_.centre(cluster[k]);
      int32_t around[8];
      const int n = pixels_.neighbours(cluster[k], around);
      for (int j = 0; j < n; ++j) {
        if (node_of(around[j]) != kFree) continue;
        node_of(around[j]) = node;
        cluster.push_back(around[j]);
      }
    }
    graph_.nodes.push_back(sum * (1.0 / static_cast<double>(cluster.size())));
  }

  // From a node's pixel along the path that begins at `next` to where the path ends.
  void walk(int32_t start, int32_t next) {
    const int32_t from = node_of(start);
    Line line{graph_.nodes[static_cast<size_t>(from)]};
    int32_t before = start, here = next;
    while (node_of(here) == kPath) {
      node_of(here) = kWalked;
      line.push_back(pixels_.centre(here));
      int32_t around[8];
      pixels_.neighbours(here, around);
      const int32_t onward = around[0] == before ? around[1] : around[0];
      before = here;
      here = onward;
    }
    const int32_t to = node_of(here);
    line.push_back(graph_.nodes[static_cast<size_t>(to)]);
    graph_.edges.push_back({from, to, std::move(line)});
  }

  void close_ring(int32_t first) {
    int32_t around[8];
    pixels_.neighbours(first, around);
    node_of(first) = static_cast<int32_t>(graph_.nodes.size());
    graph_.nodes.push_back(pixels_.centre(first));
    walk(first, around[0]);
  }

  Pixels pixels_;
  std::vector<int32_t> node_of_;  // of each pixel; below 0: not of a node
  SkeletonGraph graph_;
};

}  // namespace

SkeletonGraph trace_skeleton(const BitImage& skeleton) { return Tracer(skeleton).run(); }

}  // namespace ppl
