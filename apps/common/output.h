// Folders that are there whole or not at all; files: see io/file.h.
#pragma once

#include <filesystem>
#include <functional>

namespace ppl::apps {

// `fill` writes into an empty temporary folder beside `folder`, which then takes its name; when `fill` throws, the
// temporary folder is removed and the exception goes on. An existing empty folder is replaced; Error where it holds
// something or is no folder.
void write_folder(const std::filesystem::path& folder, const std::function<void(const std::filesystem::path&)>& fill);

}  // namespace ppl::apps
