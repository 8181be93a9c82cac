#!/usr/bin/env bash
# Make everything the benches need, in one folder outside the source tree.
#
#   ./setup.sh [--workdir DIR]
#
# DIR is "$XDG_CACHE_HOME/interfaces-bench" (or ~/.cache/interfaces-bench) unless given. A second run only
# does what is missing. Whatever cannot be had is named at the end; the benches leave it out of their tables.
# PYTHON names the interpreter to use (default: python3); it needs pip.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
work=${XDG_CACHE_HOME:-$HOME/.cache}/interfaces-bench
while [ $# -gt 0 ]; do
    case $1 in
        --workdir) work=$2; shift 2 ;;
        --workdir=*) work=${1#*=}; shift ;;
        *) echo "usage: $0 [--workdir DIR]" >&2; exit 2 ;;
    esac
done
mkdir -p "$work"
work=$(cd "$work" && pwd)
python=${PYTHON:-python3}
missing=()
root=()
[ "$(id -u)" = 0 ] || root=(sudo -n)

have() { command -v "$1" >/dev/null 2>&1; }

# --- the peers' virtual environment (without a pip of its own: Debian's python3 has no ensurepip) ----------
stamp=$(cksum <"$here/requirements.txt")
if [ "$(cat "$work/venv/.stamp" 2>/dev/null)" != "$stamp" ]; then
    echo "installing the Python peers"
    "$python" -m venv --clear --without-pip "$work/venv"
    "$python" -m pip --python "$work/venv/bin/python" install -q --disable-pip-version-check \
        --no-warn-script-location -r "$here/requirements.txt"
    echo "$stamp" >"$work/venv/.stamp"
fi

# --- tools that are installed as packages ------------------------------------------------------------------
install_tool() { # COMMAND PACKAGE...
    have "$1" && return
    echo "installing ${*:2}"
    local apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y)
    "${apt[@]}" install --no-install-recommends "${@:2}" >/dev/null 2>&1 ||
        { "${apt[@]}" update >/dev/null && "${apt[@]}" install --no-install-recommends "${@:2}" >/dev/null; } ||
        missing+=("$1")
}
install_tool wrk wrk
install_tool h2load nghttp2-client
install_tool gcc gcc libc6-dev
install_tool openssl openssl
install_tool npm nodejs npm

# --- servers that are only unpacked, so that nothing gets configured or started ------------------------------
unpack() { # PACKAGE PROGRAM(relative to the unpacked root)
    local box=$work/deb
    [ -x "$box/$2" ] && return
    echo "unpacking $1"
    mkdir -p "$box/archives"
    fetch "$1" || { missing+=("$1"); return; }
    if ! libs_found "$box/$2"; then
        # shellcheck disable=SC2046
        fetch $(apt-cache depends --no-recommends --no-suggests "$1" |
            awk '$1 == "Depends:" && $2 !~ /^</ && $2 ~ /^lib/ {print $2}') || true
    fi
    libs_found "$box/$2" || missing+=("$1 (libraries)")
}
fetch() { # PACKAGE...
    (cd "$work/deb/archives" && rm -f ./*.deb &&
        { apt-get download -q "$@" >/dev/null 2>&1 ||
            { "${root[@]}" apt-get update -q >/dev/null && apt-get download -q "$@" >/dev/null 2>&1; }; } &&
        for archive in ./*.deb; do dpkg -x "$archive" ..; done)
}
libs_found() { # PROGRAM
    ! LD_LIBRARY_PATH=$(library_path) ldd "$1" | grep -q 'not found'
}
library_path() {
    echo "$work/deb/usr/lib/postfix:$work/deb/usr/lib/$(uname -m)-linux-gnu:$work/deb/lib/$(uname -m)-linux-gnu"
}
unpack postfix usr/sbin/smtp-sink

unpack ngircd usr/sbin/ngircd

# --- nodemailer's server -------------------------------------------------------------------------------------
if [ ! -d "$work/node/node_modules/smtp-server" ] && have npm; then
    echo "installing smtp-server from npm"
    npm install --silent --no-audit --no-fund --prefix "$work/node" smtp-server@3.21.6 >/dev/null ||
        missing+=("smtp-server (npm)")
fi

# --- the load clients and a certificate ----------------------------------------------------------------------
for name in wsload smtpload; do
    if [ "$here/load/$name.c" -nt "$work/$name" ] && have gcc; then
        echo "compiling $name"
        gcc -O2 -Wall -o "$work/$name" "$here/load/$name.c" -lpthread || missing+=("$name")
    fi
done
if [ ! -f "$work/cert.pem" ] && have openssl; then
    openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=localhost \
        -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
        -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
fi

echo "ready in $work"
[ ${#missing[@]} = 0 ] || { printf 'not available here: %s\n' "${missing[*]}"; exit 1; }
