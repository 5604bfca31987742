#!/usr/bin/env python3
"""spdx.py PROGRAM: prints an SPDX 2.3 document (JSON) of what the program and its pages are made of.

- the Debian packages whose libraries PROGRAM is linked with, as installed where it is built
- those whose headers alone are compiled in
- npm's libraries in nginx/www/lib, which nginx serves

Licences of Debian's packages are those of their machine-readable copyright files; of the others LICENCES says them.
"""
import hashlib
import json
import os
import re
import subprocess
import sys
import time
import uuid
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
# Where the copyright file is prose.
LICENCES = {
    "libcgicc3": "LGPL-3.0-or-later",
    "libcrypt1": "LGPL-2.1-or-later",
    "libc-ares2": "MIT",
    "libcurl4": "curl",
    "libgcc-s1": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "libc6": "LGPL-2.1-or-later",
    "libcbor0.8": "MIT",
    "libfcgi0ldbl": "OML",
    "libfido2-1": "BSD-2-Clause",
    "libidn2-0": "LGPL-3.0-or-later OR GPL-2.0-or-later",
    "libmariadb3": "LGPL-2.1-or-later",
    "libmysqlcppconn7v5": "GPL-2.0-only WITH Universal-FOSS-exception-1.0",
    "libre2-9": "BSD-3-Clause",
    "libvalijson-dev": "BSD-2-Clause",
    "liboath0": "LGPL-2.1-or-later",
    "libpsl5": "MIT",
    "libseccomp2": "LGPL-2.1-only",
    "libstdc++6": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "libsystemd0": "LGPL-2.1-or-later",
    "libzxcvbn0": "MIT",
    "zlib1g": "Zlib",
}
# Debian's short names that SPDX spells otherwise.
SPELLINGS = {
    "expat": "MIT", "mit": "MIT", "bsd-3-clause": "BSD-3-Clause", "bsd-2-clause": "BSD-2-Clause", "apache-2.0": "Apache-2.0",
    "cc0-1.0": "CC0-1.0", "cc0": "CC0-1.0", "bsl-1.0": "BSL-1.0", "boost-1.0": "BSL-1.0", "isc": "ISC", "zlib": "Zlib",
}


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def packages_of(paths):
    """The Debian packages that files belong to, whichever of the two names of their folder dpkg knows."""
    names = set()
    for path in paths:
        real = os.path.realpath(path)
        names |= {path, real, real.removeprefix("/usr"), "/usr" + real}
    found = subprocess.run(["dpkg", "-S", *sorted(names)], capture_output=True, text=True).stdout
    return {line.split(":")[0] for line in found.splitlines() if not line.startswith("diversion ")}


def field(package, name):
    return output("dpkg-query", "-W", "-f", "${%s}\n" % name, package).split("\n")[0]


def linked_packages(program):
    paths = re.findall(r"=> (/\S+)", output("ldd", program))
    needed = set(re.findall(r"NEEDED\s+(\S+)", output("objdump", "-p", program)))
    return packages_of(path for path in paths if Path(path).name in needed)


def header_packages():
    """The packages of the headers that the sources include by name."""
    names = set()
    for folder in ("src", "include"):
        for source in [*(TOP / folder).rglob("*.cpp"), *(TOP / folder).rglob("*.hpp")]:
            # src/build holds what is compiled ahead, for the tests too.
            if (TOP / "src/build") in source.parents:
                continue
            names |= set(re.findall(r'^#include [<"]([^">]+)[>"]', source.read_text(), re.M))
    # The C library's lie there too, beside one folder a library.
    paths = [f"/usr/include/{name}" for name in names if "/" in name]
    return packages_of(path for path in paths if os.path.isfile(path)) - {"linux-libc-dev"}


def licence(package):
    if package in LICENCES:
        return LICENCES[package]
    try:
        text = Path(f"/usr/share/doc/{package}/copyright").read_text(errors="replace")
    except OSError:
        return "NOASSERTION"
    stanzas = re.split(r"\n\s*\n", text)
    for stanza in stanzas:
        if re.search(r"^Files:\s*\*\s*$", stanza, re.M):
            short = re.search(r"^License:[ \t]*(.+)$", stanza, re.M)
            if short:
                return spelled(short.group(1).strip())
    return "NOASSERTION"


