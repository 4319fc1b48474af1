#!/usr/bin/env python3
"""Makes man pages and a bash completion from what the programs print for --help.

make_help.py BIN OUT [PROGRAM...]    writes OUT/man/man1/PROGRAM.1 (subcommands as PROGRAM-SUBCOMMAND.1) and
                                     OUT/bash-completion/completions/pplinknet, and under each program's name
                                     a link to it, by which bash finds it
"""
import re
import subprocess
import sys
from pathlib import Path

PROGRAMS = ["predict", "rasterize", "score", "sheet", "tiles", "town", "train", "vectorize", "weights"]
ENTRY = re.compile(r"^  (\S.*?)(?:\s{2,}(.*))?$")
EXIT_STATUS = """.SH EXIT STATUS
0: done. 1: failed; one line on standard error names the file and the reason. 2: wrong usage.
75: asked to stop, saved; the same command goes on.
"""


class Help:
    """A parsed help text: description, usage, and groups of (name, text) entries."""

    def __init__(self, text):
        self.description, self.usage, self.groups = [], "", []
        for line in text.splitlines():
            heading = re.fullmatch(r"([A-Z][\w\[\] ]*):", line)
            if line.startswith("Usage:"):
                self.usage = line[len("Usage:"):].strip()
            elif heading:
                self.groups.append((heading[1], []))
            elif not self.groups:
                self.description.append(line)
            elif ENTRY.match(line) and not line.startswith("   "):
                name, text = ENTRY.match(line).groups()
                self.groups[-1][1].append([name, text or ""])
            elif line.strip() and self.groups[-1][1]:
                entry = self.groups[-1][1][-1]
                entry[1] = f"{entry[1]} {line.strip()}".strip()

    def entries(self, *groups):
        return [entry for title, entries in self.groups if title in groups for entry in entries]

    def options(self):
        return sorted({name for title, entries in self.groups if title not in ("Positionals", "Subcommands")
                       for entry in entries for name in re.findall(r"(?<![\w-])--?[A-Za-z][\w-]*", entry[0])})


def ask(program, *words):
    done = subprocess.run([program, *words, "--help"], capture_output=True, text=True, timeout=60, check=True)
    return Help(done.stdout)


def escaped(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text.startswith((".", "'")) else text


def man_page(name, version, page):
    lines = [f'.TH "{name.upper()}" 1 "" "pplinknet {version}" "pplinknet"', ".SH NAME",
             f"{escaped(name)} \\- {escaped(' '.join(page.description[:1]))}", ".SH SYNOPSIS", escaped(page.usage)]
    further = [line for line in page.description[1:] if line.strip()]
    if further:
        lines += [".SH DESCRIPTION", *map(escaped, further)]
    for title, entries in page.groups:
        lines.append(f".SH {title.upper()}")
        for entry, text in entries:
            lines += [".TP", f".B {escaped(entry)}", escaped(text)]
    return "\n".join(lines) + "\n" + EXIT_STATUS


def completion(found):
    """found: program -> {subcommand or "": options}."""
    lines = ["# bash completion of pplinknet's programs", "_pplinknet() {",
             "  local current=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[0]##*/} words", "  COMPREPLY=()",
             '  case "$command ${COMP_WORDS[1]}" in']
    for program, commands in found.items():
        for command, options in sorted(commands.items(), reverse=True):
            lines.append(f'    "{program} {command}"{"*" if not command else ""}) words="{" ".join(options)}" ;;')
    lines += ["  esac", '  if [[ $current == -* ]] || { ((COMP_CWORD == 1)) && [[ $words != -* ]]; }; then',
              '    COMPREPLY=($(compgen -W "$words" -- "$current"))', "  fi",
              "  [[ ${#COMPREPLY[@]} != 0 ]] || COMPREPLY=($(compgen -f -- \"$current\"))", "}",
              f"complete -o filenames -F _pplinknet {' '.join(found)}"]
    return "\n".join(lines) + "\n"


def main(arguments):
    if len(arguments) < 2:
        sys.exit(__doc__)
    programs_folder, out = Path(arguments[0]), Path(arguments[1])
    found = {}
    pages = out / "man/man1"
    pages.mkdir(parents=True, exist_ok=True)
    for program in arguments[2:] or [name for name in PROGRAMS if (programs_folder / name).exists()]:
        path = programs_folder / program
        said = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=60, check=True).stdout
        version = re.search(r"\d+\.\d+\.\d+", said)[0]
        page = ask(path)
        (pages / f"{program}.1").write_text(man_page(program, version, page), encoding="utf-8")
        subcommands = [re.split(r"[ ,]", name)[0] for name, _ in page.entries("Subcommands")]
        found[program] = {"": subcommands + page.options()}
        for command in subcommands:
            sub = ask(path, command)
            (pages / f"{program}-{command}.1").write_text(man_page(f"{program}-{command}", version, sub), encoding="utf-8")
            found[program][command] = sub.options()
    folder = out / "bash-completion/completions"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pplinknet").write_text(completion(found), encoding="utf-8")
    for program in found:
        link = folder / program
        link.unlink(missing_ok=True)
        link.symlink_to("pplinknet")


if __name__ == "__main__":
    main(sys.argv[1:])
