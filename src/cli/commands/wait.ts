/** `treecast wait`: its help. inotifywait's command line is read by `inotify-tools/`. */
import type { Command } from "commander";

const EXAMPLES = `
Examples:
  treecast wait -mrq -e close_write,moved_to,delete --format '%w%f' /srv/www
  treecast wait -mr --json --settle 500ms /srv/www
  treecast wait -t 60 -e create /var/spool/in

Exit status:
  0    an event that was asked for has happened
  1    another event has happened, such as delete_self; something is wrong; or this help by -h
       among other options
  2    nothing has happened before the time that -t gives

Events: access, modify, attrib, close_write, close_nowrite, close, open, moved_to, moved_from, move,
move_self, create, delete, delete_self, unmount, q_overflow, ignored.

A link to this program called inotifywait takes its place: docs/inotify-tools.md.`;

export function addWait(program: Command): void {
  program
    .command("wait")
    .summary("wait for events, as inotifywait does")
    .description(
      "Prints the inotify events of files and directories, with inotifywait's options, lines and statuses, and also what is already inside a directory that appears.",
    )
    .argument("[path...]", "what to watch; @PATH is a directory that is left out")
    .option("-m, --monitor", "go on after the first event")
    .option("-d, --daemon", "go on in the background; needs -o, implies -m and -s")
    .option("-r, --recursive", "everything below a directory, too")
    .option("-P, --no-dereference", "links themselves, not what they lead to")
    .option("-e, --event <events>", "these events, by name, with commas between; repeatable")
    .option("-t, --timeout <seconds>", "end when nothing has happened for so long; 0 is never")
    .option("-q, --quiet", "no messages; twice, no events either")
    .option("-s, --syslog", "messages to the system's log")
    .option("-o, --outfile <file>", "append events to a file")
    .option("-c, --csv", "lines as CSV")
    .option("--format <format>", "lines by %w %f %e %Xe %T %c %0 %n %%")
    .option("--timefmt <format>", "what %T is, by strftime's letters")
    .option("--no-newline", "nothing after what --format gives")
    .option("--exclude <regex>", "no events of paths in which it is found")
    .option("--excludei <regex>", "the same, whatever the case")
    .option("--include <regex>", "no events of paths in which it is not found")
    .option("--includei <regex>", "the same, whatever the case")
    .option("--fromfile <file>", "paths from a file, one a line; - is the standard input")
    .option("-I, --inotify", "watch with inotify, as it is done unless fsnotify is in the name")
    .option("-F, --fanotify", "watch with fanotify; needs CAP_SYS_ADMIN")
    .option("-S, --filesystem", "watch whole file systems with fanotify")
    .option("--json", "lines as JSON")
    .option("--settle <time>", "tell of a path once, when it has been quiet for so long")
    .option("--strict-compat", "no more than inotifywait tells")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", EXAMPLES);
}
