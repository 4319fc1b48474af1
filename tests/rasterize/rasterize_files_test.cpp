// rasterize as a process: files it reads and writes, resuming, what it says of bad ones and of wrong usage.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <numbers>

#include "io/file.h"
#include "io/image/geotiff.h"
#include "io/places/projection.h"
#include "io/places/tile_frame.h"
#include "tests/rasterize/rasterize_support.h"

using namespace ppl;
using namespace ppl::test;
namespace fs = std::filesystem;
using nlohmann::json;

TEST_CASE("images, their sidecars, slippy names; overlay, no data, GeoTIFF") {
  const TemporaryFolder dir;
  fs::create_directories(dir / "tiles");
  Image image = Image::make(512, 512, 3);
  for (size_t i = 0; i < image.bytes.size(); ++i) image.bytes[i] = i < image.bytes.size() / 4 ? 255 : 90;
  write_jpeg(dir / "tiles/a_sat.jpg", image);
  write_png(dir / "tiles/b_sat.png", image);
  const Words run{kTown, "--images", dir / "tiles", "--out", dir / "out"};
  CHECK(one_line_naming(draw(run), "no georeference"));
  std::ofstream(dir / "tiles/a_sat.jgw") << "0.5\n0\n0\n-0.5\n500000.25\n5210255.75\n";
  std::ofstream(dir / "tiles/b_sat.pgw") << "0.5\n0\n0\n-0.5\n500000.25\n5210255.75\n";
  CHECK(one_line_naming(draw(run), "no coordinate system; name it with --crs"));
  CHECK_FALSE(fs::exists(dir / "out"));
  CHECK(draw(run, {"--crs", "EPSG:32632", "--overlay", dir / "look"}).exit_code == 0);
  CHECK(read_mask(dir / "out/a_mask.png").bytes == town_mask({}).image.bytes);
  CHECK(read_image_header(dir / "look/b_overlay.jpg").width == 512);
  // The upper quarter is white.
  CHECK(draw(run, {"--crs", "EPSG:32632", "--no-data", "mask", "--existing", "overwrite"}).exit_code == 0);
  const Mask hidden(dir / "out/b_mask.png");
  CHECK(hidden.at(100, 203.5) == 0);
  CHECK(hidden.at(100, 163) == 1);
  CHECK(manifest_of(dir / "out")[2]["no_data"].get<double>() == doctest::Approx(0.25));
  CHECK(draw(run, {"--crs", "EPSG:32632", "--no-data", "mask", "--existing", "overwrite", "--values", "classes",
                   "--distance", "20"})
            .exit_code == 0);
  const std::vector<uint8_t> classes = read_mask(dir / "out/b_mask.png", 254).bytes,
                             distances = read_image(dir / "out/b_distance.png").bytes;
  const auto quarter = static_cast<std::ptrdiff_t>(classes.size() / 4);
  CHECK(std::count(classes.begin(), classes.end(), 255) == quarter);
  CHECK(std::count(distances.begin(), distances.begin() + quarter, 0) == quarter);
  CHECK(*std::max_element(distances.begin() + quarter, distances.end()) > 250);
  const auto drawn = std::count_if(classes.begin(), classes.end(), [](uint8_t c) { return c != 0 && c != 255; });
  CHECK(manifest_of(dir / "out")[2]["foreground"].get<double>() ==
        doctest::Approx(static_cast<double>(drawn) / static_cast<double>(classes.size())));
  const ProcessResult skipped = draw(
      run, {"--crs", "EPSG:32632", "--no-data", "skip", "--max-no-data", "0.2", "--existing", "overwrite", "--json"});
  CHECK(json::parse(skipped.out)["left_out"] == 2);

  REQUIRE(draw({kTown, "--out", dir / "tif", "--format", "tif"}, kGrid).exit_code == 0);
  const auto place = read_georeference(dir / "tif/r0c0_mask.tif");
  REQUIRE(place);
  CHECK(place->transform == std::array<double, 6>{500000, 0.5, 0, 5210256, 0, -0.5});
  CHECK(place->crs.find("32632") != std::string::npos);
  CHECK(read_mask(dir / "tif/r0c0_mask.tif").bytes == town_mask({}).image.bytes);

  fs::create_directories(dir / "web/17/68813");
  write_png(dir / "web/17/68813/46077.png", image);
  write_png(dir / "web/x-68813-46077-17.png", image);
  const ProcessResult web = draw({kTown, "--slippy", dir / "web", "--out", dir / "web_out"});
  CHECK(web.exit_code == 0);
  CHECK(read_file(dir / "web_out/17_68813_46077_mask.png") == read_file(dir / "web_out/x-68813-46077-17_mask.png"));
}

