// Pages: the HTML as text, and as headless Chromium shows it where there is one.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "apps/common/legend.h"
#include "apps/score/page/page_apls.h"
#include "apps/score/page/page_image.h"
#include "apps/score/page/pages.h"
#include "io/image/image.h"
#include "tests/score/chromium.h"
#include "tests/support/io_support.h"

using namespace ppl;
using score::Page;
using test::contains;
using test::count;
namespace fs = std::filesystem;

namespace {

// Every element that is opened is closed, in order; what HTML leaves open aside.
std::string unbalanced(const std::string& html) {
  std::vector<std::string> open;
  for (size_t at = 0; (at = html.find('<', at)) != std::string::npos;) {
    const size_t end = html.find('>', at);
    if (end == std::string::npos) return "a tag is not closed";
    const std::string tag = html.substr(at + 1, end - at - 1);
    const std::string name = tag.substr(tag[0] == '/', tag.find_first_of(" \n/", 1) - (tag[0] == '/'));
    at = end + 1;
    if (tag[0] == '!' || tag.ends_with("/") || name == "meta" || name == "input") continue;
    if (tag[0] != '/') {
      open.push_back(name);
      if (name == "style" || name == "script") at = html.find("</" + name, at);
      continue;
    }
    const std::string closed = tag.substr(1);
    if (open.empty() || open.back() != closed) return closed + " closes " + (open.empty() ? "nothing" : open.back());
    open.pop_back();
  }
  return open.empty() ? "" : open.back() + " stays open";
}

Page some_page(int tiles) {
  Page page;
  page.title = "A <b> & \"c\"";
  page.score_name = "IoU";
  page.columns = {"precision"};
  page.shown = 2;
  for (int i = 0; i < tiles; ++i) {
    score::PageTile tile;
    tile.id = "tile<" + std::to_string(i);
    tile.score = static_cast<double>((i * 7) % tiles) / tiles;
    tile.figures = {0.5};
    tile.height = tile.width = 10;
    tile.drawings = {{score::Outcome::missed, true, {Polygon{{{1, 1}, {5, 1}, {5, 5.25}}, {}}}, {}},
                     {score::Outcome::extra, false, {}, {Line{{0, 0}, {3, 3}}}}};
    page.tiles.push_back(tile);
  }
  return page;
}

}  // namespace

TEST_CASE("worst tiles come first, then the best, each once") {
  const Page page = some_page(9);
  const std::vector<size_t> shown = score::shown_tiles(page);
  REQUIRE(shown.size() == 4);
  CHECK(page.tiles[shown[0]].score == doctest::Approx(0));
  CHECK(page.tiles[shown[1]].score == doctest::Approx(1.0 / 9));
  CHECK(page.tiles[shown[2]].score == doctest::Approx(8.0 / 9));
  CHECK(page.tiles[shown[3]].score == doctest::Approx(7.0 / 9));
  CHECK(score::shown_tiles(some_page(3)).size() == 3);
  CHECK(score::shown_tiles(some_page(1)).size() == 1);
  CHECK(score::shown_tiles(Page()).empty());
}

TEST_CASE("the page is whole by itself: balanced, escaped, nothing from elsewhere") {
  Page page = some_page(9);
  page.facts = {{"truth", "a & b"}, {"scale", "1 m"}, {"weights", "caf\xe9"}};  // Latin-1
  page.tiles[0].routes.push_back({"a to b", {{0, 0}, {9, 9}}, 12, 0, 0.25});
  const std::string html = page_html(page);
  CHECK(unbalanced(html) == "");
  CHECK(contains(html, "<title>A &lt;b&gt; &amp; &quot;c&quot;</title>"));
  CHECK_FALSE(contains(html, "tile<0"));
  CHECK(count(html, "<figure") == 4);
  CHECK(count(html, "<tr><td>") == 9);
  CHECK(count(html, "<rect") == 20);
  CHECK(contains(html, "d=\"M1 1L5 1L5 5.3Z\""));
  CHECK(contains(html, "class=\"line route\" data-route=\"0\""));
  CHECK(contains(html, "<tr data-route=\"0\"><td>a to b</td><td>12.0</td><td>none</td><td>0.250</td></tr>"));
  CHECK(contains(html, "<b>truth</b> a &amp; b \u00b7 <b>scale</b> 1 m \u00b7 <b>weights</b> caf\u00e9 \u00b7"));
  CHECK(contains(html, "<th data-down=\"1\">"));  // an arrow where the table is sorted
  CHECK(contains(html, "y=\"7.0\">1</text>"));    // a number on each bar
  CHECK(contains(html, "prefers-color-scheme: dark"));
  CHECK_FALSE(contains(html, "http:"));
  CHECK_FALSE(contains(html, "https:"));
  CHECK_FALSE(contains(html, "src="));
  CHECK(unbalanced(page_html(Page())) == "");
}

