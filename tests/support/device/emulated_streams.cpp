#include "kernels/emulate/streams.h"
#include "tests/support/device/late_streams.h"

namespace ppl {

Late::Late(bool computing, bool copying) { emulate::set_late_streams({computing, copying}); }
Late::~Late() { emulate::set_late_streams({}); }
int64_t stream_waits() { return emulated_synchronizations(); }

}  // namespace ppl
