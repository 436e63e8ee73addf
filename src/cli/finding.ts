/** One thing that `treecast check` has found. */

export interface Finding {
  readonly level: "ok" | "warning" | "error";
  readonly source?: string;
  readonly target?: string;
  readonly text: string;
}