TEST_CASE("base64 and images") {
  const auto encoded = [](const std::string& text) { return score::base64(std::as_bytes(std::span(text))); };
  CHECK(encoded("") == "");
  CHECK(encoded("M") == "TQ==");
  CHECK(encoded("Ma") == "TWE=");
  CHECK(encoded("Many") == "TWFueQ==");
  const TemporaryFolder dir;
  write_png(dir / "a_sat.png", Image::make(30, 50, 3));
  std::vector<std::string> notes;
  const auto find = [&](const std::string& images, const std::string& truth, const std::string& id,
                        const std::string& mask = {}) {
    return score::find_image({images, truth}, id, notes, mask);
  };
  CHECK(find(dir.path, "", "a") == dir / "a_sat.png");
  CHECK(find(dir.path, "", "b").empty());
  write_png(dir / "b.png", Image::make(30, 50, 1));
  CHECK(find(dir.path, "", "b") == dir / "b.png");
  CHECK(find("", dir.path, "b") == dir / "b.png");
  CHECK(find("", dir.path, "b", dir / "b.png").empty());  // the truth itself
  CHECK(find("", dir.path, "a") == dir / "a_sat.png");
  CHECK(find("", dir / "truth.csv", "a") == dir / "a_sat.png");
  CHECK(notes.empty());
  // Neither an id nor a link leads out of the folder.
  fs::create_directory(dir / "images");
  CHECK(find(dir / "images", "", "../a").empty());
  fs::create_symlink("../a_sat.png", dir / "images/c.png");
  CHECK(find(dir / "images", "", "c").empty());
  REQUIRE(notes.size() == 2);
  CHECK(contains(notes[1], "c: its image is not shown, as it lies outside of"));
  CHECK(score::image_uri(dir / "a_sat.png", 30, 50, 20).starts_with("data:image/jpeg;base64,/9j/"));
  CHECK(contains(test::error_of([&] { score::image_uri(dir / "a_sat.png", 30, 51, 20); }),
                 "a_sat.png: expected 51 x 30"));
}

TEST_CASE("lines are cut where they leave the buffer") {
  const score::SplitLines split = score::split_by_distance({{{0, 0}, {100, 0}}}, {{{0, 3}, {40, 3}}}, 5);
  REQUIRE(split.near.size() == 1);
  REQUIRE(split.far.size() == 1);
  CHECK(split.near[0].size() == 2);
  CHECK(split.near[0].back().x == doctest::Approx(44).epsilon(0.02));
  CHECK(split.far[0].back() == Point{100, 0});
  CHECK(score::split_by_distance({{{0, 0}, {10, 0}}}, {}, 5).near.empty());
  CHECK(score::split_by_distance({}, {{{0, 0}, {10, 0}}}, 5).far.empty());
  const score::RoadPageOptions options;
  const Page page =
      score::road_page({{"r", {{{0, 0}, {100, 0}}}, {{{0, 3}, {40, 3}}, {{0, 80}, {10, 80}}}, 0.4, {}}}, options);
  CHECK(page.tiles[0].figures[0] == doctest::Approx(0.52).epsilon(0.03));
  CHECK(page.tiles[0].figures[1] == doctest::Approx(0.8).epsilon(0.03));
  CHECK(page.tiles[0].height == 80);
}

