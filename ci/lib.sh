# What the scripts in ci/ share. Source it.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
pg_bindir=/usr/lib/postgresql/15/bin

say() { printf '== %s\n' "$*" >&2; }

# Run a command as root: directly, or through sudo.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# missing_packages SECTION...: those of these sections of packages.txt that are not installed.
missing_packages() {
  local package
  awk -v wanted=" $* " '/^\[/ { on = index(wanted, " " substr($0, 2, length($0) - 2) " "); next }
    on && !/^#/ && NF' "$root/ci/packages.txt" | while read -r package; do
    # node and npm may come from elsewhere than Debian.
    case $package in
      nodejs) command -v node >/dev/null && continue ;;
      npm) command -v npm >/dev/null && continue ;;
    esac
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || echo "$package"
  done
}

# install_packages SECTION...
install_packages() {
  local missing
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || return 0
  say "installing $(echo "$missing" | wc -w) Debian packages and what they need"
  as_root apt-get update -qq
  # The cluster that Debian would start is not wanted: the lab makes its own.
  as_root mkdir -p /etc/postgresql-common/createcluster.d
  echo 'create_main_cluster = false' |
    as_root tee /etc/postgresql-common/createcluster.d/pgrehearse.conf >/dev/null
  # shellcheck disable=SC2086
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

# The report page's chart library; without it the page has tables only.
install_page_libraries() {
  [ -f "$root/harness/report/page/package-lock.json" ] || return 0
  [ -d "$root/harness/report/page/node_modules" ] && return 0
  say "installing the report page's chart library"
  (cd "$root/harness/report/page" && npm ci --silent --no-audit --no-fund >&2) ||
    say "the npm registry does not answer: reports will have tables without charts"
}

# build DIR [cmake options]
build() {
  local dir=$1
  shift
  cmake -S "$root" -B "$dir" -G Ninja "$@" >"$dir.cmake.log" 2>&1 ||
    { cat "$dir.cmake.log" >&2; return 1; }
  rm -f "$dir.cmake.log"
  ninja -C "$dir" >"$dir/build.log" 2>&1 || { cat "$dir/build.log" >&2; return 1; }
}
