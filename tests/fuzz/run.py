#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the fuzz targets, runs each for a bounded time, and prints how much of its parser it saw.

Fails if a target crashes (the reproducer is kept), if it reaches fewer than 80 % of the lines of
its parser files, or if the bug planted in the target "planted" is not found.
"""

import argparse
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
PLANTED = "planted"
REQUIRED_PERCENT = 80.0
SKIPPED = 77  # CTest's SKIP_RETURN_CODE


class Failure(Exception):
    """Something that makes the whole run fail, with a sentence for the reader."""


def command(arguments, **options):
    """Runs a tool that has to succeed; answers its output."""
    done = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", check=False, **options)
    if done.returncode != 0:
        raise Failure(f"{' '.join(map(str, arguments))} failed:\n{done.stdout[-4000:]}")
    return done.stdout


def llvm_tool(name):
    """The tool of the very clang that builds: profiles of another version can't be read."""
    version = re.search(r"version (\d+)", command(["clang", "--version"])).group(1)
    for candidate in (f"{name}-{version}", f"/usr/lib/llvm-{version}/bin/{name}", name):
        if shutil.which(candidate):
            return candidate
    raise Failure(f"{name} for clang {version} is missing: apt-get install llvm-{version}")


def build(folder, jobs):
    """Configures and builds the preset; answers the targets as (name, parser files)."""
    command(["cmake", "--preset", "fuzz", "-S", ROOT, "-B", folder], cwd=ROOT)
    command(["cmake", "--build", folder, "--target", "fuzz_targets", f"-j{jobs}"])
    lines = (folder / "tests/fuzz/targets.txt").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


class Target:
    """One fuzz target: its program, its seeds, what it found."""

    def __init__(self, folder, name, parsers):
        self.name = name
        self.parsers = [ROOT / parser for parser in parsers]
        self.program = folder / "tests/fuzz" / f"fuzz_{name}"
        self.seeds = HERE / "corpus" / name
        self.found = folder / "corpus" / name
        self.crashes = folder / "crashes" / name
        self.profile = folder / f"{name}.profraw"
        self.runs = 0
        self.lines = {}  # parser file: (covered, all)
        self.trouble = None

    def libfuzzer(self, *options, profile=False):
        environment = dict(os.environ)
        environment["LLVM_PROFILE_FILE"] = str(self.profile) if profile else os.devnull
        environment["ASAN_OPTIONS"] = "detect_leaks=1:allocator_may_return_null=1"
        environment["LC_ALL"] = "C.UTF-8"
        environment["TZ"] = "Asia/Tokyo"
        # Leaks are looked for once, at the end: after each input it would take most of the time.
        return subprocess.run([self.program, "-detect_leaks=0", *options, self.found, self.seeds],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", env=environment, check=False)

    def fuzz(self, seconds):
        """Looks for a crash until the time is over."""
        if not any(self.seeds.glob("*")):
            raise Failure(f"{self.name}: no seeds in {self.seeds.relative_to(ROOT)}")
        self.found.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self.crashes, ignore_errors=True)
        self.crashes.mkdir(parents=True)
        options = [f"-max_total_time={seconds}", "-timeout=30", "-rss_limit_mb=2048",
                   "-max_len=8192", "-len_control=0",
                   "-print_final_stats=1", f"-artifact_prefix={self.crashes}/"]
        # lists of words that stand in the format help to get behind its first key
        words = HERE / "corpus" / f"{self.name}.dict"
        if words.exists():
            options.append(f"-dict={words}")
        done = self.libfuzzer(*options)
        runs = re.search(r"stat::number_of_executed_units:\s+(\d+)", done.stdout)
        self.runs = int(runs.group(1)) if runs else 0
        if done.returncode != 0:
            self.trouble = done.stdout[-6000:]

    def measure(self, profdata, cov):
        """Replays seeds and finds once, and counts the lines of the parser files they reach."""
        done = self.libfuzzer("-runs=0", profile=True)
        if done.returncode != 0:
            self.trouble = done.stdout[-6000:]
            return
        merged = self.profile.with_suffix(".profdata")
        command([profdata, "merge", "-sparse", self.profile, "-o", merged])
        report = json.loads(command([cov, "export", "-summary-only", f"-instr-profile={merged}",
                                     self.program, *self.parsers]))
        files = {Path(file["filename"]): file["summary"]["lines"]
                 for file in report["data"][0]["files"]}
        for parser in self.parsers:
            if parser not in files:
                raise Failure(f"{self.name}: {parser.relative_to(ROOT)} is not part of the target")
            self.lines[parser] = (files[parser]["covered"], files[parser]["count"])

    @property
    def percent(self):
        return percent(self.lines.values())

    def reproducers(self):
        return sorted(self.crashes.glob("*"))

    def found_planted(self):
        """Any other crash of the self-test would say nothing about the sanitizers."""
        return self.reproducers() and "heap-buffer-overflow" in (self.trouble or "")

    def verdict(self):
        """What is wrong with the result, or None."""
        if self.name == PLANTED:
            return None if self.found_planted() else "the planted bug was not found"
        if self.trouble:
            kept = ", ".join(str(path) for path in self.reproducers()) or "no reproducer"
            return f"crashed: {kept}\n{self.trouble}"
        if self.runs == 0:
            return "did not run"
        if self.percent < REQUIRED_PERCENT:
            return f"reaches {self.percent:.1f} % of its parser, {REQUIRED_PERCENT:.0f} % are asked"
        return None

    def rows(self):
        """The target's line of the table, and one more for each of its parser files."""
        if self.name == PLANTED:
            found = "found" if self.found_planted() else "NOT FOUND"
            return [[self.name, f"{self.runs:,}", "(self-test)", f"planted bug {found}"]]
        return [[self.name, f"{self.runs:,}", "", shown(self.lines.values())]] + \
            [["", "", str(parser.relative_to(ROOT)), shown([lines])]
             for parser, lines in self.lines.items()]


