// Parts of train without a process: what validation counts of several classes, where crops lie without augmentation.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "apps/train/config/options.h"
#include "apps/train/validate.h"
#include "models/networks.h"
#include "tests/support/training/small_training.h"

using namespace ppl;
using namespace ppl::apps;

namespace {

// A tile whose every pixel has another colour, all of it class 2.
std::shared_ptr<const TileSource> one_tile(const TemporaryFolder& dir, int side) {
  Image image = Image::make(side, side, 3);
  for (int64_t i = 0; i < int64_t{side} * side; ++i) {
    image.u8()[3 * i] = static_cast<uint8_t>(i % side);
    image.u8()[3 * i + 1] = static_cast<uint8_t>(i / side);
    image.u8()[3 * i + 2] = 9;
  }
  write_png(dir / "a_sat.png", image);
  Image mask = Image::make(side, side, 1);
  std::fill(mask.bytes.begin(), mask.bytes.end(), uint8_t{2});
  write_png(dir / "a_mask.png", mask);
  FolderOptions options;
  options.classes = 2;
  return std::make_shared<FolderTiles>(dir.path, options);
}

}  // namespace

TEST_CASE("of two classes above the threshold validation counts the one that prediction writes") {
  const TemporaryFolder dir;
  const auto network = make_network("linknet34", 3, 2);
  Random random(1);
  network->initialize(random);
  for (const Module::Entry& e : network->entries()) {
    if (e.name == "finalconv3.weight") e.tensor.assign(std::vector<float>(static_cast<size_t>(e.tensor.size()), 0));
    if (e.name == "finalconv3.bias") e.tensor.assign({1, 2});  // probabilities 0.73 and 0.88 everywhere
    e.tensor.touch();
  }
  const auto alone = one_process();
  for (const int tta : {1, 8}) {
    const Validation v = validate(*network, one_tile(dir, 64), DType::f32, tta, 0.25, *alone, [] {});
    CHECK(v.pixels.iou() == 1);
    CHECK(v.mean_iou == 1);
  }
}

TEST_CASE("without augmentation crops come from the whole tile, unchanged") {
  const TemporaryFolder dir;
  TrainConfig c;
  StageConfig s;
  s.augment.on = false;
  s.batch = 1;
  c.stages = {s};
  StageTiles tiles;
  tiles.train = one_tile(dir, 96);
  tiles.crop = 32;
  const auto alone = one_process();
  LoaderOptions options = loader_options(c, 0, tiles, *alone, Device::cpu);
  options.raw = true;
  Loader loader(tiles.train, options);
  std::set<std::pair<int, int>> corners;
  for (int i = 0; i < 50; ++i) {
    const Batch b = loader.next();
    const AugmentPlan& p = b.raw.plans[0];
    CHECK_FALSE((p.hsv || p.warp || p.flip_x || p.flip_y || p.turn));
    const uint8_t* pixels = b.raw.images.data<uint8_t>();
    corners.insert({pixels[0], pixels[1]});
  }
  CHECK(corners.size() > 40);
}
