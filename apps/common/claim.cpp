#include "apps/common/claim.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <set>
#include <sstream>
#include <thread>
#include <unordered_set>

#include "io/file.h"
#include "kernels/base.h"

namespace fs = std::filesystem;

namespace ppl::apps {
namespace {

std::string path_in(const std::string& folder, const std::string& file) { return (fs::path(folder) / file).string(); }

bool is_there(const std::string& path) {
  struct stat s;
  return lstat(path.c_str(), &s) == 0;
}

std::vector<std::string> read_names(const std::string& path) {
  std::vector<std::string> names;
  if (!is_there(path)) return names;
  std::istringstream text(read_text(path, uint64_t{8} << 30));
  for (std::string name; std::getline(text, name, '\0');) names.push_back(name);
  return names;
}

// Nothing where there is none, or what is there is damaged: then everything is done again.
Settings read_settings(const std::string& path) {
  if (!is_there(path)) return {};
  const Settings j = Settings::parse(read_text(path), nullptr, false);
  return j.is_object() ? j : Settings::object();
}

// Those below the claimed one that the job may write to.
std::set<fs::path> folders_below(const Claim& claim) {
  std::set<fs::path> folders;
  for (const std::string& file : claim.files) {
    if (fs::path(file).is_absolute()) continue;
    for (fs::path p = fs::path(file).parent_path(); !p.empty() && folders.insert(p).second;) p = p.parent_path();
  }
  return folders;
}

// Somebody's link may lead to what is not ours.
void refuse_links(const Claim& claim) {
  for (const fs::path& below : folders_below(claim))
    PPL_CHECK(!fs::is_symlink(claim.folder / below), (claim.folder / below).string(),
              ": is a link to another folder, which nothing is written through; remove it or name another output");
}

// What killed processes left.
void tidy(const Claim& claim, const std::string& own) {
  remove_abandoned(claim.folder);
  remove_abandoned(own);
  for (const fs::path& below : folders_below(claim)) remove_abandoned((claim.folder / below).string());
}

void refuse_what_is_not_ours(const Claim& claim, const std::vector<std::string>& earlier) {
  const std::unordered_set<std::string> ours(earlier.begin(), earlier.end());
  for (const std::string& file : claim.files)
    PPL_CHECK(ours.contains(file) || !is_there(path_in(claim.folder, file)), path_in(claim.folder, file),
              ": is there already and was not written by a job of this folder; move it away or name another output");
}

}  // namespace

std::string difference(const Settings& there, const Settings& here) {
  const auto value = [](const Settings& of, const std::string& key) {
    return of.contains(key) ? of.at(key).dump() : std::string("not said");
  };
  for (const Settings* keys : {&here, &there})
    for (const auto& [key, ignored] : keys->items())
      if (value(there, key) != value(here, key))
        return cat(key, " is ", value(there, key), " there and ", value(here, key), " here");
  return "";
}

ClaimedFolder::ClaimedFolder(const Claim& claim) : folder_(claim.folder), own_(path_in(claim.folder, claim.name)) {
  const SameFiles inputs(claim.inputs);
  for (const std::string& file : claim.files)
    PPL_CHECK(!inputs.contains(path_in(claim.folder, file)), path_in(claim.folder, file),
              ": would be written over the input; name another output");
  refuse_links(claim);
  if (!is_there(own_)) refuse_what_is_not_ours(claim, {});
  std::error_code error;
  fs::create_directories(own_, error);
  PPL_CHECK(!error, claim.folder, ": cannot be made a folder of results: ", error.message());
  lock(claim);
  try {
    settle(claim);
  } catch (...) {
    close(lock_);
    throw;
  }
  tidy(claim, own_);
  if (claim.share) flock(lock_, LOCK_SH);
  alone_ = !claim.share;
}

ClaimedFolder::~ClaimedFolder() {
  for (const std::string& folder : {folder_, own_}) remove_abandoned(folder);  // of those killed meanwhile
  close(lock_);
}

// Alone while the folder is settled, and all the time where nothing is shared. Locks go with their processes. A file
// system that knows none lets everybody in.
void ClaimedFolder::lock(const Claim& claim) {
  const std::string file = own_ + "/lock";
  lock_ = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  PPL_CHECK(lock_ >= 0, file, ": cannot create: ", std::strerror(errno));
  const auto refused = [&](int how) { return flock(lock_, how | LOCK_NB) != 0 && errno == EWOULDBLOCK; };
  for (int tries = 0; refused(LOCK_EX); ++tries) {
    if (claim.share && !refused(LOCK_SH)) {  // others are at work; their job is settled
      alone_ = false;
      return;
    }
    const bool wait = claim.share && tries < 600;  // until another of the job has settled the folder
    if (!wait) close(lock_);
    PPL_CHECK(wait, claim.folder, ": another process is at work there; wait for it, or name another output");
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

void ClaimedFolder::settle(const Claim& claim) {
  const Settings there = read_settings(own_ + "/job.json");
  const std::string other = there.is_null() ? "" : difference(there, claim.settings);
  std::vector<std::string> earlier = read_names(own_ + "/files");
  if (!there.is_null() && other.empty() && claim.existing == Existing::fail)
    throw Error(cat(claim.folder, ": holds results of this job already; --existing skip goes on with it, ",
                    "--existing overwrite begins anew"));
  if (!other.empty()) {
    PPL_CHECK(claim.existing == Existing::overwrite, claim.folder, ": holds results of another job (", other,
              "); name another output, or --existing overwrite replaces them");
    PPL_CHECK(alone_, claim.folder, ": processes of another job are at work there (", other, ")");
  }
  refuse_what_is_not_ours(claim, earlier);
  const bool again = claim.existing == Existing::overwrite && !(claim.share && other.empty());
  if (!there.is_null() && again) {
    for (const std::string& file : earlier) unlink(path_in(claim.folder, file).c_str());
    for (const auto& entry : fs::directory_iterator(own_))
      if (entry.path().filename() != "lock") fs::remove_all(entry.path());
    earlier.clear();
  }
  write_claim(claim, std::move(earlier));
}

// The files first: a job that is known has said what it may write.
void ClaimedFolder::write_claim(const Claim& claim, std::vector<std::string> earlier) const {
  const size_t before = earlier.size();
  const std::unordered_set<std::string> known(earlier.begin(), earlier.end());
  for (const std::string& file : claim.files)
    if (!known.contains(file)) earlier.push_back(file);
  if (earlier.size() > before) {
    std::string text;
    for (const std::string& file : earlier) text += file + '\0';
    write_file(own_ + "/files", text);
  }
  if (read_settings(own_ + "/job.json") != claim.settings)
    write_file(own_ + "/job.json", claim.settings.dump(2, ' ', false, Settings::error_handler_t::replace) + "\n");
}

}  // namespace ppl::apps