TEST_CASE("masks and labels that lie beside images are no tiles, whatever they are called") {
  const TemporaryFolder dir;
  fs::create_directories(dir / "tiles");
  const auto place = [&](const std::string& name) {
    std::ofstream(dir / ("tiles/" + name + ".pgw")) << "0.5\n0\n0\n-0.5\n500000.25\n5210255.75\n";
    return dir / ("tiles/" + name + ".png");
  };
  Image photograph = Image::make(512, 512, 3), labels = Image::make(512, 512, 1), grey = labels;
  for (size_t i = 0; i < photograph.bytes.size(); ++i) photograph.bytes[i] = static_cast<uint8_t>(i * 7);
  for (size_t i = 0; i < labels.bytes.size(); ++i) {
    labels.bytes[i] = i % 600 < 500 ? static_cast<uint8_t>(i / 9 % 7) : 255;
    grey.bytes[i] = static_cast<uint8_t>(i / 3);
  }
  write_png(place("a"), photograph);
  write_png(place("truth of a"), labels);
  write_png(place("b"), grey);
  Words run{kTown, "--images", dir / "tiles", "--crs", "EPSG:32632", "--out", dir / "out", "--json"};
  const ProcessResult r = run_process("rasterize", run);
  REQUIRE(r.exit_code == 0);
  CHECK(json::parse(r.out)["tiles"] == 2);
  CHECK(r.err.find("truth of a.png: a mask or labels, no image") != std::string::npos);
  // What is of no format that is read is counted.
  for (const char* name : {"c.jp2", "d.webp", "e.WEBP"}) std::ofstream(dir / ("tiles/" + std::string(name))) << "x";
  fs::create_symlink(dir / "nothing.png", dir / "tiles/f.png");
  run.insert(run.end(), {"--existing", "overwrite"});
  const ProcessResult again = run_process("rasterize", run);
  CHECK(again.err.find("images of these formats are not read: 1 .jp2, 2 .webp") != std::string::npos);
  CHECK(again.err.find("f.png: passed over: a link to nothing") != std::string::npos);
  // Where all are grey, they are what is meant.
  fs::remove(dir / "tiles/a.png");
  CHECK(json::parse(draw(run).out)["tiles"] == 2);
}

TEST_CASE("web map tiles lie where their names say") {
  const TemporaryFolder dir;
  fs::create_directories(dir / "17/68811");
  write_png(dir / "17/68811/46010.png", Image::make(256, 256, 3));
  std::ofstream(dir / "17/68811/46011.webp") << "x";
  for (const bool tms : {false, true}) {
    const TileFrames web = frames_of_slippy(dir.path, tms);
    REQUIRE(web.tiles.size() == 1);
    REQUIRE(web.notes.size() == 1);
    CHECK(web.notes[0].find("1 .webp") != std::string::npos);
    // The usual formula for a tile's north-west corner; tms counts rows from the south.
    const double row = tms ? (1 << 17) - 1 - 46010 : 46010, turn = std::numbers::pi * (1 - 2 * row / (1 << 17));
    const auto& t = web.tiles[0].transform;
    const Point corner = Projection(web.crs[0], crs_of_epsg(4326)).apply(Point{t[0], t[3]});
    CHECK(corner.x == doctest::Approx(68811.0 / (1 << 17) * 360 - 180).epsilon(1e-12));
    CHECK(corner.y == doctest::Approx(std::atan(std::sinh(turn)) * 180 / std::numbers::pi).epsilon(1e-12));
    CHECK(t[1] * 256 * (1 << 17) == doctest::Approx(2 * std::numbers::pi * 6378137).epsilon(1e-12));
    CHECK(t[5] == -t[1]);
  }
}

TEST_CASE("manifest, resume, and what is there already") {
  const TemporaryFolder dir;
  const Words run{kTown, "--out",    dir / "out", "--grid",  "--crs",  "EPSG:32632", "--pixel",
                  "0.5", "--bounds", "500000",    "5210000", "500512", "5210512",    "--json"};
  const ProcessResult first = draw(run);
  REQUIRE(first.exit_code == 0);
  const json summary = json::parse(first.out);
  CHECK(summary["drawn"] == 4);
  CHECK(summary["empty"] == 3);  // a tile outside the data is no error
  CHECK(summary["missing_nodes"] == 1);
  CHECK(summary["cut_ways"] == 1);
  const std::vector<json> lines = manifest_of(dir / "out");
  REQUIRE(lines.size() == 5);
  CHECK(lines[0]["attribution"].get<std::string>().find("OpenStreetMap contributors") != std::string::npos);
  CHECK(lines[0]["sources"][0]["ways"] == 15);
  CHECK(lines[3]["id"] == "r1c0");
  CHECK(lines[3]["by_class"]["residential"] == 1);
  CHECK(lines[3]["foreground"].get<double>() > 0.01);

  CHECK(one_line_naming(draw(run), "is there already"));
  const std::vector<std::byte> mask = read_file(dir / "out/r1c0_mask.png"),
                               manifest = read_file(dir / "out/manifest.jsonl");
  // As after an interruption: two tiles done, the line of a third torn.
  fs::remove(dir / "out/r0c0_mask.png");
  fs::remove(dir / "out/r1c1_mask.png");
  const std::string text = read_text(dir / "out/manifest.jsonl");
  std::ofstream(dir / "out/manifest.jsonl.partial") << text.substr(0, text.size() - 20);
  fs::remove(dir / "out/manifest.jsonl");
  const ProcessResult again = draw(run, {"--existing", "skip"});
  REQUIRE(again.exit_code == 0);
  CHECK(json::parse(again.out)["kept"] == 2);
  CHECK(json::parse(again.out)["drawn"] == 2);
  CHECK(read_file(dir / "out/manifest.jsonl") == manifest);
  CHECK(read_file(dir / "out/r1c0_mask.png") == mask);
  CHECK_FALSE(fs::exists(dir / "out/manifest.jsonl.partial"));
  CHECK(one_line_naming(draw(run, {"--existing", "skip", "--buffer", "3"}), "other settings"));
  CHECK(draw(run, {"--existing", "overwrite", "--buffer", "3"}).exit_code == 0);
  CHECK(read_file(dir / "out/r1c0_mask.png") != mask);
}

