// Which files of a folder are images to work on: one rule for all programs.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace ppl {

// What programs leave beside images, by the end of the stem: <id>_mask, <id>_distance, <id>_prob, <id>_prob2.
bool is_companion(const std::string& path);

struct FolderImages {
  std::vector<std::string> images;             // names, sorted; neither hidden ones nor companions
  std::vector<std::string> companions;         // names of those, sorted
  std::vector<std::string> broken;             // names of images that are links to nothing
  std::map<std::string, int64_t> passed_over;  // extension -> how many images of formats that are not read

  // "3 .webp, 1 .bmp"; empty where there are none.
  std::string passed_over_text() const;
  std::string passed_over_note(const std::string& folder) const;  // a sentence with it
};

// Of a folder, not of those below it. A raster <id>_label, _labels, _gt or _seg beside <id> or <id>_sat is a companion
// too. Error where the folder cannot be read.
FolderImages images_of_folder(const std::string& folder);

// The lines of a list, with their numbers from 1: without a byte order mark, blanks at their ends, empty lines and
// those that begin with #.
struct ListLine {
  size_t number;
  std::string text;
};
std::vector<ListLine> read_list_lines(const std::string& path);

}  // namespace ppl
