/** What a part of a configuration is read with: where it stands, and where what is wrong with it goes. */
import type { Environment } from "./environment.js";
import type { Given } from "./issues.js";
import type { PathPart, Problem } from "./problem.js";

export interface SettingsContext {
  readonly environment: Environment;
  readonly problems: Problem[];
  readonly files: string[];
}

/** Where a layer stands. */
export interface Standing {
  readonly given: Given;
  readonly path: readonly PathPart[];
  /** Relative paths start here. */
  readonly directory: string;
}