def spelled(short):
    """Debian's short name as an SPDX expression, or NOASSERTION."""
    parts = []
    for part in re.split(r"\s+(or|and)\s+", short):
        if part in ("or", "and"):
            parts.append(part.upper())
            continue
        gnu = re.fullmatch(r"(L?GPL)-(\d)(?:\.(\d))?(\+?)", part)
        if gnu:
            parts.append(f"{gnu[1]}-{gnu[2]}.{gnu[3] or 0}-" + ("or-later" if gnu[4] else "only"))
        elif part.lower() in SPELLINGS:
            parts.append(SPELLINGS[part.lower()])
        else:
            return "NOASSERTION"
    return " ".join(parts)


def spdx_id(name):
    return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", name)


def entry(name, version, declared, reference, **more):
    return {"name": name, "SPDXID": spdx_id(name), "versionInfo": version, "downloadLocation": "NOASSERTION",
            "filesAnalyzed": False, "licenseConcluded": "NOASSERTION", "licenseDeclared": declared,
            "copyrightText": "NOASSERTION",
            "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": reference}],
            **more}


def debian(package, architecture):
    version = field(package, "Version")
    return entry(package, version, licence(package), f"pkg:deb/debian/{package}@{version}?arch={architecture}",
                 sourceInfo="built from the Debian source package " + field(package, "source:Package"))


def served():
    """npm's libraries: folders NAME-VERSION with their licence."""
    for folder in sorted((TOP / "nginx/www/lib").glob("*-*")):
        name, version = folder.name.rsplit("-", 1)
        text = (folder / "LICENSE").read_text(errors="replace") if (folder / "LICENSE").exists() else ""
        declared = "Apache-2.0" if "Apache License" in text else "MIT" if "MIT" in text else "NOASSERTION"
        yield entry(name, version, declared, f"pkg:npm/{name}@{version}")


def main():
    program = sys.argv[1]
    version = re.search(r'kVersion = "(.*)"', (TOP / "include/tenantd/base/version.hpp").read_text())[1]
    architecture = output("dpkg", "--print-architecture").strip()
    linked = sorted(linked_packages(program))
    sources = {field(package, "source:Package") for package in linked}
    compiled = sorted(package for package in header_packages() if field(package, "source:Package") not in sources)
    own = entry("tenantd", version, "Apache-2.0", f"pkg:deb/tenantd@{version}?arch={architecture}")
    packages, relations = [own], [("SPDXRef-DOCUMENT", "DESCRIBES", "tenantd")]
    for names, how in ((linked, "DYNAMIC_LINK"), (compiled, "STATIC_LINK")):
        for name in names:
            packages.append(debian(name, architecture))
            relations.append(("tenantd", how, name))
    words = debian("python3-zxcvbn", architecture)
    packages.append({**words, "comment": "its list of common passwords"})
    relations.append(("tenantd", "CONTAINS", "python3-zxcvbn"))
    for library in served():
        packages.append(library)
        relations.append(("tenantd", "CONTAINS", library["name"]))
    content = hashlib.sha256(json.dumps(packages).encode()).hexdigest()
    created = time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", time.time())))
    as_id = lambda name: name if name.startswith("SPDXRef-") else spdx_id(name)
    json.dump({
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": f"tenantd-{version}",
        "documentNamespace": "urn:uuid:" + str(uuid.uuid5(uuid.NAMESPACE_URL, "tenantd:" + content)),
        "creationInfo": {"created": time.strftime("%Y-%m-%dT%H:%M:%SZ", created), "creators": ["Tool: spdx.py"]},
        "packages": packages,
        "relationships": [{"spdxElementId": as_id(a), "relationshipType": how, "relatedSpdxElement": as_id(b)}
                          for a, how, b in relations],
    }, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
