#include "tests/support/device/late_streams.h"

namespace ppl {

Late::Late(bool, bool) {}
Late::~Late() {}
int64_t stream_waits() { return 0; }

}  // namespace ppl
