// When a stage of training has gone long enough without getting better.
#include "apps/train/monitor.h"

#include <doctest/doctest.h>

using namespace ppl::apps;
using nlohmann::json;

namespace {

json line(const json& loss, const json& iou = nullptr) {
  json l{{"loss", loss}};
  if (!iou.is_null()) l["validation"] = {{"iou", iou}};
  return l;
}

// Judges the lines one after the other; how many it takes until the stage ends, 0: it does not.
int ends_after(const StageConfig& s, bool has_validation, const std::vector<json>& lines, Position* at_end = nullptr) {
  const Monitor monitor(s, has_validation);
  Position at;
  for (size_t i = 0; i < lines.size(); ++i) {
    json l = lines[i];
    monitor.judge(l, at, false);
    if (at_end) *at_end = at;
    if (monitor.exhausted(at)) return static_cast<int>(i) + 1;
  }
  return 0;
}

}  // namespace

TEST_CASE("a network that has not begun to find anything is not given up while its loss falls") {
  StageConfig s;  // patience 6
  std::vector<json> lines;
  for (int i = 0; i < 20; ++i) lines.push_back(line(1.0 / (i + 1), i == 0 ? 0.05 : 0.0));
  CHECK(ends_after(s, true, lines) == 0);
  s.monitor = "validation_iou";
  CHECK(ends_after(s, true, lines) == 8);
  s.monitor = "training_loss";
  CHECK(ends_after(s, true, lines) == 0);
}

TEST_CASE("it ends where neither gets better, and says what it counted") {
  StageConfig s;
  s.patience = 2;
  const std::vector<json> lines{line(1, 0.1), line(2, 0.2), line(0.5, 0.1), line(1, 0.1), line(1, 0.1), line(1, 0.1)};
  Position at;
  CHECK(ends_after(s, true, lines, &at) == 6);
  CHECK(Monitor(s, true).why_exhausted(at) ==
        "3 epochs without a better validation IoU or a lower training loss (patience 2)");
  CHECK(at.best == 0.2);
}

TEST_CASE("of a monitor by validation only validations count") {
  StageConfig s;
  s.monitor = "validation_iou";
  s.patience = 1;
  std::vector<json> lines{line(1, 0.5)};
  for (int i = 0; i < 3; ++i) lines.insert(lines.end(), {line(1), line(1), line(1, 0.4)});
  Position at;
  CHECK(ends_after(s, true, lines, &at) == 7);
  CHECK(Monitor(s, true).why_exhausted(at) == "2 validations without a better IoU (patience 1)");
}

TEST_CASE("an epoch whose steps were all skipped is never the best") {
  StageConfig s;
  for (const bool has_validation : {false, true}) {
    const Monitor monitor(s, has_validation);
    Position at;
    json skipped = has_validation ? line(nullptr, 0.9) : line(nullptr), good = has_validation ? line(1, 0.1) : line(1);
    monitor.judge(skipped, at, false);
    CHECK_FALSE(skipped["best"].get<bool>());
    CHECK_FALSE(at.best.has_value());
    CHECK(at.since_best == 1);
    monitor.judge(good, at, false);
    CHECK(good["best"].get<bool>());
  }
}
