// rasterize as a process: OSM files as the API, Overpass, JOSM, osmium and people's own hands leave them.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <osmium/io/any_input.hpp>
#include <osmium/io/any_output.hpp>
#include <sstream>

#include "io/file.h"
#include "tests/rasterize/rasterize_support.h"

using namespace ppl;
using namespace ppl::test;
namespace fs = std::filesystem;

namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

std::string between(const std::string& line, const std::string& begin, char end) {
  const size_t from = line.find(begin) + begin.size();
  return line.substr(from, line.find(end, from) - from);
}

// The town as Overpass' `out geom` gives it: no nodes; ways and members of relations say where they lie. The outlines
// 23, 24 and 25 are there as members alone.
std::string town_with_places() {
  std::istringstream text(read_text(kTown));
  std::map<std::string, std::string> places;             // of nodes
  std::map<std::string, std::vector<std::string>> ways;  // their <nd> lines
  std::string out, way, line;
  bool member_only = false;
  while (std::getline(text, line)) {
    if (line.starts_with(" <node")) {
      places[between(line, "id=\"", '"')] = between(line, "version=\"1\" ", '/');
      continue;
    }
    if (line.starts_with(" <way")) {
      way = between(line, "id=\"", '"');
      member_only = way == "23" || way == "24" || way == "25";
    }
    if (line.starts_with("  <nd")) {
      const std::string node = between(line, "ref=\"", '"');
      // Overpass leaves out the places of nodes beyond its box.
      line = places.contains(node) ? "  <nd ref=\"" + node + "\" " + places[node] + "/>" : "  <nd/>";
      ways[way].push_back(replaced(line, "  <nd", "   <nd"));
    }
    const bool with_places = line.starts_with("  <member") && ways.contains(between(line, "ref=\"", '"'));
    if (with_places) {
      out += replaced(line, "/>", ">") + "\n";
      for (std::string nd : ways[between(line, "ref=\"", '"')]) {
        if (nd.find("ref") != std::string::npos) nd = "   <nd " + nd.substr(nd.find("lat"));
        out += nd + "\n";
      }
      out += "  </member>\n";
      continue;
    }
    if (!member_only || line.starts_with(" <relation")) out += line + "\n";
    if (line.starts_with(" </way")) member_only = false;
  }
  return out;
}

void write_with(const std::string& path, const std::string& format, bool with_nodes, bool versions) {
  osmium::io::Header header;
  header.set_has_multiple_object_versions(versions);
  osmium::io::Writer writer(osmium::io::File(path, format), header, osmium::io::overwrite::allow);
  osmium::io::Reader reader(kTown);
  std::map<osmium::object_id_type, osmium::Location> places;
  while (osmium::memory::Buffer buffer = reader.read()) {
    for (const auto& node : buffer.select<osmium::Node>()) places[node.id()] = node.location();
    for (auto& way : buffer.select<osmium::Way>()) {
      for (osmium::NodeRef& ref : way.nodes()) {
        if (places.contains(ref.ref())) ref.set_location(places[ref.ref()]);
      }
    }
    for (const auto& object : buffer.select<osmium::OSMObject>()) {
      if (with_nodes || object.type() != osmium::item_type::node) writer(object);
    }
  }
  writer.close();
}

ProcessResult input(const TemporaryFolder& dir, const std::string& name, const std::string& content) {
  std::ofstream(dir / name) << content;
  return draw({dir / name, "--out", dir / "out"}, kGrid);
}

const Words kBuildings{"--theme", "buildings"};

}  // namespace

