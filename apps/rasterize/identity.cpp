#include "apps/rasterize/identity.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

#include "io/file.h"

namespace ppl::rasterize {
namespace {
namespace fs = std::filesystem;

constexpr uint64_t kLargestHashed = uint64_t{1} << 30;

// FNV-1a over words of 8 bytes, each mixed once more, so that all bits of a word count.
class Hash {
 public:
  void add(Bytes bytes) {
    for (; bytes.size() >= 8; bytes = bytes.subspan(8)) {
      uint64_t word = 0;
      std::memcpy(&word, bytes.data(), 8);
      add(word);
    }
    uint64_t rest = bytes.size();
    for (const std::byte b : bytes) rest = rest << 8 | std::to_integer<uint64_t>(b);
    add(rest);
  }
  std::string text() const { return fmt::format("{:016x}", state_); }

 private:
  void add(uint64_t word) {
    state_ = (state_ ^ word) * 0x100000001b3;
    state_ ^= state_ >> 29;
  }
  uint64_t state_ = 0xcbf29ce484222325;
};

// Of the last change, in the file system's own steps.
int64_t time_of(const fs::path& path) { return fs::last_write_time(path).time_since_epoch().count(); }

nlohmann::ordered_json identity_of(const fs::path& path) {
  const uint64_t size = fs::file_size(path);
  nlohmann::ordered_json json = {{"name", path.filename().string()}, {"bytes", size}};
  if (size > kLargestHashed) {
    json["time"] = time_of(path);
  } else {
    Hash hash;
    hash.add(MappedFile(path.string()).bytes());
    json["content"] = hash.text();
  }
  return json;
}

// The files that an input consists of.
std::vector<fs::path> files_of(const fs::path& input) {
  std::vector<fs::path> files;
  const bool folder = fs::is_directory(input);
  if (!folder) files.push_back(input);
  if (folder || input.extension() == ".shp" || input.extension() == ".SHP") {
    const fs::path parent = input.parent_path().empty() ? "." : input.parent_path();
    for (const auto& entry : fs::directory_iterator(folder ? input : parent)) {
      const bool belongs = folder || (entry.path().stem() == input.stem() && entry.path() != input &&
                                      entry.path().filename() != input.filename());
      if (belongs && entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  // What SQLite has not yet written into the file itself.
  if (fs::exists(input.string() + "-wal")) files.push_back(input.string() + "-wal");
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::string hash_of(std::string_view text) {
  Hash hash;
  hash.add(std::as_bytes(std::span(text)));
  return hash.text();
}

std::string inputs_of(const Job& job) {
  nlohmann::ordered_json files = nlohmann::ordered_json::array();
  for (const std::string& input : job.inputs) {
    for (const fs::path& file : files_of(input)) files.push_back(identity_of(file));
  }
  nlohmann::ordered_json json = {{"files", files}};
  const OgrFields& f = job.fields;
  for (const auto& [key, value] :
       std::initializer_list<std::pair<const char*, const std::string&>>{{"kind_field", f.kind},
                                                                         {"lanes_field", f.lanes},
                                                                         {"width_field", f.width},
                                                                         {"layer", f.layer},
                                                                         {"source_crs", f.crs}}) {
    if (!value.empty()) json[key] = value;
  }
  if (job.all_features) json["all_features"] = true;
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string tile_hash(const std::string& job_hash, const TileFrame& frame, const std::string& crs, bool of_image) {
  std::string text =
      fmt::format("{} {} {} {} {}", job_hash, crs, frame.width, frame.height, fmt::join(frame.transform, " "));
  if (of_image && !frame.image.empty()) text += fmt::format(" {} {}", fs::file_size(frame.image), time_of(frame.image));
  return hash_of(text);
}

}  // namespace ppl::rasterize
