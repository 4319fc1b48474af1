// Stands in for projection.cpp in builds without PROJ.
#include "io/places/projection.h"
#include "kernels/base.h"

namespace ppl {
namespace {
[[noreturn]] void missing() { throw Error("this build has no PROJ, so it knows no coordinate systems"); }
}  // namespace

std::string crs_from_text(const std::string&, const std::string&) { missing(); }
std::string crs_of_epsg(int) { missing(); }
bool is_same_system(const std::string& a, const std::string& b) { return a == b; }
double meridian_period(const std::string&) { missing(); }

struct Projection::Transformation {};
Projection::Projection(const std::string&, const std::string&) { missing(); }
Projection::~Projection() = default;
Projection::Projection(Projection&&) noexcept = default;
Projection& Projection::operator=(Projection&&) noexcept = default;
Projection Projection::inverse() const { missing(); }
void Projection::apply(Line&) { missing(); }
Point Projection::apply(Point) { missing(); }

}  // namespace ppl
