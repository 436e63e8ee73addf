/** Which of the kernel's interfaces reports a tree's changes. */

export const WATCHERS = ["auto", "inotify", "fanotify"] as const;

/** What an operator may ask for: `auto` leaves the choice to the place. */
export type WantedWatcher = (typeof WATCHERS)[number];

export interface WatcherChoice {
  readonly kind: "inotify" | "fanotify";
  /** Why this one, as the end of a sentence. */
  readonly reason: string;
}
