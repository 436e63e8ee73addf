/** What a raw watch is asked for. */
export interface RawWatchOptions {
  /** Files and directories (latin1), as events are to name them. */
  readonly paths: readonly string[];
  /** Directories (latin1) that are not entered, named as they would be reached from `paths`. */
  readonly excluded?: readonly string[];
  /** What to ask the kernel for, DONT_FOLLOW included where it is wanted. */
  readonly mask: number;
  /** Everything below a directory, too. */
  readonly recursive?: boolean;
  /**
   * Directories that appear later, too. The kernel is then asked for CREATE, MOVED_FROM and MOVED_TO
   * whatever `mask` says, and all of them are told.
   */
  readonly follow?: boolean;
  /**
   * Tells what is inside a new directory already: CREATE, and CLOSE_WRITE for regular files, as far
   * as `mask` has them and the kernel does not tell the same.
   */
  readonly tellInside?: boolean;
  /** Which new directories are watched; all of them by default. */
  readonly enters?: (directory: string, name: string) => boolean;
  /** There is an inotify instance; the first watches follow. */
  readonly onOpened?: () => void;
  /** A new directory (with a slash at its end) could not be watched. */
  readonly onRefused?: (directory: string, errorNumber: number) => void;
}
