#include "apps/predict/manifest.h"

#include <fcntl.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "io/file.h"
#include "io/json_text.h"
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
  if (!r.image.empty()) j["image"] = r.image;
  if (!r.files.empty()) j["files"] = r.files;
  if (!r.written.empty()) j["written"] = r.written;
  return j.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::vector<TileRecord> parse_lines(const std::string& text, const std::string& where) {
  std::vector<TileRecord> records;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    try {
      const ordered_json j = ordered_json::parse(line);
      records.push_back({j.at("id"), j.value("foreground", 0.0), j.value("confidence", 0.0), j.value("seconds", 0.0),
                         j.value("error", ""), j.value("image", ""), j.value("files", ""), j.value("written", "")});
    } catch (const ordered_json::exception& e) {
      throw Error(cat(where, ": line ", records.size() + 1, ": ", json_problem(e)));
    }
  }
  return records;
}

std::optional<std::vector<TileRecord>> read_records(const std::string& path) {
  try {
    const std::string text = read_text(path);
    PPL_CHECK(text.ends_with('\n'), path, ": cut");
    return parse_lines(text, path);
  } catch (const Error&) {
    return {};
  }
}

ManifestRoom::ManifestRoom(const std::string& folder, size_t tiles) {
  constexpr size_t kLine = 512, kBlock = 4096;  // what a record may take, what a file may take beyond its bytes
  fd_ = open(folder.c_str(), O_WRONLY | O_TMPFILE | O_CLOEXEC, 0666);
  if (fd_ < 0) return;
  (void)posix_fallocate(fd_, 0, static_cast<off_t>(tiles * kLine + 2 * kBlock));
}

void ManifestRoom::give_back() {
  if (fd_ >= 0) close(std::exchange(fd_, -1));
}

}  // namespace ppl::apps
