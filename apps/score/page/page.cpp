#include "apps/score/page/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <numeric>

#include "apps/common/app.h"
#include "apps/common/legend.h"
#include "apps/score/page/page_image.h"
#include "apps/score/page/page_parts.h"
#include "io/utf8.h"
#include "kernels/base.h"

namespace ppl::score {
namespace {

constexpr int64_t kLargestSide = 1024;
constexpr int kBars = 20;

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : as_utf8(text)) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

const char* class_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::found:
      return apps::kFound.word;
    case Outcome::missed:
      return apps::kMissed.word;
    case Outcome::extra:
      return apps::kFalse.word;
    default:
      return "other";
  }
}

std::string number(double value) {
  if (!std::isfinite(value)) return "-";
  return std::fabs(value) < 1000 ? fmt::format("{:.4g}", value) : fmt::format("{:.0f}", value);
}

std::string summary_part(const Page& page) {
  std::string text = "<table class=\"summary\">\n";
  for (const auto& [name, value] : page.summary) {
    text += fmt::format("<tr><th>{}</th><td>{}</td></tr>\n", escaped(name), escaped(value));
  }
  return text + "</table>\n";
}

std::string facts_part(const Page& page) {
  char day[16] = "";
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  if (gmtime_r(&now, &utc)) std::strftime(day, sizeof day, "%Y-%m-%d", &utc);
  std::string text = "<p class=\"facts\">";
  for (const auto& [name, value] : page.facts) {
    text += fmt::format("<b>{}</b> {} \u00b7 ", escaped(name), escaped(value));
  }
  return text + fmt::format("<b>score</b> {} \u00b7 {}</p>\n", apps::version(), day);
}

std::string notes_part(const Page& page) {
  if (page.notes.empty()) return {};
  std::string text =
      fmt::format("<details><summary>{} remark{}</summary>\n", page.notes.size(), page.notes.size() == 1 ? "" : "s");
  for (const std::string& note : page.notes) text += fmt::format("<p class=\"note\">{}</p>\n", escaped(note));
  return text + "</details>\n";
}

std::string histogram_part(const Page& page) {
  std::array<int, kBars> counts{};
  for (const PageTile& tile : page.tiles) {
    ++counts[static_cast<size_t>(std::clamp(static_cast<int>(tile.score * kBars), 0, kBars - 1))];
  }
  const int most = std::max(1, *std::max_element(counts.begin(), counts.end()));
  std::string text = "<svg class=\"histogram\" viewBox=\"-10 -6 440 156\" role=\"img\">\n";
  for (int i = 0; i < kBars; ++i) {
    const int count = counts[static_cast<size_t>(i)];
    const double height = 110.0 * count / most;
    text += fmt::format(
        "<rect x=\"{}\" y=\"{:.1f}\" width=\"18\" height=\"{:.1f}\"><title>{:.2f} to {:.2f}: {}</title></rect>\n",
        10 + 20 * i, 120 - height, height, i / double{kBars}, (i + 1) / double{kBars}, count);
    if (count > 0) text += fmt::format("<text x=\"{}\" y=\"{:.1f}\">{}</text>\n", 19 + 20 * i, 117 - height, count);
  }
  for (int i = 0; i <= 4; ++i) {
    text += fmt::format("<text x=\"{}\" y=\"135\">{:.2f}</text>\n", 10 + 100 * i, i / 4.0);
  }
  return text + fmt::format("<text x=\"210\" y=\"148\">{} of {} tiles</text></svg>\n", escaped(page.score_name),
                            page.tiles.size());
}

std::string table_part(const Page& page, const std::vector<size_t>& shown) {
  std::string text = "<table class=\"tiles\" id=\"tiles\"><thead><tr><th data-text>tile</th><th data-down=\"1\">" +
                     escaped(page.score_name) + "</th>";
  for (const std::string& column : page.columns) text += "<th>" + escaped(column) + "</th>";
  text += "</tr></thead><tbody>\n";
  std::vector<size_t> order(page.tiles.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return page.tiles[a].score < page.tiles[b].score; });
  for (const size_t i : order) {
    const PageTile& tile = page.tiles[i];
    const bool drawn = std::find(shown.begin(), shown.end(), i) != shown.end();
    const std::string name = drawn ? fmt::format("<a href=\"#t{}\">{}</a>", i, escaped(tile.id)) : escaped(tile.id);
    text += fmt::format("<tr><td>{}</td><td>{:.4f}</td>", name, tile.score);
    for (const double value : tile.figures) text += fmt::format("<td>{}</td>", number(value));
    text += "</tr>\n";
  }
  // A browser shows a hundred at a time.
  return text +
         "</tbody></table>\n<div id=\"pager\" hidden><button>\u2039</button> <span></span> <button>\u203a</button> "
         "<label>tiles with <input type=\"search\"></label></div>\n";
}