TEST_CASE("OSM files are known by their content, whatever they are called") {
  const TemporaryFolder dir;
  const std::vector<uint8_t> roads = town_mask({}).image.bytes;
  for (const auto& [kind, name] : std::vector<std::pair<std::string, std::string>>{{"", "map"},
                                                                                   {"", "map.xml"},
                                                                                   {"", "town.OSM"},
                                                                                   {"", "roads.geojson"},
                                                                                   {"", "a.pbf"},
                                                                                   {".gz", "map.bin"},
                                                                                   {".gz", "b.osm"},
                                                                                   {".bz2", "map.gz"},
                                                                                   {".pbf", "town.osm"},
                                                                                   {".pbf", "extract"}}) {
    CAPTURE(name);
    fs::copy_file(kTown + kind, dir / name);
    CHECK(town_mask({}, 1, dir / name).image.bytes == roads);
  }
  // Two packed files one after the other are one, as parallel packers write them.
  const std::string town = read_text(kTown);
  const size_t half = town.size() / 2;
  for (const auto& [name, part] : {std::pair{"1", town.substr(0, half)}, std::pair{"2", town.substr(half)}}) {
    std::ofstream(dir / name) << part;
    REQUIRE(std::system(("gzip " + (dir / name)).c_str()) == 0);
  }
  std::ofstream(dir / "joined") << read_text(dir / "1.gz") << read_text(dir / "2.gz");
  CHECK(town_mask({}, 1, dir / "joined").image.bytes == roads);
}

TEST_CASE("changes are drawn as what they create and modify") {
  const TemporaryFolder dir;
  std::string text = read_text(kTown);
  text = replaced(text, "<osm version=\"0.6\" generator=\"by hand\">", "<osmChange version=\"0.6\"><create>");
  text = replaced(text, "</osm>", "</create><delete><way id=\"9000\" version=\"2\"/></delete></osmChange>");
  std::ofstream(dir / "town.osc") << text;
  CHECK(town_mask({}, 1, dir / "town.osc").image.bytes == town_mask({}).image.bytes);
  CHECK(town_mask(kBuildings, 1, dir / "town.osc").image.bytes == town_mask(kBuildings).image.bytes);
  // A way that is created and deleted again.
  text = replaced(text, "<way id=\"9000\" version=\"2\"/>", "<way id=\"3\" version=\"2\"/>");
  CHECK(one_line_naming(input(dir, "two.osc", text), "several versions of way 3"));
}

TEST_CASE("what JOSM or a history marks as deleted is not there; several versions are refused") {
  const TemporaryFolder dir;
  const std::string town = read_text(kTown), way = "<way id=\"3\" version=\"1\"";
  for (const char* mark : {" action='delete'", " visible=\"false\""}) {
    std::ofstream(dir / "deleted.osm") << replaced(town, way, way + mark);
    const Mask mask = town_mask({}, 1, dir / "deleted.osm");
    CHECK(mask.at(100, 163.3) == 0);
    CHECK(mask.at(100, 203.7) == 1);
  }
  const std::string old =
      "<way id=\"3\" version=\"0\"><nd ref=\"1\"/><nd ref=\"4\"/><tag k=\"highway\" v=\"road\"/></way>\n ";
  CHECK(one_line_naming(input(dir, "h.osm", replaced(town, way, old + way)), "several versions of way 3"));
  CHECK(one_line_naming(input(dir, "i.osm", replaced(town, "</osm>", old + "</osm>")), "several versions of way 3"));
  CHECK(one_line_naming(
      input(dir, "n.osm",
            replaced(town, "<node id=\"2\"", "<node id=\"1\" version=\"2\" lat=\"47\" lon=\"9\"/><node id=\"2\"")),
      "several versions of node 1"));
  // The same object twice, as in extracts that were joined, counts once.
  const size_t from = town.find(" " + way), to = town.find("</way>", from) + 6;
  std::ofstream(dir / "twice.osm") << replaced(town, "</osm>", town.substr(from, to - from) + "</osm>");
  CHECK(town_mask({}, 1, dir / "twice.osm").image.bytes == town_mask({}).image.bytes);
  write_with(dir / "history.pbf", "osh.pbf", true, true);
  CHECK(one_line_naming(draw({dir / "history.pbf", "--out", dir / "out"}, kGrid), "several versions"));
}

TEST_CASE("ways that say where their nodes lie need no nodes: Overpass' out geom, LocationsOnWays") {
  const TemporaryFolder dir;
  std::ofstream(dir / "geom.osm") << town_with_places();
  write_with(dir / "placed.osm.pbf", "pbf,locations_on_ways=true", false, false);
  write_with(dir / "placed.xml", "osm,locations_on_ways=true", false, false);
  for (const char* name : {"geom.osm", "placed.osm.pbf", "placed.xml"}) {
    CAPTURE(name);
    CHECK(town_mask({}, 1, dir / name).image.bytes == town_mask({}).image.bytes);
    CHECK(town_mask(kBuildings, 1, dir / name).image.bytes == town_mask(kBuildings).image.bytes);
  }
}

