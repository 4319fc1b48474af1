// rasterize as a process, run again: masks of another job are not taken for its own, an interrupted one goes on, and
// nothing of anybody else's is written over.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "io/file.h"
#include "io/image/image.h"
#include "tests/rasterize/rasterize_support.h"

using namespace ppl;
using namespace ppl::test;
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

// Four tiles, of which the third, r1c0, has the town.
const Words kFour{"--grid", "--crs",   "EPSG:32632", "--pixel", "0.5",   "--bounds",
                  "500000", "5210000", "500512",     "5210512", "--json"};

void copy_with(const std::string& from, const std::string& to, const std::string& what, const std::string& by) {
  std::string text = read_text(from);
  const size_t at = text.find(what);
  REQUIRE(at != std::string::npos);
  std::ofstream(to) << text.replace(at, what.size(), by);
}

json done(const ProcessResult& r) {
  CAPTURE(r.err);
  REQUIRE(r.exit_code == 0);
  return json::parse(r.out);
}

}  // namespace

TEST_CASE("masks of another map, or read otherwise, are not kept") {
  const TemporaryFolder dir;
  fs::copy_file(kTown, dir / "town.osm");
  const Words skip{"--existing", "skip"};
  Words run{dir / "town.osm", "--out", dir / "out"};
  run.insert(run.end(), kFour.begin(), kFour.end());
  CHECK(done(draw(run))["drawn"] == 4);
  CHECK(done(draw(run, skip))["kept"] == 4);
  // The same content in another place is the same map.
  fs::create_directories(dir / "moved");
  fs::copy_file(kTown, dir / "moved/town.osm");
  run[0] = dir / "moved/town.osm";
  CHECK(done(draw(run, skip))["kept"] == 4);
  const std::vector<std::byte> old = read_file(dir / "out/r1c0_mask.png");
  copy_with(kTown, run[0], "v=\"8\"", "v=\"9\"");
  CHECK(one_line_naming(draw(run, skip), "was made from other inputs"));
  CHECK(read_file(dir / "out/r1c0_mask.png") == old);
  fs::copy_file(kTown, run[0], fs::copy_options::overwrite_existing);
  CHECK(one_line_naming(draw(run, {"--existing", "skip", "--all-features"}), "was made from other inputs"));
  CHECK(done(draw(run, skip))["kept"] == 4);
  // Of an overwriting run that was killed, the old manifest says nothing any more.
  CHECK(done(draw(run, {"--existing", "overwrite", "--buffer", "3"}))["drawn"] == 4);
  CHECK(one_line_naming(draw(run, skip), "other settings"));
}

TEST_CASE("each mask that is kept is the one that was written, of a tile where it was") {
  const TemporaryFolder dir;
  const auto table = [&](const char* origin) {
    std::ofstream(dir / "t.csv")
        << "id,transform,crs,width,height\na,500000 0.5 0 5210256 0 -0.5,EPSG:32632,512,512\nb," << origin
        << " 0.5 0 5210256 0 -0.5,EPSG:32632,512,512\n";
  };
  table("500000");
  const Words run{kTown, "--table", dir / "t.csv", "--out", dir / "out", "--json"}, skip{"--existing", "skip"};
  CHECK(done(draw(run))["drawn"] == 2);
  fs::resize_file(dir / "out/a_mask.png", 0);
  CHECK(done(draw(run, skip))["drawn"] == 1);
  CHECK(read_file(dir / "out/a_mask.png") == read_file(dir / "out/b_mask.png"));
  fs::resize_file(dir / "out/a_mask.png", 100);
  CHECK(done(draw(run, skip))["drawn"] == 1);
  table("500050");
  const json moved = done(draw(run, skip));
  CHECK(moved["drawn"] == 1);
  CHECK(moved["kept"] == 1);
  CHECK(read_file(dir / "out/a_mask.png") != read_file(dir / "out/b_mask.png"));
}

TEST_CASE("what was not written by such a job is not written over") {
  const TemporaryFolder dir;
  fs::create_directories(dir / "out");
  std::ofstream(dir / "out/r1c0_mask.png") << "drawn by hand";
  Words run{kTown, "--out", dir / "out"};
  run.insert(run.end(), kFour.begin(), kFour.end());
  for (const char* existing : {"fail", "skip", "overwrite"})
    CHECK(one_line_naming(draw(run, {"--existing", existing}), "was not written by rasterize into this folder"));
  CHECK(read_text(dir / "out/r1c0_mask.png") == "drawn by hand");
  fs::remove(dir / "out/r1c0_mask.png");
  for (const char* name : {"manifest.jsonl", "r0c1_distance.png", "r0c1_overlay.jpg"}) {
    const std::string path = (dir / "out/") + name;
    std::ofstream(path) << "somebody's";
    CHECK(one_line_naming(draw(run, {"--existing", "overwrite", "--distance", "9", "--overlay", dir / "out"}),
                          "was not written by rasterize into this folder"));
    CHECK(read_text(path) == "somebody's");
    fs::remove(path);
  }
  // A link is not followed.
  std::ofstream(dir / "precious") << "keep me";
  fs::create_symlink(dir / "precious", dir / "out/manifest.jsonl.partial");
  for (const char* existing : {"fail", "skip", "overwrite"}) {
    CHECK(one_line_naming(draw(run, {"--existing", existing}), "is a link"));
  }
  CHECK(read_text(dir / "precious") == "keep me");
  fs::remove(dir / "out/manifest.jsonl.partial");
  // Two at once.
  const int file = open((dir / "out/manifest.jsonl.partial").c_str(), O_WRONLY | O_CREAT, 0666);
  REQUIRE(flock(file, LOCK_EX) == 0);
  CHECK(one_line_naming(draw(run), "another process"));
  close(file);
  CHECK(done(draw(run))["drawn"] == 4);
  // Masks of other tiles beside those of this job: another folder, or by name.
  Words other = run;
  other[other.size() - 4] = "5209488";
  CHECK(one_line_naming(draw(other, {"--size", "256"}), "is there already"));
}

