#include "io/tiles/packed.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <numeric>

#include "engine/random.h"
#include "tests/support/io_support.h"

namespace ppl {
namespace {

using test::contains;
using test::error_of;

struct Sample {
  std::vector<uint8_t> image, mask;
  Tile tile;
  Sample(int64_t height, int64_t width, int bands, uint8_t seed)
      : image(static_cast<size_t>(height * width * bands)), mask(static_cast<size_t>(height * width)) {
    std::iota(image.begin(), image.end(), seed);
    for (size_t i = 0; i < mask.size(); ++i) mask[i] = static_cast<uint8_t>((i * 7 + seed) % 3);
    tile = {height, width, bands, image.data(), mask.data(), nullptr};
  }
};

InputSpec two_bands() {
  InputSpec s;
  s.bands = {4, 1};
  s.mean = {0.25, 0.5};
  s.std = {1, 2};
  return s;
}

void write_sample(const std::string& path) {
  PackedWriter w(path, two_bands(), 2);
  w.add("first", Sample(5, 7, 2, 0).tile);
  w.add("second", Sample(9, 3, 2, 100).tile);
  const uint64_t size = w.commit();
  CHECK(size == test::fs::file_size(path));
}

TEST_CASE("written and read back") {
  const TemporaryFolder dir;
  write_sample(dir / "p");
  CHECK(dir.files() == 1);
  const PackedTiles p(dir / "p");
  REQUIRE(p.size() == 2);
  CHECK(p.input() == two_bands());
  CHECK(p.classes() == 2);
  CHECK((p.entry(0).id == "first" && p.entry(1).id == "second"));
  const Sample expected(9, 3, 2, 100);
  const Tile t = p.load(1);
  CHECK((t.height == 9 && t.width == 3 && t.bands == 2));
  CHECK(std::equal(expected.image.begin(), expected.image.end(), t.image));
  CHECK(std::equal(expected.mask.begin(), expected.mask.end(), t.mask));
  CHECK(reinterpret_cast<uintptr_t>(t.image) % 64 == 0);
}

TEST_CASE("a tile outlives its source") {
  const TemporaryFolder dir;
  write_sample(dir / "p");
  Tile t;
  {
    const PackedTiles p(dir / "p");
    t = p.load(0);
  }
  CHECK(t.image[3] == 3);
}

TEST_CASE("what cannot be packed leaves nothing behind") {
  const TemporaryFolder dir;
  CHECK(contains(error_of([&] {
                   PackedWriter w(dir / "p", two_bands(), 1);
                   w.add("x", Sample(4, 4, 3, 0).tile);
                 }),
                 "tile x: 3 bands, expected 2"));
  CHECK(contains(error_of([&] { PackedWriter(dir / "p", two_bands(), 1).commit(); }), "none were added"));
  CHECK(dir.files() == 0);
}

// The sample with the bytes at an offset replaced.
template <class T>
std::string refusal_with(const TemporaryFolder& dir, size_t offset, T value) {
  auto bytes = read_file(dir / "p");
  REQUIRE(offset + sizeof(value) <= bytes.size());
  std::memcpy(bytes.data() + offset, &value, sizeof(value));
  test::write_bytes(dir / "bad", bytes);
  return error_of([&] { PackedTiles t(dir / "bad"); });
}

TEST_CASE("hostile files are refused") {
  const TemporaryFolder dir;
  write_sample(dir / "p");
  const auto good = read_file(dir / "p");
  uint64_t index = 0;
  std::memcpy(&index, good.data() + 24, 8);

  CHECK(contains(refusal_with(dir, 0, 'X'), "expected packed tiles, got something else"));
  CHECK(contains(refusal_with(dir, 8, uint32_t{2}), "of version 2, expected 1"));
  CHECK(contains(refusal_with(dir, 12, uint32_t{0}), "with 0 bands"));
  CHECK(contains(refusal_with(dir, 12, uint32_t{3}), "3 bands, but the description has 2"));
  CHECK(contains(refusal_with(dir, 16, uint64_t{0}), "0 packed tiles"));
  CHECK(contains(refusal_with(dir, 16, ~uint64_t{0}), "packed tiles in a file of"));
  CHECK(contains(refusal_with(dir, 16, uint64_t{7}), "the index of 224 bytes"));
  CHECK(contains(refusal_with(dir, 24, ~uint64_t{0}), "the index of"));
  CHECK(contains(refusal_with(dir, 40, ~uint64_t{0}), "the list of ids"));
  CHECK(contains(refusal_with(dir, 48, uint64_t{0}), "cut off"));
  CHECK(contains(refusal_with(dir, index, ~uint64_t{0}), "an image of 70 bytes"));
  CHECK(contains(refusal_with(dir, index + 8, uint64_t{good.size()}), "a mask of 35 bytes"));
  CHECK(contains(refusal_with(dir, index + 16, uint32_t{0}), "tile first of 7 x 0"));
  CHECK(contains(refusal_with(dir, index + 16, ~uint32_t{0}), "tile first of 7 x 4294967295"));
  CHECK(contains(refusal_with(dir, index + 20, uint32_t{1 << 24}), "an image of"));
  CHECK(contains(refusal_with(dir, index + 28, uint32_t{100}), "an id of 100"));
  CHECK(contains(refusal_with(dir, good.size() - 1, 'x'), "description of packed tiles"));
  for (size_t length = 0; length < good.size(); length += 5) {
    test::write_bytes(dir / "bad", {good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length)});
    REQUIRE(error_of([&] { PackedTiles t(dir / "bad"); }) != "no error");
  }
  PackedWriter w(dir / "twice", two_bands(), 1);
  w.add("same", Sample(4, 4, 2, 0).tile);
  w.add("same", Sample(4, 4, 2, 0).tile);
  w.commit();
  CHECK(contains(error_of([&] { PackedTiles t(dir / "twice"); }), "tile same twice"));
}

TEST_CASE("mutated files give an Error or tiles that can be read") {
  const TemporaryFolder dir;
  write_sample(dir / "p");
  const auto good = read_file(dir / "p");
  int refused = 0;
  for (uint64_t round = 0; round < 600; ++round) {
    Random random(9, round);
    auto bytes = good;
    for (int64_t c = random.integer(1, 3); c > 0; --c) {
      bytes[static_cast<size_t>(random.integer(0, static_cast<int64_t>(bytes.size()) - 1))] =
          static_cast<std::byte>(random.integer(0, 255));
    }
    test::write_bytes(dir / "m", bytes);
    try {
      const PackedTiles p(dir / "m");
      uint64_t sum = 0;
      for (int64_t i = 0; i < p.size(); ++i) {
        const Tile t = p.load(i);
        sum = std::accumulate(t.image, t.image + t.height * t.width * t.bands, sum);
        sum = std::accumulate(t.mask, t.mask + t.height * t.width, sum);
      }
      REQUIRE(sum > 0);
    } catch (const Error&) {
      ++refused;
    }
  }
  CHECK(refused > 60);
}

void write_pair(const TemporaryFolder& dir, const std::string& id) {
  Sample s(8, 8, 3, static_cast<uint8_t>(id[0]));
  Image image = Image::make(8, 8, 3);
  image.bytes = s.image;
  write_png(dir / (id + "_sat.png"), image);
  write_mask_png(dir / (id + "_mask.png"), s.mask.data(), 8, 8);
}

TEST_CASE("a folder is packed") {
  const TemporaryFolder dir, out;
  for (const char* id : {"a", "b", "c"}) write_pair(dir, id);
  FolderOptions o;
  const PackResult r = pack_folder(dir.path, out / "p", o);
  CHECK(r.tiles == 3);
  CHECK(r.bytes == test::fs::file_size(out / "p"));
  CHECK(is_packed(out / "p"));
  CHECK(!is_packed(dir / "a_sat.png"));
  CHECK(!is_packed(dir.path));
  CHECK(!is_packed(out / "none"));

  const auto folder = open_tiles(dir.path, o), packed = open_tiles(out / "p", o);
  REQUIRE(packed->size() == folder->size());
  for (int64_t i = 0; i < 3; ++i) {
    const Tile a = folder->load(i), b = packed->load(i);
    CHECK(folder->entry(i).id == packed->entry(i).id);
    CHECK(std::equal(a.image, a.image + 192, b.image));
    CHECK(std::equal(a.mask, a.mask + 64, b.mask));
  }
  o.classes = 2;
  CHECK(contains(error_of([&] { open_tiles(out / "p", o); }), "packed with 1 classes, expected 2"));
  o.classes = 1;
  o.input.mean[0] = 0.7;
  CHECK(contains(error_of([&] { open_tiles(out / "p", o); }), "packed with the input"));
}

TEST_CASE("packing stops at a damaged tile, or skips it") {
  const TemporaryFolder dir, out;
  for (const char* id : {"a", "b", "c"}) write_pair(dir, id);
  auto bytes = read_file(dir / "b_sat.png");
  bytes.resize(bytes.size() - 20);
  test::write_bytes(dir / "b_sat.png", bytes);
  FolderOptions o;
  CHECK(contains(error_of([&] { pack_folder(dir.path, out / "p", o); }), "1 of 3 tiles cannot be used\n"));
  CHECK(out.files() == 0);
  o.on_problem = OnProblem::skip;
  const PackResult r = pack_folder(dir.path, out / "p", o);
  CHECK((r.tiles == 2 && r.problems.size() == 1));
  CHECK(contains(r.problems[0].what, "b_sat.png"));
}

}  // namespace
}  // namespace ppl
