// What became of a pixel, a line or a building: its word and its colour on every sheet and page.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace ppl::apps {

struct Colour {
  uint8_t red = 0, green = 0, blue = 0;
};

struct LegendEntry {
  const char* word;
  Colour colour;
};
inline constexpr LegendEntry kTruth{"truth", {215, 225, 235}}, kFound{"found", {92, 214, 160}},
    kMissed{"missed", {255, 180, 64}}, kFalse{"false", {240, 60, 150}};
// In the order in which legends name them. The truth as a whole is not told apart on pages.
inline constexpr std::array kLegend{kTruth, kFound, kMissed, kFalse};

std::string css(Colour);  // "#5cd6a0"

}  // namespace ppl::apps
