#include "kernels/emulate/grid.h"
#include "tests/support/device/thread_orders.h"

namespace ppl {

void for_thread_orders(const std::function<void(const std::string&)>& each) {
  using emulate::ThreadOrder;
  emulate::set_thread_order(ThreadOrder::forward);
  each("forward");
  emulate::set_thread_order(ThreadOrder::reverse);
  each("reverse");
  emulate::set_thread_order(ThreadOrder::random);
  each("random");
  emulate::set_thread_order(ThreadOrder::forward);
}

}  // namespace ppl
