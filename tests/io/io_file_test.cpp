#include <doctest/doctest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>

#include "io/image/scene.h"
#include "io/utf8.h"
#include "tests/support/io_support.h"

namespace ppl {
namespace {

using test::contains;
using test::error_of;

TEST_CASE("a file is written and read back") {
  const TemporaryFolder dir;
  write_file(dir / "a", std::string("hello"));
  CHECK(read_text(dir / "a") == "hello");
  CHECK(read_file(dir / "a").size() == 5);
  CHECK(MappedFile(dir / "a").bytes().size() == 5);
  write_file(dir / "a", std::string());
  CHECK(read_text(dir / "a").empty());
  CHECK(MappedFile(dir / "a").bytes().empty());
  CHECK(dir.files() == 1);
}

TEST_CASE("reading names the path and the reason") {
  const TemporaryFolder dir;
  write_file(dir / "a", std::string("hello"));
  CHECK(contains(error_of([&] { read_file(dir / "none"); }), (dir / "none") + ": cannot open: No such file"));
  CHECK(contains(error_of([&] { read_file(dir / "a", 4); }), "at most 4 bytes, got 5"));
  CHECK(contains(error_of([&] { read_file(dir.path); }), "expected a file, got a folder"));
  CHECK(contains(error_of([&] { MappedFile m(dir / "none"); }), "cannot open"));
  mkfifo((dir / "pipe").c_str(), 0600);
  CHECK(contains(error_of([&] { read_file(dir / "pipe"); }), "expected a file, got something else"));
}

TEST_CASE("without commit nothing stays behind and the old file is kept") {
  const TemporaryFolder dir;
  write_file(dir / "a", std::string("old"));
  {
    FileWriter w(dir / "a");
    w.write("new text", 8);
    CHECK(dir.files() == 2);
  }
  CHECK(dir.files() == 1);
  CHECK(read_text(dir / "a") == "old");
}

TEST_CASE("padding and rewriting") {
  const TemporaryFolder dir;
  FileWriter w(dir / "a");
  w.write("abc", 3);
  w.pad_to(8);
  w.pad_to(8);
  w.write("d", 1);
  w.write_at(1, "X", 1);
  CHECK(w.offset() == 9);
  CHECK(contains(error_of([&] { w.write_at(9, "y", 1); }), "rewritten"));
  w.commit();
  CHECK(read_text(dir / "a") == std::string("aXc\0\0\0\0\0d", 9));
}

TEST_CASE("writing names the path and the reason") {
  const TemporaryFolder dir;
  CHECK(
      contains(error_of([&] { write_file(dir / "no/such/folder", std::string("x")); }), "cannot create: No such file"));
  CHECK(contains(error_of([&] { write_file(dir.path, std::string("x")); }), "to replace, got a folder"));
  // A pipe stands for every kind of device: a real one would be lost if this check ever failed.
  mkfifo((dir / "pipe").c_str(), 0600);
  CHECK(contains(error_of([&] { write_file(dir / "pipe", std::string("x")); }), "to replace, got something else"));
}

TEST_CASE("a full disk leaves nothing behind") {
  const TemporaryFolder dir;
  const std::string disk = dir / "disk";
  test::fs::create_directory(disk);
  if (mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=64k") != 0) {
    MESSAGE("skipped: a small file system cannot be mounted here");
    return;
  }
  write_file(disk + "/a", std::string("old"));
  const std::string large(200'000, 'x');
  const std::string message = error_of([&] { write_file(disk + "/a", large); });
  CHECK(contains(message, disk + "/a: cannot write: No space left on device"));
  CHECK(read_text(disk + "/a") == "old");
  CHECK(std::distance(test::fs::directory_iterator(disk), test::fs::directory_iterator()) == 1);
  umount(disk.c_str());
}

TEST_CASE("temporary files: those of the living stay, those of the dead go, other files are left alone") {
  const TemporaryFolder dir;
  for (const char* name : {"a.123.0.tmp", "a.tmp", "a.0123456789abcdeg.tmp", "a.0123456789abcdef"})
    write_file(dir / name, std::string("of somebody"));
  const TemporaryFile living(dir / "a");
  const pid_t child = fork();
  if (child == 0) {
    new TemporaryFile(dir / "a");
    new TemporaryFile(dir / "b");
    _exit(0);
  }
  waitpid(child, nullptr, 0);
  CHECK(dir.files() == 7);
  // As if another machine had left them.
  for (const char* name : {"a.00000000ffffffff.tmp", "a.00000000fffffffe.tmp"})
    write_file(dir / name, std::string("of somebody"));
  std::filesystem::last_write_time(dir / "a.00000000fffffffe.tmp",
                                   std::filesystem::file_time_type::clock::now() - std::chrono::hours(25));
  CHECK(dir.files() == 9);
  remove_abandoned(dir.path, "b");
  CHECK(dir.files() == 8);
  remove_abandoned(dir.path);
  CHECK(dir.files() == 6);
  CHECK(contains(living.name(), (dir / "a") + "."));
  CHECK(read_text(living.name()).empty());
}

TEST_CASE("a scene that is being written is not taken for one that a dead process left") {
  if (!have_gdal()) return;
  const TemporaryFolder dir;
  const std::vector<uint8_t> ones(64 * 64, 1);
  for (const bool cog : {false, true}) {
    SceneWriter::Spec spec;
    spec.height = spec.width = 64;
    spec.cog = cog;
    spec.note = "made by a test";
    SceneWriter file(dir / "a.tif", spec);
    CHECK(dir.files() == 1);
    remove_abandoned(dir.path);
    CHECK(dir.files() == 1);
    file.write(0, 0, 0, 64, 64, ones.data());
    file.commit();
    CHECK(dir.files() == 1);
    CHECK(read_image(dir / "a.tif").bytes == ones);
    CHECK(read_note(dir / "a.tif") == "made by a test");
    std::filesystem::remove(dir / "a.tif");
  }
}

TEST_CASE("names as UTF-8: what is stays, other bytes are Latin-1") {
  for (const char* text : {"", "a", "caf\u00e9", "\u65e5\u672c", "\xf0\x9f\x9b\xb0"}) CHECK(as_utf8(text) == text);
  CHECK(as_utf8("caf\xe9") == "caf\u00e9");
  CHECK(as_utf8("\xe9\xe9x\xff") == "\u00e9\u00e9x\u00ff");
  CHECK(as_utf8("\xc0\x80") == "\u00c0\u0080");            // a zero spelt too long
  CHECK(as_utf8("\xed\xa0\x80") == "\u00ed\u00a0\u0080");  // half of a pair
  CHECK(as_utf8("\xe6\x97") == "\u00e6\u0097");            // cut
}

}  // namespace
}  // namespace ppl
