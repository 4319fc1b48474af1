// What the tests of predict have in common: weights, images, scenes, the program.
#pragma once

#include <sys/types.h>

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "io/image/geotiff.h"
#include "io/image/image.h"
#include "io/image/scene.h"
#include "tests/support/process.h"

namespace ppl::test {

// A file of weights of linknet34, one for all tests of a program; random, the last layer blown up.
const std::string& weights();

// Blobs of light on a dark ground.
Image made_image(int64_t height, int64_t width, uint64_t seed);
// t100_sat.png, t101_sat.png, ...
void write_tiles(const std::string& folder, int count, int64_t side);

const GeoReference kPlace{"", {500000, 0.5, 0, 5000000, 0, -0.5}};
// As bands R, G, B of a GeoTIFF.
void write_scene(const std::string& path, const Image& bgr, std::optional<double> no_data = {},
                 const GeoReference& place = kPlace);

// With one view and one thread, quiet.
ProcessResult predict(std::vector<std::string> arguments);
// Arguments besides: windows that are small beside the scene, and probabilities.
std::vector<std::string> in_windows(std::vector<std::string> arguments);
// Without waiting for it; all arguments.
pid_t start_predict(const std::vector<std::string>& arguments);
// Its exit code, 128 + signal where it was killed.
int end_of(pid_t process);

std::map<std::string, nlohmann::json> manifest(const std::string& folder);
size_t count_files(const std::string& folder, const std::string& extension);

}  // namespace ppl::test