TEST_CASE("routes that cost most: none, longer, the same") {
  // A ladder of two rungs; the prediction lacks the upper rail, so that the way along it leads over the lower one.
  const auto roads = [](const std::vector<Line>& lines) {
    std::vector<RoadLine> result;
    for (const Line& line : lines) result.push_back({line, {}});
    return result;
  };
  const std::vector<Line> truth{{{0, 0}, {100, 0}}, {{100, 0}, {100, 40}}, {{100, 40}, {0, 40}},
                                {{0, 40}, {0, 0}},  {{0, 40}, {0, 90}},    {{100, 40}, {100, 90}}};
  std::vector<Line> prediction = truth;
  const score::AplsParameters far{1, 5, 1000, 0}, near{1, 5, 160, 0};
  const auto routes = [&](const score::AplsParameters& parameters, size_t most) {
    return score::costly_routes(roads(truth), roads(prediction), parameters, most);
  };
  CHECK(routes(far, 9).empty());
  prediction.erase(prediction.begin() + 2);
  const std::vector<score::PageRoute> longer = routes(far, 9);
  REQUIRE(longer.size() == 4);  // of the two junctions and two ends, those over the rail
  CHECK(longer[0].truth_length == 100);
  CHECK(longer[0].prediction_length == 180);
  CHECK(longer[0].cost == doctest::Approx(0.8));
  CHECK((longer[0].line == Line{{100, 40}, {0, 40}} || longer[0].line == Line{{0, 40}, {100, 40}}));
  CHECK(routes(near, 100).size() == 4);  // those from the midpoint of the lower way stay
  prediction.pop_back();
  const std::vector<score::PageRoute> gone = routes(far, 2);
  REQUIRE(gone.size() == 2);
  CHECK(gone[0].prediction_length == 0);
  CHECK(gone[0].cost == 1);
  CHECK(gone[0].truth_length == 200);
  CHECK(gone[0].line.size() == 4);
  prediction.clear();
  CHECK(routes(far, 100).size() == 6);
  CHECK(routes(near, 100).size() == 10);  // five control points
  CHECK(score::costly_routes({}, roads(truth), far, 2).empty());
}

TEST_CASE("score writes pages of masks and buildings, Chromium shows them") {
  const TemporaryFolder dir;
  for (const char* name : {"truth", "prediction", "images"}) fs::create_directory(dir / name);
  for (int i = 0; i < 3; ++i) {
    Image truth = Image::make(64, 64, 1), prediction = truth, image = Image::make(64, 64, 3);
    for (int64_t r = 10; r < 40; ++r) {
      for (int64_t c = 10; c < 40; ++c) {
        truth.u8()[r * 64 + c] = 1;
        prediction.u8()[r * 64 + c + 5 * i] = 1;
      }
    }
    std::fill(image.bytes.begin(), image.bytes.end(), static_cast<uint8_t>(60 + 40 * i));
    const std::string id = "t" + std::to_string(i);
    write_mask_png(dir / ("truth/" + id + "_mask.png"), truth.u8(), 64, 64);
    write_mask_png(dir / ("prediction/" + id + "_mask.png"), prediction.u8(), 64, 64);
    write_png(dir / ("images/" + id + "_sat.png"), image);
  }
  fs::create_directory(dir / "prediction/.predict");  // as predict leaves it
  std::ofstream(dir / "prediction/.predict/about.json") << "{\"weights\": [\"best.safetensors\"]}";
  std::ofstream(dir / "prediction/.predict/job.json") << "{\"threshold\": 0.4, \"tta\": 8}";
  const std::string page = dir / "masks.html";
  const ProcessResult r = run_process(
      "score", {"iou", dir / "truth", dir / "prediction", "--html", page, "--images", dir / "images", "--quiet"});
  CHECK(r.exit_code == 0);
  CHECK(r.err.empty());
  const std::string html = read_text(page);
  CHECK(unbalanced(html) == "");
  CHECK(count(html, "<figure") == 3);
  CHECK(count(html, "data:image/jpeg;base64,") == 3);
  CHECK(contains(html, "d=\"M15 10L40 10L40 40L15 40Z\""));  // what t1 found
  CHECK(contains(html, "<b>weights</b> best.safetensors \u00b7 <b>threshold</b> 0.4 \u00b7 <b>tta</b> 8"));
  for (const apps::LegendEntry& e : {apps::kFound, apps::kMissed, apps::kFalse})
    CHECK(contains(html, std::string("--") + e.word + ": " + css(e.colour)));

  std::ofstream(dir / "t.csv")
      << "ImageId,BuildingId,PolygonWKT_Pix\nt0,1,\"POLYGON ((1 1, 20 1, 20 20, 1 20, 1 1))\"\n";
  std::ofstream(dir / "p.csv")
      << "ImageId,BuildingId,PolygonWKT_Pix\nt0,1,\"POLYGON ((1 1, 20 1, 20 18, 1 18, 1 1))\"\n"
         "t0,2,\"POLYGON ((31 1, 40 1, 40 18, 31 18, 31 1))\"\n";
  const std::string buildings = dir / "buildings.html";
  CHECK(run_process("score", {"buildings", dir / "t.csv", dir / "p.csv", "--html", buildings, "--images",
                              dir / "images", "--quiet"})
            .exit_code == 0);
  CHECK(unbalanced(read_text(buildings)) == "");
  CHECK(contains(read_text(buildings), "class=\"area prediction false\""));

  std::ofstream(dir / "rt.csv") << "t0,\"LINESTRING (1 1, 60 1)\"\nt0,\"LINESTRING (60 1, 60 60)\"\n";
  std::ofstream(dir / "rp.csv") << "t0,\"LINESTRING (1 3, 40 3)\"\n";
  const std::string roads = dir / "roads.html";
  CHECK(run_process("score", {"roads", dir / "rt.csv", dir / "rp.csv", "--pixel", "0.31", "--html", roads, "--images",
                              dir / "images", "--quiet"})
            .exit_code == 0);
  CHECK(unbalanced(read_text(roads)) == "");
  CHECK(contains(read_text(roads), "class=\"line truth missed\""));
  CHECK(contains(read_text(roads), "class=\"line route\""));
  CHECK(count(read_text(roads), "data:image/jpeg;base64,") == 1);

  const std::string program = find_chromium();
  if (program.empty()) {
    MESSAGE("skipped in a browser: no Chromium here");
    return;
  }
  const ProcessResult dom = chromium(program, {"--dump-dom", "file://" + page});
  CHECK(dom.exit_code == 0);
  CHECK(count(dom.out, "<figure") == 3);
  CHECK(chromium(program, {"--screenshot=" + (dir / "shot.png"), "--window-size=1200,1400", "file://" + page})
            .exit_code == 0);
  const Image shot = read_image(dir / "shot.png");
  CHECK(shot.width == 1200);
  std::vector<int> seen(256 * 3);
  for (int64_t i = 0; i < shot.count(); ++i) ++seen[static_cast<size_t>(i % 3 * 256 + shot.u8()[i])];
  CHECK(std::count_if(seen.begin(), seen.end(), [](int n) { return n > 0; }) > 100);  // more than a blank page
}

