// Stands in for scene.cpp and scene_write.cpp in builds without GDAL.
#include "io/image/scene.h"

namespace ppl {
namespace {
[[noreturn]] void missing(const std::string& where) {
  throw Error(cat(where, ": this build has no GDAL, so it cannot read or write scenes"));
}
}  // namespace

struct SceneReader::Open {};
struct SceneWriter::Open {};

SceneReader::SceneReader(const std::string& path, std::vector<int>, int64_t, int64_t) { missing(path); }
SceneReader::~SceneReader() = default;
std::optional<GeoReference> SceneReader::georeference() const { return {}; }
std::vector<std::string> SceneReader::files() const { return {path_}; }
SceneSource::Window SceneReader::read(int64_t, int64_t, int64_t, int64_t) const { missing(path_); }
Image SceneReader::read_thinned(int64_t) const { missing(path_); }

SceneWriter::SceneWriter(const std::string& path, const Spec&) { missing(path); }
SceneWriter::~SceneWriter() = default;
void SceneWriter::write(int, int64_t, int64_t, int64_t, int64_t, const uint8_t*) { missing(path_); }
void SceneWriter::write(int, int64_t, int64_t, int64_t, int64_t, const float*) { missing(path_); }
void SceneWriter::commit() { missing(path_); }
std::string read_note(const std::string&) { return {}; }

std::string lost_placement(const std::string&) { return {}; }

}  // namespace ppl
