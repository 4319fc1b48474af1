// The directory of a zip archive whose files are stored uncompressed, as PyTorch writes them.
#pragma once

#include <map>
#include <string>

#include "io/file.h"

namespace ppl {

// Content of each file by its name, as parts of `bytes`. Error naming `where` for what is no zip archive, is cut short,
// holds compressed or encrypted files, two files of one name, or places outside the archive.
std::map<std::string, Bytes> read_zip_directory(Bytes bytes, const std::string& where);

}  // namespace ppl
