#include "apps/predict/blocks.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "apps/common/fingerprint.h"
#include "apps/common/log.h"
#include "apps/common/signals.h"
#include "apps/predict/leases.h"
#include "io/file.h"
#include "kernels/base.h"

namespace fs = std::filesystem;

namespace ppl::apps {
namespace {

class OwnBlocks : public Blocks {
 public:
  explicit OwnBlocks(size_t count) : count_(count) {}
  void stop() override {}
  bool complete() const override { return next_ == count_; }
  size_t kept() const override { return 0; }
  std::optional<size_t> next() override { return next_ < count_ ? std::optional<size_t>(next_++) : std::nullopt; }
  void done(size_t, std::vector<TileRecord> records) override {
    records_.insert(records_.end(), records.begin(), records.end());
  }
  std::vector<TileRecord> records() override { return std::move(records_); }

 private:
  size_t count_, next_ = 0;
  std::vector<TileRecord> records_;
};

std::string name_of(size_t block) { return fmt::format("block{:06}", block); }

class KeptBlocks : public Blocks {
 public:
  explicit KeptBlocks(const BlockFolder& job) : folder_(job.folder), count_(job.count), lease_(job.lease_seconds) {
    fs::create_directories(folder_);
    remove_abandoned(folder_);
    for (size_t block = 0; block < count_; ++block) {
      if (std::optional<std::vector<TileRecord>> records = job.earlier(block)) {
        kept_ += records->size();
        keep(block, std::move(*records));
      } else {
        // One that stands there is of no use, and is no sign that another process did the block.
        stale_[block] = stamp_of(file_of(block));
        open_.insert(block);
      }
    }
    if (lease_) leases_ = std::make_unique<Leases>(folder_, *lease_);
  }

  void stop() override { stopped_ = true; }
  bool complete() const override {
    for (size_t block = 0; block < count_; ++block)
      if (!is_done(block)) return false;
    return true;
  }
  size_t kept() const override { return kept_; }

  std::optional<size_t> next() override {
    auto told = std::chrono::steady_clock::now();
    while (!stopped_ && !stop_requested()) {
      for (auto it = open_.begin(); it != open_.end();) {
        const size_t block = *it;
        if (is_done(block)) {
          it = open_.erase(it);
        } else if (!leases_) {
          open_.erase(it);
          return block;
        } else if (leases_->take(name_of(block))) {
          if (!is_done(block)) return block;
          leases_->give_back(name_of(block));  // finished between the two looks
          it = open_.erase(it);
        } else {
          ++it;
        }
      }
      if (open_.empty()) return {};
      // What is left is in work, here or elsewhere.
      std::this_thread::sleep_for(std::chrono::duration<double>(std::min(0.2, *lease_ / 4)));
      tell_of_waiting(told);
    }
    return {};
  }

  void done(size_t block, std::vector<TileRecord> records) override {
    keep(block, std::move(records));
    if (leases_) leases_->give_back(name_of(block));
  }

  std::vector<TileRecord> records() override {
    std::vector<TileRecord> all;
    for (size_t block = 0; block < count_; ++block) {
      const auto own = records_.find(block);
      const std::vector<TileRecord> part =
          own != records_.end() ? own->second : parse_lines(read_text(file_of(block)), file_of(block));
      all.insert(all.end(), part.begin(), part.end());
    }
    return all;
  }

 private:
  std::string file_of(size_t block) const { return block_file(folder_, block); }

  bool is_done(size_t block) const {
    {
      const std::lock_guard lock(mutex_);
      if (records_.contains(block)) return true;
    }
    const std::string stamp = stamp_of(file_of(block));
    const auto stale = stale_.find(block);
    return !stamp.empty() && stale != stale_.end() && stamp != stale->second;
  }

  // Where nobody else waits for it a file that finds no room costs only that the block may be done again.
  void keep(size_t block, std::vector<TileRecord> records) {
    std::string text;
    for (const TileRecord& r : records) text += to_line(r);
    try {
      if (!fs::exists(file_of(block)) || read_text(file_of(block)) != text) write_file(file_of(block), text);
    } catch (const Error&) {
      if (lease_) throw;
    }
    const std::lock_guard lock(mutex_);
    records_[block] = std::move(records);
  }

  void tell_of_waiting(std::chrono::steady_clock::time_point& told) const {
    if (std::chrono::steady_clock::now() - told < std::chrono::seconds(10)) return;
    told = std::chrono::steady_clock::now();
    size_t elsewhere = 0;
    std::string first;
    for (const size_t block : open_) {
      if (leases_->has(name_of(block))) continue;
      if (elsewhere++ == 0) first = name_of(block);
    }
    if (elsewhere == 0) return;
    log_line(fmt::format("predict: waiting for {} blocks of other processes, the first of {} ({}/{}.lease)", elsewhere,
                         leases_->owner(first), folder_, first));
  }

  const std::string folder_;
  const size_t count_;
  const std::optional<double> lease_;
  std::atomic<bool> stopped_ = false;
  size_t kept_ = 0;
  std::set<size_t> open_;
  std::map<size_t, std::string> stale_;  // stamps of files of records that do not count
  mutable std::mutex mutex_;
  std::map<size_t, std::vector<TileRecord>> records_;  // that were kept or made here; guarded by mutex_
  std::unique_ptr<Leases> leases_;
};

}  // namespace

std::unique_ptr<Blocks> own_blocks(size_t count) { return std::make_unique<OwnBlocks>(count); }
std::unique_ptr<Blocks> kept_blocks(const BlockFolder& job) { return std::make_unique<KeptBlocks>(job); }
std::string block_file(const std::string& folder, size_t block) { return folder + "/" + name_of(block) + ".jsonl"; }

}  // namespace ppl::apps
