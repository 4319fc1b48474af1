// The order in which batches are begun and finished, and three threads with queues between them.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "apps/predict/pipeline.h"
#include "kernels/base.h"

using namespace ppl;
using namespace ppl::apps;

namespace {

// What happens to `count` batches that wait in a queue.
std::string order_of(size_t ahead, int count) {
  BoundedQueue<int> queue(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) queue.push(i);
  queue.close();
  std::string order;
  UnderWay<int> under_way(ahead, [&](int i) { order += cat("f", i, " "); });
  while (const std::optional<int> i = under_way.next(queue)) {
    order += cat("b", *i, " ");
    under_way.add(*i);
  }
  return order;
}

}  // namespace

TEST_CASE("a batch is begun before the one before it is finished; results come in order") {
  CHECK(order_of(0, 3) == "b0 f0 b1 f1 b2 f2 ");
  CHECK(order_of(1, 4) == "b0 b1 f0 b2 f1 b3 f2 f3 ");
  CHECK(order_of(2, 4) == "b0 b1 b2 f0 b3 f1 f2 f3 ");
  CHECK(order_of(1, 0).empty());
}

// As with shared blocks: no more comes before the last batch is finished.
TEST_CASE("what is under way is finished while nothing else waits to be begun") {
  BoundedQueue<int> queue(4);
  queue.push(0);
  std::string order;
  UnderWay<int> under_way(1, [&](int i) {
    order += cat("f", i, " ");
    if (i == 0)
      queue.push(1);
    else
      queue.close();
  });
  while (const std::optional<int> i = under_way.next(queue)) {
    order += cat("b", *i, " ");
    under_way.add(*i);
  }
  CHECK(order == "b0 f0 b1 f1 ");
}

TEST_CASE("a failure of finishing leaves the pipeline and ends its threads") {
  std::vector<int> written;
  const auto run = [&] {
    run_pipeline<int, int>(
        2,
        [](BoundedQueue<int>& queue) {
          for (int i = 0; i < 1000; ++i) queue.push(i);
        },
        [](BoundedQueue<int>& in, BoundedQueue<int>& out) {
          UnderWay<int> under_way(1, [&](int i) {
            PPL_CHECK(i != 5, "batch ", i);
            out.push(i);
          });
          while (const std::optional<int> i = under_way.next(in)) under_way.add(*i);
        },
        [&](int i) { written.push_back(i); }, [] {});
  };
  CHECK_THROWS_WITH_AS(run(), "batch 5", Error);
  REQUIRE(written.size() <= 5);
  for (size_t i = 0; i < written.size(); ++i) CHECK(written[i] == static_cast<int>(i));
}
