#include "kernels/emulate/fiber.h"

#include <cstdint>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

// x86-64 System V: keeps the registers that a callee must keep on this stack, stores its top, goes on with the other.
extern "C" void ppl_switch_stack(void** save, void* load);
asm(R"(
.text
.globl ppl_switch_stack
.type ppl_switch_stack,@function
ppl_switch_stack:
  push %rbp
  push %rbx
  push %r12
  push %r13
  push %r14
  push %r15
  mov %rsp, (%rdi)
  mov %rsi, %rsp
  pop %r15
  pop %r14
  pop %r13
  pop %r12
  pop %rbx
  pop %rbp
  ret
.size ppl_switch_stack, .-ppl_switch_stack
)");

namespace ppl::emulate {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr size_t kStackBytes = 256 << 10;
#else
constexpr size_t kStackBytes = 64 << 10;
#endif
constexpr int kSavedRegisters = 6;

thread_local Fiber* running = nullptr;
thread_local void* scheduler_top = nullptr;
thread_local const void* scheduler_stack = nullptr;
thread_local size_t scheduler_bytes = 0;

// AddressSanitizer has to be told which stack is in use.
#if defined(__SANITIZE_ADDRESS__)
void leaving(void** keep, const void* stack, size_t bytes) { __sanitizer_start_switch_fiber(keep, stack, bytes); }
void arrived(void* kept, const void** stack, size_t* bytes) { __sanitizer_finish_switch_fiber(kept, stack, bytes); }
void forget(char* stack) { ASAN_UNPOISON_MEMORY_REGION(stack, kStackBytes); }
#else
void leaving(void**, const void*, size_t) {}
void arrived(void*, const void**, size_t*) {}
void forget(char*) {}
#endif

}  // namespace

void Fiber::run() {
  arrived(nullptr, &scheduler_stack, &scheduler_bytes);
  running->entry_();
  __builtin_trap();
}

void Fiber::start(void (*entry)()) {
  if (!stack_) stack_ = std::make_unique_for_overwrite<char[]>(kStackBytes);
  forget(stack_.get());
  auto** top = reinterpret_cast<void**>((reinterpret_cast<uintptr_t>(stack_.get()) + kStackBytes) & ~uintptr_t{15});
  *--top = nullptr;  // aligned as at the entry of a function
  *--top = reinterpret_cast<void*>(&Fiber::run);
  for (int i = 0; i < kSavedRegisters; ++i) *--top = nullptr;
  top_ = top;
  entry_ = entry;
}

void Fiber::resume() {
  running = this;
  void* kept = nullptr;
  leaving(&kept, stack_.get(), kStackBytes);
  ppl_switch_stack(&scheduler_top, top_);
  arrived(kept, nullptr, nullptr);
}

void Fiber::suspend() {
  void* kept = nullptr;
  leaving(&kept, scheduler_stack, scheduler_bytes);
  ppl_switch_stack(&running->top_, scheduler_top);
  arrived(kept, nullptr, nullptr);
}

}  // namespace ppl::emulate
