#!/usr/bin/env python3
"""guide.py: the guides as pages, made from their Markdown by lowdown.

  guide.py list           prints the guides, in the order of the navigation
  guide.py render FOLDER  writes a page for each guide below FOLDER, which replaces what was there
  guide.py check          exits 1 if a link, an anchor or a picture of a guide leads nowhere, or if a block of code has
                          no language

A guide is a README.md, or the manual page of a program (src/bin/NAME.SECTION.md). A link from one to another works
as a file on a forge and as a page here: a README.md is the page of its folder.
"""
import html
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
ROOMS = ("nginx", "sql", "src", "systemd", "tests")
# Heading of the navigation, and what the path of its guides matches; the first that matches counts.
GROUPS = (
    ("Start", r"README\.md"),
    ("Call it", r"src/(api|clients/typescript|identity|identity/oauth|modules/[a-z_]+)/README\.md"),
    ("Run it", r"(systemd|systemd/changes|nginx|src/ctl|sql|sql/sharding)/README\.md"),
    ("Programs", r"src/bin/.*"),
    ("Change it", r".*"),
)
ORDER = ("src/api/README.md", "src/identity/README.md", "systemd/README.md", "nginx/README.md", "src/README.md")


def group_of(path):
    return next(i for i, (_, pattern) in enumerate(GROUPS) if re.fullmatch(pattern, path))


def guides():
    """The guides' paths, relative to the top."""
    found = ["README.md"]
    for room in ROOMS:
        found += [str(p.relative_to(TOP)) for p in (TOP / room).rglob("README.md") if not {"guide", "lib"} & set(p.parts)]
    found += [str(p.relative_to(TOP)) for p in (TOP / "src/bin").glob("*.[18].md")]
    return sorted(found, key=lambda p: (group_of(p), ORDER.index(p) if p in ORDER else len(ORDER), p))


def page_of(path):
    """The address of a guide's page."""
    stem = re.sub(r"(^|/)README\.md$|\.md$", "", path)
    return "/guide/" + stem + ("/" if stem else "")


def plain(markup):
    return html.unescape(re.sub(r"<[^>]*>", "", markup))


def anchor(words, taken):
    """A heading's anchor, as forges make it; `taken` counts those before."""
    name = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
    number = taken.get(name, 0)
    taken[name] = number + 1
    return f"{name}-{number}" if number else name


def table(markup):
    """A table that scrolls where it is too wide, and whose rows a phone stacks: each cell carries its column's name."""
    heads = [html.escape(plain(head)) for head in re.findall(r"<th>(.*?)</th>", markup, re.S)]
    rows = markup.split("<tr>")
    for number, row in enumerate(rows):
        names = iter(heads)
        rows[number] = re.sub(r"<td>", lambda _: f'<td data-head="{next(names)}">', row)
    kind = "wide stacked" if len(heads) > 2 else "wide"
    return f'<div class="{kind}" tabindex="0">{"<tr>".join(rows)}</div>'


