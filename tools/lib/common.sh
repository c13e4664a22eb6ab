# shellcheck shell=bash
# What tools/run and tools/test share: finding Swift, and installing Debian packages. Sourced, not run.

# Debian packages that building Parley needs.
build_packages=(libssl-dev libsrtp2-dev libopus-dev libvpx-dev libspeexdsp-dev libspandsp-dev libsqlite3-dev pkg-config)

say() { printf '%s\n' "$*" >&2; }

fail() {
    say "$(basename "$0"): $*"
    exit 1
}

# Puts swift on PATH when it is installed in a usual place, and checks that it is new enough (6.2).
require_swift() {
    local folder version
    for folder in "$HOME/.local/share/swiftly/bin" /opt/swift/usr/bin /usr/local/swift/usr/bin /usr/libexec/swift/bin; do
        command -v swift >/dev/null && break
        [[ -x $folder/swift ]] && PATH=$folder:$PATH
    done
    command -v swift >/dev/null || fail "swift was not found. Install Swift 6.2 or newer
(https://www.swift.org/install/linux/), put it on PATH and start again."
    version=$(swift --version 2>/dev/null | sed -nE 's/.*Swift version ([0-9]+)\.([0-9]+).*/\1 \2/p' | head -n 1)
    [[ -n $version ]] || fail "'swift --version' does not work."
    local major=${version% *} minor=${version#* }
    ((major > 6 || (major == 6 && minor >= 2))) || fail "Swift $major.$minor is too old: Parley needs 6.2 or newer."
}

# Installs those of the named Debian packages that are missing. Without the right to (or with install=no) it prints
# the line to run and ends the script.
require_packages() {
    local package missing=()
    if ! command -v dpkg-query >/dev/null; then
        say "This is not Debian or Ubuntu; going on, and trusting that these are installed: $*"
        return
    fi
    for package; do
        [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed* ]] || missing+=("$package")
    done
    ((${#missing[@]})) || return 0

    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300)
    if [[ $(id -u) != 0 ]]; then
        if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
            apt=(sudo -n "${apt[@]}")
        else
            install=no
        fi
    fi
    if [[ ${install:-yes} == no ]]; then
        fail "packages are missing. Install them and start again:
  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing[*]}"
    fi
    say "Installing ${missing[*]}"
    "${apt[@]}" -q update </dev/null >&2 || say "apt-get update failed; trying with the lists at hand."
    "${apt[@]}" -q install -y --no-install-recommends "${missing[@]}" </dev/null >&2 \
        || fail "could not install: ${missing[*]}"
}