TEST_CASE("clicks in Chromium: sorting, switches, one route at a time") {
  const std::string program = find_chromium();
  if (program.empty()) {
    MESSAGE("skipped: no Chromium here");
    return;
  }
  Page page = some_page(5);  // scores 0, .4, .8, .2, .6
  for (size_t i = 0; i < 5; ++i) page.tiles[i].id = "tile" + std::to_string(i + 8);
  page.tiles[0].routes = {{"a to b", {{0, 0}, {9, 9}}, 12, 0, 0.25}, {"b to c", {{9, 9}, {9, 0}}, 9, 12, 0.2}};
  // Clicks as a reader would, and after each notes what is there.
  const std::string script = R"(
    const seen = [], all = (what) => Array.from(document.querySelectorAll(what));
    const rows = () => seen.push(all('#tiles tbody tr').map((r) => r.cells[0].textContent.slice(4)).join(' '));
    const shown = (what) => seen.push(all(what).map((e) => getComputedStyle(e).display === 'none' ? 0 : 1).join(''));
    const click = (what, i) => all(what)[i].click();
    const head = '#tiles th', row = '.routes tr[data-route]';
    rows();
    click(head, 0); rows(); click(head, 0); rows(); click(head, 1); rows(); click(head, 1); rows();
    const order = document.getElementById('order');
    order.value = 'best'; order.dispatchEvent(new Event('change'));
    seen.push(all('.card b').map((e) => e.textContent.slice(4)).join(' '));
    shown('path.truth'); click('input[value=truth]', 0); shown('path.truth'); shown('path.prediction');
    shown('path.route'); click(row, 0); shown('path.route'); click(row, 1); shown('path.route');
    click(row, 1); shown('path.route');
    document.title = seen.join(',');)";
  const TemporaryFolder dir;
  write_file(dir / "page.html", page_html(page) + "<script>" + script + "</script>\n");
  const ProcessResult dom = chromium(program, {"--dump-dom", "file://" + (dir / "page.html")});
  const size_t begin = dom.out.find("<title>") + 7;
  CHECK(dom.out.substr(begin, dom.out.find("</title>") - begin) ==
        "8 11 9 12 10,"                                         // the worst first, as it is written
        "8 9 10 11 12,12 11 10 9 8,8 11 9 12 10,10 12 9 11 8,"  // names count as numbers do
        "10 12 11 8,"
        "1111,0000,1111,"
        "00,10,01,00");
}
