// Options whose values are words, parsed once into an enum.
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace ppl::apps {

// Several words may mean one value; the first is the one that is written.
template <class Value>
using Choices = std::vector<std::pair<const char*, Value>>;

template <class Value>
std::string word_of(const Choices<Value>& choices, Value value) {
  return std::find_if(choices.begin(), choices.end(), [&](const auto& c) { return c.second == value; })->first;
}

// An option that takes one of the words. `value` may be an optional, then no default is shown.
template <class Target, class Value>
CLI::Option* add_choice(CLI::App& app, const std::string& name, Target& value, const Choices<Value>& choices,
                        const std::string& help) {
  std::vector<std::string> words;
  for (const auto& choice : choices) words.emplace_back(choice.first);
  const auto take = [&value, choices](const std::string& word) {
    value = std::find_if(choices.begin(), choices.end(), [&](const auto& c) { return word == c.first; })->second;
  };
  CLI::Option* option = app.add_option_function<std::string>(name, take, help)->check(CLI::IsMember(words));
  if constexpr (std::is_same_v<Target, Value>) option->default_str(word_of(choices, value));
  return option;
}

}  // namespace ppl::apps