TEST_CASE("inputs that cannot be used are named in one line") {
  const TemporaryFolder dir;
  const auto input = [&](const std::string& name, const std::string& content) {
    std::ofstream(dir / name) << content;
    return draw({dir / name, "--out", dir / "out"}, kGrid);
  };
  const std::string town = read_text(kTown), pbf = read_text(kTown + ".pbf"), gz = read_text(kTown + ".gz");
  CHECK(one_line_naming(input("a.osm", ""), "a.osm"));
  CHECK(one_line_naming(input("b.osm", town.substr(0, town.size() / 2)), "b.osm"));
  CHECK(one_line_naming(input("c.osm", "<osm version=\"0.6\"></osm>"), "holds no OSM objects"));
  CHECK(one_line_naming(input("d.osm.pbf", pbf.substr(0, pbf.size() / 2)), "d.osm.pbf"));
  CHECK(one_line_naming(input("e.osm.pbf", "no protobuf at all"), "e.osm.pbf"));
  CHECK(one_line_naming(input("f.osm.gz", gz.substr(0, gz.size() / 2)), "f.osm.gz"));
  CHECK(one_line_naming(input("g.geojson", "{\"type\": \"FeatureCollection\""), "g.geojson"));
  CHECK(one_line_naming(input("h.osm", "<osm version=\"0.6\"><node id=\"1\" lat=\"1\" lon=\"1\"/></osm>"),
                        "no road of a class that is drawn"));
  CHECK(one_line_naming(draw({dir / "nowhere.osm", "--out", dir / "out"}, kGrid), "nowhere.osm"));
  CHECK(one_line_naming(draw({dir / "nowhere.gpkg", "--out", dir / "out"}, kGrid), "nowhere.gpkg"));
  std::ofstream(dir / "w.json") << "{\"classes\": 3}";
  CHECK(one_line_naming(draw({kTown, "--out", dir / "out", "--widths", dir / "w.json"}, kGrid), "w.json"));
  std::ofstream(dir / "t.csv") << "id,transform,crs,width,height\na,0 1 0 0 0 -1,EPSG:1,9,9\n";
  CHECK(one_line_naming(draw({kTown, "--out", dir / "out", "--table", dir / "t.csv"}), "row 2"));
  CHECK(one_line_naming(draw({kTown, "--kind-field", "x", "--out", dir / "out", "--images", dir / "none"}), "none"));
  CHECK_FALSE(fs::exists(dir / "out"));
}

TEST_CASE("GDAL is loaded only for what needs it") {
  const TemporaryFolder dir;
  const std::string program = dir / "bin/rasterize";  // where ppl_gdal is not found
  fs::create_directory(dir / "bin");
  fs::copy_file(PPL_BIN "/rasterize", program);
  const std::vector<std::byte> bytes = read_file(program);  // larger than a text may be, under the sanitizers
  CHECK(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()).find("libgdal.so") ==
        std::string_view::npos);
  Words run{kTown, "--quiet", "--out", dir / "out"};
  run.insert(run.end(), kGrid.begin(), kGrid.end());
  CHECK(run_process(program, run).exit_code == 0);
  CHECK(read_file(dir / "out/r0c0_mask.png").size() > 200);
  run.insert(run.end(), {"--existing", "overwrite", "--format", "tif"});
  CHECK(one_line_naming(run_process(program, run), "libppl_gdal.so"));
  CHECK_FALSE(fs::exists(dir / "out/r0c0_mask.tif"));
}

TEST_CASE("wrong usage is exit 2, help and the table of widths are exit 0") {
  for (const Words& words : {Words{}, Words{kTown}, Words{kTown, "--out", "x"}, Words{kTown, "--out", "x", "--grid"},
                             Words{kTown, "--out", "x", "--grid", "--images", "y"},
                             Words{kTown, "--out", "x", "--images", "y", "--contact", "3"},
                             Words{kTown, "--out", "x", "--images", "y", "--style", "fancy"}}) {
    const ProcessResult r = draw(words);
    CHECK(r.exit_code == 2);
    CHECK(std::count(r.err.begin(), r.err.end(), '\n') == 1);
  }
  CHECK(run_process("rasterize", {"--help"}).exit_code == 0);
  const ProcessResult widths = run_process("rasterize", {"--print-widths"});
  CHECK(json::parse(widths.out)["classes"]["motorway"]["class"] == 1);
}
