#include "io/tiles/loader.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <set>
#include <thread>

#include "engine/random.h"
#include "tests/support/io_support.h"

namespace ppl {
namespace {

using test::contains;
using test::error_of;

// Tiles made from their index, some of them damaged, some slow.
class MadeTiles : public TileSource {
 public:
  explicit MadeTiles(int64_t count, int64_t size = 40) {
    for (int64_t i = 0; i < count; ++i) entries_.push_back({cat("t", i), size, size});
  }
  Tile load(int64_t index) const override {
    ++loads;
    if (index == broken) throw Error("cannot be read");
    if (index == slow) std::this_thread::sleep_for(std::chrono::milliseconds(30));
    const auto& e = entry(index);
    auto memory = std::make_shared<std::vector<uint8_t>>(static_cast<size_t>(e.height * e.width * 4));
    Random random(99, index);
    for (auto& v : *memory) v = static_cast<uint8_t>(random.integer(0, 255));
    uint8_t* mask = memory->data() + e.height * e.width * 3;
    for (int64_t i = 0; i < e.height * e.width; ++i) mask[i] &= 1;
    return {e.height, e.width, 3, memory->data(), mask, memory};
  }
  void resize(int64_t index, int64_t height) { entries_[static_cast<size_t>(index)].height = height; }

