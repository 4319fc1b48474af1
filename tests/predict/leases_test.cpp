// Work shared through files: leases of the dead, of the paused and of the future, and threads that cannot start.
#include <dlfcn.h>
#include <doctest/doctest.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <thread>

#include "apps/predict/leases.h"
#include "apps/predict/pipeline.h"
#include "kernels/base.h"
#include "tests/support/process.h"

using namespace ppl;
using namespace ppl::apps;
namespace fs = std::filesystem;

namespace {
std::atomic<int> threads_left{1 << 30};  // that still start
}

// In front of the system's own.
extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*),
                              void* argument) {
  using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static const auto create = reinterpret_cast<Create>(dlsym(RTLD_NEXT, "pthread_create"));
  return threads_left-- > 0 ? create(thread, attributes, run, argument) : EAGAIN;
}

namespace {

void set_age(const std::string& file, std::chrono::seconds age) {
  fs::last_write_time(file, fs::file_time_type::clock::now() - age);
}

bool take_within(Leases& leases, const std::string& name, double seconds) {
  for (int i = 0; i < static_cast<int>(seconds * 50); ++i) {
    if (leases.take(name)) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

}  // namespace

TEST_CASE("a pipeline whose threads cannot start ends with an error") {
  for (const int started : {0, 1}) {
    threads_left = started;
    int stopped = 0;
    CHECK_THROWS((run_pipeline<int, int>(
        1,
        [](BoundedQueue<int>& queue) {
          for (int i = 0; i < 100; ++i) queue.push(i);
        },
        [](BoundedQueue<int>& in, BoundedQueue<int>& out) {
          while (const std::optional<int> i = in.pop()) out.push(*i);
        },
        [](int) {}, [&] { ++stopped; })));
    threads_left = 1 << 30;
    CHECK(stopped >= 1);
  }
}

TEST_CASE("a lease that nobody renews is taken over, whatever its time says") {
  const TemporaryFolder dir;
  Leases own(dir.path, 0.4);
  for (const auto age : {std::chrono::seconds(3600), std::chrono::seconds(-1000000)}) {
    write_file(dir / "a.lease", std::string("host, process 1"));
    set_age(dir / "a.lease", age);
    CHECK(own.owner("a") == "host, process 1");
    CHECK(take_within(own, "a", 3));
    own.give_back("a");
    CHECK_FALSE(fs::exists(dir / "a.lease"));
  }
}

TEST_CASE("a lease that is renewed stays with its owner") {
  const TemporaryFolder dir;
  Leases one(dir.path, 0.4), two(dir.path, 0.4);
  CHECK(one.take("a"));
  CHECK_FALSE(take_within(two, "a", 1.5));
  one.give_back("a");
  CHECK(two.take("a"));
}

TEST_CASE("one that slept does not remove the lease of the one that took over") {
  const TemporaryFolder dir;
  Leases awake(dir.path, 0.4);
  const pid_t child = fork();
  if (child == 0) {
    Leases sleepy(dir.path, 0.4);
    if (!sleepy.take("a")) _exit(1);
    raise(SIGSTOP);
    sleepy.give_back("a");
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, WUNTRACED);
  REQUIRE(WIFSTOPPED(status));
  CHECK(take_within(awake, "a", 3));
  kill(child, SIGCONT);
  waitpid(child, &status, 0);
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(fs::exists(dir / "a.lease"));
}
