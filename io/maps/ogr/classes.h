// Which attribute of a layer says what a feature is: OSM's keys, and what Geofabrik, BBBike and Overture call them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "io/maps/feature_rules.h"
#include "io/maps/ogr/layers.h"

namespace ppl {

// The text of a key in "a"=>"b", "c"=>"d" (ogr2ogr's other_tags) or {"a": "b"}; empty where it is not there.
std::string tag_in(std::string_view tags, std::string_view key);

// How the class of a feature is found.
struct ClassRule {
  enum class Trust {
    osm,       // whatever it says, as in OSM
    known,     // only OSM's values, as the attribute may mean something else
    anything,  // a feature without a class counts too
    no_class   // there is no such attribute
  };
  Trust trust = Trust::no_class;
  std::vector<std::string> keys;  // of attributes or tags; the first that is set counts
  std::string guard, guarded;     // the attribute `guard` has to be `guarded`; empty: no such
  bool lines_only = false;        // of roads: polygons with such a value are something else
  bool decides = false;           // there is no other such attribute: a layer without a known value holds none
};

class LayerClasses {
 public:
  // named: the user's own attributes, empty where there are none. Error where the layer lacks one, naming `where` and
  // the attributes that there are.
  LayerClasses(OGRLayer& layer, MapTheme theme, const OgrFields& named, const std::string& where);

  // Looks through the features for the first rule that applies to any of them, or that says that it is none of those.
  ClassRule find_rule();
  // Of an attribute, or of the attribute that holds all other tags.
  std::string value(const OGRFeature& feature, const std::string& key) const;
  // The class; empty where there is none. What the rule does not know comes as it is with known = false.
  std::string kind(const OGRFeature& feature, const ClassRule& rule, bool& known) const;
  // Shapefiles cut texts at 254 letters, so that tags in the attribute for all of them may be lost.
  bool cut_tags(const OGRFeature& feature) const;
  std::string attributes() const;  // their names, for messages

 private:
  std::vector<ClassRule> rules() const;
  std::vector<ClassRule> road_rules() const;
  std::vector<ClassRule> building_rules() const;
  bool has(const std::string& key) const { return definition_->GetFieldIndex(key.c_str()) >= 0; }
  enum class Fit { none, other, known };  // other: values of railways, waterways, land use
  Fit fit_of(const ClassRule& rule);

  std::string checked_text(const OGRFeature& feature, int field) const;
  void ignore_other_attributes();

  OGRLayer* layer_;
  const OGRFeatureDefn* definition_;
  MapTheme theme_;
  OgrFields named_;
  std::string where_;
  int tags_ = -1;  // the attribute with all other tags
};

}  // namespace ppl
