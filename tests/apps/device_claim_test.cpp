#include <doctest/doctest.h>

#include <memory>

#include "apps/common/device_claim.h"
#include "tests/support/temporary_folder.h"

using namespace ppl;
using apps::DeviceClaim;

TEST_CASE("processes side by side take different devices, and more processes than devices share them evenly") {
  const TemporaryFolder dir;
  const std::string folder = dir / "devices";
  const std::vector<std::string> devices{"a", "b", "c"};
  std::vector<std::unique_ptr<DeviceClaim>> claims;
  for (const int expected : {0, 1, 2, 0, 1}) {
    claims.push_back(std::make_unique<DeviceClaim>(folder, devices));
    CHECK(claims.back()->number() == expected);
  }
  claims[1].reset();  // of two processes on b one has ended
  CHECK(DeviceClaim(folder, devices).number() == 1);
  claims[2].reset();
  CHECK(DeviceClaim(folder, devices).number() == 1);  // both free at the first place
  const DeviceClaim second(folder, devices), third(folder, devices);
  CHECK(second.number() == 1);
  CHECK(third.number() == 2);
}

TEST_CASE("a device that a process shows under another number is still the same device") {
  const TemporaryFolder dir;
  const DeviceClaim first(dir / "devices", {"a", "b"});
  CHECK(first.number() == 0);
  CHECK(DeviceClaim(dir / "devices", {"b", "a"}).number() == 0);
  CHECK(DeviceClaim(dir / "devices", {"a"}).number() == 0);  // all that it sees
}

TEST_CASE("a device that is asked for is taken, and seen by others") {
  const TemporaryFolder dir;
  const DeviceClaim wanted(dir / "devices", {"a", "b"}, 0), again(dir / "devices", {"a", "b"}, 0);
  CHECK(wanted.number() == 0);
  CHECK(again.number() == 0);
  CHECK(DeviceClaim(dir / "devices", {"a", "b"}).number() == 1);
}

TEST_CASE("where nothing can be locked the first device is taken") {
  CHECK(DeviceClaim("/no/such/folder/here", {"a", "b"}).number() == 0);
  CHECK(DeviceClaim("/no/such/folder/here", {"a", "b"}, 1).number() == 1);
}
