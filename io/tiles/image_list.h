// Which images are meant: a folder, a folder with those below it, or a file that lists them.
#pragma once

#include <string>
#include <vector>

#include "io/tiles/tiles.h"

namespace ppl {

struct ImageList {
  std::vector<TileFile> tiles;        // sorted by id, but in the list's order where a list gives them
  std::vector<TileProblem> problems;  // folders that cannot be read, images that share an id, links to nothing
  std::vector<std::string> notes;     // what was passed over, to be said aloud
};

struct ImageChoice {
  bool recursive = false;  // folders below too: ids are paths without extension (z/x/y of slippy folders)
  std::string pattern;     // of the path below the folder, as a shell has it (*, ?, [a-z]); empty: all
};

// A folder as list_images has it, or a text file with a path a line, from the file's own folder on. Error where nothing
// is found.
ImageList find_images(const std::string& from, const ImageChoice&);

}  // namespace ppl
