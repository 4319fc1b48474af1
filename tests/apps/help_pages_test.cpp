// Man pages and bash completion against what the programs themselves print for --help.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "io/file.h"
#include "kernels/base.h"
#include "tests/support/process.h"

using namespace ppl;

namespace {

const std::string kShare = std::string(PPL_BIN) + "/../share";

std::string help_of(const std::string& program, const std::string& command) {
  std::vector<std::string> words{"--help"};
  if (!command.empty()) words.insert(words.begin(), command);
  const ProcessResult r = run_process(program, words);
  REQUIRE(r.exit_code == 0);
  return r.out;
}

// The long options that start a line.
std::set<std::string> options_in(const std::string& help) {
  std::set<std::string> found;
  const std::regex line("(^|\n)  (-[a-zA-Z],)?(--[a-z][a-z-]*)");
  for (std::sregex_iterator m(help.begin(), help.end(), line), end; m != end; ++m) found.insert((*m)[3]);
  return found;
}

std::vector<std::string> commands_in(const std::string& help) {
  std::vector<std::string> found;
  const size_t at = help.find("Subcommands:");
  const std::regex line("\n  ([a-z]+) ");
  if (at == std::string::npos) return found;
  for (std::sregex_iterator m(help.begin() + static_cast<std::ptrdiff_t>(at), help.end(), line), end; m != end; ++m)
    found.push_back((*m)[1]);
  return found;
}

// What bash proposes after these words, the last of which is being typed.
std::string completed(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& word : words) all += " '" + word + "'";
  const std::string script = cat("source '", kShare, "/bash-completion/completions/", words[0], "' && COMP_WORDS=(",
                                 all, ") && COMP_CWORD=", words.size() - 1, " && _pplinknet && echo ${COMPREPLY[@]}");
  const ProcessResult r = run_process("/bin/bash", {"-c", script});
  CHECK_MESSAGE(r.exit_code == 0, r.err);
  return " " + r.out.substr(0, r.out.find('\n')) + " ";
}

void check_page(const std::string& program, const std::string& command) {
  const std::string name = command.empty() ? program : program + "-" + command;
  CAPTURE(name);
  const std::string page =
      std::regex_replace(read_text(kShare + "/man/man1/" + name + ".1"), std::regex(R"(\\-)"), "-");
  const std::set<std::string> options = options_in(help_of(program, command));
  REQUIRE(options.count("--help") == 1);
  std::vector<std::string> words{program, "--"};
  if (!command.empty()) words.insert(words.begin() + 1, command);
  const std::string proposed = completed(words);
  for (const std::string& option : options) {
    CAPTURE(option);
    CHECK(page.find(option) != std::string::npos);
    CHECK(proposed.find(" " + option + " ") != std::string::npos);
  }
}

}  // namespace

TEST_CASE("every program has a man page and completion for each of its options and subcommands") {
  size_t programs = 0;
  for (const std::string program :
       {"train", "predict", "weights", "tiles", "score", "vectorize", "rasterize", "sheet", "town"}) {
    if (!std::filesystem::exists(std::string(PPL_BIN) + "/" + program)) continue;  // left out of this build
    ++programs;
    check_page(program, "");
    const std::vector<std::string> commands = commands_in(help_of(program, ""));
    for (const std::string& command : commands) check_page(program, command);
    if (!commands.empty()) CHECK(completed({program, ""}).find(" " + commands[0] + " ") != std::string::npos);
  }
  CHECK(programs >= 6);
}

TEST_CASE("what is no option is completed as a file") {
  const TemporaryFolder dir;
  write_file(dir / "weights.safetensors", "");
  CHECK(completed({"predict", dir / "wei"}) == " " + (dir / "weights.safetensors") + " ");
}
