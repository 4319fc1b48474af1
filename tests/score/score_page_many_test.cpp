// A page of 5,000 tiles: a hundred rows at a time.
#include <doctest/doctest.h>

#include "apps/score/page/page.h"
#include "tests/score/chromium.h"
#include "tests/support/io_support.h"

using namespace ppl;

TEST_CASE("5,000 tiles: Chromium holds a hundred rows, turns, sorts and finds") {
  score::Page page;
  page.score_name = "IoU";
  page.shown = 1;
  for (int i = 0; i < 5000; ++i) {
    score::PageTile tile;
    tile.id = "tile" + std::to_string(i);
    tile.score = i / 5000.0;
    tile.height = tile.width = 10;
    page.tiles.push_back(tile);
  }
  const std::string html = page_html(page);
  CHECK(test::count(html, "<tr><td>") == 5000);  // without a script all of them are there
  CHECK(html.size() < 1'000'000);
  const std::string program = find_chromium();
  if (program.empty()) {
    MESSAGE("skipped in a browser: no Chromium here");
    return;
  }
  const std::string script = R"(
    const seen = [], rows = () => Array.from(document.querySelectorAll('#tiles tbody tr'));
    const note = () => seen.push(rows().length + ' ' + rows()[0].cells[0].textContent + ' ' +
                                 document.querySelector('#pager span').textContent);
    const [back, on] = document.querySelectorAll('#pager button'), find = document.querySelector('#pager input');
    note(); on.click(); note(); back.click(); back.click(); note();
    document.querySelectorAll('#tiles th')[1].click(); note();
    find.value = 'TILE499'; find.dispatchEvent(new Event('input')); note();
    document.title = seen.join(',') + ',' + document.getElementById('pager').hidden + on.disabled;)";
  const TemporaryFolder dir;
  write_file(dir / "page.html", html + "<script>" + script + "</script>\n");
  const ProcessResult dom = chromium(program, {"--dump-dom", "file://" + (dir / "page.html")});
  const size_t begin = dom.out.find("<title>") + 7;
  CHECK(dom.out.substr(begin, dom.out.find("</title>") - begin) ==
        "100 tile0 1 to 100 of 5000,100 tile100 101 to 200 of 5000,100 tile0 1 to 100 of 5000,"
        "100 tile4999 1 to 100 of 5000,11 tile4999 1 to 11 of 11,falsetrue");
}
