/** Lists of rules that have a name. `docs/filters.md` shows them; a test holds the two together. */

import { PARTIAL_DIRECTORY, TOKEN_FILE, TRASH_DIRECTORY } from "../model/own-names.js";

/**
 * What no source replicates and no list can include again: names that belong to treecast itself. They
 * make a list of their own, in front of an operator's, so that a `!` there does not forget them.
 */
export const OWN_RULES: readonly string[] = [
  `- /${TOKEN_FILE}`,
  `- /${TRASH_DIRECTORY}/`,
  `- ${PARTIAL_DIRECTORY}/`,
];

/** What mkstemp puts in the place of XXXXXX. */
const SIX = "[[:alnum:]]".repeat(6);

export const PRESETS: Readonly<Record<string, readonly string[]>> = {
  "editor-temp": [
    // Vim tries whether it may create files here with a name that nobody else uses.
    "- 4913",
    // Swap files of Vim and locks of nano: .name.swp, .swo, … .swg (before .swf, a film), .swx.
    "- .*.sw[g-px]",
    "- .*.swpx",
    "- .sw[g-px]",
    // Backups of Vim, Emacs, nano, Kate and others.
    "- *~",
    // Emacs: locks and auto-saves.
    "- .#*",
    "- #*#",
    // JetBrains' safe write.
    "- *___jb_tmp___",
    "- *___jb_old___",
    // GLib: gedit, GNOME Text Editor, Geany.
    "- .goutputstream-??????",
    "- .*.kate-swp",
    `- .*.kak.${SIX}`,
    "- .subl???.tmp",
    // LibreOffice's locks; owner files and saves of Microsoft Office, as seen through Samba.
    "- .~lock.*#",
    "- ~$*",
    "- ~WR[DL]????.tmp",
  ],
  vcs: [
    // A work tree or a submodule has a file named .git in place of the directory.
    "- .git",
    "- .svn/",
    "- .hg/",
    "- .bzr/",
    "- .jj/",
    "- .pijul/",
    "- _darcs/",
    "- CVS/",
    "- RCS/",
    "- SCCS/",
    "- .fslckout",
    "- _FOSSIL_",
  ],
  // sersync drops files that begin with a dot but enters such directories. The include ends the
  // search for a directory, so this preset belongs at the end of a list.
  "sersync-default": ["- 4913", "- *~", "+ .*/", "- .*"],
  "rsync-temp": ["- .~tmp~/", "- .rsync-partial/", ...rsyncTemporaryNames()],
};

/**
 * `.name.XXXXXX`, with six letters or digits. To spare `.app.config` and `.log.202411`, a match must
 * have an upper-case letter beside one that is not: about 4 % of the temporary names do not, and pass.
 */
function rsyncTemporaryNames(): string[] {
  const rules: string[] = [];
  for (let at = 0; at < 5; at++) {
    const before = "[[:alnum:]]".repeat(at);
    const after = "[[:alnum:]]".repeat(4 - at);
    rules.push(`- .*.${before}[A-Z][a-z0-9]${after}`, `- .*.${before}[a-z0-9][A-Z]${after}`);
  }
  return rules;
}
