// Inputs of the fuzzer of PBF files, and what the reader says of damaged ones.
#include <doctest/doctest.h>

#include <filesystem>
#include <random>

#include "io/maps/pbf_blobs.h"
#include "io/maps/pbf_block.h"
#include "tests/support/pbf_fuzz.h"

using namespace ppl;

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
