/** An event as inotify gives it, with the watched place by its name in the place of its descriptor. */
export interface RawEvent {
  /**
   * The watched place (latin1) as it was named, with what lies between; a directory's ends with a
   * slash. "" where the event is about no watch (Q_OVERFLOW).
   */
  readonly watched: string;
  /** The watched place as a number: the same under every name it has; -1 where there is none. */
  readonly place: number;
  readonly mask: number;
  /** The same in the two halves of a rename, 0 in other events. */
  readonly cookie: number;
  /** The entry in the watched directory (latin1); "" where it is about the watched place itself. */
  readonly name: string;
  /** Found by a look into a new directory: the kernel did not tell it. */
  readonly isFound: boolean;
}
