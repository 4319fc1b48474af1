// Why something failed, in words for whoever started predict.
#pragma once

#include <exception>
#include <string>

namespace ppl::apps {

// what() of an error; where memory was short, also the options by which less is needed.
std::string reason(const std::exception&);

}  // namespace ppl::apps
