// Keys of train's configuration: old names, wrong names.
#include "apps/train/config/config.h"

#include <doctest/doctest.h>

#include "io/file.h"

using namespace ppl;
using namespace ppl::apps;
using nlohmann::json;

namespace {

json smallest() { return {{"stages", {{{"train", "tiles"}}}}}; }

// What of `shown` is another value in `real`; names of folders and stages are examples.
std::string differing(const json& shown, const json& real, const std::string& where = "") {
  for (const auto& [key, value] : shown.items()) {
    const std::string place = where + "." + key;
    if (key == "run" || key == "train" || key == "validation" || place == ".stages.0.name") continue;
    if (!real.is_array() && !real.contains(key)) return place + " is no key";
    const json& other = real.is_array() ? real.at(std::stoul(key)) : real.at(key);
    if (value.is_structured() && !value.empty()) {
      if (const std::string found = differing(value, other, place); !found.empty()) return found;
    } else if (value != other) {
      return place + " is " + value.dump() + " in README and " + other.dump() + " in the program";
    }
  }
  return "";
}

}  // namespace

TEST_CASE("the configuration in README is that of the program") {
  const std::string text = read_text(PPL_TRAIN "/README.md");
  const size_t begin = text.find("\n{\n") + 1, end = text.find("\n```", begin);
  const json shown = json::parse(text.substr(begin, end - begin), nullptr, true, true);
  CHECK(differing(shown, to_json(parse_config(smallest()))) == "");
}

TEST_CASE("old names of keys are read, and written under their new ones") {
  json j = smallest();
  j["stages"][0].update({{"rate", 0.5}, {"views", 8}, {"average_decay", 0.9}});
  j["ranks"]["limit_seconds"] = 7;
  const TrainConfig c = parse_config(j);
  CHECK(c.stages[0].learning_rate == 0.5);
  CHECK(c.stages[0].tta == 8);
  CHECK(c.stages[0].ema_decay == 0.9);
  CHECK(c.ranks.timeout_seconds == 7);
  const json written = to_json(c);
  CHECK(written["stages"][0]["learning_rate"] == 0.5);
  CHECK_FALSE(written["stages"][0].contains("rate"));
  CHECK(to_json(parse_config(written)) == written);
}

TEST_CASE("--set takes old and new names, whatever the file has") {
  for (const char* in_file : {"rate", "learning_rate"})
    for (const char* set : {"rate", "learning_rate"}) {
      json j = smallest();
      j["stages"][0][in_file] = 0.5;
      override_value(j, std::string("stages.0.") + set + "=0.25");
      CHECK(parse_config(j).stages[0].learning_rate == 0.25);
    }
}

TEST_CASE("an old and a new name beside each other are refused") {
  json j = smallest();
  j["stages"][0].update({{"rate", 0.5}, {"learning_rate", 0.5}});
  CHECK_THROWS_WITH(parse_config(j), "configuration: 'rate' is the old name of 'learning_rate'; give one of them");
}

TEST_CASE("a prior that is no share, or not one for each class, is refused") {
  json j = smallest();
  j["network"]["prior"] = {0.0};
  CHECK_THROWS_WITH(parse_config(j), "configuration: network.prior must be shares between 0 and 1, not 0");
  j["network"]["prior"] = {0.1, 0.1};
  CHECK_THROWS_WITH(parse_config(j), "configuration: network.prior has 2 shares for 1 classes");
  j["network"] = {{"start", "previous"}};
  CHECK_THROWS_WITH(parse_config(j),
                    doctest::Contains("network.start is 'previous'; the nearest known is 'prior' of "));
}

TEST_CASE("augmentation is a name, off, or what differs from the published one") {
  const auto with = [](const json& augment) {
    json j = smallest();
    if (!augment.is_null()) j["stages"][0]["augment"] = augment;
    return to_json(parse_config(j))["stages"][0]["augment"];
  };
  const json published = with({});
  CHECK(published["hue"] == 30);
  CHECK(published["turn"] == 0);
  CHECK(with("published") == published);
  CHECK(with(true) == published);
  CHECK(with(published) == published);
  CHECK(with(false) == false);
  json turned = published;
  turned["turn"] = 90;
  CHECK(with({{"turn", 90}}) == turned);
  CHECK_THROWS_WITH(with("strong"), doctest::Contains("augment must be \"published\", false or an object, not \"str"));
  CHECK_THROWS_WITH(with({{"rotate", 1}}), doctest::Contains("unknown key 'rotate' in stages.0.augment"));
  CHECK_THROWS_WITH(with({{"resize", 0.5}}), doctest::Contains("augment.resize must be from 1 to 8, not 0.5"));
  json j = smallest();
  override_value(j, "stages.0.augment.cutout=0.25");
  override_value(j, "stages.0.crops.empty=0.5");
  CHECK(parse_config(j).stages[0].augment.cutout == 0.25);
  CHECK(parse_config(j).stages[0].augment.hue == 30);
  CHECK(parse_config(j).stages[0].crops.empty == 0.5);
}

TEST_CASE("the learning rate under another program's name is named") {
  json j = smallest();
  j["stages"][0]["optimizer"]["lr"] = 0.5;
  CHECK_THROWS_WITH(parse_config(j),
                    "configuration: unknown key 'lr' in stages.0.optimizer; the learning rate is 'learning_rate' of a "
                    "stage");
}
