// Streams of the emulation that do nothing before somebody waits for it (kernels/emulate/streams.h). On a device
// streams are as they are.
#pragma once

#include <cstdint>

namespace ppl {

// While one lives: the stream that computes, the others.
struct Late {
  Late(bool computing, bool copying);
  ~Late();
  Late(const Late&) = delete;
  Late& operator=(const Late&) = delete;
};

// How often the host has waited for a whole stream; 0 on a device.
int64_t stream_waits();

}  // namespace ppl
