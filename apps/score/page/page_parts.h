// The parts of a page that are the same for all: style, switches, script.
#pragma once

#include <string>

namespace ppl::score {

std::string page_head(const std::string& title);  // title: as HTML
std::string page_switches();
std::string page_tail();

}  // namespace ppl::score
