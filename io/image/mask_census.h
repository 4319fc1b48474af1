// What many masks hold: said once where they are opened.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace ppl {

struct MaskSummary {
  std::vector<int64_t> pixels;  // of class k at [k]; [0]: background
  int64_t ignored = 0;
  // The value taken for foreground, where all masks of a folder must agree, and how to name it.
  std::optional<int64_t> foreground;
  std::string foreground_name;
};

// How many masks hold each class. add() may be called from several threads.
class MaskCensus {
 public:
  struct Totals {
    int64_t masks = 0, with_ignored = 0;
    std::vector<int64_t> holding;  // masks that hold class k at [k]; [0]: any foreground
    std::vector<int64_t> pixels;   // of class k at [k]
    int64_t ignored_pixels = 0;
    void add(const Totals&);
  };

  void add(const std::string& path, const MaskSummary&);
  Totals totals() const { return totals_; }
  // Error where the masks of `where` mean different things by themselves: 1 is foreground in some and 255, or another
  // colour, in others.
  void check(const std::string& where) const;

 private:
  struct Meaning {
    int64_t masks = 0;
    std::string name, example;
  };
  std::mutex mutex_;
  Totals totals_;
  std::map<int64_t, Meaning> meanings_;
};

// "85 of 320 masks hold foreground, 12 no data or ignored pixels"; of several classes each by its number.
std::string describe(const MaskCensus::Totals&);

}  // namespace ppl
