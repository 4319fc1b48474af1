#include "io/maps/osm/xml.h"

#include <expat.h>

#include <exception>
#include <optional>

#include "io/maps/osm/values.h"
#include "io/maps/packed_reader.h"
#include "kernels/base.h"

namespace ppl {
namespace {

constexpr int64_t kLargestElement = 1 << 20;  // bytes; OSM's API allows 255 letters a value
constexpr size_t kLargestRemark = 1000;

class Parser {
 public:
  Parser(OsmKind kind, OsmTaker& taker) : kind_(kind), taker_(taker), parser_(XML_ParserCreate(nullptr)) {
    PPL_CHECK(parser_, "no memory for expat");
    XML_SetUserData(parser_, this);
    XML_SetElementHandler(parser_, on_start, on_end);
    XML_SetCharacterDataHandler(parser_, on_text);
    XML_SetEntityDeclHandler(parser_, on_entity);
  }
  ~Parser() { XML_ParserFree(parser_); }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  void parse(Bytes bytes, bool last) {
    fed_ += static_cast<int64_t>(bytes.size());
    const auto* text = reinterpret_cast<const char*>(bytes.data());
    const XML_Status status = XML_Parse(parser_, text, static_cast<int>(bytes.size()), last);
    if (error_) std::rethrow_exception(error_);
    PPL_CHECK(status == XML_STATUS_OK, "line ", XML_GetCurrentLineNumber(parser_), ": ",
              XML_ErrorString(XML_GetErrorCode(parser_)), last ? " (does the file end too early?)" : "");
    PPL_CHECK(fed_ - XML_GetCurrentByteIndex(parser_) <= kLargestElement + static_cast<int64_t>(bytes.size()), "line ",
              XML_GetCurrentLineNumber(parser_), ": an element of more than ", kLargestElement, " bytes");
  }
  const OsmXmlHead& head() const { return head_; }

 private:
  enum class Where { outside, root, section, object, member, leaf, remark, skipped };

  // Exceptions may not pass through expat.
  template <class Body>
  static void guarded(void* self, Body&& body) noexcept {
    auto& parser = *static_cast<Parser*>(self);
    if (parser.error_) return;
    try {
      body(parser);
    } catch (...) {
      parser.error_ = std::current_exception();
      XML_StopParser(parser.parser_, XML_FALSE);
    }
  }
  static void on_start(void* self, const char* name, const char** attributes) {
    guarded(self, [&](Parser& p) { p.start(name, attributes); });
  }
  static void on_end(void* self, const char*) {
    guarded(self, [&](Parser& p) { p.end(); });
  }
  static void on_text(void* self, const char* text, int length) {
    guarded(self, [&](Parser& p) {
      if (p.where_.back() == Where::remark && p.remark_.size() < kLargestRemark) {
        p.remark_.append(text, static_cast<size_t>(length));
      }
    });
  }
  static void on_entity(void* self, const char*, int, const char*, int, const char*, const char*, const char*,
                        const char*) {
    guarded(self, [](Parser&) { throw Error("declares entities, which an OSM file has no use for"); });
  }

  void start(std::string_view name, const char** attributes) { where_.push_back(place_for(name, attributes)); }

  Where place_for(std::string_view name, const char** attributes) {
    switch (where_.back()) {
      case Where::outside:
        start_root(name, attributes);
        return Where::root;
      case Where::root:
        if (head_.changes && (name == "create" || name == "modify" || name == "delete")) {
          deleting_ = name == "delete";
          return Where::section;
        }
        [[fallthrough]];
      case Where::section:
        return start_in_root(name, attributes);
      case Where::object:
        return start_in_object(name, attributes);
      case Where::member:
        if (name == "nd" && in_use_) add_node(attributes);
        return Where::leaf;
      default:
        return Where::skipped;
    }
  }

  void start_root(std::string_view name, const char** attributes) {
    PPL_CHECK(name == "osm" || name == "osmChange", "expected <osm> or <osmChange>, got <", name.substr(0, 40), ">");
    head_.changes = name == "osmChange";
    for (; *attributes; attributes += 2) {
      const std::string_view key = attributes[0], value = attributes[1];
      PPL_CHECK(key != "version" || value == "0.6", "is OSM XML of version ", value.substr(0, 40), "; expected 0.6");
      if (key == "timestamp") head_.date = value.substr(0, 40);
    }
  }

  Where start_in_root(std::string_view name, const char** attributes) {
    PPL_CHECK(name != "action", "is an augmented difference of Overpass, which is no map");
    if (name == "remark") return Where::remark;
    if (name == "meta") {
      for (; *attributes; attributes += 2) {
        if (std::string_view(attributes[0]) == "osm_base") head_.date = std::string_view(attributes[1]).substr(0, 40);
      }
      return Where::leaf;
    }
    if (name == "node") {
      element_ = OsmKind::node;
    } else if (name == "way") {
      element_ = OsmKind::way;
    } else if (name == "relation") {
      element_ = OsmKind::relation;
    } else {
      return Where::skipped;
    }
    start_object(attributes);
    return Where::object;
  }

  void start_object(const char** attributes) {
    id_ = 0;
    state_ = {0, deleting_};
    place_ = {};
    tags_.clear(), members_.clear(), nodes_.clear(), places_.clear(), texts_.clear();
    // Members of relations may be ways that are nowhere else.
    in_use_ = element_ == kind_ || (element_ == OsmKind::relation && kind_ == OsmKind::way);
    if (!in_use_) return;
    for (; *attributes; attributes += 2) {
      const std::string_view key = attributes[0], value = attributes[1];
      if (key == "id") id_ = osm_number(attributes[1], "an id");
      if (key == "version") state_.version = osm_number(attributes[1], "a version");
      if ((key == "visible" && value == "false") || (key == "action" && value == "delete")) state_.deleted = true;
      if (key == "lat") place_.y = osm_degrees(attributes[1], "lat");
      if (key == "lon") place_.x = osm_degrees(attributes[1], "lon");
    }
  }

