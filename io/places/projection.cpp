#include "io/places/projection.h"

#include <proj.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>
#include <map>
#include <mutex>
#include <numbers>
#include <string_view>

#include "io/folder.h"
#include "kernels/base.h"

namespace ppl {
namespace {

constexpr double kEquatorialRadius = 6378137;

struct Destroy {
  void operator()(PJ* object) const { proj_destroy(object); }
  void operator()(PJ_CONTEXT* context) const { proj_context_destroy(context); }
};
using Object = std::unique_ptr<PJ, Destroy>;
using Context = std::unique_ptr<PJ_CONTEXT, Destroy>;

Context new_context() {
  Context context(proj_context_create());
  PPL_CHECK(context, "PROJ cannot be started");
  proj_log_level(context.get(), PJ_LOG_NONE);
  proj_context_set_enable_network(context.get(), 0);
  return context;
}

bool is_geographic(PJ_TYPE type) { return type == PJ_TYPE_GEOGRAPHIC_2D_CRS || type == PJ_TYPE_GEOGRAPHIC_3D_CRS; }

std::string without_blanks(std::string text) {
  text.erase(std::remove(text.begin(), text.end(), ' '), text.end());
  return lower_case(text);
}

// PROJ reads the files that a PROJ string names.
bool names_files(std::string plain) {
  constexpr std::string_view kNoGrid = "grids=@null";
  for (size_t at; (at = plain.find(kNoGrid)) != std::string::npos;) plain.erase(at, kNoGrid.size());
  const auto names = [&](const char* word) { return plain.find(word) != std::string::npos; };
  return names("grids=") || names("init=") || names("file=");
}

// What all threads share: each of PROJ's contexts would open the database for itself, which takes 5 ms.
class Systems {
 public:
  static Systems& shared() {
    static Systems systems;
    return systems;
  }

  // What a person writes for a coordinate system, as WKT; empty where it is none that is tied to the earth.
  std::string wkt_of(const std::string& text) {
    const std::lock_guard lock(mutex_);
    const Object system = from_text(text);
    if (!system) return "";
    const PJ_TYPE type = proj_get_type(horizontal(*system).get());
    if (!is_geographic(type) && type != PJ_TYPE_PROJECTED_CRS) return "";
    const char* const options[] = {"MULTILINE=NO", nullptr};
    const char* wkt = proj_as_wkt(context_.get(), system.get(), PJ_WKT2_2019, options);
    return wkt == nullptr ? "" : wkt;
  }

  bool is_same(const std::string& a, const std::string& b) {
    const std::lock_guard lock(mutex_);
    const Object one(proj_create(context_.get(), a.c_str())), other(proj_create(context_.get(), b.c_str()));
    return one && other && is_equivalent(*one, *other);
  }

  double meridian_period(const std::string& wkt) {
    const std::lock_guard lock(mutex_);
    const Object system = horizontal(of(wkt));
    const double unit = unit_of(*system);
    if (is_geographic(proj_get_type(system.get()))) return 2 * std::numbers::pi / unit;
    const Object method(proj_crs_get_coordoperation(context_.get(), system.get()));
    const char* name = nullptr;
    if (!method || !proj_coordoperation_get_method_info(context_.get(), method.get(), &name, nullptr, nullptr))
      return 0;
    const std::string text = name == nullptr ? "" : name;
    const bool mercator = text.starts_with("Mercator") || text == "Popular Visualisation Pseudo Mercator";
    return mercator ? 2 * std::numbers::pi * kEquatorialRadius / unit : 0;
  }

  // For the given context; nothing where both are the same.
  Object way(const std::string& from, const std::string& to, PJ_CONTEXT& context) {
    const std::lock_guard lock(mutex_);
    auto known = ways_.find({from, to});
    if (known == ways_.end()) known = ways_.emplace(std::pair{from, to}, find_way(of(from), of(to))).first;
    return Object(known->second ? proj_clone(&context, known->second.get()) : nullptr);
  }

 private:
  const char* failure() const {
    const int error = proj_context_errno(context_.get());
    return error == 0 ? "PROJ gives no reason" : proj_context_errno_string(context_.get(), error);
  }

  Object from_text(const std::string& text) {
    const std::string plain = without_blanks(text);
    constexpr std::string_view kInit = "+init=epsg:";
    if (plain.starts_with(kInit)) return from_text("EPSG:" + plain.substr(kInit.size()));
    const bool parameters = plain.find('=') != std::string::npos && plain.find_first_of("[{") == std::string::npos;
    if (plain.empty() || plain.find('\0') != std::string::npos || (parameters && names_files(plain))) return nullptr;
    const bool complete = !parameters || plain.find("type=crs") != std::string::npos;
    Object system(proj_create(context_.get(), (complete ? text : text + " +type=crs").c_str()));
    if (!system || !proj_is_crs(system.get())) return nullptr;
    // Of names PROJ takes a part as well.
    const bool name = plain.find_first_of(":[{=") == std::string::npos;
    return !name || without_blanks(proj_get_name(system.get())) == plain ? std::move(system) : nullptr;
  }

