#include "apps/predict/blocks.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <set>
#include <thread>
#include <utility>

#include "apps/predict/leases.h"
#include "io/file.h"

namespace fs = std::filesystem;

namespace ppl::apps {
namespace {

class OwnBlocks : public Blocks {
 public:
  explicit OwnBlocks(size_t count) : count_(count) {}
  void stop() override {}
  bool all_done() const override { return false; }
  std::optional<size_t> next() override { return next_ < count_ ? std::optional<size_t>(next_++) : std::nullopt; }
  void done(size_t, std::vector<TileRecord> records) override {
    records_.insert(records_.end(), records.begin(), records.end());
  }
  std::vector<TileRecord> records() override { return std::move(records_); }

 private:
  size_t count_, next_ = 0;
  std::vector<TileRecord> records_;
};

class SharedBlocks : public Blocks {
 public:
  SharedBlocks(size_t count, std::string folder, double lease_seconds,
               const std::function<bool(const TileRecord&)>& is_there)
      : folder_(std::move(folder)), lease_seconds_(lease_seconds) {
    fs::create_directories(folder_);
    leases_ = std::make_unique<Leases>(folder_, lease_seconds);
    count_ = count;
    for (size_t block = 0; block < count; ++block) {
      forget_unfinished(block, is_there);
      open_.insert(block);
    }
  }

  void stop() override { stopped_ = true; }

  bool all_done() const override {
    for (size_t block = 0; block < count_; ++block)
      if (!fs::exists(file_of(block))) return false;
    return true;
  }

  std::optional<size_t> next() override {
    while (!stopped_) {
      for (auto it = open_.begin(); it != open_.end();) {
        if (fs::exists(file_of(*it))) {
          it = open_.erase(it);
          continue;
        }
        if (leases_->take(name_of(*it))) {
          if (!fs::exists(file_of(*it))) return *it;
          leases_->give_back(name_of(*it));  // finished between the two looks
          it = open_.erase(it);
          continue;
        }
        ++it;
      }
      if (open_.empty()) return {};
      // What is left is in work, here or elsewhere.
      std::this_thread::sleep_for(std::chrono::duration<double>(std::min(0.2, lease_seconds_ / 4)));
    }
    return {};
  }

  void done(size_t block, std::vector<TileRecord> records) override {
    std::string text;
    for (const TileRecord& r : records) text += to_line(r);
    write_file(file_of(block), text);
    leases_->give_back(name_of(block));
  }

  std::vector<TileRecord> records() override {
    std::vector<TileRecord> all;
    for (size_t block = 0; block < count_; ++block) {
      const auto part = parse_lines(read_text(file_of(block)), file_of(block));
      all.insert(all.end(), part.begin(), part.end());
    }
    return all;
  }

 private:
  std::string name_of(size_t block) const { return fmt::format("block{:06}", block); }
  std::string file_of(size_t block) const { return folder_ + "/" + name_of(block) + ".jsonl"; }

  void forget_unfinished(size_t block, const std::function<bool(const TileRecord&)>& is_there) {
    if (!fs::exists(file_of(block))) return;
    bool whole = true;
    for (const TileRecord& r : parse_lines(read_text(file_of(block)), file_of(block)))
      whole = whole && r.error.empty() && is_there(r);
    std::error_code ignored;
    if (!whole) fs::remove(file_of(block), ignored);
  }

  const std::string folder_;
  const double lease_seconds_;
  std::atomic<bool> stopped_ = false;
  size_t count_ = 0;
  std::set<size_t> open_;
  std::unique_ptr<Leases> leases_;
};

}  // namespace

std::unique_ptr<Blocks> own_blocks(size_t count) { return std::make_unique<OwnBlocks>(count); }

std::unique_ptr<Blocks> shared_blocks(size_t count, const std::string& folder, double lease_seconds,
                                      const std::function<bool(const TileRecord&)>& is_there) {
  return std::make_unique<SharedBlocks>(count, folder, lease_seconds, is_there);
}

}  // namespace ppl::apps
