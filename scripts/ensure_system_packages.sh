#!/usr/bin/env bash
# What comes from the system and not from pip: Debian's Chromium, which the browser tests drive, Japanese fonts, which make
# its screenshots readable, and tesseract with Japanese, which reads scanned pages.
set -euo pipefail
packages=(chromium fonts-noto-cjk fontconfig tesseract-ocr tesseract-ocr-jpn)
if command -v chromium >/dev/null && fc-list :lang=ja 2>/dev/null | grep -q . && tesseract --list-langs 2>/dev/null | grep -qx jpn; then
  exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "The tests need packages of the system: sudo apt-get install ${packages[*]}" >&2
  exit 1
fi
echo "== Installing ${packages[*]} with apt-get (a few minutes the first time)"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
