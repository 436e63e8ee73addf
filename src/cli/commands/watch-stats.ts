/** `treecast watch-stats`: its help. inotifywatch's command line is read by `inotify-tools/`. */
import type { Command } from "commander";

const EXAMPLES = `
Examples:
  treecast watch-stats -r -t 60 /srv/www
  treecast watch-stats -r -e create,close_write -d create /srv/www
  treecast watch-stats -z --exclude '/cache/' -r /srv/www

Exit status:
  0    the counting was ended by -t, or by SIGINT, SIGTERM, SIGHUP or SIGALRM
  1    something is wrong; or this help by -h among other options

SIGUSR1 prints the table so far. Events: access, modify, attrib, close_write, close_nowrite, close,
open, moved_to, moved_from, move, move_self, create, delete, delete_self, unmount.

A link to this program called inotifywatch takes its place: docs/inotify-tools.md.`;

export function addWatchStats(program: Command): void {
  program
    .command("watch-stats")
    .summary("count events for each directory, as inotifywatch does")
    .description(
      "Counts the inotify events of files and directories until it is ended, and prints inotifywatch's table of them.",
    )
    .argument("[path...]", "what to watch; @PATH is a directory that is left out")
    .option("-r, --recursive", "everything below a directory, too")
    .option("-P, --no-dereference", "links themselves, not what they lead to")
    .option("-e, --event <events>", "these events, by name, with commas between; repeatable")
    .option("-t, --timeout <seconds>", "end after so long; 0 is never")
    .option("-a, --ascending <event>", "the row with the fewest of these first, or by 'total'")
    .option("-d, --descending <event>", "the row with the most of these first, or by 'total'")
    .option("-z, --zero", "rows and columns of nothing but zeros, too")
    .option("-v, --verbose", "say more while the watches are set up")
    .option("--exclude <regex>", "no events of paths in which it is found")
    .option("--excludei <regex>", "the same, whatever the case")
    .option("--include <regex>", "no events of paths in which it is not found")
    .option("--includei <regex>", "the same, whatever the case")
    .option("--fromfile <file>", "paths from a file, one a line; - is the standard input")
    .option("-I, --inotify", "watch with inotify, as it is done unless fsnotify is in the name")
    .option("-F, --fanotify", "watch with fanotify; needs CAP_SYS_ADMIN")
    .option("-S, --filesystem", "watch whole file systems with fanotify")
    .option("--strict-compat", "count no more than inotifywatch counts")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", EXAMPLES);
}
