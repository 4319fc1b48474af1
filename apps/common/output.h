// What a program may write, and folders that are there whole or not at all; files: see io/file.h.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "apps/common/choice.h"

namespace ppl::apps {

// What happens to results that are there already.
enum class Existing { fail, skip, overwrite };
inline const Choices<Existing> kExisting{
    {"fail", Existing::fail}, {"skip", Existing::skip}, {"overwrite", Existing::overwrite}};

// Files by what they are, not by how they are spelt: links and other spellings of a path are the same file.
class SameFiles {
 public:
  explicit SameFiles(const std::vector<std::string>& paths);
  bool contains(const std::string& path) const;

 private:
  std::set<std::pair<uint64_t, uint64_t>> files_;  // device and number
};

// For a program that writes a few files of given names. Error where one of them is an input, or where one is there and
// `existing` is fail. True where there is nothing to do: all are there and `existing` is skip.
bool check_outputs(const std::vector<std::string>& outputs, const std::vector<std::string>& inputs, Existing existing);

// For a program whose results go to stdout and, on request, into files as well. The inputs may be folders: their files
// are inputs. Error as check_outputs has it, and where two outputs have one name.
class ExtraOutputs {
 public:
  explicit ExtraOutputs(Existing existing) : existing_(existing) {}
  // Empty names are none.
  void check(const std::vector<std::string>& outputs, const std::vector<std::string>& inputs) const;
  // Nothing where the name is empty, or the file is there and `existing` is skip.
  void write(const std::string& path, const std::function<std::string()>& text) const;

 private:
  Existing existing_;
};
// Adds --existing for them.
void add_existing_option(CLI::App&, Existing&, const std::string& what);

// The files that paths stand for: those of a folder, not below it; else the path itself.
std::vector<std::string> files_of_inputs(const std::vector<std::string>& paths);

// Error (wrong usage) where the name of `option` does not end in one of the extensions, as .png; what: of the file.
void check_extension(const std::string& option, const std::string& path, const std::vector<std::string>& extensions,
                     const std::string& what);

// `fill` writes into an empty temporary folder beside `folder`, which then takes its name; when `fill` throws, the
// temporary folder is removed and the exception goes on. An existing empty folder is replaced; Error where it holds
// something or is no folder.
void write_folder(const std::filesystem::path& folder, const std::function<void(const std::filesystem::path&)>& fill);

}  // namespace ppl::apps