TEST_CASE("overwriting leaves nothing of the earlier job, and an edited mask is not replaced in passing") {
  const TemporaryFolder dir;
  Words run{kTown, "--out", dir / "out"};
  run.insert(run.end(), kFour.begin(), kFour.end());
  CHECK(done(draw(run, {"--distance", "9", "--overlay", dir / "look"}))["drawn"] == 4);
  CHECK(fs::exists(dir / "look/r0c0_overlay.jpg"));
  fs::remove(dir / "out/r1c0_distance.png");
  CHECK(done(draw(run, {"--distance", "9", "--overlay", dir / "look", "--existing", "skip"}))["drawn"] == 1);
  write_png(dir / "out/r0c0_mask.png", Image::make(512, 512, 1));
  CHECK(one_line_naming(draw(run, {"--distance", "9", "--overlay", dir / "look", "--existing", "skip"}),
                        "r0c0_mask.png: was changed since"));
  std::ofstream(dir / "out/r9c9_mask.png") << "somebody's";
  Words smaller = run;
  smaller[smaller.size() - 2] = "5210256";  // the upper two of the four
  CHECK(done(draw(smaller, {"--existing", "overwrite"}))["drawn"] == 2);
  std::set<std::string> left;
  for (const auto& entry : fs::directory_iterator(dir / "out")) left.insert(entry.path().filename());
  CHECK(left == std::set<std::string>{"manifest.jsonl", "r0c0_mask.png", "r0c1_mask.png", "r9c9_mask.png"});
  CHECK(fs::is_empty(dir / "look"));
  // Masks whose lines a killed run had not yet written are ours all the same.
  CHECK(done(draw(smaller, {"--existing", "overwrite"}))["drawn"] == 2);
  const std::string text = read_text(dir / "out/manifest.jsonl"), head = text.substr(0, text.find('\n') + 1);
  std::ofstream(dir / "out/manifest.jsonl.partial") << head
                                                    << R"({"files": ["r0c0_mask.png", "r0c1_mask.png"]})"
                                                       "\n";
  fs::remove(dir / "out/manifest.jsonl");
  CHECK(done(draw(smaller))["drawn"] == 2);
}

TEST_CASE("Ctrl-C says what is done, and the same command goes on to the same masks") {
  const TemporaryFolder dir;
  const std::string grid =
                        " --grid --crs EPSG:32632 --pixel 0.05 --size 64 --bounds 500000 5210000 500256 5210256 --json",
                    run = PPL_BIN "/rasterize " + kTown + grid + " --out " + (dir / "out");
  const std::string script = run + " --quiet & pid=$!; until [ \"$(cat " + (dir / "out/manifest.jsonl.partial") +
                             " 2>/dev/null | wc -l)\" -gt 20 ]; do :; done; kill -INT $pid; wait $pid";
  const ProcessResult stopped = run_process("/bin/sh", {"-c", script});
  CAPTURE(stopped.err);
  CHECK(stopped.exit_code == 75);
  CHECK(stopped.err.find(" of 6400 tiles are done; the same command goes on") != std::string::npos);
  CHECK_FALSE(fs::exists(dir / "out/manifest.jsonl"));
  const json again = done(run_process("/bin/sh", {"-c", run + " --quiet"}));
  CHECK(again["kept"].get<int>() >= 20);
  CHECK(again["kept"].get<int>() + again["drawn"].get<int>() == 6400);
  const json whole =
      done(run_process("/bin/sh", {"-c", PPL_BIN "/rasterize " + kTown + grid + " --quiet --out " + (dir / "whole")}));
  CHECK(whole["drawn"] == 6400);
  CHECK(read_file(dir / "out/manifest.jsonl") == read_file(dir / "whole/manifest.jsonl"));
  CHECK(read_file(dir / "out/r40c40_mask.png") == read_file(dir / "whole/r40c40_mask.png"));
}

TEST_CASE("totals that cannot be right are said") {
  const TemporaryFolder dir;
  const auto said = [&](const Words& more, const std::string& what) {
    Words words{kTown, "--out", dir / "out", "--existing", "overwrite"};
    words.insert(words.end(), more.begin(), more.end());
    const ProcessResult r = draw(words, kGrid);
    CAPTURE(r.err);
    CHECK(r.exit_code == 0);
    CHECK(r.err.find(what) != std::string::npos);
  };
  said({"--buffer", "900"}, "every pixel of all masks is foreground");
  said({"--buffer", "120"}, "% of all pixels are road");
  // Their boxes touch the tile, but nothing is on it.
  const Words corner{"--grid", "--crs",    "EPSG:32632", "--pixel", "0.5",    "--size",
                     "8",      "--bounds", "500205",     "5210105", "500209", "5210109"};
  const ProcessResult r =
      draw({kTown, "--classes", "tertiary,pedestrian", "--min-area", "100000", "--out", dir / "none"}, corner);
  CHECK(one_line_naming(r, "--allow-empty"));
}
