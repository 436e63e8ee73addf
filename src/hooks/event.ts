/** What a hook is told. */
import type { Kinds } from "../model/change.js";
import type { RelativePath } from "../model/path.js";
import type { HookTrigger } from "./settings.js";

export interface HookEvent {
  readonly on: HookTrigger;
  /** ms since the epoch. */
  readonly at: number;
  readonly source: string;
  /** The source's root: absolute, latin1. */
  readonly root: string;
  /** Undefined where it is about all targets or none. */
  readonly target?: string | undefined;
  /** Undefined where it is about a target or a source as a whole. */
  readonly path?: RelativePath | undefined;
  readonly isDirectory?: boolean | undefined;
  /** True where it is gone. */
  readonly isDeleted?: boolean | undefined;
  /** What was seen of it, for the mask that sersync tells. */
  readonly kinds?: Kinds | undefined;
  /** Why, for `failed` and `held`; what is over, for `recovered`. */
  readonly reason?: string | undefined;
}
