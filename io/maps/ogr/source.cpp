#include <algorithm>
#include <map>

#include "io/maps/ogr/classes.h"
#include "io/maps/ogr/files.h"
#include "io/maps/ogr/geometry.h"
#include "io/maps/ogr/tabbed_features.h"
#include "io/maps/source.h"
#include "io/places/projection.h"
#include "kernels/base.h"

namespace ppl {
namespace {

using Trust = ClassRule::Trust;

// A layer that may hold what is asked for.
struct Candidate {
  OGRLayer* layer;
  std::string where;
  LayerClasses classes;
  ClassRule rule;
  bool empty = false;
  bool alone = false;  // no other layer of the file has lines or polygons
};

// PROJ takes longer over a coordinate system than a tile's layer takes to read.
const std::string& known_crs(const std::string& text, const std::string& where) {
  static std::map<std::string, std::string> known;
  const auto at = known.find(text);
  return at != known.end() ? at->second : known.emplace(text, crs_from_text(text, where)).first->second;
}

// By the first geometry.
bool lies_in_degrees(OGRLayer& source) {
  source.ResetReading();
  for (const auto& feature : source) {
    const OGRGeometry* geometry = feature->GetGeometryRef();
    if (geometry == nullptr || geometry->IsEmpty()) continue;
    OGREnvelope box;
    geometry->getEnvelope(&box);
    return box.MinX >= -180 && box.MaxX <= 180 && box.MinY >= -90 && box.MaxY <= 90;
  }
  return true;
}

// GeoJSON without a word of it is in degrees by its definition, unless it cannot be and the user knows better.
std::string crs_of(OGRLayer& source, const MapFile& format, const OgrFields& fields, const std::string& where) {
  const bool silent = format.json && !format.names_crs && !fields.crs.empty();
  const std::string wkt = silent && !lies_in_degrees(source) ? "" : wkt_of(source.GetSpatialRef());
  if (!wkt.empty()) return known_crs(wkt, where);
  if (!fields.crs.empty()) return known_crs(fields.crs, where);
  PPL_CHECK(format.places_named, where, ": has no coordinate system; name it with --source-crs");
  return known_crs("EPSG:4326", where);
}

FeatureLayer& layer_in(const std::string& crs, std::vector<FeatureLayer>& layers) {
  const auto same = std::find_if(layers.begin(), layers.end(), [&](const FeatureLayer& l) { return l.crs() == crs; });
  return same != layers.end() ? *same : layers.emplace_back(crs, FeatureLayer::Precision::full);
}

bool may_hold(OGRLayer& layer, MapTheme theme) {
  const OGRwkbGeometryType type = wkbFlatten(layer.GetGeomType());
  if (type == wkbNone || type == wkbPoint || type == wkbMultiPoint) return false;
  return theme == MapTheme::roads || (type != wkbLineString && type != wkbMultiLineString);
}

// Layers of all files that may hold what is asked for, with their attributes.
std::vector<Candidate> candidates(const std::vector<OpenedMap>& files, const std::string& path, MapTheme theme,
                                  const OgrFields& fields) {
  std::vector<std::pair<OGRLayer*, std::string>> found;
  std::string names;
  int drawable = 0;
  for (const OpenedMap& opened : files) {
    for (OGRLayer* layer : opened.file->GetLayers()) {
      names += (names.empty() ? "" : ", ") + std::string(layer->GetName());
      if (!fields.layer.empty() && fields.layer != layer->GetName()) continue;
      drawable += may_hold(*layer, MapTheme::roads);
      if (may_hold(*layer, theme)) found.emplace_back(layer, cat(opened.where, ", layer ", layer->GetName()));
    }
  }
  PPL_CHECK(!found.empty(), path, ": has no layer ", fields.layer.empty() ? "" : cat("'", fields.layer, "' "), "of ",
            theme == MapTheme::roads ? "lines or polygons" : "polygons",
            "; its layers: ", names.empty() ? "none" : names);
  const bool several = found.size() > 1;
  // A layer without the attribute that is named holds something else, if another has it.
  const auto lacks = [&](const auto& layer) {
    return !fields.kind.empty() && layer.first->GetLayerDefn()->GetFieldIndex(fields.kind.c_str()) < 0;
  };
  if (!std::all_of(found.begin(), found.end(), lacks)) std::erase_if(found, lacks);
  std::vector<Candidate> result;
  for (const auto& [layer, where] : found) {
    const std::string& place = several ? where : path;
    result.push_back({layer, place, LayerClasses(*layer, theme, fields, place), {}, false, drawable == 1});
  }
  return result;
}

[[noreturn]] void refuse_polygons(const std::string& where) {
  throw Error(
      where +
      ": holds polygons and no class of roads; --theme buildings draws buildings, --all-features areas of roads");
}

// Refuses what cannot be told apart; leaves the layers that are read.
void choose(std::vector<Candidate>& layers, const MapRequest& request, SourceReport& report) {
  for (Candidate& c : layers) {
    c.layer->ResetReading();
    c.empty = OGRFeatureUniquePtr(c.layer->GetNextFeature()) == nullptr;
    if (!c.empty && !request.all_features) c.rule = c.classes.find_rule();
  }
  if (request.all_features) return;
  const auto classless = [](const Candidate& c) { return !c.empty && c.rule.trust == Trust::no_class; };
  const auto without = std::count_if(layers.begin(), layers.end(), classless);
  const bool some =
      std::any_of(layers.begin(), layers.end(), [](const auto& c) { return c.rule.trust != Trust::no_class; });
  if (without == 0) return;
  const Candidate& first = *std::find_if(layers.begin(), layers.end(), classless);
  const bool roads = request.theme == MapTheme::roads;
  const std::string lacks =
      cat(": no attribute of it says which features are ", roads ? "roads (highway, " : "buildings (building, ",
          "fclass, class, subtype, type with their values); it has ", first.classes.attributes(),
          "; name one with --kind-field, or draw all features with --all-features");
  if (some) {
    for (const Candidate& c : layers) {
      if (classless(c))
        report.notes.push_back(
            cat("layer ", c.layer->GetName(), " passed over: no class of ", roads ? "roads" : "buildings"));
    }
    std::erase_if(layers, classless);
    return;
  }
  PPL_CHECK(without == 1 && first.alone, first.where, lacks, ", or choose a layer with --layer");
  PPL_CHECK(!request.needs_class, first.where, lacks);
  if (roads && only_polygons(*first.layer)) refuse_polygons(first.where);
  report.drawn_classless = first.classes.attributes();
}

// One layer's features into another.
class LayerReader {
 public:
  LayerReader(const Candidate& from, bool json, const MapRequest& request, SourceReport& report)
      : from_(from), json_(json), request_(request), of_no_class_(request), report_(report) {
    of_no_class_.wants_kind = [](const std::string&) { return true; };
    of_no_class_.tunnels |= request.all_features;
  }

