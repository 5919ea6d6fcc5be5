# Shared by the scripts beside it; sourced, never run. Every step says in one line what it does, keeps its output in
# build/logs/STEP.log, and, when it fails, says in one plain line what to do.
# shellcheck shell=bash

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
ROOT=$PWD
LOGS=$ROOT/build/logs
STAMPS=$ROOT/build/stamps
# Tools that are compiled once for all checkouts of this machine.
TOOLS=${WINDLASS_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/windlass/tools}
VENV=$ROOT/build/venv
mkdir -p "$LOGS" "$STAMPS"

# One flavour for every cargo call: a debug build without a development address serves ui/dist from the binary, and
# nothing is compiled twice.
export TAURI_CONFIG='{"build":{"devUrl":null}}'

# Packages for building and opening the window on Debian 12; with the last the icon beside the clock can be shown.
PACKAGES_RUN="build-essential pkg-config curl file libwebkit2gtk-4.1-dev librsvg2-dev dbus fonts-dejavu-core
  libayatana-appindicator3-1"
# Packages only the tests need.
PACKAGES_TEST="webkit2gtk-driver xvfb xauth dbus-x11 gnome-keyring libsecret-tools xdotool imagemagick x11-utils openbox
  xdg-utils golang-github-rwcarlsen-goexif-dev golang-github-disintegration-imaging-dev radosgw ceph-mon ceph-osd ceph-base python3 python3-venv python3-gi gir1.2-gtk-3.0 pcmanfm gir1.2-atspi-2.0 at-spi2-core sqlite3 chromium procps xfsprogs"

if [ -t 1 ]; then DIM=$'\e[2m' BOLD=$'\e[1m' RED=$'\e[31m' PLAIN=$'\e[0m'; else DIM='' BOLD='' RED='' PLAIN=''; fi

say() { printf '%s\n' "$*"; }
die() { printf '%s%s%s\n' "$RED" "$*" "$PLAIN" >&2; exit 1; }

# step NAME "what it does" "what to do when it fails" COMMAND...
step() {
  local name=$1 what=$2 hint=$3 log=$LOGS/$1.log began=$SECONDS
  shift 3
  printf '%s %s … ' "${BOLD}▸${PLAIN}" "$what"
  if "$@" >"$log" 2>&1 </dev/null; then
    printf 'done %s(%s s)%s\n' "$DIM" $((SECONDS - began)) "$PLAIN"
  else
    printf 'failed\n'
    tail -n 15 "$log" | sed 's/^/    /' >&2
    die "$what failed. $hint The whole output: ${log#"$ROOT"/}"
  fi
}

skip() { printf '%s %s … %salready done%s\n' "${BOLD}▸${PLAIN}" "$1" "$DIM" "$PLAIN"; }

# Hash of the names and contents of files.
tree_hash() {
  find "$@" \( -name node_modules -o -name dist -o -name dist-mock -o -name target -o -name .vite \) -prune -o -type f -print0 |
    LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1
}

stamped() { [ "$(cat "$STAMPS/$1" 2>/dev/null)" = "$2" ]; }
stamp() { printf '%s' "$2" >"$STAMPS/$1"; }

missing_packages() {
  local wanted
  for wanted in "$@"; do
    dpkg-query -W -f='${db:Status-Status}' "$wanted" 2>/dev/null | grep -qx installed || printf '%s ' "$wanted"
  done
}

# packages NAME PACKAGE...: installs what is missing; asks first where we are not root.
packages() {
  local name=$1 missing sudo=''
  shift
  command -v dpkg-query >/dev/null || {
    say "▸ This is not a Debian system: install the counterparts of these yourself: $*"
    return 0
  }
  missing=$(missing_packages "$@")
  if [ -z "$missing" ]; then skip "System packages for $name"; return 0; fi
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || die "These system packages are missing: ${missing}- ask whoever may install them, then start again."
    if [ "${WINDLASS_YES:-}" != 1 ]; then
      [ -t 0 ] || die "These system packages are missing: ${missing}- run: sudo apt-get install --no-install-recommends $missing"
      read -r -p "Windlass needs these system packages: ${missing}- install them with sudo now? [Y/n] " answer
      case $answer in [nN]*) die "Nothing was installed. Install them yourself, then start again." ;; esac
    fi
    sudo=sudo
    sudo -v || die "sudo did not let us in. Install the packages yourself: $missing"
  fi
  # shellcheck disable=SC2086
  step "packages-$name" "Installing system packages for $name: $missing" \
    "Is the network there? 'apt-get update' shows what the system says." \
    $sudo sh -c 'export DEBIAN_FRONTEND=noninteractive; apt-get -o DPkg::Lock::Timeout=300 update && apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@"' sh $missing
}

toolchains() {
  local major
  [ -f "$HOME/.cargo/env" ] && . "$HOME/.cargo/env"
  command -v cargo >/dev/null || die "Rust is missing. Install it from https://rustup.rs, then start again."
  command -v node >/dev/null && command -v npm >/dev/null || die "Node is missing. Install Node 20.19 or newer with npm, then start again."
  major=$(node -p 'process.versions.node.split(".")[0]')
  [ "$major" -ge 20 ] || die "Node $(node --version) is too old. Install Node 20.19 or newer, then start again."
}

npm_packages() {
  local want
  want=$(cat package-lock.json package.json ui/package.json tests/e2e/package.json | sha256sum | cut -d' ' -f1)-$(node --version)
  if [ -d node_modules ] && [ "$(cat node_modules/.windlass-stamp 2>/dev/null)" = "$want" ]; then
    skip "Packages of the user interface"
  else
    step npm-ci "Fetching packages of the user interface" "Is the network there? Then try again." \
      npm ci --ignore-scripts --no-audit --no-fund
    printf '%s' "$want" >node_modules/.windlass-stamp
  fi
}

build_ui() {
  local want
  want=$(tree_hash ui package-lock.json)
  if [ -f ui/dist/index.html ] && stamped ui "$want"; then
    skip "User interface"
  else
    step ui-build "Building the user interface" "A change in ui/ may not be finished." npm run --silent build
    stamp ui "$want"
  fi
}

python_packages() {
  local wheels
  wheels=$(sha256sum tests/requirements.txt | cut -d' ' -f1)
  if [ -x "$VENV/bin/python" ] && [ "$(cat "$VENV/stamp" 2>/dev/null)" = "$wheels" ]; then
    skip "Python packages for the tests"
  else
    step venv "Fetching Python packages for the tests" "Is the network there? Then try again." \
      sh -c 'rm -rf "$1" && python3 -m venv "$1" && "$1/bin/pip" install --quiet --disable-pip-version-check -r tests/requirements.txt' sh "$VENV"
    printf '%s' "$wheels" >"$VENV/stamp"
  fi
}
