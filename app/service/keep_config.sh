#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# keep_config.sh FILE DIRECTORY: at "meson install", unless there is one that somebody has written.
set -eu
to=${DESTDIR-}$2/$(basename "$1")
[ -e "$to" ] || install -D -m 0644 "$1" "$to"
