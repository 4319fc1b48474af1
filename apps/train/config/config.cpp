#include "apps/train/config/config.h"

#include <algorithm>

#include "apps/train/config/fields.h"
#include "engine/nearest_name.h"

namespace ppl::apps {
namespace {

using nlohmann::json;

template <class T>
constexpr bool is_list = false;
template <class T>
constexpr bool is_list<std::vector<T>> = true;

template <class T>
constexpr bool is_plain = std::is_arithmetic_v<T> || std::is_same_v<T, std::string> || std::is_same_v<T, json> ||
                          std::is_same_v<T, std::vector<double>>;

template <class T>
void read_plain(const json& j, T& value, const std::string& where) {
  const auto expect = [&](bool good, const char* what) {
    PPL_CHECK(good, "configuration: ", where, " must be ", what, ", not ", j.dump());
  };
  if constexpr (std::is_same_v<T, bool>)
    expect(j.is_boolean(), "true or false");
  else if constexpr (std::is_unsigned_v<T>)
    expect(j.is_number_unsigned(), "a whole number, not negative");
  else if constexpr (std::is_same_v<T, int64_t>)
    expect(j.is_number_integer(), "a whole number");
  else if constexpr (std::is_integral_v<T>)
    expect(j.is_number_integer() && j >= -2147483648.0 && j <= 2147483647.0, "a whole number");
  else if constexpr (std::is_floating_point_v<T>)
    expect(j.is_number(), "a number");
  else if constexpr (std::is_same_v<T, std::string>)
    expect(j.is_string(), "a text");
  else if constexpr (std::is_same_v<T, std::vector<double>>)
    expect(j.is_array() && std::all_of(j.begin(), j.end(), [](const json& v) { return v.is_number(); }),
           "a list of numbers");
  else
    expect(j.is_object(), "an object");
  value = j.get<T>();
}

class Reader {
 public:
  Reader(const json& j, std::string where) : json_(j), where_(std::move(where)) {
    PPL_CHECK(j.is_object(), "configuration: ", where_.empty() ? "the file" : where_, " must be an object, not ",
              j.type_name());
  }

  template <class T>
  void operator()(const char* key, T& value, const char* = nullptr) {
    known_.emplace_back(key);
    const auto it = json_.find(key);
    if (it == json_.end()) return;
    const std::string where = where_.empty() ? key : where_ + "." + key;
    if constexpr (is_plain<T>) {
      read_plain(*it, value, where);
    } else if constexpr (std::is_same_v<T, std::vector<SourceConfig>>) {
      read_sources(*it, value, where);
    } else if constexpr (std::is_same_v<T, AugmentConfig>) {
      read_augment(*it, value, where);
    } else if constexpr (is_list<T>) {
      PPL_CHECK(it->is_array(), "configuration: ", where, " must be a list, not ", it->type_name());
      value.clear();
      for (size_t i = 0; i < it->size(); ++i)
        read_object((*it)[i], value.emplace_back(), where + "." + std::to_string(i));
    } else {
      read_object(*it, value, where);
    }
  }

  template <class T>
  static void read_object(const json& j, T& value, const std::string& where) {
    Reader r(j, where);
    visit(r, value);
    for (const auto& [key, unused] : j.items())
      PPL_CHECK(std::find(r.known_.begin(), r.known_.end(), key) != r.known_.end(), "configuration: unknown key '", key,
                "'", where.empty() ? "" : " in " + where, "; ", hint(key, r.known_));
  }

  static std::string hint(const std::string& key, const std::vector<std::string>& known) {
    for (const char* name : {"lr", "learning_rate", "rate"})
      if (key == name) return "the learning rate is 'learning_rate' of a stage";
    if (const std::string place = place_of_key(key); !place.empty()) return cat("its place is ", place);
    return cat("the nearest is '", nearest_name(key, known), "'");
  }

  // A path, or a list of paths and objects.
  static void read_sources(const json& j, std::vector<SourceConfig>& sources, const std::string& where) {
    sources.clear();
    const json list = j.is_array() ? j : j == "" ? json::array() : json::array({j});
    for (size_t i = 0; i < list.size(); ++i) {
      SourceConfig& source = sources.emplace_back();
      if (list[i].is_string()) {
        source.path = list[i].get<std::string>();
      } else {
        PPL_CHECK(list[i].is_object(), "configuration: ", where,
                  " must be a path, or a list of paths and objects, not ", j.dump());
        read_object(list[i], source, where + "." + std::to_string(i));
      }
    }
  }

  static void read_augment(const json& j, AugmentConfig& augment, const std::string& where) {
    PPL_CHECK(j.is_object() || j.is_boolean() || j == "published", "configuration: ", where,
              " must be \"published\", false or an object, not ", j.dump());
    augment.on = j != false;
    if (j.is_object()) read_object(j, augment, where);
  }

