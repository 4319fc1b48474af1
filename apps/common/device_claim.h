// Which of the machine's devices are taken by other processes of the same user, told by locked files, so that processes
// that are started side by side take different ones.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace ppl::apps {

class DeviceClaim {
 public:
  // devices: names that are the same in every process, in the order of their numbers here. Takes the one of number
  // `wanted`, else the first of those that the fewest processes have. What cannot be locked is taken to be free.
  DeviceClaim(const std::string& folder, const std::vector<std::string>& devices, std::optional<int> wanted = {});
  ~DeviceClaim();  // gives it back, as the end of the process does
  DeviceClaim(const DeviceClaim&) = delete;

  int number() const { return number_; }

 private:
  int number_, file_ = -1;
};

}  // namespace ppl::apps