  void read(Geometries& geometries) {
    const auto count = static_cast<double>(request_.progress ? from_.layer->GetFeatureCount(false) : -1);
    int64_t read = 0, cut = 0, areas = 0;
    from_.layer->ResetReading();
    for (const auto& feature : *from_.layer) {
      if (++read % 1000 == 0 && count > 0) request_.progress(static_cast<double>(read) / count);
      const OGRGeometry* geometry = feature->GetGeometryRef();
      FeatureTraits traits;
      if (!wanted(*feature, traits)) continue;
      const bool drawn = geometry != nullptr && geometries.add(*geometry, traits, polygons_of(*feature, *geometry));
      report_.shapeless += !drawn;
      areas += drawn && OGR_GT_IsSubClassOf(wkbFlatten(geometry->getGeometryType()), wkbCurvePolygon);
      areas += drawn && OGR_GT_IsSubClassOf(wkbFlatten(geometry->getGeometryType()), wkbMultiSurface);
      cut += from_.classes.cut_tags(*feature);
    }
    if (cut > 0) {
      report_.notes.push_back(cat("the other tags of ", cut,
                                  " features are cut short, so that tunnels, lanes and widths ",
                                  "may be missing; use GeoPackage in place of a shapefile"));
    }
    report_.seen += read;
    // Tables and layers of any geometry do not declare what they hold.
    const bool roads_of_no_class =
        request_.theme == MapTheme::roads && from_.rule.trust == Trust::no_class && !request_.all_features;
    if (roads_of_no_class && areas > 0 && areas == read - report_.shapeless) refuse_polygons(from_.where);
  }

