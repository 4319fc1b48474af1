#!/usr/bin/env bash
# clang-tidy (.clang-tidy) and clang-format (.clang-format) over sources; prints what they find, exit code 1 if anything.
#   scripts/tidy.sh BUILD [FILE...]    BUILD: a configured build folder, for its compile commands; default: all sources
#   scripts/tidy.sh format [FILE...]   the format alone: seconds for all sources, where clang-tidy takes many minutes
# Says what it skips: clang-tidy where it is missing, the format where clang-format is not version 14, whose layout the
# sources have.
set -euo pipefail
build=$1
[[ $build == format ]] || build=$(realpath "$build")
shift
cd "$(dirname "$0")/.."
if (($# == 0)); then
  mapfile -t files < <(git ls-files '*.cpp' '*.h' '*.cu')
else
  mapfile -t files < <(printf '%s\n' "$@" | grep -E '\.(cpp|h|cu)$' || true)
fi
((${#files[@]})) || exit 0
failed=0

if clang-format --version 2>/dev/null | grep -q 'version 14\.'; then
  clang-format --dry-run --Werror "${files[@]}" || failed=1
else
  echo "tidy: the format is not checked: no clang-format 14 here" >&2
fi

[[ $build != format ]] || exit $failed
# What this build compiles as C++; clang knows none of g++'s own warnings.
if command -v clang-tidy >/dev/null; then
  mapfile -t sources < <(printf '%s\n' "${files[@]}" | grep '\.cpp$' |
    while read -r file; do ! grep -q "\"file\": \".*/$file\"" "$build/compile_commands.json" || echo "$file"; done)
  if ((${#sources[@]})); then
    printf '%s\0' "${sources[@]}" | xargs -0 -n 1 -P "$(nproc)" \
      clang-tidy -p "$build" --quiet --extra-arg=-Wno-unknown-warning-option --extra-arg=-Wno-ignored-optimization-argument \
      2> >(grep -vE 'warnings? generated|Suppressed|Use -header-filter|in non-user code' >&2) || failed=1
  fi
else
  echo "tidy: no clang-tidy here" >&2
fi
exit $failed
