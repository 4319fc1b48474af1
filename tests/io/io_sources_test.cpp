// What an epoch is made of: several sources in proportion, parts for each rank, lists of pairs, maps of weights.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>

#include "io/image/image.h"
#include "io/tiles/combined_tiles.h"
#include "io/tiles/epoch_order.h"
#include "io/tiles/loader.h"
#include "io/tiles/packed.h"
#include "tests/support/io_support.h"

namespace ppl {
namespace {

using test::contains;
using test::error_of;

// Each pixel of image, mask and map of weights tells where it is and of which tile.
void write_tile(const std::string& path, const std::string& mask, const std::string& weight, int side, int shade) {
  Image image = Image::make(side, side, 3), map = Image::make(side, side, 1);
  std::vector<uint8_t> classes(static_cast<size_t>(side * side));
  for (int i = 0; i < side * side; ++i) {
    classes[static_cast<size_t>(i)] = i % side < side / 2;
    map.u8()[i] = static_cast<uint8_t>(i + shade);
    for (int c = 0; c < 3; ++c) image.u8()[i * 3 + c] = static_cast<uint8_t>(i + shade);  // grey: no hue to shift
  }
  write_png(path, image);
  write_mask_png(mask, classes.data(), side, side);
  if (!weight.empty()) write_png(weight, map);
}

}  // namespace

TEST_CASE("each source is gone through without repeats before it begins again, in the stated proportion") {
  const std::vector<SourceShare> shares{{7, 3}, {5, 1}, {40, 2}};
  const EpochOrder order(shares, 20, 11);
  REQUIRE(order.size() == 20);
  std::set<std::pair<int64_t, int64_t>> seen;
  std::map<int, std::map<int64_t, int>> drawn;  // source -> pass -> draws
  const int64_t starts[] = {0, 7, 12, 52};
  for (int64_t epoch = 0; epoch < 21; ++epoch) {
    std::map<int, int> counts;
    for (const Draw& d : order.draw(epoch)) {
      const int source = d.index < starts[1] ? 0 : d.index < starts[2] ? 1 : 2;
      ++counts[source];
      ++drawn[source][d.pass];
      CHECK(seen.insert({d.index, d.pass}).second);
    }
    CHECK(counts == std::map<int, int>{{0, 10}, {1, 3}, {2, 7}});
  }
  for (const auto& [source, passes] : drawn)
    for (const auto& [pass, count] : passes)
      if (pass < passes.rbegin()->first) CHECK(count == shares[static_cast<size_t>(source)].tiles);
  const auto same = EpochOrder(shares, 20, 11).draw(5), again = order.draw(5),
             other = EpochOrder(shares, 20, 12).draw(5);
  const auto equal = [](const Draw& a, const Draw& b) { return a.index == b.index && a.pass == b.pass; };
  CHECK(std::equal(same.begin(), same.end(), again.begin(), equal));
  CHECK(!std::equal(same.begin(), same.end(), other.begin(), equal));
  CHECK(contains(error_of([&] { EpochOrder({{5, 1}, {5, 1000}}, 20, 0); }), "source 1"));
  CHECK(contains(error_of([&] { EpochOrder({{5, 1}, {0, 1}}, 20, 0); }), "0 tiles"));
}

TEST_CASE("the ranks share an epoch: every tile once, whatever the remainder, in the order of one rank") {
  const TemporaryFolder dir;
  std::filesystem::create_directories(dir / "tiles");
  for (int i = 0; i < 11; ++i)
    write_tile(dir / cat("tiles/t", i, "_sat.png"), dir / cat("tiles/t", i, "_mask.png"), "", 32, i);
  const auto tiles = std::make_shared<FolderTiles>(dir / "tiles", FolderOptions{});
  LoaderOptions o;
  o.crop = 32;
  o.drop_last = false;
  o.seed = 4;
  for (const int ranks : {1, 2, 3, 4, 8}) {
    for (const int batch : {1, 2}) {
      o.ranks = ranks;
      o.batch = batch;
      LoaderOptions alone = o;
      alone.ranks = 1;
      alone.batch = batch * ranks;
      Loader whole(tiles, alone);
      std::vector<std::unique_ptr<Loader>> parts;
      for (o.rank = 0; o.rank < ranks; ++o.rank) parts.push_back(std::make_unique<Loader>(tiles, o));
      o.rank = 0;
      for (int64_t step = 0; step < 2 * whole.batches_per_epoch(); ++step) {
        const Batch expected = whole.next();
        std::vector<std::string> ids;
        int64_t valid = 0;
        for (auto& part : parts) {
          const Batch b = part->next();
          ids.insert(ids.end(), b.ids.begin(), b.ids.end());
          valid += b.valid;
          CHECK(b.images.dim(0) == std::max<int64_t>(1, static_cast<int64_t>(b.ids.size())));
          if (b.ids.empty()) CHECK(b.valid == 0);
          if (part == parts[0]) CHECK(!b.ids.empty());  // its running statistics are the ones that count
        }
        CHECK(ids == expected.ids);
        CHECK(valid == expected.valid);
      }
    }
  }
}

TEST_CASE("a list of pairs and a folder of masks give what a folder of pairs gives") {
  const TemporaryFolder dir;
  for (const char* name : {"pairs", "images", "masks"}) std::filesystem::create_directories(dir / name);
  std::string list = "# image\tmask\tweights\n\n", commas;
  for (int i = 0; i < 3; ++i) {
    const std::string id = cat("t", i);
    write_tile(dir / ("pairs/" + id + "_sat.png"), dir / ("pairs/" + id + "_mask.png"),
               dir / ("pairs/" + id + "_distance.png"), 32, i);
    std::filesystem::copy(dir / ("pairs/" + id + "_sat.png"), dir / ("images/" + id + ".png"));
    for (const char* kind : {"_mask.png", "_distance.png"})
      std::filesystem::copy(dir / ("pairs/" + id + kind), dir / ("masks/" + id + kind));
    list += "images/" + id + ".png\tmasks/" + id + "_mask.png\tmasks/" + id + "_distance.png\r\n";
    commas += "images/" + id + ".png, masks/" + id + "_mask.png\n";
  }
  write_file(dir / "list.txt", list);
  write_file(dir / "commas.csv", commas);
  FolderOptions o;
  o.weights = true;
  FolderOptions two_folders = o;
  two_folders.masks = dir / "masks";
  const auto expected = open_tiles(dir / "pairs", o);
  std::vector<std::unique_ptr<TileSource>> others;
  others.push_back(open_tiles(dir / "list.txt", o));
  others.push_back(open_tiles(dir / "images", two_folders));
  others.push_back(open_tiles(dir / "commas.csv", {}));
  for (const auto& other : others) {
    REQUIRE(other->size() == 3);
    for (int64_t i = 0; i < 3; ++i) {
      const Tile a = expected->load(i), b = other->load(i);
      CHECK(other->entry(i).id == expected->entry(i).id);
      CHECK(std::equal(a.image, a.image + 32 * 32 * 3, b.image));
      CHECK(std::equal(a.mask, a.mask + 32 * 32, b.mask));
      CHECK((b.weight != nullptr) == (other != others[2]));
      if (b.weight) CHECK(std::equal(a.weight, a.weight + 32 * 32, b.weight));
    }
  }
  CHECK(contains(error_of([&] { open_tiles(dir / "commas.csv", o); }), "commas.csv, line 1"));
  write_file(dir / "bad.txt", "images/t0.png\n");
  CHECK(contains(error_of([&] { open_tiles(dir / "bad.txt", {}); }), "bad.txt, line 1"));
  write_file(dir / "absent.txt", "images/t0.png\tmasks/none.png\n");
  CHECK(contains(error_of([&] { open_tiles(dir / "absent.txt", {}); }), "none.png"));
  write_file(dir / "empty.txt", "\n# nothing\n");
  CHECK(contains(error_of([&] { open_tiles(dir / "empty.txt", {}); }), "lists no tile"));
  CHECK(contains(error_of([&] { open_tiles(dir / "list.txt", two_folders); }), "needs no folder"));
  std::filesystem::remove(dir / "masks/t1_mask.png");
  CHECK(contains(error_of([&] { open_tiles(dir / "images", two_folders); }), "t1_mask.{png, "));
}

TEST_CASE("a pixel's weight follows it through the augmentation; classes weigh what they are told") {
  const TemporaryFolder dir;
  std::filesystem::create_directories(dir / "tiles");
  write_tile(dir / "tiles/a_sat.png", dir / "tiles/a_mask.png", dir / "tiles/a_distance.png", 48, 5);
  FolderOptions f;
  f.weights = true;
  const auto tiles = std::make_shared<FolderTiles>(dir / "tiles", f);
  LoaderOptions o;
  o.batch = 1;
  o.crop = 32;
  o.augmentation->hue = 0;
  o.augmentation->saturation = o.augmentation->value = 0;
  o.augmentation->shift = o.augmentation->scale = o.augmentation->aspect = 0;  // pixels stay whole
  o.weights.map = 2;
  o.weights.foreground = {3};
  Loader loader(tiles, o);
  const auto table = normalisation_tables(tiles->input());
  int turned = 0;
  for (int step = 0; step < 40; ++step) {
    const Batch b = loader.next();
    const float *image = b.images.data<float>(), *weight = b.weights.data<float>();
    for (int64_t i = 0; i < b.targets.size(); ++i) {
      // The image holds the number that the map holds.
      const auto value =
          std::lower_bound(table[1].begin(), table[1].end(), image[i * 3 + 1] - 1e-4f) - table[1].begin();
      const double expected = (1 + 2 * static_cast<double>(value) / 255) * (b.targets.data<uint8_t>()[i] ? 3 : 1);
      REQUIRE(weight[i] == doctest::Approx(expected));
    }
    turned += b.targets.data<uint8_t>()[0] != b.targets.data<uint8_t>()[31];
  }
  CHECK(turned > 0);
  o.weights.foreground = {1, 2};
  CHECK(contains(error_of([&] { Loader(tiles, o); }), "2 weights of classes for 1"));
  const auto without = std::make_shared<FolderTiles>(dir / "tiles", FolderOptions{});
  o.weights.foreground.clear();
  Loader missing(without, o);
  CHECK(contains(error_of([&] { missing.next(); }), "has no map of weights"));
}

TEST_CASE("sources of different classes or input are not put together; every n-th tile") {
  const TemporaryFolder dir;
  std::filesystem::create_directories(dir / "a");
  for (int i = 0; i < 5; ++i) write_tile(dir / cat("a/t", i, "_sat.png"), dir / cat("a/t", i, "_mask.png"), "", 32, i);
  FolderOptions one, two, bands;
  two.classes = 2;
  bands.input.mean = {0.5, 0.5, 0.5};
  const std::shared_ptr<const TileSource> a = open_tiles(dir / "a", one), b = open_tiles(dir / "a", two),
                                          c = open_tiles(dir / "a", bands);
  CHECK(contains(error_of([&] { CombinedTiles({a, b}); }), "source 2"));
  CHECK(contains(error_of([&] { CombinedTiles({a, c}); }), "source 2"));
  const CombinedTiles both({a, a});
  CHECK(both.size() == 10);
  CHECK(both.load(7).image == a->load(2).image);
  const EveryNthTile some(a, 1, 2);
  CHECK(some.size() == 2);
  CHECK(some.entry(1).id == "t3");
  CHECK(some.load(1).image == a->load(3).image);
  CHECK(contains(error_of([&] { EveryNthTile(a, 5, 2); }), "no tile 5"));
}

}  // namespace ppl
