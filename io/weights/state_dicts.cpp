#include "io/weights/state_dicts.h"

#include <algorithm>
#include <set>
#include <vector>

#include "io/weights/torch_tensor.h"
#include "kernels/base.h"

namespace ppl {
namespace {

using Kind = PickleValue::Kind;

constexpr int kDeepest = 8;
constexpr size_t kMostListed = 12;

struct Found {
  std::string key;  // empty: the whole file
  PickleRef dictionary;
  bool has_dots;  // in the name of a tensor
};

class Search {
 public:
  explicit Search(PickleRef root) { visit(root, "", 0); }
  std::vector<Found> found;

 private:
  // Values may be shared, and hold themselves. A dictionary that stands below two keys is found below both.
  void visit(PickleRef value, const std::string& key, int depth) {
    if (depth > kDeepest) return;
    if (!seen_.insert(value).second) {
      const auto before =
          std::find_if(found.begin(), found.end(), [&](const Found& f) { return f.dictionary == value; });
      if (before != found.end()) found.push_back({key, value, before->has_dots});
      return;
    }
    const auto below = [&](std::string_view name) { return key.empty() ? std::string(name) : cat(key, ".", name); };
    if (value->kind == Kind::list) {
      for (size_t i = 0; i < value->items.size(); ++i) visit(value->items[i], below(std::to_string(i)), depth + 1);
    }
    if (value->kind != Kind::dictionary) return;
    bool has_tensors = false, has_dots = false;
    for (size_t i = 0; i + 1 < value->items.size(); i += 2) {
      const PickleRef name = value->items[i], item = value->items[i + 1];
      if (name->kind != Kind::text) continue;
      if (is_torch_tensor(item)) {
        has_tensors = true;
        has_dots = has_dots || name->text.find('.') != std::string_view::npos;
      } else {
        visit(item, below(name->text), depth + 1);
      }
    }
    if (has_tensors) found.push_back({key, value, has_dots});
  }

  std::set<PickleRef> seen_;
};

std::string keys_of(const std::vector<Found>& all) {
  std::string text;
  for (size_t i = 0; i < std::min(all.size(), kMostListed); ++i)
    text += cat(i == 0 ? "" : ", ", all[i].key.empty() ? "the file itself" : cat("'", all[i].key, "'"));
  return all.size() > kMostListed ? text + ", ..." : text;
}

}  // namespace

PickleRef find_state_dict(PickleRef root, const std::string& key) {
  PPL_CHECK(root->kind != Kind::call, "holds an object of ", root->kind == Kind::call ? root->items[0]->text : "",
            ", not a state dict (save model.state_dict(), not the model)");
  std::vector<Found> all = Search(root).found;
  std::sort(all.begin(), all.end(), [](const Found& a, const Found& b) { return a.key < b.key; });
  PPL_CHECK(!all.empty(), "holds no dictionary of tensors (save model.state_dict(), not the model)");
  if (!key.empty()) {
    const auto it = std::find_if(all.begin(), all.end(), [&](const Found& f) { return f.key == key; });
    PPL_CHECK(it != all.end(), "there are no tensors below '", key, "'; there are some in ", keys_of(all));
    return it->dictionary;
  }
  if (std::any_of(all.begin(), all.end(), [](const Found& f) { return f.has_dots; }))
    std::erase_if(all, [](const Found& f) { return !f.has_dots; });
  const bool only_one =
      std::all_of(all.begin(), all.end(), [&](const Found& f) { return f.dictionary == all[0].dictionary; });
  PPL_CHECK(only_one, "holds ", all.size(), " dictionaries of tensors: ", keys_of(all),
            "; choose one by `weights import --key KEY`");
  return all.front().dictionary;
}

}  // namespace ppl
