#include "apps/score/graphs/lat_lon_graph.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "io/json_text.h"
#include "kernels/base.h"

namespace ppl::score {
namespace {

using Kind = PickleValue::Kind;

constexpr double kFarthest = 1e6;  // metres from the corner

// As Python has it: where marks end is decided by last bits.
double radians(double degrees) { return degrees * (M_PI / 180); }

// numpy.int64(3), as pickles of protocol 2 and above have it: scalar(dtype('i8'), bytes), where protocol 2 has the
// bytes as encode(text, 'latin1').
double numpy_number(const PickleValue& call, const std::string& where) {
  const auto is_call = [](const PickleValue& value, std::string_view end, size_t arguments) {
    return value.kind == Kind::call && value.items.size() > arguments && value.items[0]->kind == Kind::name &&
           value.items[0]->text.ends_with(end);
  };
  PPL_CHECK(is_call(call, "multiarray.scalar", 2) && is_call(*call.items[1], "numpy.dtype", 1), where,
            ": expected coordinates that are numbers");
  const PickleValue &form = *call.items[1]->items[1], *data = call.items[2];
  std::string bytes;
  if (is_call(*data, "_codecs.encode", 1)) {
    const std::string_view text = data->items[1]->text;  // latin1 in UTF-8
    for (size_t i = 0; i < text.size(); ++i) {
      const auto byte = static_cast<uint8_t>(text[i]);
      if (byte < 0x80) {
        bytes += text[i];
        continue;
      }
      PPL_CHECK(byte < 0xc4 && i + 1 < text.size(), where, ": a NumPy number of odd bytes");
      bytes += static_cast<char>((byte & 3) << 6 | (static_cast<uint8_t>(text[++i]) & 0x3f));
    }
  } else {
    bytes = data->text;
  }
  const auto as = [&](auto number) {
    PPL_CHECK(bytes.size() == sizeof number, where, ": a NumPy number of ", bytes.size(), " bytes, expected ",
              sizeof number);
    std::memcpy(&number, bytes.data(), sizeof number);
    return static_cast<double>(number);
  };
  if (form.text == "i8") return as(int64_t{});
  if (form.text == "i4") return as(int32_t{});
  if (form.text == "i2") return as(int16_t{});
  if (form.text == "u2") return as(uint16_t{});
  if (form.text == "f8") return as(double{});
  if (form.text == "f4") return as(float{});
  throw Error(
      cat(where, ": coordinates of NumPy's type '", form.text.substr(0, 8), "'; expected i2, i4, i8, u2, f4, f8"));
}

double number_of(const PickleValue& value, const std::string& where) {
  double number = 0;
  if (value.kind == Kind::integer) {
    number = static_cast<double>(value.integer);
  } else if (value.kind == Kind::real) {
    number = value.real;
  } else {
    number = numpy_number(value, where);
  }
  PPL_CHECK(std::fabs(number) <= kFarthest, where, ": a coordinate of ", number, ", expected metres in a tile");
  return number;
}

using Place = std::array<double, 2>;

Place place_of(const PickleValue& value, const std::string& where) {
  PPL_CHECK(value.kind == Kind::list && value.items.size() == 2, where, ": expected places of two numbers (y, x)");
  return {number_of(*value.items[0], where), number_of(*value.items[1], where)};
}

class Places {
 public:
  explicit Places(LatLonGraph& graph) : graph_(graph) {}
  int node(const Place& metres) {
    const auto [known, fresh] = numbers_.try_emplace(metres, static_cast<int>(graph_.nodes.size()));
    if (fresh) {
      graph_.nodes.push_back(from_metres(metres[0], metres[1]));
      graph_.links.emplace_back();
    }
    return known->second;
  }

