// Loaded before a program's libraries (LD_PRELOAD), this lets one call of a kind fail:
//   PPL_FAULT=KIND:N        the N-th call (from 1) of KIND fails; 0: none
//   PPL_FAULT_UNDER=FOLDER  only files whose paths begin so count as opened
//   PPL_FAULT_TRAP=1        it stops a debugger instead
//   PPL_FAULT_COUNT=FILE    how many calls of KIND there were is written there at the end
// Counted from the beginning of main on. Kinds: write (no room), rename, open (too many files), thread, memory (what
// the program itself asks for, not what libraries do for themselves), kill (the process, before a write or rename).
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

namespace {

enum Kind { fault_write, fault_rename, fault_open, fault_thread, fault_memory, fault_kill, fault_none };

struct Fault {
  Kind kind = fault_none;
  long at = 0;
  const char* under = "";
  std::atomic<long> calls{0};
  std::atomic<bool> in_main{false};

  Fault() {
    const char* text = std::getenv("PPL_FAULT");
    const char* colon = text ? std::strchr(text, ':') : nullptr;
    if (!colon) return;
    const char* names[] = {"write", "rename", "open", "thread", "memory", "kill"};
    for (int i = 0; i < fault_none; ++i)
      if (std::strncmp(text, names[i], std::strlen(names[i])) == 0) kind = static_cast<Kind>(i);
    at = std::atol(colon + 1);
    if (const char* folder = std::getenv("PPL_FAULT_UNDER")) under = folder;
  }
  ~Fault() {
    const char* path = std::getenv("PPL_FAULT_COUNT");
    if (!path || kind == fault_none) return;
    char text[32];
    const int size = std::snprintf(text, sizeof text, "%ld\n", calls.load());
    kind = fault_none;
    const int fd = ::open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd >= 0 && ::write(fd, text, static_cast<size_t>(size)) == size) ::close(fd);
  }
  bool hits(Kind k) {
    const bool hit = kind == k && in_main && ++calls == at;
    if (hit && std::getenv("PPL_FAULT_TRAP")) raise(SIGTRAP);
    return hit;
  }
};

Fault& fault() {
  static Fault f;
  return f;
}
[[maybe_unused]] const Fault& made_early = fault();

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

bool fails(Kind kind, int error) {
  if ((kind == fault_write || kind == fault_rename) && fault().hits(fault_kill)) kill(getpid(), SIGKILL);
  if (!fault().hits(kind)) return false;
  errno = error;
  return true;
}

bool is_under(const char* path) { return std::strncmp(path, fault().under, std::strlen(fault().under)) == 0; }
bool open_fails(const char* path) { return fault().kind == fault_open && is_under(path) && fails(fault_open, EMFILE); }
bool is_standard(FILE* file) { return file == nullptr || file == stdout || file == stderr || file == stdin; }

// Whether an address lies in the program itself, and not in a library.
bool in_program(const void* address) {
  struct Range {
    uintptr_t begin = 0, end = 0;
  };
  static const Range program = [] {
    Range range;
    dl_iterate_phdr(
        [](dl_phdr_info* info, size_t, void* data) {
          auto* r = static_cast<Range*>(data);
          for (int i = 0; i < info->dlpi_phnum; ++i) {
            const auto& part = info->dlpi_phdr[i];
            if (part.p_type != PT_LOAD || !(part.p_flags & PF_X)) continue;
            r->begin = info->dlpi_addr + part.p_vaddr;
            r->end = r->begin + part.p_memsz;
          }
          return 1;  // the first one is the program
        },
        &range);
    return range;
  }();
  const auto at = reinterpret_cast<uintptr_t>(address);
  return at >= program.begin && at < program.end;
}

bool memory_fails(const void* caller) {
  return fault().kind == fault_memory && in_program(caller) && fault().hits(fault_memory);
}

void* taken(void* memory) {
  if (!memory) throw std::bad_alloc();
  return memory;
}

mode_t mode_of(int flags, va_list list) {
  return flags & (O_CREAT | O_TMPFILE) ? static_cast<mode_t>(va_arg(list, unsigned)) : 0;
}

