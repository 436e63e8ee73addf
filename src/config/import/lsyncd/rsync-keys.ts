/** Every key of lsyncd's `rsync{ … }`, and what it is here. */

export type RsyncKey =
  /** Which attributes travel: they are weighed together, see `attributes.ts`. */
  | { readonly as: "attribute" }
  /** A setting that is true or false. */
  | { readonly as: "flag"; readonly setting: string }
  /** A setting that is a text. */
  | { readonly as: "text"; readonly setting: string; readonly only?: "ssh" }
  /** An option of rsync, handed on. */
  | { readonly as: "option"; readonly option: string; readonly argument?: true }
  /** Left out, and noted; the reason is that of the option of rsync, where none stands here. */
  | {
      readonly as: "none";
      readonly option?: string;
      readonly why?: string;
      readonly argument?: true;
    }
  /** Without it the replica would be another one than the operator wants. */
  | { readonly as: "refused"; readonly why: string; readonly hint: string }
  /** Read by itself. */
  | { readonly as: "bwlimit" | "timeout" | "rsh" | "cvs" | "protect" | "extra" };

const none = (option: string): RsyncKey => ({ as: "none", option });
const noneWith = (option: string): RsyncKey => ({ as: "none", option, argument: true });
const option = (name: string): RsyncKey => ({ as: "option", option: name });
const optionWith = (name: string): RsyncKey => ({ as: "option", option: name, argument: true });
const followsLinks: RsyncKey = {
  as: "refused",
  why: "treecast watches a link, not what it points to, and would replace what is there by links",
  hint: "Take it out if links may be links on the replica, or replicate the directories they lead to.",
};

export const RSYNC_KEYS: Readonly<Record<string, RsyncKey>> = {
  acls: { as: "flag", setting: "acls" },
  append: none("--append"),
  append_verify: none("--append-verify"),
  archive: { as: "attribute" },
  backup: none("--backup"),
  backup_dir: noneWith("--backup-dir"),
  binary: { as: "text", setting: "rsync" },
  bwlimit: { as: "bwlimit" },
  checksum: none("--checksum"),
  chmod: optionWith("--chmod"),
  chown: optionWith("--chown"),
  compress: { as: "flag", setting: "compress" },
  copy_dirlinks: followsLinks,
  copy_links: followsLinks,
  copy_unsafe_links: followsLinks,
  cvs_exclude: { as: "cvs" },
  delete_excluded: none("--delete-excluded"),
  // No key of lsyncd's, as `specials`: both come from `_extra = { "-D" }`.
  devices: { as: "attribute" },
  dry_run: {
    as: "refused",
    why: "with it lsyncd sends nothing, and treecast would",
    hint: "Take it out; `treecast plan` and `treecast verify` show what would be sent.",
  },
  executability: option("--executability"),
  existing: none("--existing"),
  group: { as: "attribute" },
  groupmap: optionWith("--groupmap"),
  hard_links: { as: "attribute" },
  ignore_times: none("--ignore-times"),
  inplace: option("--inplace"),
  ipv4: option("--ipv4"),
  ipv6: option("--ipv6"),
  keep_dirlinks: option("--keep-dirlinks"),
  links: { as: "attribute" },
  omit_dir_times: option("--omit-dir-times"),
  omit_link_times: option("--omit-link-times"),
  one_file_system: none("--one-file-system"),
  owner: { as: "attribute" },
  password_file: { as: "text", setting: "passwordFile" },
  perms: { as: "attribute" },
  protect_args: { as: "protect" },
  prune_empty_dirs: none("--prune-empty-dirs"),
  quiet: none("--quiet"),
  rsh: { as: "rsh" },
  rsync_path: { as: "text", setting: "remoteRsync", only: "ssh" },
  specials: { as: "attribute" },
  sparse: option("--sparse"),
  suffix: noneWith("--suffix"),
  temp_dir: optionWith("--temp-dir"),
  timeout: { as: "timeout" },
  times: { as: "attribute" },
  update: none("--update"),
  usermap: optionWith("--usermap"),
  verbose: none("--verbose"),
  whole_file: option("--whole-file"),
  xattrs: { as: "flag", setting: "xattrs" },
  _extra: { as: "extra" },
};

/** Keys that take an argument where they stand as an option, as `--bwlimit=500`. */
export function takesArgument(key: string): boolean {
  const known = RSYNC_KEYS[key];
  if (known === undefined) return false;
  if (known.as === "option" || known.as === "none") return known.argument === true;
  return known.as === "text" || ["bwlimit", "timeout", "rsh"].includes(known.as);
}

/** rsync's letters for keys, as they stand in `_extra = { "-zv" }`. */
export const LETTERS: Readonly<Record<string, string>> = {
  a: "archive",
  A: "acls",
  b: "backup",
  c: "checksum",
  C: "cvs_exclude",
  D: "devices",
  E: "executability",
  g: "group",
  H: "hard_links",
  I: "ignore_times",
  "4": "ipv4",
  "6": "ipv6",
  k: "copy_dirlinks",
  K: "keep_dirlinks",
  l: "links",
  L: "copy_links",
  m: "prune_empty_dirs",
  n: "dry_run",
  o: "owner",
  O: "omit_dir_times",
  J: "omit_link_times",
  p: "perms",
  q: "quiet",
  s: "protect_args",
  S: "sparse",
  t: "times",
  u: "update",
  v: "verbose",
  W: "whole_file",
  x: "one_file_system",
  X: "xattrs",
  z: "compress",
};

/** Options that say the same as something lsyncd and treecast do by themselves, or only talk. */
export const HARMLESS: Readonly<Record<string, string>> = {
  "--recursive": "a directory that is new, and a comparison, go through everything below",
  "-r": "a directory that is new, and a comparison, go through everything below",
  "--stats": "treecast reads what rsync prints",
  "--progress": "treecast reads what rsync prints",
  "--itemize-changes": "treecast reads what rsync prints",
  "-i": "treecast reads what rsync prints",
  "--human-readable": "treecast reads what rsync prints",
  "-h": "treecast reads what rsync prints",
  "--info": "treecast reads what rsync prints",
  "--no-motd": "it is always so",
  "--partial": "large files are resumed by themselves; see `largeFile`",
  "-P": "large files are resumed by themselves; see `largeFile`",
  "--delay-updates": "every batch is put in place at once",
};

/** The same, where lsyncd deletes anyway. */
export const DELETING = new Set([
  "--delete",
  "--del",
  "--delete-before",
  "--delete-during",
  "--delete-delay",
  "--delete-after",
  "--ignore-errors",
  "--force",
]);