TEST_CASE("ways without any place are refused with the way out, not drawn as nothing") {
  const TemporaryFolder dir;
  std::string ways, centres, tags;
  std::istringstream text(read_text(kTown));
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with(" <node")) continue;
    ways += line + "\n";
    centres += line + "\n";
    if (line.starts_with(" <way")) centres += "  <center lat=\"47.0445\" lon=\"9.001\"/>\n";
    if (!line.starts_with("  <nd")) tags += line + "\n";
  }
  for (const std::string& content : {ways, centres, tags}) {
    const ProcessResult r = input(dir, "ways.osm", content);
    CHECK(one_line_naming(r, "without nodes"));
    CHECK(r.err.find("out geom") != std::string::npos);
  }
  write_with(dir / "ways.osm.pbf", "pbf", false, false);
  CHECK(one_line_naming(draw({dir / "ways.osm.pbf", "--out", dir / "out"}, kGrid), "without nodes"));
  CHECK_FALSE(fs::exists(dir / "out"));
}

TEST_CASE("files that are no whole map say why") {
  const TemporaryFolder dir;
  const std::string town = read_text(kTown);
  const auto refused = [&](const std::string& name, const std::string& content, const std::string& reason) {
    CAPTURE(name);
    CHECK(one_line_naming(input(dir, name, content), reason));
  };
  refused("remark.osm",
          replaced(town, "</osm>", "<remark> runtime error: Query timed out in \"query\" </remark></osm>"),
          "Query timed out");
  refused("diff.osm", replaced(town, " <node", " <action type=\"modify\"/><node"), "augmented difference");
  refused("json.osm", "{\"version\": 0.6, \"generator\": \"Overpass API\", \"elements\": []}", "[out:xml]");
  refused("page.osm", "<!DOCTYPE html><html><body>Too many requests</body></html>", "is a web page");
  refused("lfs.osm.pbf", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n", "Git LFS");
  refused("old.osm", "<osm version=\"0.5\"/>", "version 0.5");
  refused("entity.osm", "<!DOCTYPE osm [<!ENTITY a \"b\">]>" + town.substr(town.find("<osm")), "entities");
  refused("id.osm", replaced(town, "id=\"1\"", "id=\"one\""), "a whole number as an id, got 'one'");
  refused("place.osm", replaced(town, "lat=\"47.0453166\"", "lat=\"north\""), "degrees as lat, got 'north'");
  refused("large.osm", replaced(town, "generator=\"by hand\"", "generator=\"" + std::string(9 << 20, 'x') + "\""),
          "an element of more than");
  refused("packed.osm.xz",
          "\xfd"
          "7zXZ and more",
          "packed by xz");
  std::string gz = read_text(kTown + ".gz");
  gz[gz.size() / 2] = static_cast<char>(gz[gz.size() / 2] ^ 1);
  refused("damaged.osm.gz", gz, "damaged");
  refused("empty.osm", "<osm version=\"0.6\"><note>nothing here</note></osm>", "--allow-empty");
  CHECK(draw({dir / "empty.osm", "--allow-empty", "--out", dir / "out"}, kGrid).exit_code == 0);
  CHECK(Mask(dir / "out/r0c0_mask.png").count() == 0);
}

TEST_CASE("what is no more, or not yet, is not drawn in any style, unless it is asked for") {
  const TemporaryFolder dir;
  const std::string town = read_text(kTown);
  std::ofstream(dir / "plans.osm") << replaced(replaced(town, "v=\"secondary\"", "v=\"proposed\""), "v=\"hut\"",
                                               "v=\"demolished\"");
  CHECK(town_mask({"--style", "published"}, 1, dir / "plans.osm").at(100, 161) == 0);
  CHECK(town_mask({"--style", "published"}).at(100, 161) == 1);
  CHECK(town_mask(kBuildings, 1, dir / "plans.osm").at(61, 21) == 0);
  CHECK(town_mask({"--theme", "buildings", "--classes", "demolished"}, 1, dir / "plans.osm").at(61, 21) == 1);
}
