#!/usr/bin/env bash
# The browser tests drive Debian's Chromium; Japanese fonts make their screenshots readable.
set -euo pipefail
if command -v chromium >/dev/null && fc-list :lang=ja 2>/dev/null | grep -q .; then
  exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "The browser tests need Chromium: sudo apt-get install chromium fonts-noto-cjk" >&2
  exit 1
fi
echo "== Installing Chromium and Japanese fonts with apt-get (a few minutes the first time)"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk fontconfig >/dev/null
