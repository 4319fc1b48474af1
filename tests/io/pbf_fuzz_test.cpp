// Inputs of the fuzzer of PBF files, and what the reader says of damaged ones.
#include <doctest/doctest.h>

#include <filesystem>
#include <random>

#include "io/maps/osm/pbf_blobs.h"
#include "io/maps/osm/pbf_block.h"
#include "kernels/base.h"
#include "tests/support/fuzz/pbf_fuzz.h"

using namespace ppl;

namespace {

// A field of bytes in a message.
std::string pbf_field(char number, const std::string& content) {
  std::string out(1, static_cast<char>(number << 3 | 2));
  size_t size = content.size();
  for (; size > 127; size >>= 7) out += static_cast<char>((size & 127) | 128);
  return out + static_cast<char>(size) + content;
}

}  // namespace

TEST_CASE("PBF files and blocks that fuzzing kept, and changes of them") {
  int files = 0;
  std::mt19937 random(1);
  for (const auto& entry : std::filesystem::directory_iterator(PPL_CORPORA "/pbf")) {
    const std::vector<std::byte> bytes = read_file(entry.path().string());
    test::try_pbf(bytes);
    for (int change = 0; change < 200; ++change) {
      std::vector<std::byte> changed = bytes;
      for (int i = 0; i < 3 && !changed.empty(); ++i) changed[random() % changed.size()] = std::byte(random() % 256);
      changed.resize(changed.size() - (change % 4 == 0 ? random() % (changed.size() + 1) : 0));
      test::try_pbf(changed);
    }
    ++files;
  }
  CHECK(files >= 3);
}

TEST_CASE("a block's objects are the file's") {
  const std::vector<std::byte> file = read_file(PPL_CORPORA "/pbf/packed.osm.pbf");
  const auto blobs = find_pbf_blobs(file);
  REQUIRE(blobs);
  CHECK(read_pbf_header(blobs->header).plain);
  std::vector<int64_t> ids;
  std::vector<OsmPlace> places;
  int64_t ways = 0, relations = 0;
  bool bridge = false;
  for (const Bytes blob : blobs->data) {
    PbfBlock block;
    block.read(blob);
    block.nodes(ids, places);
    ways += block.ways(
        [&](int64_t, OsmTags tags) {
          bridge |= value_of(tags, "bridge") == "yes";
          return false;
        },
        [](const OsmWay&) { FAIL("a way that was not wanted"); });
    block.relations([&](const OsmRelation& relation) {
      ++relations;
      CHECK(value_of(relation.tags, "type") == "multipolygon");
      CHECK(relation.members.size() > 1);
    });
  }
  CHECK(ways == 15);
  CHECK(relations == 3);
  CHECK(bridge);
  REQUIRE(ids.size() == places.size());
  CHECK(ids.size() == 45);
  for (const OsmPlace place : places) CHECK(place.valid());
}

TEST_CASE("blocks of more groups or strings than anybody writes are refused before they take memory") {
  const auto refused = [](const std::string& field, size_t count) {
    std::string content;
    for (size_t i = 0; i < count; ++i) content += field;
    // A string table with them, or groups.
    if (field[0] == '\x0a') content = pbf_field(1, content);
    const std::string blob = pbf_field(1, content);
    PbfBlock block;
    CHECK_THROWS_AS(block.read(std::as_bytes(std::span(blob))), Error);
  };
  refused(std::string("\x12\0", 2), 20'000);
  refused(std::string("\x0a\0", 2), 5'000'000);
}
