// Pieces of work that several processes share through files in one folder, on one machine or on several with the same
// file system. No process waits for a message of another.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "io/file.h"

namespace ppl::apps {

// A lease is a file NAME.lease whose time of change its owner keeps renewing. It belongs to nobody where it is older
// than the lease's length by the file system's own clock, or where that long nothing changed it before our eyes,
// whatever its time says. Should two processes ever own one piece, both compute the same and write it whole.
class Leases {
 public:
  Leases(std::string folder, double seconds);
  ~Leases();  // gives back what is held
  Leases(const Leases&) = delete;
  Leases& operator=(const Leases&) = delete;

  // True where the piece is ours from now on; false where another process has it, or we have it already.
  bool take(const std::string& name);
  void give_back(const std::string& name);
  bool has(const std::string& name);  // whether we hold it
  // Host and process that hold the piece; empty where nobody does.
  std::string owner(const std::string& name) const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Watched {
    std::string stamp;  // number and time of change of the file
    Clock::time_point since;
  };

  std::string path(const std::string& name) const { return folder_ + "/" + name + ".lease"; }
  bool create(const std::string& name);
  bool is_ours(const std::string& name) const;
  bool is_old(const std::string& file) const;
  bool is_dead(const std::string& name);
  void renew();

  const std::string folder_;
  const double seconds_;
  TemporaryFile clock_;    // changed to learn the file system's time
  const std::string who_;  // what our leases hold: host and process, and below what no other process writes
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stop_ = false;
  std::set<std::string> held_;
  std::map<std::string, Watched> of_others_;  // as seen last
  std::jthread renewer_;
};

}  // namespace ppl::apps
