// What became of each tile, as JSON lines.
#pragma once

#include <string>
#include <vector>

namespace ppl::apps {

struct TileRecord {
  std::string id;
  double foreground = 0;  // share of the pixels
  double confidence = 0;  // mean over pixels of p or 1 - p, whichever is larger, p the highest probability of a class
  double seconds = 0;     // of work on it, its share of a batch counted
  std::string error;      // empty where it went well
};

// {"id":...,"foreground":...,"confidence":...,"seconds":...} or {"id":...,"error":...}
std::string to_line(const TileRecord&);
// Error naming `where` and the line.
std::vector<TileRecord> parse_lines(const std::string& text, const std::string& where);

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