 private:
  LatLonGraph& graph_;
  std::map<Place, int> numbers_;
};

}  // namespace

LatLon from_metres(double south, double east) {
  return {kCorner.lat - south / kMetresPerDegree,
          kCorner.lon + east / kMetresPerDegree / std::cos(radians(kCorner.lat))};
}

double degrees_between(const LatLon& a, const LatLon& b) {
  const double north = a.lat - b.lat, east = (a.lon - b.lon) * std::cos(radians(a.lat));
  return std::sqrt(north * north + east * east);
}

double metres_between(const LatLon& a, const LatLon& b) {
  const double north = (a.lat - b.lat) * kMetresPerDegree;
  const double east = (a.lon - b.lon) * kMetresPerDegree * std::cos(a.lat / 360 * 2 * M_PI);
  return std::sqrt(north * north + east * east);
}

void LatLonGraph::link(int a, int b) {
  auto &from = links[static_cast<size_t>(a)], &to = links[static_cast<size_t>(b)];
  if (std::find(from.begin(), from.end(), b) != from.end()) return;
  from.push_back(b);
  if (a != b) to.push_back(a);
  edges.push_back({a, b});
}

double LatLonGraph::metres() const {
  double sum = 0;
  for (const auto& [a, b] : edges) sum += metres_between(nodes[static_cast<size_t>(a)], nodes[static_cast<size_t>(b)]);
  return sum;
}

LatLonGraph parse_graph_json(std::string_view text, const std::string& where) {
  const nlohmann::json json = parse_json(text, where);
  const auto pairs = [&](size_t part, const char* what) -> const nlohmann::json& {
    const nlohmann::json& list = json[part];
    const bool fits = list.is_array() && std::all_of(list.begin(), list.end(), [](const auto& pair) {
                        return pair.is_array() && pair.size() == 2 && pair[0].is_number() && pair[1].is_number();
                      });
    PPL_CHECK(fits, where, ": expected a list of pairs of numbers as ", what);
    return list;
  };
  PPL_CHECK(json.is_array() && json.size() == 2, where,
            ": expected a road graph: [[[latitude, longitude], ...], [[node, node], ...]]");
  LatLonGraph graph;
  for (const auto& node : pairs(0, "nodes")) {
    graph.nodes.push_back({node[0].get<double>(), node[1].get<double>()});
    const LatLon& place = graph.nodes.back();
    PPL_CHECK(std::fabs(place.lat) < 90 && std::fabs(place.lon) <= 180, where, ": node ", graph.nodes.size() - 1,
              " is no latitude and longitude in degrees");
  }
  graph.links.resize(graph.nodes.size());
  for (const auto& edge : pairs(1, "edges")) {
    for (const auto& end : edge) {
      const bool fits = end.is_number_integer() && end.get<double>() >= 0 &&
                        end.get<double>() < static_cast<double>(graph.nodes.size());
      PPL_CHECK(fits, where, ": edge ", edge.dump(), " of ", graph.nodes.size(), " nodes");
    }
    graph.link(edge[0].get<int>(), edge[1].get<int>());
  }
  return graph;
}

LatLonGraph parse_graph_pickle(Bytes bytes, const std::string& where) {
  ByteReader reader(bytes, where);
  const Pickle pickle(reader);
  const PickleValue& root = *pickle.root();
  PPL_CHECK(root.kind == Kind::dictionary, where,
            ": expected a pickled dictionary of places (y, x) to lists of such, as Sat2Graph keeps road graphs");
  LatLonGraph graph;
  Places places(graph);
  for (size_t i = 0; i < root.items.size(); i += 2) places.node(place_of(*root.items[i], where));
  for (size_t i = 0; i < root.items.size(); i += 2) {
    const int from = places.node(place_of(*root.items[i], where));
    const PickleValue& neighbours = *root.items[i + 1];
    PPL_CHECK(neighbours.kind == Kind::list, where, ": expected a list of places for each place");
    for (const PickleRef other : neighbours.items) {
      const int to = places.node(place_of(*other, where));
      auto& known = graph.links[static_cast<size_t>(from)];
      if (std::find(known.begin(), known.end(), to) != known.end()) continue;
      known.push_back(to);
      const auto& back = graph.links[static_cast<size_t>(to)];
      if (from == to || std::find(back.begin(), back.end(), from) == back.end()) graph.edges.push_back({from, to});
    }
  }
  // What only one end names is joined all the same.
  for (const auto& [a, b] : graph.edges) {
    auto& back = graph.links[static_cast<size_t>(b)];
    if (std::find(back.begin(), back.end(), a) == back.end()) back.push_back(a);
  }
  return graph;
}

LatLonGraph graph_of_lines(const std::vector<RoadLine>& lines, double pixel) {
  LatLonGraph graph;
  Places places(graph);
  for (const RoadLine& line : lines) {
    int before = -1;
    for (const Point p : line.points) {
      const int node = places.node({p.y * pixel, p.x * pixel});
      if (before >= 0) graph.link(before, node);
      before = node;
    }
  }
  return graph;
}

}  // namespace ppl::score
