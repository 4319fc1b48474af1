// JSON of people's files.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "kernels/base.h"

namespace ppl {

// What nlohmann's exceptions say, without their number in front ("[json.exception.parse_error.101] ").
inline std::string json_problem(const std::exception& e) {
  const std::string text = e.what();
  const size_t end = text.starts_with("[json.exception") ? text.find("] ") : std::string::npos;
  return end == std::string::npos ? text : text.substr(end + 2);
}

// Error naming `where`; also for text nested so deeply that whoever walks it would run out of stack.
template <class Json = nlohmann::json>
Json parse_json(std::string_view text, const std::string& where, bool comments = false, int deepest = 64) {
  const auto shallow = [&](int depth, typename Json::parse_event_t, Json&) {
    PPL_CHECK(depth <= deepest, where, ": lists and objects are nested more than ", deepest, " levels deep");
    return true;
  };
  try {
    return Json::parse(text, shallow, true, comments);
  } catch (const typename Json::exception& e) {
    throw Error(cat(where, ": ", json_problem(e)));
  }
}

}  // namespace ppl