std::string routes_part(const PageTile& tile) {
  if (tile.routes.empty()) return {};
  std::string text =
      "<table class=\"routes\"><caption>Routes between control points that lose most; a click draws one</caption>\n"
      "<tr><th>route</th><th>truth, px</th><th>prediction, px</th><th>lost</th></tr>\n";
  for (size_t i = 0; i < tile.routes.size(); ++i) {
    const PageRoute& route = tile.routes[i];
    text +=
        fmt::format("<tr data-route=\"{}\"><td>{}</td><td>{:.1f}</td><td>{}</td><td>{:.3f}</td></tr>\n", i,
                    escaped(route.name), route.truth_length,
                    route.prediction_length > 0 ? fmt::format("{:.1f}", route.prediction_length) : "none", route.cost);
  }
  return text + "</table>\n";
}

std::string card_part(const PageTile& tile, size_t number, const char* group, const std::string& score_name) {
  const double stroke = std::max(1.5, static_cast<double>(std::max(tile.width, tile.height)) / 200);
  std::string text = fmt::format(
      "<figure class=\"card {}\" id=\"t{}\" data-score=\"{:.6f}\"><figcaption><b>{}</b> {} {:.4f}</figcaption>\n"
      "<svg viewBox=\"0 0 {} {}\" style=\"--stroke:{:.1f}px\">\n",
      group, number, tile.score, escaped(tile.id), escaped(score_name), tile.score, tile.width, tile.height, stroke);
  if (!tile.image.empty()) {
    text += fmt::format("<image width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\" href=\"{}\"/>\n", tile.width,
                        tile.height, image_uri(tile.image, tile.height, tile.width, kLargestSide));
  }
  for (const PageDrawing& drawing : tile.drawings) {
    const char* side = drawing.of_truth ? "truth" : "prediction";
    if (!drawing.polygons.empty()) {
      text += fmt::format("<path class=\"area {} {}\" d=\"{}\"/>\n", side, class_of(drawing.outcome),
                          path_data({drawing.outcome, drawing.of_truth, drawing.polygons, {}}));
    }
    if (!drawing.lines.empty()) {
      text += fmt::format("<path class=\"line {} {}\" d=\"{}\"/>\n", side, class_of(drawing.outcome),
                          path_data({drawing.outcome, drawing.of_truth, {}, drawing.lines}));
    }
  }
  for (size_t i = 0; i < tile.routes.size(); ++i) {
    text += fmt::format("<path class=\"line route\" data-route=\"{}\" d=\"{}\"><title>{}</title></path>\n", i,
                        path_data(tile.routes[i].line), escaped(tile.routes[i].name));
  }
  return text + "</svg>\n" + routes_part(tile) + "</figure>\n";
}

std::vector<size_t> by_score(const Page& page) {
  std::vector<size_t> order(page.tiles.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return page.tiles[a].score != page.tiles[b].score ? page.tiles[a].score < page.tiles[b].score
                                                      : page.tiles[a].id < page.tiles[b].id;
  });
  return order;
}

size_t worst_count(const Page& page) {
  return std::min(page.tiles.size(), static_cast<size_t>(std::max(page.shown, 0)));
}

}  // namespace

std::vector<size_t> shown_tiles(const Page& page) {
  std::vector<size_t> order = by_score(page), result;
  const size_t worst = worst_count(page);
  for (size_t i = 0; i < worst; ++i) result.push_back(order[i]);
  for (size_t i = order.size(); i > worst && i + worst > order.size(); --i) result.push_back(order[i - 1]);
  return result;
}

std::string page_html(const Page& page) {
  const std::vector<size_t> shown = shown_tiles(page);
  std::string text = page_head(escaped(page.title));
  text += fmt::format("<h1>{}</h1>\n{}<div class=\"top\">\n", escaped(page.title), facts_part(page));
  text += summary_part(page) + histogram_part(page) + "</div>\n";
  text += notes_part(page);
  text += page_switches();
  text += "<div class=\"cards\" id=\"cards\">\n";
  for (size_t i = 0; i < shown.size(); ++i) {
    const char* group = i < worst_count(page) ? "worst" : "best";
    text += card_part(page.tiles[shown[i]], shown[i], group, page.score_name);
  }
  return text + "</div>\n<h2>All tiles</h2>\n" + table_part(page, shown) + page_tail();
}

}  // namespace ppl::score
