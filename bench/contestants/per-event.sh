#!/bin/bash
# The tutorials' first script, restated: every event of inotifywait starts one rsync of the tree.
# Usage: per-event.sh SOURCE TARGET [RSYNC-OPTION…]
# Kinder than the original: no -z (it only costs on loopback), no log files, no grep per event.
source=$1 target=$2
shift 2
rsync -a --delete "$@" "$source/" "$target"
inotifywait -mrq -e delete,close_write,moved_to,moved_from --format '%w%f:%e' "$source" |
  while read -r _; do
    rsync -a --delete "$@" "$source/" "$target"
  done
