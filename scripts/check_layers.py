#!/usr/bin/env python3
"""Checks from #include lines that the folders use each other in one direction only.

check_layers.py [ROOT]         prints every include that goes the wrong way; exit 1 if there is one
check_layers.py --self-test    plants wrong includes in a temporary tree and expects to find each
"""
import re
import sys
import tempfile
from pathlib import Path

# Folder -> the folders of ours that it may include.
ALLOWED = {
    "kernels": {"kernels"},
    "engine": {"engine", "kernels"},
    "models": {"models", "engine", "kernels"},
    "io": {"io", "engine", "kernels"},
    "apps": {"apps", "models", "io", "engine", "kernels"},
    "bench": {"bench", "tests", "apps", "models", "io", "engine", "kernels"},
    "tests": {"tests", "bench", "apps", "models", "io", "engine", "kernels"},
}
# The rooms of io: each may include itself, those before it and what lies in io itself; weights stands apart.
IO_ROOMS = ["geometry", "image", "tiles", "places", "maps", "tables", "vectorize"]
IO_APART = "weights"
# Parts that know nothing of each other: what both need lies in the folder above.
STRANGERS = [("io/maps/osm", "io/maps/ogr")]
# Header of another library -> the only files that may include it.
ONLY_IN = {
    r"(oneapi/dnnl/|dnnl)": r"kernels/cpu/conv[^/]*",
    r"cudnn": r"kernels/cuda/cudnn_backend\.(h|cpp)",
    r"nccl": r"engine/communication/nccl_link\.cpp",
}
SOURCES = {".h", ".cpp", ".cu", ".cuh"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def room_of(parts):
    """The room of a path in io; None for a file of io itself."""
    return parts[1] if len(parts) > 2 else None


def io_complaint(room, other):
    if other is None or other == room:
        return None
    if room is None:
        return "a file of io itself may include no room"
    if IO_APART in (room, other):
        return f"io/{IO_APART} stands apart from the other rooms"
    for name in (room, other):
        if name not in IO_ROOMS:
            return f"io/{name} is not a room of io: list it in check_layers.py"
    if IO_ROOMS.index(other) > IO_ROOMS.index(room):
        return f"io/{room} may include only {', '.join(IO_ROOMS[:IO_ROOMS.index(room) + 1])}"
    return None


def estranged(file, other):
    """Whether the folders of two paths are parts that know nothing of each other."""
    return any({file.parent.as_posix(), other.parent.as_posix()} == set(pair) for pair in STRANGERS)


def complaint(file, bracket, target, root):
    """What is wrong with `#include target` in `file` (both relative to root), or None."""
    if bracket == "<":
        for header, place in ONLY_IN.items():
            if re.match(header, target) and not re.fullmatch(place, file.as_posix()):
                return f"belongs in {place} only"
        return None
    if not (root / target).is_file():
        return "is not a path from the repository's root"
    layer, other = file.parts[0], Path(target).parts
    if other[0] not in ALLOWED[layer]:
        return f"{layer} may include only {', '.join(sorted(ALLOWED[layer]))}"
    if estranged(file, Path(target)):
        return f"{file.parent} and {Path(target).parent} know nothing of each other"
    if layer == "io" and other[0] == "io":
        return io_complaint(room_of(file.parts), room_of(other))
    if layer == "apps" and other[0] == "apps" and other[1] not in (file.parts[1], "common"):
        return "one program's code in another's: move it down to io or models"
    return None


def check(root):
    """Returns the number of files read and a list of complaints."""
    files, found = 0, []
    for layer in ALLOWED:
        for path in sorted((root / layer).rglob("*")):
            if path.suffix not in SOURCES:
                continue
            files += 1
            file = path.relative_to(root)
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                match = INCLUDE.match(line)
                wrong = match and complaint(file, *match.groups(), root)
                if wrong:
                    found.append(f"{file.as_posix()}:{number}: {match[2]}: {wrong}")
    return files, found


def self_test():
    tree = {"kernels/a.h": "", "engine/a.h": "", "models/a.h": "", "io/a.h": "", "apps/x/a.h": "", "apps/y/a.h": "",
            "io/image/a.h": "", "io/maps/a.h": "", "io/weights/a.h": "", "io/maps/ogr/a.h": ""}
    planted = {
        "kernels/b.cpp": '"engine/a.h"', "engine/b.cpp": '"models/a.h"', "models/b.cpp": '"io/a.h"',
        "io/b.cpp": '"models/a.h"', "io/c.h": '"apps/x/a.h"', "io/d.h": '"io/image/a.h"',
        "io/image/b.cpp": '"io/maps/a.h"', "io/tables/b.cpp": '"io/weights/a.h"', "io/weights/b.cpp": '"io/image/a.h"',
        "io/maps/osm/b.cpp": '"io/maps/ogr/a.h"', "io/attic/b.cpp": '"io/image/a.h"', "apps/x/b.cpp": '"apps/y/a.h"',
        "engine/c.cpp": '"a.h"', "engine/d.cpp": "<oneapi/dnnl/dnnl.hpp>", "kernels/cpu/e.cu": "<cudnn.h>",
    }
    fine = {"kernels/cpu/conv_x.cpp": "<oneapi/dnnl/dnnl.hpp>", "apps/x/c.cpp": '"io/a.h"', "tests/t.cpp": '"apps/y/a.h"',
            "io/maps/c.cpp": '"io/image/a.h"', "io/maps/d.cpp": '"io/a.h"', "io/maps/ogr/d.cpp": '"io/maps/a.h"',
            "io/weights/c.cpp": '"io/a.h"'}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, target in {**tree, **planted, **fine}.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(f"#include {target}\n" if target else "")
        found = check(root)[1]
    reported = {line.split(":")[0] for line in found}
    assert reported == set(planted), f"expected complaints about {sorted(planted)}, got {sorted(reported)}"
    print(f"{len(planted)} planted includes found")


def main(arguments):
    if arguments == ["--self-test"]:
        return self_test()
    root = Path(arguments[0]) if arguments else Path(__file__).resolve().parent.parent
    files, found = check(root)
    if files == 0:
        sys.exit(f"check_layers: no source file below {root}")
    for line in found:
        print(line, file=sys.stderr)
    print(f"{files} files, {len(found)} includes in the wrong direction")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
