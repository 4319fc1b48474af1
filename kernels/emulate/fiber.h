// Threads of a block as fibers: functions with stacks of their own that hand over to each other.
#pragma once

#include <cstddef>
#include <memory>

namespace ppl::emulate {

// Runs entry() on its own stack, a piece at each resume(), until the piece calls suspend(). Entry must not return or
// throw.
class Fiber {
 public:
  // To the beginning; what was on the stack is forgotten without being destroyed.
  void start(void (*entry)());
  bool started() const { return top_ != nullptr; }

  void resume();          // from the scheduler
  static void suspend();  // from inside the fiber that runs, back to the scheduler

 private:
  static void run();

  std::unique_ptr<char[]> stack_;
  void* top_ = nullptr;
  void (*entry_)() = nullptr;
};

}  // namespace ppl::emulate
