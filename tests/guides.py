#!/usr/bin/env python3
"""guides.py: runs the commands of the guides against a running instance, so that what they say is true.

  guides.py [GUIDE...]   the named guides; none = all that `src/build/guide.py list` prints

The instance is that of `make run`, or the one that TENANTD_URL, TENANTD_RUN_DIR and TENANTD_BUILD name. Each guide is one
shell, in an empty folder; guides run side by side. What the fence of a block says:

  sh           runs; exit status 0, and curl fails on a status of 400 and more
  sh refused   runs; its last command is curl, and the reply is a refusal
  sh norun     cannot run here: it needs root, systemd, another host or a real provider
  json         after a block that ran: every member that it shows is in what the block printed, with the same type
  python       compiles

`localhost:8080` and `.run/` become the instance's, addresses at example.com and slugs get a suffix of this run, and
nobody listens at hooks., logs. and archive.example.com. The instance needs a super-admin (SUPER_ADMIN_EMAIL,
SUPER_ADMIN_PASSWORD), MAIL_EVENTS_SECRET, and OUTBOUND_ALLOW=127.0.0.1.
The last line counts the blocks. Exit status: 0 all did as the guides say, 1 one did not.
"""
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
URL = os.environ.get("TENANTD_URL", "http://127.0.0.1:8080")
RUN_DIR = os.environ.get("TENANTD_RUN_DIR", str(TOP / ".run"))
BUILD = os.environ.get("TENANTD_BUILD", str(TOP / "build"))
SUFFIX = format(int(time.time() * 1000), "x")
PATIENCE = 100

HEAD = """set -u -o pipefail
KEPT=$PWD
set -a; . {run_dir}/environment; set +a
PATH={build}:$PATH
curl() {{ command curl --fail-with-body --max-time 30 "$@"; }}
"""
# A block runs in the shell itself, since later blocks use its variables.
BLOCK = """set {mode}e
{{
{text}
}} >"$KEPT/out.{number}" 2>"$KEPT/err.{number}"
echo $? >"$KEPT/status.{number}"
set +e
"""


class Block:
    def __init__(self, info, line):
        self.info, self.line, self.text = info, line, ""


def blocks_of(guide):
    """Every fenced block, without the indentation of a list that it stands in."""
    block, indent = None, ""
    for number, line in enumerate((TOP / guide).read_text().splitlines(), 1):
        fence = re.match(r"( *)```(.*)$", line)
        if fence and block is None:
            block, indent = Block(fence[2].strip(), number), fence[1]
        elif fence:
            yield block
            block = None
        elif block is not None:
            block.text += line.removeprefix(indent) + "\n"


def here(text):
    text = text.replace("localhost:8080", URL.removeprefix("http://")).replace(".run/", RUN_DIR + "/")
    text = re.sub(r"//(hooks|logs|archive)\.example\.com(:[0-9]+)?", "//127.0.0.1:9", text)
    text = re.sub(r'("slug": "[a-z]+)"', rf'\1-{SUFFIX}"', text)
    return re.sub(r"\b([a-z]+)@example\.com", rf"\1.{SUFFIX}@example.com", text)


def shape_fault(shown, got, path=""):
    """What `shown` has and `got` has not, or None. A list shows its first item."""
    if isinstance(shown, dict) and isinstance(got, dict):
        for name, value in shown.items():
            if name not in got:
                return f"{path}/{name} is not there"
            if fault := shape_fault(value, got[name], f"{path}/{name}"):
                return fault
        return None
    if isinstance(shown, list) and isinstance(got, list):
        return shape_fault(shown[0], got[0], path + "/0") if shown and got else (f"{path} is empty" if shown else None)
    return None if type(shown) is type(got) else f"{path} is {got!r}"


def json_fault(block, printed):
    try:
        return shape_fault(json.loads(block.text), json.loads(printed))
    except ValueError as e:
        return f"no JSON: {e}"


def newest(folder):
    """The beginning of the file that a guide wrote last: mostly a reply."""
    files = [f for f in folder.iterdir() if f.is_file() and not re.search(r"\.\d+$|^script$|^log$", f.name)]
    if not files:
        return ""
    last = max(files, key=lambda f: f.stat().st_mtime_ns)
    return f"{last.name}: {last.read_bytes()[:1000].decode(errors='replace')}"


class Run:
    """One guide: after run(), how many blocks ran, how many say norun, and what was wrong."""

    def __init__(self, guide):
        self.guide, self.ran, self.total, self.norun, self.faults = guide, 0, 0, 0, []
        self.blocks = list(blocks_of(guide))

    def script(self):
        text = HEAD.format(run_dir=RUN_DIR, build=BUILD)
        for number, block in enumerate(self.blocks):
            if block.info in ("sh", "sh refused"):
                mode = "-" if block.info == "sh" else "+"
                text += BLOCK.format(mode=mode, text=here(block.text), number=number)
        return text

    def run(self):
        with tempfile.TemporaryDirectory(prefix="tenantd-guide-") as folder:
            (Path(folder) / "script").write_text(self.script())
            with open(Path(folder) / "log", "w") as log:
                try:
                    subprocess.run(["bash", "script"], cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                   timeout=PATIENCE)
                except subprocess.TimeoutExpired:
                    self.faults.append(f"{self.guide}: took longer than {PATIENCE} s")
            self.judge(Path(folder))
        return self

    def judge(self, folder):
        printed = None
        for number, block in enumerate(self.blocks):
            read = lambda name: p.read_text() if (p := folder / f"{name}.{number}").exists() else None
            if block.info in ("sh", "sh refused"):
                self.total += 1
                printed = self.judge_command(block, read, folder)
            elif block.info == "json" and printed is not None:
                self.complain(block, json_fault(block, printed))
                printed = None
            else:
                printed = None
                self.judge_other(block)

    def judge_command(self, block, read, folder):
        """Returns what the block printed."""
        status, out = read("status"), read("out")
        if out is None:
            self.complain(block, "was not reached")
            return ""
        wanted = "0" if block.info == "sh" else "22"
        if (status or "").strip() != wanted:
            self.complain(block, f"ended with {status}\n{out}{read('err')}{newest(folder)}")
        self.ran += 1
        return out

    def judge_other(self, block):
        if block.info == "sh norun":
            self.norun += 1
        elif block.info == "python":
            compile(block.text, self.guide, "exec")
        elif block.info.split(" ")[0] == "sh":
            self.complain(block, f"says {block.info}")
        elif re.search(r"^\$? *(curl|tenantctl) ", block.text, re.M):
            self.complain(block, "is a command that no fence of sh holds")

    def complain(self, block, fault):
        if fault:
            self.faults.append(f"{self.guide}:{block.line}: {fault}")


def main(guides):
    guides = guides or subprocess.run([TOP / "src/build/guide.py", "list"], check=True, capture_output=True, text=True).stdout.split()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda guide: Run(guide).run(), guides))
    for run in runs:
        print("\n".join(run.faults), end="\n" if run.faults else "")
    print(f"guides: {len(runs)}, blocks: {sum(r.total for r in runs)}, ran: {sum(r.ran for r in runs)}, "
          f"norun: {sum(r.norun for r in runs)}")
    return 1 if any(run.faults for run in runs) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
