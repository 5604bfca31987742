#!/usr/bin/env python3
"""console.py version | index: what an installed console has and the one in the source tree has not.

version  prints twelve hexadecimal digits that are others as soon as a file of nginx/www/app is.
index    prints index.html as it is installed: it names the console's files under /app/v-VERSION/, where nginx says that they
         never change, and every module that the first page needs, so that the browser asks for all of them at once.
"""
import hashlib
import re
import sys
from pathlib import Path

APP = Path(__file__).resolve().parents[2] / 'nginx/www/app'
# What main.js always loads, and the page that a person without a session comes to.
FIRST = ['main.js', 'pages/entry/sign_in.js']
STATIC = re.compile(r"^(?:import|export)\b[^;']*?'(\.{1,2}/[^']+|/pages/lib/[^']+)'", re.MULTILINE)
DYNAMIC = re.compile(r"^\s*import\('(\.{1,2}/[^']+)'\)", re.MULTILINE)


def version():
    digest = hashlib.sha256()
    for path in sorted(path for path in APP.rglob('*') if path.is_file() and path.name != 'README.md'):
        content = path.read_bytes()
        digest.update(f'{path.relative_to(APP)} {len(content)}\n'.encode() + content)
    return digest.hexdigest()[:12]


def needed():
    """The modules that the first page needs, each as an address below APP or an absolute one, in the order of their finding."""
    found, waiting = {}, list(FIRST)
    while waiting:
        name = waiting.pop(0)
        if name in found:
            continue
        found[name] = True
        if name.startswith('/'):
            continue
        text = (APP / name).read_text()
        for other in STATIC.findall(text) + (DYNAMIC.findall(text) if name == 'main.js' else []):
            waiting.append(other if other.startswith('/') else str((APP / name).parent.joinpath(other).resolve().relative_to(APP)))
    return list(found)


def index():
    own = f'/app/v-{version()}/'
    text = (APP / 'index.html').read_text().replace('"/app/', f'"{own}')
    link = f'<link rel="modulepreload" href="{own}main.js">\n'
    if text.count(link) != 1:
        sys.exit('console.py: index.html does not preload main.js on a line of its own')
    links = ''.join(f'<link rel="modulepreload" href="{name if name.startswith("/") else own + name}">\n' for name in needed())
    return text.replace(link, links)


if sys.argv[1:] == ['version']:
    print(version())
elif sys.argv[1:] == ['index']:
    sys.stdout.write(index())
else:
    sys.exit(__doc__)