  const PJ& of(const std::string& wkt) {
    auto known = systems_.find(wkt);
    if (known == systems_.end()) {
      Object system(wkt.empty() ? nullptr : proj_create(context_.get(), wkt.c_str()));
      PPL_CHECK(system && proj_is_crs(system.get()), "no coordinate system in '", wkt.substr(0, 60), "': ", failure());
      known = systems_.emplace(wkt, std::move(system)).first;
    }
    return *known->second;
  }

  // Without heights, and without the shift to WGS 84 that old definitions carry.
  Object horizontal(const PJ& system) const {
    Object part(proj_clone(context_.get(), &system));
    for (;;) {
      const PJ_TYPE type = proj_get_type(part.get());
      if (type == PJ_TYPE_BOUND_CRS) {
        part.reset(proj_get_source_crs(context_.get(), part.get()));
      } else if (type == PJ_TYPE_COMPOUND_CRS) {
        part.reset(proj_crs_get_sub_crs(context_.get(), part.get(), 0));
      } else {
        return part;
      }
    }
  }

  // Of its first axis, in metres or radians.
  double unit_of(const PJ& system) const {
    const Object axes(proj_crs_get_coordinate_system(context_.get(), &system));
    double unit = 0;
    const bool known = axes && proj_cs_get_axis_info(context_.get(), axes.get(), 0, nullptr, nullptr, nullptr, &unit,
                                                     nullptr, nullptr, nullptr);
    PPL_CHECK(known && unit > 0, "coordinate system '", proj_get_name(&system), "': its axes have no unit");
    return unit;
  }

  bool is_equivalent(const PJ& a, const PJ& b) const {
    return proj_is_equivalent_to_with_ctx(context_.get(), &a, &b, PJ_COMP_EQUIVALENT_EXCEPT_AXIS_ORDER_GEOGCRS) != 0;
  }

  Object find_way(const PJ& from, const PJ& to) const {
    if (is_equivalent(from, to)) return nullptr;
    const Object way(proj_create_crs_to_crs_from_pj(context_.get(), &from, &to, nullptr, nullptr));
    Object east_first(way ? proj_normalize_for_visualization(context_.get(), way.get()) : nullptr);
    PPL_CHECK(east_first, "no way from coordinate system ", proj_get_name(&from), " to ", proj_get_name(&to), ": ",
              failure());
    return east_first;
  }

  std::mutex mutex_;
  Context context_ = new_context();
  std::map<std::string, Object> systems_;                       // by WKT
  std::map<std::pair<std::string, std::string>, Object> ways_;  // nothing where both are the same
};

}  // namespace

struct Projection::Transformation {
  Context context;
  Object steps;  // forwards
  PJ_DIRECTION direction;
};

std::string crs_from_text(const std::string& text, const std::string& where) {
  const std::string wkt = Systems::shared().wkt_of(text);
  PPL_CHECK(!wkt.empty(), where, ": expected a geographic or projected coordinate system such as EPSG:32632, got '",
            text.substr(0, 60), "'");
  return wkt;
}

std::string crs_of_epsg(int code) { return crs_from_text(cat("EPSG:", code), "coordinate systems"); }

bool is_same_system(const std::string& a, const std::string& b) { return a == b || Systems::shared().is_same(a, b); }

double meridian_period(const std::string& crs) { return Systems::shared().meridian_period(crs); }

Projection::Projection(const std::string& from, const std::string& to) {
  if (from == to && !from.empty()) return;
  Context context = new_context();
  if (Object steps = Systems::shared().way(from, to, *context)) {
    transformation_.reset(new Transformation{std::move(context), std::move(steps), PJ_FWD});
  }
}
Projection Projection::inverse() const {
  Projection back;
  if (!transformation_) return back;
  Context context = new_context();
  Object steps(proj_clone(context.get(), transformation_->steps.get()));
  PPL_CHECK(steps, "no way back between two coordinate systems");
  const PJ_DIRECTION direction = transformation_->direction == PJ_FWD ? PJ_INV : PJ_FWD;
  back.transformation_.reset(new Transformation{std::move(context), std::move(steps), direction});
  return back;
}
Projection::~Projection() = default;
Projection::Projection(Projection&&) noexcept = default;
Projection& Projection::operator=(Projection&&) noexcept = default;

void Projection::apply(Line& points) {
  if (!transformation_ || points.empty()) return;
  const size_t n = points.size(), step = sizeof(Point);
  proj_trans_generic(transformation_->steps.get(), transformation_->direction, &points[0].x, step, n, &points[0].y,
                     step, n, nullptr, 0, 0, nullptr, 0, 0);
  proj_errno_reset(transformation_->steps.get());
  constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
  for (Point& p : points) {
    if (!std::isfinite(p.x) || !std::isfinite(p.y)) p = {kNothing, kNothing};
  }
}

Point Projection::apply(Point p) {
  Line one{p};
  apply(one);
  return one[0];
}

}  // namespace ppl
