// Pieces of work that several processes share through files in one folder, on one machine or on several with the same
// file system. No process waits for a message of another.
#pragma once

#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <thread>

namespace ppl::apps {

// A lease is a file NAME.lease whose time of change its owner keeps renewing. One that is older than the lease's
// length, by the file system's own clock, belongs to nobody. Should two processes ever own one piece, both compute the
// same and write it whole.
class Leases {
 public:
  Leases(std::string folder, double seconds);
  ~Leases();  // gives back what is held
  Leases(const Leases&) = delete;
  Leases& operator=(const Leases&) = delete;

  // True where the piece is ours from now on; false where another process has it, or we have it already.
  bool take(const std::string& name);
  void give_back(const std::string& name);

 private:
  std::string path(const std::string& name) const { return folder_ + "/" + name + ".lease"; }
  bool create(const std::string& name);
  bool is_old(const std::string& file) const;
  void renew();

  const std::string folder_, clock_;  // clock_: a file that is changed to learn the file system's time
  const double seconds_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stop_ = false;
  std::set<std::string> held_;
  std::jthread renewer_;
};

}  // namespace ppl::apps
