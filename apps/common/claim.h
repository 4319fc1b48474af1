// Whose an output folder is: one job's, and nothing is written there that the job did not find free.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/common/output.h"

namespace ppl::apps {

// What decides a job's results, as a flat JSON object in the order in which differences are told.
using Settings = nlohmann::ordered_json;
// "threshold is 0.5 there and 0.9 here"; empty where they are equal.
std::string difference(const Settings& there, const Settings& here);

struct Claim {
  std::string folder;  // of the results
  std::string name;    // of the folder in it for the job's own files, such as .predict
  Settings settings;
  std::vector<std::string> files;  // that the job may write: relative to the folder, or absolute
  std::vector<std::string> inputs;
  Existing existing = Existing::fail;
  bool share = false;  // other processes of the same job may be at work
};

// Makes the folder, and keeps it for this process, or for those that share the job, as long as it lives.
// Error, with nothing changed, where
// - a file that the job may write is an input, or is there and was not written by a job of this folder;
// - a folder below is a link;
// - another process is at work there that does not share;
// - the folder holds results of a job: with fail of any; with skip, or where it is shared, of one with other settings.
// overwrite removes what an earlier job wrote (where it is shared: a job with other settings).
class ClaimedFolder {
 public:
  explicit ClaimedFolder(const Claim&);
  ~ClaimedFolder();
  ClaimedFolder(const ClaimedFolder&) = delete;
  ClaimedFolder& operator=(const ClaimedFolder&) = delete;

  // For the job's own files.
  const std::string& own() const { return own_; }

 private:
  void lock(const Claim&);
  void settle(const Claim&);
  void write_claim(const Claim&, std::vector<std::string> earlier) const;

  std::string folder_, own_;
  int lock_ = -1;
  bool alone_ = true;  // nobody else has the folder
};

}  // namespace ppl::apps
