// The images of a job in blocks, each done whole by one process.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/predict/manifest.h"

namespace ppl::apps {

constexpr size_t kBlockTiles = 8;

class Blocks {
 public:
  virtual ~Blocks() = default;
  // The next block to work on; nothing when all are done. May wait for other processes.
  virtual std::optional<size_t> next() = 0;
  // Lets next() give nothing from now on; from any thread.
  virtual void stop() = 0;
  virtual void done(size_t block, std::vector<TileRecord> records) = 0;
  // Whether an earlier run, or another process, did all of them.
  virtual bool all_done() const = 0;
  // Of all blocks, in order; once next() gave nothing and done() was called for every block it gave.
  virtual std::vector<TileRecord> records() = 0;
};

// All of them, here.
std::unique_ptr<Blocks> own_blocks(size_t count);

// Shared through `folder`: a file of records for every finished block, leases for those in work. Of earlier runs blocks
// with errors are done again, and those of which is_there(record) is false for an image.
std::unique_ptr<Blocks> shared_blocks(size_t count, const std::string& folder, double lease_seconds,
                                      const std::function<bool(const TileRecord&)>& is_there);

}  // namespace ppl::apps
