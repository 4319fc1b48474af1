// APLS of every image of two sources of roads.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/score/apls/apls.h"
#include "apps/score/graphs/sat2graph.h"
#include "apps/score/roads/scale.h"
#include "apps/score/roads/topo.h"
#include "io/tables/roads.h"

namespace ppl::score {

// What becomes of an image that is on one side only: it is left out (as the reference does), or scores 0.
enum class Missing { skip, zero };
// The first three parts of an image's id (AOI_2_Vegas_img1), one city of all images, or the first where ids are
// SpaceNet's (AOI_ and a number) and the second where none is.
enum class Cities { automatic, from_ids, one };

enum class RoadMetric { spacenet, cosmiq, sat2graph };  // whose APLS

struct RoadsOptions {
  RoadMetric metric = RoadMetric::spacenet;
  AplsParameters apls;                 // `pixel` is set for each image, see Scales
  std::optional<double> pixel;         // metres, of all images
  std::string images;                  // see Scales
  std::optional<TopoParameters> topo;  // where it is wanted too
  std::optional<double> junctions;     // metres within which a junction is found, where these are wanted
  Sat2GraphTiles tiles;                // of RoadMetric::sat2graph
  AplsMethod method = AplsMethod::quick;
  Missing missing = Missing::skip;
  Cities cities = Cities::automatic;
  bool lenient = false;  // bad rows are left out and counted
  int threads = 1;
};

struct RoadImage {
  std::string id;
  std::optional<size_t> truth, prediction;  // numbers of the image within the sources
  bool scored() const { return truth && prediction; }
  PixelScale scale;  // where the image counts
  ImageApls apls;
  TopoFigures topo;
  Confusion junctions;
  // Without, the metric is not defined (sat2graph: no pair of control points), and the image does not count.
  bool has_apls = true, has_topo = true;
  bool counts(bool missing_too) const { return (scored() && has_apls) || (!scored() && missing_too); }
};

struct RoadCity {
  std::string name;
  double score = 0;    // mean over its images; 0 where none counts
  int64_t images = 0;  // that count
};

struct RoadsReport {
  std::vector<RoadImage> images;       // ascending by id
  std::vector<RoadCity> cities;        // by name
  double overall = 0;                  // the mean of the cities' scores
  double image_mean = 0;               // of all images that count
  double road_weighted = 0;            // the same, each image weighted by its metres of true road
  double by_length = 0;                // the mean of the images' scores by length
  std::optional<TopoFigures> topo;     // of all images, where it was wanted
  std::optional<Confusion> junctions;  // of all images, where they were wanted
  RoadMetric metric = RoadMetric::spacenet;
  std::string scale;                  // "0.5 m a pixel (--pixel)", of all images that count
  std::vector<std::string> bad_rows;  // with --lenient: "file:row: reason", the prediction's first
};

// Two single files that name no image are one image. Error naming the first bad row (the prediction's before the
// truth's) unless options.lenient; Error where an id names no city, and for what Scales refuses.
RoadsReport score_roads(const RoadSource& truth, const RoadSource& prediction, const RoadsOptions& options);

std::string roads_table(const RoadsReport& report);
std::string roads_json(const RoadsReport& report);
// A line an image.
std::string roads_csv(const RoadsReport& report);

}  // namespace ppl::score
