// Memory of the emulated device. As on a real one the host cannot reach it: outside of kernels and copies an access
// ends the program (SIGSEGV; under AddressSanitizer a report of use after poisoning).
#pragma once

#include <cstddef>

namespace ppl::emulate {

// Aligned to 256 bytes, as a device's allocator gives. Null where there is no more. Under AddressSanitizer a block ends
// exactly where asked, so that an access beyond is reported.
void* take_device_memory(size_t bytes);
// For tests of want of memory: no block larger than this is given, until another number is set.
void set_largest_block(size_t bytes);
void give_device_memory(void*);

// While one lives, device memory can be reached.
class DeviceAccess {
 public:
  DeviceAccess();
  ~DeviceAccess();
  DeviceAccess(const DeviceAccess&) = delete;
  DeviceAccess& operator=(const DeviceAccess&) = delete;
};

}  // namespace ppl::emulate
