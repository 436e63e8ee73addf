/** What happens when the reader of our output goes away. */

/**
 * A reader that has seen enough (`treecast plan … | head`) ends the program quietly, as SIGPIPE ends
 * others. A log that nobody reads any more does not: replication goes on.
 */
export function survivePipes(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit();
    throw error;
  });
  // EIO: the terminal is gone.
  process.stderr.on("error", () => undefined);
}
