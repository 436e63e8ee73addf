#!/bin/bash
# The tutorials' best script, restated: inotifywait fills a file; a loop that finds it filled syncs
# the tree, empties the file, and syncs again for what came between; finding it empty, it sleeps 1 s.
# Usage: loop.sh SOURCE TARGET EVENT-FILE [RSYNC-OPTION…]
# Kinder than the original: no -z (it only costs on loopback) and no list of deleted files.
source=$1 target=$2 events=$3
shift 3
rsync -a --delete "$@" "$source/" "$target"
inotifywait -mrq -e delete,close_write,moved_to,moved_from --format '%w%f:%e' "$source" >>"$events" &
while true; do
  if [ -s "$events" ]; then
    rsync -a --delete "$@" "$source/" "$target"
    : >"$events"
    rsync -a --delete "$@" "$source/" "$target"
  else
    sleep 1
  fi
done
