// Changed OSM XML files, packed and plain, give features or an Error, nothing else; packed files are read whole.
#include <doctest/doctest.h>
#include <zlib.h>

#include <random>

#include "io/maps/source.h"
#include "tests/support/io_support.h"

using namespace ppl;
using test::contains;
using test::error_of;

namespace {

std::string gzip(const std::string& text) {
  std::string out(compressBound(text.size()) + 64, '\0');
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

size_t features_of(const std::string& path, MapTheme theme) {
  MapRequest request;
  request.theme = theme;
  FeatureLayer layer("", FeatureLayer::Precision::degrees_e7);
  read_osm(path, look_at_map(path), request, layer);
  layer.build_index();
  const Box box = layer.bounds();
  CHECK((box.empty() || (box.min_x >= -180 && box.max_x <= 180 && box.min_y >= -90 && box.max_y <= 90)));
  return layer.size();
}

}  // namespace

TEST_CASE("changed OSM XML gives features or an Error") {
  const TemporaryFolder dir;
  const std::string town = read_text(PPL_TOWN);
  const std::string pieces[] = {"<way id=\"7\">",
                                "</way>",
                                "<nd lat=\"1\" lon=\"2\"/>",
                                "action='delete'",
                                "<remark>",
                                "<member type=\"way\" ref=\"1\"><nd lat=\"91\" lon=\"181\"/></member>",
                                "\"",
                                ">",
                                "&lt;",
                                "<osm>",
                                "version=\"-9223372036854775808\"",
                                "lat=\"1e300\"",
                                "lat=\"nan\""};
  std::mt19937 random(5);
  for (int i = 0; i < 600; ++i) {
    std::string text = town;
    for (int change = 0; change < 3; ++change) {
      const size_t at = random() % text.size();
      if (change == 0) {
        text.insert(at, pieces[random() % std::size(pieces)]);
      } else {
        text[at] = static_cast<char>(random() % 128);
      }
    }
    std::string file = i % 3 == 0 ? gzip(text) : text;
    if (i % 6 == 0) file[random() % file.size()] ^= 1;
    if (i % 5 == 0) file.resize(random() % file.size() + 1);
    write_file(dir / "map", file);
    for (const MapTheme theme : {MapTheme::roads, MapTheme::buildings}) {
      error_of([&] { features_of(dir / "map", theme); });
    }
  }
}

TEST_CASE("packed files are read whole: several streams, padding, none that is cut") {
  const TemporaryFolder dir;
  const std::string town = read_text(PPL_TOWN), whole = gzip(town), head = gzip(town.substr(0, 1000)),
                    rest = gzip(town.substr(1000));
  const size_t roads = features_of(PPL_TOWN, MapTheme::roads);
  for (const std::string& file : {whole, head + rest, whole + std::string(600, '\0')}) {
    write_file(dir / "map", file);
    CHECK(features_of(dir / "map", MapTheme::roads) == roads);
  }
  for (const std::string& file : {whole.substr(0, whole.size() - 1), head + rest.substr(0, rest.size() / 2)}) {
    write_file(dir / "map", file);
    CHECK(contains(error_of([&] { features_of(dir / "map", MapTheme::roads); }), "ends too early"));
  }
  write_file(dir / "map", whole + "and then something else");
  CHECK(contains(error_of([&] { features_of(dir / "map", MapTheme::roads); }), "damaged"));
}
