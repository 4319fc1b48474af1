#include "io/tiles/tiles.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "engine/random.h"
#include "tests/support/io_support.h"

namespace ppl {
namespace {

using test::contains;
using test::error_of;

void write_tile(const TemporaryFolder& dir, const std::string& id, int64_t size, uint64_t seed,
                const std::string& extension = ".png") {
  Random random(seed);
  Image image = Image::make(size, size, 3);
  for (auto& v : image.bytes) v = static_cast<uint8_t>(random.integer(0, 255));
  std::vector<uint8_t> mask(static_cast<size_t>(size * size));
  for (auto& v : mask) v = static_cast<uint8_t>(random.integer(0, 1));
  if (extension == ".png") {
    write_png(dir / (id + "_sat.png"), image);
  } else {
    write_jpeg(dir / (id + "_sat" + extension), image);
  }
  write_mask_png(dir / (id + "_mask.png"), mask.data(), size, size);
}

TEST_CASE("pairs are found in order") {
  const TemporaryFolder dir;
  write_tile(dir, "b", 8, 1);
  write_tile(dir, "a", 12, 2, ".jpeg");
  write_tile(dir, "c", 8, 3, ".JPG");
  write_file(dir / "readme.txt", std::string("x"));
  const TileFolder f = scan_tiles(dir.path);
  REQUIRE(f.tiles.size() == 3);
  CHECK(f.problems.empty());
  CHECK((f.tiles[0].id == "a" && f.tiles[1].id == "b" && f.tiles[2].id == "c"));
  CHECK((f.tiles[0].height == 12 && f.tiles[0].width == 12));
  CHECK(f.tiles[1].mask_path == dir / "b_mask.png");
}

TEST_CASE("problems are named, counted, and stop or are skipped") {
  const TemporaryFolder dir;
  for (const char* id : {"good", "nomask", "size", "cut", "empty"}) write_tile(dir, id, 16, 1);
  write_tile(dir, "good", 16, 1, ".jpg");  // a second image of the id
  test::fs::remove(dir / "nomask_mask.png");
  const std::vector<uint8_t> small(64);
  write_mask_png(dir / "size_mask.png", small.data(), 8, 8);
  auto bytes = read_file(dir / "cut_sat.png");
  bytes.resize(bytes.size() / 2);
  test::write_bytes(dir / "cut_sat.png", bytes);
  write_file(dir / "empty_mask.png", std::string());

  const TileFolder f = scan_tiles(dir.path);
  CHECK(f.tiles.size() == 2);  // cut has a whole header
  CHECK(f.problems.size() == 4);

  FolderOptions o;
  const std::string message = error_of([&] { FolderTiles tiles(dir.path, o); });
  CHECK(contains(message, ": 4 of 6 tiles cannot be used\n"));
  CHECK(contains(message, "nomask_mask.{png, jpg, jpeg, tif, tiff}: the mask is missing"));
  CHECK(contains(message, "size_mask.png: the mask is 8 x 8 pixels, its image 16 x 16"));
  CHECK(contains(message, "empty_mask.png: the file is empty"));
  CHECK(contains(message, "good_sat.png: has the same id as"));

  o.on_problem = OnProblem::skip;
  const FolderTiles tiles(dir.path, o);
  REQUIRE(tiles.size() == 1);
  CHECK(tiles.entry(0).id == "good");
  REQUIRE(tiles.problems().size() == 5);
  CHECK(contains(tiles.problems()[4].what, "cut_sat.png: damaged or incomplete PNG"));

  for (const char* name : {"good_sat.png", "good_sat.jpg", "nomask_sat.png", "size_sat.png", "empty_sat.png"}) {
    test::fs::remove(dir / name);
  }
  CHECK(contains(error_of([&] { FolderTiles t(dir.path, o); }), "1 of 1 tiles cannot be used"));
  o.on_problem = OnProblem::stop;
  CHECK(contains(error_of([&] { FolderTiles t(dir.path, o); }), "cut_sat.png: damaged"));
}

TEST_CASE("many problems are cut short") {
  std::vector<TileProblem> problems(20, {"x", "what is wrong"});
  const std::string message = error_of([&] { report_problems(problems, 30, OnProblem::stop, "here"); });
  CHECK(contains(message, "here: 20 of 30 tiles cannot be used\n  what is wrong\n"));
  CHECK(contains(message, "\n  and 15 more"));
  CHECK(error_of([&] { report_problems(problems, 30, OnProblem::skip, "here"); }) == "no error");
  CHECK(contains(error_of([&] { report_problems(problems, 20, OnProblem::skip, "here"); }), "20 of 20"));
  CHECK(error_of([&] { report_problems({}, 20, OnProblem::stop, "here"); }) == "no error");
}

TEST_CASE("empty and missing folders") {
  const TemporaryFolder dir;
  CHECK(contains(error_of([&] { scan_tiles(dir.path); }), "found none"));
  CHECK(contains(error_of([&] { list_images(dir.path); }), "found none"));
  CHECK(contains(error_of([&] { scan_tiles(dir / "none"); }), "cannot read the folder: No such file"));
  CHECK(contains(error_of([&] { list_images(dir / "none"); }), "cannot read the folder"));
}

TEST_CASE("any images are listed for prediction") {
  const TemporaryFolder dir;
  for (const char* name : {"b_sat.jpg", "a.tif", "c.PNG", "b_mask.png", "notes.txt"})
    write_file(dir / name, std::string("x"));
  const auto tiles = list_images(dir.path);
  REQUIRE(tiles.size() == 3);
  CHECK((tiles[0].id == "a" && tiles[1].id == "b" && tiles[2].id == "c"));
  CHECK(tiles[1].image_path == dir / "b_sat.jpg");
  write_file(dir / "b.png", std::string("x"));
  CHECK(contains(error_of([&] { list_images(dir.path); }), "has the same id as"));
}

TEST_CASE("kept in memory or decoded again, a tile is the same") {
  const TemporaryFolder dir;
  for (int i = 0; i < 6; ++i) write_tile(dir, std::to_string(i), 10, static_cast<uint64_t>(i));
  FolderOptions o;
  o.threads = 3;
  const FolderTiles all(dir.path, o);
  o.cache_bytes = 3 * 400;  // half of them
  const FolderTiles half(dir.path, o);
  for (int64_t i = 0; i < 6; ++i) {
    const Tile a = all.load(i), b = half.load(i);
    CHECK((a.height == 10 && a.width == 10 && a.bands == 3));
    CHECK(std::equal(a.image, a.image + 300, b.image));
    CHECK(std::equal(a.mask, a.mask + 100, b.mask));
    CHECK((half.load(i).image == b.image) == (i < 3));
  }
  test::fs::remove(dir / "5_sat.png");
  CHECK(contains(error_of([&] { half.load(5); }), "5_sat.png: cannot open"));
  write_tile(dir, "5", 11, 1);
  CHECK(contains(error_of([&] { half.load(5); }), "the image is 11 x 11 pixels, was 10 x 10"));
  write_tile(dir, "5", 10, 1);
  const std::vector<uint8_t> small(64);
  write_mask_png(dir / "5_mask.png", small.data(), 8, 8);
  CHECK(contains(error_of([&] { half.load(5); }), "the mask is 8 x 8 pixels, its image 10 x 10"));
}

TEST_CASE("the folders of real tiles") {
  const std::string folder = test::data_folder("roads_massachusetts/val");
  if (folder.empty()) {
    MESSAGE("skipped: ../shared/data is not here");
    return;
  }
  const FolderTiles tiles(folder, {});
  CHECK(tiles.size() == 28);
  int64_t roads = 0;
  for (int64_t i = 0; i < tiles.size(); ++i) {
    const Tile t = tiles.load(i);
    for (int64_t p = 0; p < t.height * t.width; ++p) roads += t.mask[p] == 1;
  }
  CHECK(roads > 0);
}

}  // namespace
}  // namespace ppl