 private:
  const json& json_;
  std::string where_;
  std::vector<std::string> known_;
};

struct Writer {
  json out = json::object();

  template <class T>
  void operator()(const char* key, T& value, const char* = nullptr) {
    if constexpr (is_plain<T>) {
      out[key] = value;
    } else if constexpr (std::is_same_v<T, AugmentConfig>) {
      out[key] = value.on ? write(value) : json(false);
    } else if constexpr (is_list<T>) {
      out[key] = json::array();
      for (auto& item : value) out[key].push_back(write(item));
    } else {
      out[key] = write(value);
    }
  }

  template <class T>
  static json write(T& value) {
    Writer w;
    visit(w, value);
    return w.out;
  }
};

// Every key that has an old name, as {old, new}.
struct OldKeys {
  std::vector<std::pair<std::string, std::string>> all;

  template <class T>
  void operator()(const char* key, T& value, const char* old = nullptr) {
    if (old) all.emplace_back(old, key);
    if constexpr (is_list<T> && !is_plain<T>) {
      typename T::value_type item;
      visit(*this, item);
    } else if constexpr (!is_plain<T>) {
      visit(*this, value);
    }
  }
};

const std::vector<std::pair<std::string, std::string>>& old_keys() {
  static const auto all = [] {
    OldKeys keys;
    TrainConfig c;
    visit(keys, c);
    return keys.all;
  }();
  return all;
}

// The keys of one object.
struct Keys {
  std::vector<std::string> all;

  template <class T>
  void operator()(const char* key, T&, const char* = nullptr) {
    all.emplace_back(key);
  }

  template <class T>
  static bool has(const std::string& key) {
    Keys keys;
    T object;
    visit(keys, object);
    return std::find(keys.all.begin(), keys.all.end(), key) != keys.all.end();
  }
};

std::string new_name(const std::string& key) {
  for (const auto& [old, now] : old_keys())
    if (key == old) return now;
  return key;
}

}  // namespace

std::string place_of_key(const std::string& given) {
  const std::string key = new_name(given == "lr" ? "learning_rate" : given);
  if (Keys::has<StageConfig>(key)) return "stages.0." + key;
  return Keys::has<TrainConfig>(key) ? key : "";
}

TrainConfig parse_config(const json& given) {
  json j = given;
  rename_old_keys(j);
  TrainConfig c;
  Reader::read_object(j, c, "");
  check_config(c);
  return c;
}

int classes_of(const TrainConfig& c, const StageConfig& s) { return s.classes > 0 ? s.classes : c.network.classes; }

json to_json(const TrainConfig& c) {
  TrainConfig copy = c;
  return Writer::write(copy);
}

void rename_old_keys(json& j) {
  for (json& item : j) {
    if (item.is_structured()) rename_old_keys(item);
  }
  if (!j.is_object()) return;
  for (const auto& [old, now] : old_keys()) {
    if (!j.contains(old)) continue;
    PPL_CHECK(!j.contains(now), "configuration: '", old, "' is the old name of '", now, "'; give one of them");
    j[now] = std::move(j[old]);
    j.erase(old);
  }
}

std::string old_keys_text() {
  std::string text;
  for (const auto& [old, now] : old_keys()) text += cat(text.empty() ? "" : ", ", old, " (now ", now, ")");
  return text;
}

void override_value(json& j, const std::string& assignment) {
  const size_t equals = assignment.find('=');
  PPL_CHECK(equals != std::string::npos && equals > 0, "expected key=value, got '", assignment, "'");
  const std::string path = assignment.substr(0, equals), text = assignment.substr(equals + 1);
  rename_old_keys(j);
  json* at = &j;
  for (size_t from = 0; from <= path.size();) {
    const size_t dot = std::min(path.find('.', from), path.size());
    const std::string key = new_name(path.substr(from, dot - from));
    if (at->is_array()) {
      const bool digits = !key.empty() && key.size() < 9 &&
                          std::all_of(key.begin(), key.end(), [](char c) { return c >= '0' && c <= '9'; });
      PPL_CHECK(digits && std::stoul(key) < at->size(), path, ": there is no entry '", key, "' in a list of ",
                at->size());
      at = &(*at)[std::stoul(key)];
    } else {
      PPL_CHECK(at->is_object() || at->is_null(), path, ": '", key, "' is inside something that is not an object");
      at = &(*at)[key];
    }
    from = dot + 1;
  }
  const json parsed = json::parse(text, nullptr, false);
  *at = parsed.is_discarded() ? json(text) : parsed;
}

}  // namespace ppl::apps
