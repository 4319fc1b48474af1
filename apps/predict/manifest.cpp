#include "apps/predict/manifest.h"

#include <fcntl.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "kernels/base.h"

namespace ppl::apps {

using nlohmann::ordered_json;

std::string to_line(const TileRecord& r) {
  ordered_json j{{"id", r.id}};
  if (r.error.empty()) {
    j["foreground"] = r.foreground;
    j["confidence"] = r.confidence;
    j["seconds"] = r.seconds;
  } else {
    j["error"] = r.error;
  }
  return j.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::vector<TileRecord> parse_lines(const std::string& text, const std::string& where) {
  std::vector<TileRecord> records;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    try {
      const ordered_json j = ordered_json::parse(line);
      records.push_back({j.at("id"), j.value("foreground", 0.0), j.value("confidence", 0.0), j.value("seconds", 0.0),
                         j.value("error", "")});
    } catch (const ordered_json::exception& e) {
      throw Error(cat(where, ": line ", records.size() + 1, ": ", e.what()));
    }
  }
  return records;
}

ManifestRoom::ManifestRoom(const std::string& folder, size_t tiles) {
  constexpr size_t kLine = 512, kBlock = 4096;  // what a record may take, what a file may take beyond its bytes
  const std::string path = cat(folder, "/.manifest.", getpid());
  fd_ = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (fd_ < 0) return;
  unlink(path.c_str());
  (void)posix_fallocate(fd_, 0, static_cast<off_t>(tiles * kLine + 2 * kBlock));
}

void ManifestRoom::give_back() {
  if (fd_ >= 0) close(std::exchange(fd_, -1));
}

}  // namespace ppl::apps
