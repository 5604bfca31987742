#!/usr/bin/env bash
# deb.sh: builds the Debian packages from systemd/debian, and has lintian look at them. `make deb` calls it.
#
#   BUILD=build          the build whose objects are taken; the packages are left in BUILD/deb
#   VERSION=…            of the package; by default the release's, and which commit it is
#   DEBFULLNAME, DEBEMAIL  who maintains the package
#   LINT=yes             no = without lintian
#
# The tree that dpkg-buildpackage wants (debian/ at its top) is a copy of this one with the times of its files; its build/
# is a link to BUILD. So make finds there that nothing is to be compiled.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
cd "$top"
BUILD=$(realpath -m "${BUILD:-$top/build}")
out=$BUILD/deb
begun=$SECONDS

release=$(sed -n 's/.*kVersion = "\(.*\)";/\1/p' include/tenantd/base/version.hpp)
when=$(date +%s)
if commits=$(git rev-list --count HEAD 2>/dev/null); then
  : "${VERSION:=$release+$commits.g$(git rev-parse --short=8 HEAD)$(git diff --quiet HEAD || echo .changed)}"
  when=$(git log -1 --format=%ct)
fi
: "${VERSION:=$release}"
maintainer="${DEBFULLNAME:-tenantd maintainers} <${DEBEMAIL:-maintainers@users.noreply.github.com}>"

rm -rf "$out"
tree=$out/tenantd-$VERSION
mkdir -p "$tree"
tar -c --exclude=./.git --exclude='./build*' --exclude='./.run*' --exclude=./.cache --exclude=./compile_commands.json . |
  tar -xp -C "$tree"
ln -s "$BUILD" "$tree/build"
mv "$tree/systemd/debian" "$tree/debian"
rm "$tree/debian/sites.sh"

# shellcheck disable=SC2046  # a list
needs=$(printf '%s, ' $(src/build/packages.sh list build))
sed -i "s|@MAINTAINER@|$maintainer|; s|@BUILD_DEPENDS@|${needs%, }|" "$tree/debian/control.in" "$tree/debian/changelog"
mv "$tree/debian/control.in" "$tree/debian/control"
for script in postinst prerm postrm; do
  sed -i -e "/^# @SITES@/{r $top/systemd/debian/sites.sh" -e 'd}' "$tree/debian/tenantd.$script"
done
if [ "$VERSION" != "$release" ]; then
  {
    printf 'tenantd (%s) unstable; urgency=medium\n\n  * Built from the sources of %s.\n\n -- %s  %s\n\n' \
      "$VERSION" "$(date -u -d "@$when" +%Y-%m-%d)" "$maintainer" "$(date -u -R -d "@$when")"
    cat "$tree/debian/changelog"
  } >"$tree/debian/changelog.new"
  mv "$tree/debian/changelog.new" "$tree/debian/changelog"
fi
(cd "$tree/debian" && debconf-updatepo --skip-merge 2>/dev/null) || true

# What a calling make wants is not for the make in there.
(
  cd "$tree"
  env -u BUILD -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u DESTDIR -u VERSION SOURCE_DATE_EPOCH="$when" \
    dpkg-buildpackage --build=binary --unsigned-changes --no-check-builddeps
) >"$out/build.log" 2>&1 || {
  tail -n 40 "$out/build.log" >&2
  echo "deb: the build failed; all that it said is in $out/build.log" >&2
  exit 1
}
rm -rf "$tree"

for package in "$out"/*.deb; do
  printf '  DEB   %-52s %6.1f MB, installed %6.1f MB\n' "${package##*/}" \
    "$(($(stat -c %s "$package") / 1000))e-3" "$(dpkg-deb -f "$package" Installed-Size)e-3"
done
printf '  DEB   %-52s %6d s\n' 'built in' $((SECONDS - begun))
[ "${LINT:-yes}" = yes ] || exit 0
root=()
[ "$(id -u)" != 0 ] || root=(--allow-root)
lintian "${root[@]}" --fail-on error,warning --tag-display-limit 0 "$out"/*.changes
echo '  DEB   lintian has no error and no warning'
