#include "tests/support/device/thread_orders.h"

namespace ppl {

void for_thread_orders(const std::function<void(const std::string&)>& each) { each("device"); }

}  // namespace ppl
