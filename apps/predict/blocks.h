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
  // Lets next() give nothing from now on; from any thread. A request to stop (signals.h) does the same.
  virtual void stop() = 0;
  // Whether all are done; else the next run goes on.
  virtual bool complete() const = 0;
  virtual void done(size_t block, std::vector<TileRecord> records) = 0;
  // How many records an earlier run had made.
  virtual size_t kept() const = 0;
  // Of all blocks, in order; once next() gave nothing and done() was called for every block it gave.
  virtual std::vector<TileRecord> records() = 0;
};

// All of them, here.
std::unique_ptr<Blocks> own_blocks(size_t count);

// A file of records for every finished block in `folder`; where the work is shared leases for those in work.
struct BlockFolder {
  std::string folder;
  size_t count = 0;
  // The records of a block that an earlier run did, if what it did still stands.
  std::function<std::optional<std::vector<TileRecord>>(size_t block)> earlier;
  std::optional<double> lease_seconds{};  // nothing: no other process is at work
};
std::unique_ptr<Blocks> kept_blocks(const BlockFolder&);

// The name of a block's file of records.
std::string block_file(const std::string& folder, size_t block);

}  // namespace ppl::apps
