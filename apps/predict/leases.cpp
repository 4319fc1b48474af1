#include "apps/predict/leases.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "kernels/base.h"

namespace ppl::apps {
namespace {

std::string this_process() {
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  return cat(host, ".", getpid());
}

// Sets the time of change to now, as the file system has it.
void touch(const std::string& file) { utimensat(AT_FDCWD, file.c_str(), nullptr, 0); }

double changed(const struct stat& s) {
  return static_cast<double>(s.st_mtim.tv_sec) + 1e-9 * static_cast<double>(s.st_mtim.tv_nsec);
}

bool create_file(const std::string& file) {
  const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0) {
    PPL_CHECK(errno == EEXIST, file, ": cannot create: ", std::strerror(errno));
    return false;
  }
  close(fd);
  return true;
}

}  // namespace

Leases::Leases(std::string folder, double seconds)
    : folder_(std::move(folder)), clock_(folder_ + "/clock." + this_process()), seconds_(seconds) {
  create_file(clock_);
  renewer_ = std::jthread([this] { renew(); });
}

Leases::~Leases() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  stopped_.notify_all();
  renewer_.join();
  for (const std::string& name : held_) unlink(path(name).c_str());
  unlink(clock_.c_str());
}

bool Leases::create(const std::string& name) {
  if (!create_file(path(name))) return false;
  held_.insert(name);
  return true;
}

bool Leases::is_old(const std::string& file) const {
  struct stat lease, now;
  touch(clock_);
  if (stat(file.c_str(), &lease) != 0 || stat(clock_.c_str(), &now) != 0) return false;
  return changed(now) - changed(lease) > seconds_;
}

bool Leases::take(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (held_.contains(name)) return false;
  if (create(name)) return true;
  if (!is_old(path(name))) return false;
  // Of several processes that see the old lease one moves it away. Should a new one be hit, it is put back.
  const std::string aside = path(name) + "." + this_process();
  if (rename(path(name).c_str(), aside.c_str()) != 0) return false;
  const bool was_old = is_old(aside);
  if (!was_old) (void)!link(aside.c_str(), path(name).c_str());
  unlink(aside.c_str());
  return was_old && create(name);
}

void Leases::give_back(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (held_.erase(name) > 0) unlink(path(name).c_str());
}

void Leases::renew() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    for (const std::string& name : held_) touch(path(name));
    stopped_.wait_for(lock, std::chrono::duration<double>(seconds_ / 4), [&] { return stop_; });
  }
}

}  // namespace ppl::apps
