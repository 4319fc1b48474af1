#include "apps/train/config/paths.h"

#include <filesystem>

#include "kernels/base.h"

namespace ppl::apps {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;

class Resolver {
 public:
  Resolver(const std::string& file, std::vector<std::string>& notes)
      : file_(file), folder_(fs::absolute(file).parent_path()), notes_(notes) {}

  void at(json& object, const char* key) {
    if (object.contains(key)) text(object[key]);
  }

  // A path, or a list of paths and objects.
  void sources(json& stage, const char* key) {
    if (!stage.contains(key)) return;
    json& value = stage[key];
    if (!value.is_array()) return source(value);
    for (json& item : value) source(item);
  }

 private:
  void source(json& value) {
    if (!value.is_object()) return text(value);
    at(value, "path");
    at(value, "masks");
  }

  void text(json& value) {
    if (!value.is_string()) return;  // what it is instead is said where it is read
    const std::string given = value.get<std::string>();
    if (given.empty() || fs::path(given).is_absolute()) return;
    const fs::path beside = (folder_ / given).lexically_normal(), here = fs::absolute(given).lexically_normal();
    std::error_code error;
    const bool is_beside = fs::exists(beside, error), is_here = fs::exists(here, error);
    if (is_here && beside != here)
      notes_.push_back(
          is_beside
              ? cat(file_, ": '", given, "' is taken from beside the file, not from the working folder")
              : cat(file_, ": '", given, "' is not beside the file; taken from the working folder: ", here.string()));
    value = (is_beside || !is_here ? beside : here).string();
  }

  std::string file_;
  fs::path folder_;
  std::vector<std::string>& notes_;
};

}  // namespace

void resolve_paths(json& config, const std::string& file, std::vector<std::string>& notes) {
  if (!config.is_object()) return;
  Resolver resolver(file, notes);
  resolver.at(config, "initial_weights");
  resolver.at(config, "encoder_weights");
  if (!config.contains("stages") || !config["stages"].is_array()) return;
  for (json& stage : config["stages"]) {
    if (!stage.is_object()) continue;
    resolver.sources(stage, "train");
    resolver.sources(stage, "validation");
  }
}

}  // namespace ppl::apps