int (*real_main)(int, char**, char**);

int counted_main(int count, char** words, char** environment) {
  fault().in_main = true;
  return real_main(count, words, environment);
}

}  // namespace

extern "C" {

int __libc_start_main(int (*main)(int, char**, char**), int count, char** words, void (*init)(), void (*fini)(),
                      void (*rtld_fini)(), void* stack_end) {
  real_main = main;
  using Start = int(int (*)(int, char**, char**), int, char**, void (*)(), void (*)(), void (*)(), void*);
  return next<Start>("__libc_start_main")(counted_main, count, words, init, fini, rtld_fini, stack_end);
}

ssize_t write(int fd, const void* data, size_t size) {
  if (fd > 2 && fails(fault_write, ENOSPC)) return -1;
  return next<ssize_t(int, const void*, size_t)>("write")(fd, data, size);
}
ssize_t pwrite(int fd, const void* data, size_t size, off_t at) {
  if (fails(fault_write, ENOSPC)) return -1;
  return next<ssize_t(int, const void*, size_t, off_t)>("pwrite")(fd, data, size, at);
}
ssize_t pwrite64(int fd, const void* data, size_t size, off64_t at) {
  if (fails(fault_write, ENOSPC)) return -1;
  return next<ssize_t(int, const void*, size_t, off64_t)>("pwrite64")(fd, data, size, at);
}
ssize_t writev(int fd, const iovec* parts, int count) {
  if (fd > 2 && fails(fault_write, ENOSPC)) return -1;
  return next<ssize_t(int, const iovec*, int)>("writev")(fd, parts, count);
}
size_t fwrite(const void* data, size_t size, size_t count, FILE* file) {
  if (!is_standard(file) && fails(fault_write, ENOSPC)) return 0;
  return next<size_t(const void*, size_t, size_t, FILE*)>("fwrite")(data, size, count, file);
}
int fflush(FILE* file) {
  if (!is_standard(file) && fails(fault_write, ENOSPC)) return EOF;
  return next<int(FILE*)>("fflush")(file);
}
int fsync(int fd) { return fails(fault_write, EIO) ? -1 : next<int(int)>("fsync")(fd); }

int rename(const char* from, const char* to) {
  return fails(fault_rename, EIO) ? -1 : next<int(const char*, const char*)>("rename")(from, to);
}

int open(const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const mode_t mode = mode_of(flags, list);
  va_end(list);
  return open_fails(path) ? -1 : next<int(const char*, int, ...)>("open")(path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const mode_t mode = mode_of(flags, list);
  va_end(list);
  return open_fails(path) ? -1 : next<int(const char*, int, ...)>("open64")(path, flags, mode);
}
FILE* fopen(const char* path, const char* mode) {
  return open_fails(path) ? nullptr : next<FILE*(const char*, const char*)>("fopen")(path, mode);
}
FILE* fopen64(const char* path, const char* mode) {
  return open_fails(path) ? nullptr : next<FILE*(const char*, const char*)>("fopen64")(path, mode);
}

int pthread_create(pthread_t* thread, const pthread_attr_t* how, void* (*work)(void*), void* with) {
  if (fails(fault_thread, EAGAIN)) return EAGAIN;
  return next<int(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*)>("pthread_create")(thread, how, work,
                                                                                                 with);
}

int posix_memalign(void** memory, size_t alignment, size_t size) {
  if (memory_fails(__builtin_return_address(0))) return ENOMEM;
  return next<int(void**, size_t, size_t)>("posix_memalign")(memory, alignment, size);
}
void* aligned_alloc(size_t alignment, size_t size) {
  if (memory_fails(__builtin_return_address(0))) return nullptr;
  return next<void*(size_t, size_t)>("aligned_alloc")(alignment, size);
}

}  // extern "C"

void* operator new(size_t size) {
  if (memory_fails(__builtin_return_address(0))) throw std::bad_alloc();
  return taken(std::malloc(size));
}
void* operator new[](size_t size) {
  if (memory_fails(__builtin_return_address(0))) throw std::bad_alloc();
  return taken(std::malloc(size));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t) noexcept { std::free(memory); }
