#!/bin/sh
# The report's tests open it in a real browser: install one if there is none and we may.
set -u
for browser in chromium chromium-browser google-chrome; do
    command -v "$browser" >/dev/null 2>&1 && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-dejavu-core >/dev/null && exit 0
fi
echo "No Chromium browser found and none could be installed: the browser tests will be skipped." >&2
exit 0
