#include "apps/predict/leases.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "kernels/base.h"

namespace ppl::apps {
namespace {

std::string this_process() {
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  return cat(host, ", process ", getpid());
}

// Sets the time of change to now, as the file system has it.
void touch(const std::string& file) { utimensat(AT_FDCWD, file.c_str(), nullptr, 0); }

double changed(const struct stat& s) {
  return static_cast<double>(s.st_mtim.tv_sec) + 1e-9 * static_cast<double>(s.st_mtim.tv_nsec);
}

// Empty where there is none.
std::string content(const std::string& file) {
  try {
    return read_text(file, 4096);
  } catch (const Error&) {
    return "";
  }
}

}  // namespace

Leases::Leases(std::string folder, double seconds)
    : folder_(std::move(folder)),
      seconds_(seconds),
      clock_(folder_ + "/clock"),
      who_(cat(this_process(), '\n', clock_.name())) {
  renewer_ = std::jthread([this] { renew(); });
}

Leases::~Leases() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  stopped_.notify_all();
  renewer_.join();
  while (!held_.empty()) give_back(std::string(*held_.begin()));
}

bool Leases::create(const std::string& name) {
  const int fd = open(path(name).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  PPL_CHECK(fd >= 0 || errno == EEXIST, path(name), ": cannot create: ", std::strerror(errno));
  if (fd < 0) return false;
  const bool written = write(fd, who_.data(), who_.size()) == static_cast<ssize_t>(who_.size());
  const int error = errno;
  close(fd);
  if (!written) unlink(path(name).c_str());
  PPL_CHECK(written, path(name), ": cannot write: ", std::strerror(error));
  held_.insert(name);
  return true;
}

bool Leases::is_ours(const std::string& name) const { return held_.contains(name) && content(path(name)) == who_; }

bool Leases::is_old(const std::string& file) const {
  struct stat lease, now;
  touch(clock_.name());
  if (stat(file.c_str(), &lease) != 0 || fstat(clock_.fd(), &now) != 0) return false;
  return changed(now) - changed(lease) > seconds_;
}

bool Leases::is_dead(const std::string& name) {
  struct stat s;
  if (stat(path(name).c_str(), &s) != 0) return false;
  Watched now{cat(s.st_ino, ' ', s.st_mtim.tv_sec, ' ', s.st_mtim.tv_nsec), Clock::now()};
  Watched& seen = of_others_[name];
  if (seen.stamp != now.stamp) seen = now;
  return is_old(path(name)) || std::chrono::duration<double>(now.since - seen.since).count() > seconds_;
}

bool Leases::take(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (held_.contains(name)) return false;
  if (create(name)) return true;
  if (!is_dead(name)) return false;
  // Of several processes that see the dead lease one moves it away. Should a new one be hit, it is put back.
  const std::string stamp = of_others_[name].stamp;
  const std::string aside = clock_.name() + ".aside";
  if (rename(path(name).c_str(), aside.c_str()) != 0) return false;
  struct stat s;
  const bool same =
      stat(aside.c_str(), &s) == 0 && stamp == cat(s.st_ino, ' ', s.st_mtim.tv_sec, ' ', s.st_mtim.tv_nsec);
  if (!same) (void)!link(aside.c_str(), path(name).c_str());
  unlink(aside.c_str());
  return same && create(name);
}

void Leases::give_back(const std::string& name) {
  const std::lock_guard lock(mutex_);
  // One that was taken over while we slept is not ours to remove.
  if (is_ours(name)) unlink(path(name).c_str());
  held_.erase(name);
}

bool Leases::has(const std::string& name) {
  const std::lock_guard lock(mutex_);
  return held_.contains(name);
}

std::string Leases::owner(const std::string& name) const {
  const std::string who = content(path(name));
  return who.substr(0, who.find('\n'));
}

void Leases::renew() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    for (const std::string& name : held_)
      if (is_ours(name)) touch(path(name));
    stopped_.wait_for(lock, std::chrono::duration<double>(seconds_ / 4), [&] { return stop_; });
  }
}

}  // namespace ppl::apps