  Where start_in_object(std::string_view name, const char** attributes) {
    if (!in_use_) return Where::skipped;
    if (name == "tag" && element_ == kind_ && kind_ != OsmKind::node) {
      add_tag(attributes);
    } else if (name == "nd" && element_ == OsmKind::way) {
      add_node(attributes);
    } else if (name == "member" && element_ == OsmKind::relation) {
      add_member(attributes);
      return Where::member;
    }
    return Where::leaf;
  }

  // Offsets, as the text moves while it grows.
  struct Text {
    size_t at, size;
  };
  Text keep(std::string_view text) {
    texts_ += text;
    return {texts_.size() - text.size(), text.size()};
  }
  std::string_view text(Text t) const { return std::string_view(texts_).substr(t.at, t.size); }

  void add_tag(const char** attributes) {
    std::string_view key, value;
    for (; *attributes; attributes += 2) {
      if (std::string_view(attributes[0]) == "k") key = attributes[1];
      if (std::string_view(attributes[0]) == "v") value = attributes[1];
    }
    tags_.push_back({keep(key), keep(value)});
  }

  void add_node(const char** attributes) {
    OsmPlace place;
    std::optional<int64_t> id;
    for (; *attributes; attributes += 2) {
      const std::string_view key = attributes[0];
      if (key == "ref") id = osm_number(attributes[1], "a reference");
      if (key == "lat") place.y = osm_degrees(attributes[1], "lat");
      if (key == "lon") place.x = osm_degrees(attributes[1], "lon");
    }
    // Where Overpass cuts a geometry, places are missing: such a node is nowhere.
    if (!id) id = place.valid() ? id_at(place) : INT64_MAX;
    nodes_.push_back(*id);
    places_.push_back(place);
    placed_ |= place.valid();
  }

  void add_member(const char** attributes) {
    Member member{OsmKind::node, 0, {}};
    for (; *attributes; attributes += 2) {
      const std::string_view key = attributes[0], value = attributes[1];
      if (key == "type")
        member.kind = value == "way" ? OsmKind::way : value == "node" ? OsmKind::node : OsmKind::relation;
      if (key == "ref") member.id = osm_number(attributes[1], "a member's reference");
      if (key == "role") member.role = keep(value);
    }
    members_.push_back(member);
  }

  void end() {
    const Where left = where_.back();
    where_.pop_back();
    if (left == Where::section) deleting_ = false;
    if (left == Where::member) end_member();
    if (left == Where::object && element_ == kind_) end_object();
    if (left == Where::remark) {
      throw Error(cat("its <remark> says that it is not complete: '", remark_.substr(0, 300),
                      "'; ask again, with a longer [timeout:...] or for a smaller area"));
    }
  }

  void end_member() {
    if (kind_ == OsmKind::way && in_use_ && placed_ && members_.back().kind == OsmKind::way && !state_.deleted) {
      taker_.take_member(OsmWay{members_.back().id, {}, nodes_, places_});
    }
    nodes_.clear(), places_.clear();
    placed_ = false;
  }

  void end_object() {
    if (kind_ == OsmKind::node) {
      taker_.take(id_, place_, state_);
      return;
    }
    tag_views_.clear(), member_views_.clear();
    for (const auto& [key, value] : tags_) tag_views_.push_back({text(key), text(value)});
    if (kind_ == OsmKind::way) {
      if (!placed_) places_.clear();
      placed_ = false;
      taker_.take(OsmWay{id_, tag_views_, nodes_, places_}, state_);
      return;
    }
    for (const Member& m : members_) member_views_.push_back({m.kind, m.id, text(m.role)});
    taker_.take(OsmRelation{id_, tag_views_, member_views_}, state_);
  }

  struct Member {
    OsmKind kind;
    int64_t id;
    Text role;
  };

  OsmKind kind_;  // that is asked for
  OsmTaker& taker_;
  XML_Parser parser_;
  std::exception_ptr error_;
  int64_t fed_ = 0;
  OsmXmlHead head_;
  std::string remark_;
  std::vector<Where> where_{Where::outside};

  // Of the object that is being read.
  OsmKind element_ = OsmKind::node;
  bool in_use_ = false, deleting_ = false, placed_ = false;
  int64_t id_ = 0;
  OsmState state_;
  OsmPlace place_;
  std::string texts_;
  std::vector<std::pair<Text, Text>> tags_;
  std::vector<Member> members_;
  std::vector<int64_t> nodes_;
  std::vector<OsmPlace> places_;  // of nodes_
  std::vector<OsmTag> tag_views_;
  std::vector<OsmMember> member_views_;
};

}  // namespace

OsmXmlHead read_osm_xml(const std::string& path, OsmKind kind, OsmTaker& taker,
                        const std::function<void(double share)>& progress) {
  PackedReader reader(path);
  Parser parser(kind, taker);
  for (bool last = false; !last;) {
    const Bytes bytes = reader.read();
    last = bytes.empty();
    parser.parse(bytes, last);
    if (progress) progress(reader.share_read());
  }
  taker.end_of_kind();
  return parser.head();
}

}  // namespace ppl