def percent(lines):
    lines = list(lines)
    count = sum(every for _, every in lines)
    return 100.0 * sum(covered for covered, _ in lines) / count if count else 0.0


def shown(lines):
    lines = list(lines)
    return f"{percent(lines):5.1f} % ({sum(c for c, _ in lines)}/{sum(n for _, n in lines)})"


def print_table(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(w) for cell, w in zip(row, widths)).rstrip())


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=10, help="for each target (default 10)")
    parser.add_argument("--full", action="store_true", help="600 seconds for each target")
    parser.add_argument("--jobs", type=int, default=2, help="targets at a time (default 2)")
    parser.add_argument("--build", type=Path, default=ROOT / "build/fuzz", help="build folder")
    parser.add_argument("targets", nargs="*", help="only these (default: all)")
    return parser.parse_args()


def run(options):
    seconds = 600 if options.full else options.seconds
    profdata, cov = llvm_tool("llvm-profdata"), llvm_tool("llvm-cov")
    targets = [Target(options.build, **target) for target in build(options.build, options.jobs)
               if not options.targets or target["name"] in options.targets]
    if not targets:
        raise Failure("no such target")

    def both(target):
        # The self-test needs no longer than a short run, however long the others take.
        target.fuzz(min(seconds, 60) if target.name == PLANTED else seconds)
        if target.name != PLANTED and not target.trouble:
            target.measure(profdata, cov)
        print(f"fuzz: {target.name}: {target.runs:,} runs", flush=True)

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        list(pool.map(both, targets))
    print_table([["target", "runs", "parser", "lines covered"]] +
                [row for target in targets for row in target.rows()])
    return [f"{t.name}: {t.verdict()}" for t in targets if t.verdict()]


def main():
    options = arguments()
    if not shutil.which("clang"):
        print("fuzz: skipped: clang is not installed (apt-get install clang llvm)")
        return SKIPPED
    try:
        troubles = run(options)
    except Failure as failure:
        troubles = [str(failure)]
    for trouble in troubles:
        print(f"fuzz: {trouble}", file=sys.stderr)
    return 1 if troubles else 0


if __name__ == "__main__":
    sys.exit(main())
