// An OSM extract repeated towards the east with new numbers, sorted as extracts are: a large one to measure with.
//   repeat_extract EXTRACT COPIES DEGREES OUT.osm.pbf
// Copies lie DEGREES apart, at most 90 in a row, rows of them on top of one another.
#include <cstdio>
#include <cstdlib>
#include <osmium/io/any_input.hpp>
#include <osmium/io/pbf_output.hpp>
#include <string>
#include <vector>

namespace {

constexpr int kRow = 90;

struct Shift {
  osmium::object_id_type numbers;
  double degrees;

  osmium::object_id_type operator()(osmium::object_id_type id) const { return id + numbers; }
  void operator()(osmium::Node& node) const {
    if (!node.location().valid()) return;
    node.set_location({node.location().lon() + degrees, node.location().lat()});
  }
  void operator()(osmium::Way& way) const {
    for (osmium::NodeRef& node : way.nodes()) node.set_ref((*this)(node.ref()));
  }
  void operator()(osmium::Relation& relation) const {
    for (osmium::RelationMember& member : relation.members()) member.set_ref((*this)(member.ref()));
  }
};

template <class Object>
void write_copies(const std::vector<osmium::memory::Buffer>& from, int copies, double degrees,
                  osmium::io::Writer& writer) {
  for (int copy = 0; copy < copies; ++copy) {
    const Shift shift{copy * osmium::object_id_type{20'000'000'000}, copy % kRow * degrees};
    for (const osmium::memory::Buffer& buffer : from) {
      osmium::memory::Buffer out{buffer.committed() + 64, osmium::memory::Buffer::auto_grow::yes};
      for (const Object& object : buffer.select<Object>()) {
        Object& written = out.add_item(object);
        written.set_id(shift(object.id()));
        shift(written);
        out.commit();
      }
      if (out.committed() > 0) writer(std::move(out));
    }
  }
}

void repeat(const std::string& extract, int copies, double degrees, const std::string& path) {
  std::vector<osmium::memory::Buffer> buffers;
  osmium::io::Reader reader(extract, osmium::io::read_meta::no);
  while (osmium::memory::Buffer buffer = reader.read()) buffers.push_back(std::move(buffer));
  osmium::io::Writer writer(osmium::io::File(path, "pbf,add_metadata=false"), reader.header(),
                            osmium::io::overwrite::allow);
  write_copies<osmium::Node>(buffers, copies, degrees, writer);
  write_copies<osmium::Way>(buffers, copies, degrees, writer);
  write_copies<osmium::Relation>(buffers, copies, degrees, writer);
  writer.close();
}

}  // namespace

int main(int argc, char** argv) {
  const bool help = argc == 2 && std::string(argv[1]) == "--help";
  if (argc != 5) {
    std::fputs(
        "Usage: repeat_extract EXTRACT COPIES DEGREES OUT.osm.pbf\nAn OSM extract repeated towards the east, copies "
        "DEGREES apart\n",
        help ? stdout : stderr);
    return help ? 0 : 2;
  }
  try {
    repeat(argv[1], std::atoi(argv[2]), std::atof(argv[3]), argv[4]);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "repeat_extract: %s\n", e.what());
    return 1;
  }
  return 0;
}