 private:
  // Whether the feature is drawn, and as what.
  bool wanted(const OGRFeature& feature, FeatureTraits& traits) {
    const Trust trust = from_.rule.trust;
    bool known = true;
    const std::string kind = trust == Trust::no_class ? "" : from_.classes.kind(feature, from_.rule, known);
    const bool may_lack = trust == Trust::no_class || (trust == Trust::anything && !request_.needs_class);
    if (!known && !kind.empty()) {
      ++report_.other[kind];
      return false;
    }
    if (kind.empty() && !may_lack) {
      ++report_.classless;
      return false;
    }
    const auto value = [&](const char* key) { return from_.classes.value(feature, key); };
    const LeftOut left_out = judge(kind.empty() ? of_no_class_ : request_, kind.empty() ? "yes" : kind, value, traits);
    report_.classless += left_out == LeftOut::classless;
    report_.hidden += left_out == LeftOut::hidden;
    if (left_out == LeftOut::class_not_drawn) ++report_.other[traits.kind];
    if (kind.empty()) traits.kind.clear();
    return left_out == LeftOut::no;
  }

  Polygons polygons_of(const OGRFeature& feature, const OGRGeometry& geometry) const {
    if (request_.theme == MapTheme::buildings || from_.rule.trust == Trust::no_class) return Polygons::filled;
    if (from_.rule.lines_only) return Polygons::passed_over;
    const std::string area = from_.classes.value(feature, "area");
    if (!area.empty()) return says_no(area) ? Polygons::outlines : Polygons::filled;
    return (only_polygons(*from_.layer) && !json_) || has_several_rings(geometry) ? Polygons::filled
                                                                                  : Polygons::outlines;
  }

  const Candidate& from_;
  bool json_;  // GeoJSON: that there are only polygons is chance, no declaration
  const MapRequest& request_;
  MapRequest of_no_class_;  // rules for a feature that needs no class
  SourceReport& report_;
};

void read_layer(const Candidate& from, const MapFile& format, const MapRequest& request, const OgrFields& fields,
                std::vector<FeatureLayer>& layers, SourceReport& report) {
  if (from.empty) return;
  const std::string crs = crs_of(*from.layer, format, fields, from.where);
  const double period = meridian_period(crs);
  FeatureLayer& layer = layer_in(crs, layers);
  const size_t before = layer.size();
  Geometries geometries(request.theme, period > 359 && period < 361, layer, from.where);
  LayerReader(from, format.json, request, report).read(geometries);
  report.features += static_cast<int64_t>(layer.size() - before);
}

}  // namespace

SourceReport read_ogr(const std::string& path, const MapFile& format, const MapRequest& request,
                      const OgrFields& fields, std::vector<FeatureLayer>& layers) {
  const GdalMessages messages;
  SourceReport report;
  report.path = path;
  if (format.behind_tab) {
    read_tabbed_features(path, request, layer_in(known_crs("EPSG:4326", path), layers), report);
    return report;
  }
  const std::vector<OpenedMap> files = open_map(path, format, messages);
  std::vector<Candidate> chosen = candidates(files, path, request.theme, fields);
  choose(chosen, request, report);
  for (const Candidate& c : chosen) read_layer(c, format, request, fields, layers, report);
  check_read_to_its_end(path, messages);
  return report;
}

}  // namespace ppl