class Guide:
    def __init__(self, path):
        self.path = path
        manual = re.fullmatch(r"src/bin/([a-z-]+)\.(\d)\.md", path)
        body = subprocess.run(["lowdown", "--out-no-smarty", "--parse-no-autolink", "-Thtml", TOP / path], check=True, capture_output=True, text=True).stdout
        if manual:
            body = re.sub(r"(</?h)([1-5])\b", lambda m: m[1] + str(int(m[2]) + 1), body)
            body = f'<h1 id="top">{manual[1]}({manual[2]})</h1>\n' + body
        self.anchors, self.sections = set(), []
        taken = {}
        self.body = re.sub(r'<h([1-6]) id="[^"]*">(.*?)</h\1>', lambda m: self.heading(m, taken), body, flags=re.S)
        title = re.search(r"<h1[^>]*>(.*?)</h1>", self.body, re.S)
        self.title = plain(title[1]) if title else path

    def heading(self, found, taken):
        level, words = found[1], found[2]
        name = anchor(plain(words), taken)
        self.anchors.add(name)
        if level == "2":
            self.sections.append((name, plain(words)))
        return f'<h{level} id="{name}">{words}</h{level}>'

    def target(self, link):
        """(path relative to the top, anchor) of a link to a file; None for one that leads elsewhere."""
        if re.match(r"[a-z]+:|/", link):
            return None
        file, _, name = link.partition("#")
        folder = os.path.dirname(self.path)
        path = os.path.normpath(os.path.join(folder, file)) if file else self.path
        if os.path.exists(TOP / path / "README.md"):
            path = os.path.normpath(os.path.join(path, "README.md"))
        return path, name

    def faults(self, all_guides):
        for kind, link in re.findall(r'(href|src)="([^"]*)"', self.body):
            target = self.target(html.unescape(link))
            if target is None:
                continue
            path, name = target
            if not (TOP / path).exists():
                yield f"{self.path} leads to {path}, which is not there"
            elif name and (path not in all_guides or name not in all_guides[path].anchors):
                yield f"{self.path} leads to {path}#{name}, which no heading makes"
        for number, line in enumerate((TOP / self.path).read_text().splitlines(), 1):
            if len(line) > 120 and not re.match(r"\s*(\||!\[|-? *`[a-z_]+\.[a-z_]+`)", line):
                yield f"{self.path}:{number} is longer than 120 characters"
        for indent, info in self.fences():
            if not info:
                yield f"{self.path} has a block of code without a language"

    def fences(self):
        opened = False
        for line in (TOP / self.path).read_text().splitlines():
            fence = re.match(r"( *)```(.*)$", line)
            if fence:
                opened = not opened
                if opened:
                    yield fence[1], fence[2].strip()

    def page(self, all_guides):
        def link(found):
            target = self.target(html.unescape(found[1]))
            if target is None:
                return found[0]
            path, name = target
            if path not in all_guides:
                return found[2]  # a file of the sources: it has no page
            return f'<a href="{page_of(path)}{"#" + name if name else ""}">{found[2]}</a>'

        def picture(found):
            return f'src="/guide/{self.target(found[1])[0]}"' if self.target(found[1]) else found[0]

        body = re.sub(r'<a href="([^"]*)">(.*?)</a>', link, self.body, flags=re.S)
        body = re.sub(r'src="([^"]*)"', picture, body)
        body = re.sub(r"<table>.*?</table>", lambda found: table(found[0]), body, flags=re.S)
        body = body.replace("<pre>", '<pre tabindex="0">')
        return PAGE.format(title=html.escape(self.title), body=body, navigation=self.navigation(all_guides))

    def navigation(self, all_guides):
        lines, last = [], None
        for path, guide in all_guides.items():
            if group_of(path) != last:
                lines.append(("</ul>\n" if last is not None else "") + f"<h2>{GROUPS[group_of(path)][0]}</h2>\n<ul>")
                last = group_of(path)
            here = ' aria-current="page"' if path == self.path else ""
            lines.append(f'<li><a href="{page_of(path)}"{here}>{html.escape(guide.title)}</a>')
            if here and guide.sections:
                inner = "".join(f'<li><a href="#{name}">{html.escape(words)}</a></li>' for name, words in guide.sections)
                lines.append(f"<ul>{inner}</ul>")
            lines.append("</li>")
        return "\n".join(lines + ["</ul>"])


PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/pages/guide.css">
</head>
<body>
<a class="jump" href="#guides">All guides</a>
<main>
{body}</main>
<nav id="guides" aria-label="Guides">
{navigation}
</nav>
</body>
</html>
"""


def render(folder):
    all_guides = {path: Guide(path) for path in guides()}
    made = Path(str(folder) + ".new")
    shutil.rmtree(made, ignore_errors=True)
    for path, guide in all_guides.items():
        page = made / page_of(path).removeprefix("/guide/") / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(guide.page(all_guides))
        for link in re.findall(r'src="([^"]*)"', guide.body):
            picture = guide.target(link)[0]
            (made / picture).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(TOP / picture, made / picture)
    # nginx's workers may run as another user than the one that built.
    for entry in [made, *made.rglob("*")]:
        entry.chmod(0o755 if entry.is_dir() else 0o644)
    shutil.rmtree(folder, ignore_errors=True)
    made.rename(folder)


def check():
    all_guides = {path: Guide(path) for path in guides()}
    faults = [fault for guide in all_guides.values() for fault in guide.faults(all_guides)]
    print("\n".join(faults))
    return 1 if faults else 0


def main(arguments):
    if arguments == ["list"]:
        return print("\n".join(guides()))
    if arguments == ["check"]:
        return check()
    if len(arguments) == 2 and arguments[0] == "render":
        return render(Path(arguments[1]))
    sys.exit(__doc__)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
