// Names of files, and the files of a folder.
#pragma once

#include <string>
#include <vector>

namespace ppl {

// A to Z become a to z; all else stays as it is, whatever the locale.
std::string lower_case(std::string text);

// What begins with the last dot of the file's name, in lower case (".csv").
std::string extension_of(const std::string& path);

// Whether the file's name begins with a dot: what systems and tools leave in folders (".DS_Store", "._0_sat.png").
bool is_hidden(const std::string& path);

// The files of a folder (not of its subfolders) with one of these extensions, sorted by name, without hidden ones; the
// path itself where it is a file. Error where it can be neither, or the folder has no such file (that `expected`
// names, else the extensions).
std::vector<std::string> list_files(const std::string& path, const std::vector<std::string>& extensions,
                                    const std::string& expected = {});

}  // namespace ppl
