// Names of ops and phases in a profile of the device (Nsight Systems). Defined in profile_range_nvtx.cpp, or in
// no_nvtx.cpp, where it does nothing.
#pragma once

namespace ppl {

// What this thread does while it lives, under this name; ranges may lie in one another.
class ProfileRange {
 public:
  explicit ProfileRange(const char* name);
  ~ProfileRange();
  ProfileRange(const ProfileRange&) = delete;
  ProfileRange& operator=(const ProfileRange&) = delete;
};

}  // namespace ppl