  int64_t broken = -1, slow = -1;
  mutable std::atomic<int> loads{0};
};

LoaderOptions small_options() {
  LoaderOptions o;
  o.batch = 4;
  o.crop = 32;
  o.seed = 7;
  return o;
}

struct Content {
  std::vector<float> images, targets;
  std::vector<std::string> ids;
  int64_t epoch, number;
  bool operator==(const Content&) const = default;
};
Content content(const Batch& b) { return {b.images.to_host(), b.targets.to_host(), b.ids, b.epoch, b.number}; }

std::vector<Content> take(Loader& loader, int64_t count) {
  std::vector<Content> out;
  for (int64_t i = 0; i < count; ++i) out.push_back(content(loader.next()));
  return out;
}

TEST_CASE("batches have the promised form") {
  const auto source = std::make_shared<MadeTiles>(10);
  LoaderOptions o = small_options();
  o.dtype = DType::bf16;
  Loader loader(source, o);
  CHECK(loader.batches_per_epoch() == 2);
  const Batch b = loader.next();
  CHECK(b.images.shape() == Shape{4, 32, 32, 3});
  CHECK(b.images.dtype() == DType::bf16);
  CHECK(b.targets.shape() == Shape{4, 32, 32, 1});
  CHECK(b.targets.dtype() == DType::u8);
  for (const float v : b.targets.to_host()) REQUIRE((v == 0 || v == 1));
  CHECK((b.ids.size() == 4 && b.indices.size() == 4 && b.ids[0] == cat("t", b.indices[0])));
}

TEST_CASE("batches do not depend on the number of threads or on the queue") {
  const auto source = std::make_shared<MadeTiles>(21);
  source->slow = 3;
  LoaderOptions o = small_options();
  o.threads = 1;
  o.prefetch = 1;
  Loader first(source, o);
  const auto expected = take(first, 12);
  for (const auto& [threads, prefetch] : {std::array{2, 4}, std::array{5, 3}, std::array{3, 16}}) {
    o.threads = threads;
    o.prefetch = prefetch;
    Loader other(source, o);
    CHECK(take(other, 12) == expected);
  }
  o.seed = 8;
  Loader other(source, o);
  CHECK(take(other, 1) != std::vector<Content>{expected[0]});
}

TEST_CASE("an epoch holds every tile once, in an order of its own") {
  const auto source = std::make_shared<MadeTiles>(20);
  Loader loader(source, small_options());
  std::vector<std::vector<std::string>> epochs(3);
  for (auto& ids : epochs) {
    for (const Content& c : take(loader, 5)) ids.insert(ids.end(), c.ids.begin(), c.ids.end());
    CHECK(std::set<std::string>(ids.begin(), ids.end()).size() == 20);
  }
  CHECK(epochs[0] != epochs[1]);
  CHECK(epochs[1] != epochs[2]);
}

TEST_CASE("the last batch is dropped or smaller") {
  const auto source = std::make_shared<MadeTiles>(10);
  LoaderOptions o = small_options();
  o.drop_last = false;
  Loader loader(source, o);
  CHECK(loader.batches_per_epoch() == 3);
  const auto c = take(loader, 4);
  CHECK((c[2].ids.size() == 2 && c[3].ids.size() == 4 && c[3].epoch == 1 && c[3].number == 0));
  const auto few = std::make_shared<MadeTiles>(3);
  o.drop_last = true;
  CHECK(contains(error_of([&] { Loader l(few, o); }), "3 tiles do not fill one batch of 4"));
  CHECK(contains(error_of([&] { Loader l(std::make_shared<MadeTiles>(0), LoaderOptions::validation()); }), "0 tiles"));
}

TEST_CASE("seek gives the batches that would have come, and loads no others") {
  const auto source = std::make_shared<MadeTiles>(20);
  Loader whole(source, small_options());
  const auto expected = take(whole, 15);
  const auto fresh = std::make_shared<MadeTiles>(20);
  Loader loader(fresh, small_options());
  loader.seek(2, 3);
  CHECK(take(loader, 1)[0] == expected[13]);
  CHECK(fresh->loads.load() <= 4 * 5);  // the batch and what is made ahead
  for (const int64_t to : {0, 7, 3, 14, 3}) {
    loader.seek(to / 5, to % 5);
    CHECK(content(loader.next()) == expected[static_cast<size_t>(to)]);
  }
  CHECK(contains(error_of([&] { loader.seek(0, 5); }), "batch 5 of epoch 0; an epoch has 5"));
}

TEST_CASE("validation: whole tiles in order, unchanged") {
  const auto source = std::make_shared<MadeTiles>(5);
  source->resize(2, 24);
  Loader loader(source, LoaderOptions::validation(2));
  CHECK(loader.batches_per_epoch() == 3);  // 0 1 | 2 | 3 4
  const auto a = take(loader, 3);
  CHECK(a[0].ids == std::vector<std::string>{"t0", "t1"});
  CHECK(a[1].ids == std::vector<std::string>{"t2"});
  CHECK(a[1].images.size() == 24 * 40 * 3);
  const auto tables = normalisation_tables(InputSpec{});
  const Tile t = source->load(2);
  for (size_t i = 0; i < a[1].images.size(); ++i) REQUIRE(a[1].images[i] == tables[i % 3][t.image[i]]);
  for (size_t i = 0; i < a[1].targets.size(); ++i) REQUIRE(a[1].targets[i] == t.mask[i]);
  const auto b = take(loader, 3);
  for (size_t i = 0; i < 3; ++i) CHECK(a[i].images == b[i].images);

  LoaderOptions o = LoaderOptions::validation(2);
  o.shuffle = true;
  CHECK(contains(error_of([&] { Loader l(source, o); }), "t1 and t2 differ in size"));
  o.batch = 1;
  Loader shuffled(source, o);
  CHECK(shuffled.batches_per_epoch() == 5);
}

TEST_CASE("a crop without augmentation is the middle of the tile") {
  const auto source = std::make_shared<MadeTiles>(1);
  LoaderOptions o = LoaderOptions::validation();
  o.crop = 32;
  Loader loader(source, o);
  const Batch b = loader.next();
  const auto tables = normalisation_tables(InputSpec{});
  CHECK(b.images.to_host()[0] == tables[0][source->load(0).image[(4 * 40 + 4) * 3]]);
}

TEST_CASE("a worker's error reaches the caller with the tile's id, and the next batch still comes") {
  const auto source = std::make_shared<MadeTiles>(12);
  source->broken = 5;
  LoaderOptions o = small_options();
  o.shuffle = false;
  Loader loader(source, o);
  CHECK(loader.next().number == 0);
  CHECK(contains(error_of([&] { loader.next(); }), "tile t5: cannot be read"));
  CHECK(loader.next().number == 2);
}

TEST_CASE("a loader can go at any time") {
  const auto source = std::make_shared<MadeTiles>(40);
  source->slow = 1;
  for (int round = 0; round < 20; ++round) {
    LoaderOptions o = small_options();
    o.threads = 1 + round % 4;
    Loader loader(source, o);
    for (int i = 0; i < round % 5; ++i) loader.next();
    if (round % 2) loader.seek(round, round % 10);
  }
  source->broken = 0;  // with an error that nobody asked for
  for (int round = 0; round < 5; ++round) {
    LoaderOptions o = small_options();
    o.shuffle = false;
    Loader loader(source, o);
    loader.seek(0, 9);
    loader.next();
  }
}

TEST_CASE("no more than the prefetch is made ahead") {
  const auto source = std::make_shared<MadeTiles>(40);
  LoaderOptions o = small_options();
  o.threads = 4;
  o.prefetch = 3;
  Loader loader(source, o);
  loader.next();
  for (int i = 0; i < 500 && source->loads < 4 * 4; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  CHECK(source->loads.load() == 4 * 4);
}

TEST_CASE("waiting is measured") {
  const auto source = std::make_shared<MadeTiles>(4);
  source->slow = 0;
  LoaderOptions o = small_options();
  o.threads = 1;
  o.prefetch = 1;
  Loader loader(source, o);
  loader.next();
  CHECK(loader.take_wait_seconds() >= 0.029);
  CHECK(loader.take_wait_seconds() == 0);
}

TEST_CASE("options that make no sense") {
  const auto source = std::make_shared<MadeTiles>(4);
  LoaderOptions o = small_options();
  o.threads = 0;
  CHECK(contains(error_of([&] { Loader l(source, o); }), "threads 0"));
  o = small_options();
  o.dtype = DType::u8;
  CHECK(contains(error_of([&] { Loader l(source, o); }), "images of type"));
}

TEST_CASE("batches of real tiles") {
  const std::string folder = test::data_folder("roads_massachusetts/val");
  if (folder.empty()) {
    MESSAGE("skipped: ../shared/data is not here");
    return;
  }
  FolderOptions folder_options;
  folder_options.cache_bytes = 6'000'000;  // some of the tiles are decoded at each use
  const auto source = std::make_shared<FolderTiles>(folder, folder_options);
  LoaderOptions o;
  o.crop = 320;
  Loader loader(source, o);
  o.threads = 1;
  Loader other(source, o);
  CHECK(take(loader, 4) == take(other, 4));
}

}  // namespace
}  // namespace ppl
