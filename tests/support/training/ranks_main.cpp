#define DOCTEST_CONFIG_IMPLEMENT
#include "tests/support/training/ranks_main.h"

#include <doctest/doctest.h>

#include <iostream>

namespace ppl {
namespace {

Communication* connected = nullptr;

}  // namespace

Communication& all_ranks() { return *connected; }

CommunicationOptions rank_options() {
  return {.timeout_seconds = 5, .on_lost = [](const std::string& what) { std::cerr << what << std::endl; }};
}

}  // namespace ppl

int main(int argc, char** argv) {
  const std::unique_ptr<ppl::Communication> ranks = ppl::connect(ppl::rank_options());
  ppl::connected = ranks.get();
  return doctest::Context(argc, argv).run();
}
