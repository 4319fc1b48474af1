// What became of each tile, as JSON lines.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace ppl::apps {

struct TileRecord {
  std::string id;
  double foreground = 0;  // share of the pixels with data
  double confidence = 0;  // mean over them of p or 1 - p, whichever is larger, p the highest probability of a class
  double seconds = 0;     // of work on it, its share of a batch counted
  std::string error{};    // empty where it went well
  // For the job's own files: what it was made of and what was made of it.
  std::string image{};    // stamp_of the image
  std::string files{};    // Fingerprint of what was written
  std::string written{};  // the same of the files' stamps: where these are as they were the content is not read again
};

// {"id":...,"foreground":...,"confidence":...,"seconds":...} or {"id":...,"error":...}; image, files and written where
// they are there. Bytes that are not UTF-8 are replaced.
std::string to_line(const TileRecord&);
// Error naming `where` and the line.
std::vector<TileRecord> parse_lines(const std::string& text, const std::string& where);
// Nothing where there is no such file, or one that is damaged.
std::optional<std::vector<TileRecord>> read_records(const std::string& path);

// Keeps room on the disk for the manifest of so many tiles, so that a disk that becomes full can be named there.
// Nothing is kept where the file system cannot.
class ManifestRoom {
 public:
  ManifestRoom(const std::string& folder, size_t tiles);
  ~ManifestRoom() { give_back(); }
  ManifestRoom(const ManifestRoom&) = delete;
  ManifestRoom& operator=(const ManifestRoom&) = delete;
  void give_back();

 private:
  int fd_ = -1;  // of a file without a name
};

}  // namespace ppl::apps
